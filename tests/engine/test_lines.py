"""Where something stands in a document is what graphql-core says, and is found without reading what is before it."""

from graphql import Source
from hypothesis import given
from hypothesis import strategies as st

from engine import lines
from engine.lines import LinedSource
from tests.engine.counting import calls_made


@given(st.text("ab \n\r\u2028", max_size=30), st.integers(0, 31))
def test_a_place_is_that_of_graphql_core(text: str, position: int) -> None:
    assert LinedSource(text).get_location(position) == Source(text).get_location(position)


def test_each_place_but_the_first_takes_next_to_nothing() -> None:
    source = LinedSource("\n" * 1_000 + "a")
    source.get_location(0)
    assert calls_made(lambda: [source.get_location(place) for place in range(0, 1_000, 10)]) < 1_000
    assert lines.LinedSource("a").get_location(0).formatted == {"line": 1, "column": 1}
