"""What is counted in the text of a document, against what the parser finds in it."""

from contextlib import suppress

import pytest
from graphql import FragmentSpreadNode, GraphQLError, OperationDefinitionNode, Visitor, parse, visit
from hypothesis import given
from hypothesis import strategies as st

from engine import outline as module
from engine.limits import LimitExceeded, Limits, check_outline
from engine.outline import Excess, Outline, outline
from tests.engine.counting import lines_run


def counted(source: str) -> Outline:
    found = outline(source, most_characters=1_000_000, most_tokens=1_000_000)
    assert isinstance(found, Outline)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ id }", Outline(6, 3, 0, 2, 1, 0, 0, 1)),
        ("query Q { id } { b }", Outline(20, 8, 0, 5, 2, 0, 0, 1)),
        ("{ ...F } fragment F on Query { ... on Query { id } ... { id } }", Outline(63, 20, 0, 8, 1, 1, 1, 1)),
        ("{ ... # a comment\n F }", Outline(22, 5, 11, 1, 1, 0, 1, 2)),
        ('{ a(b: "}{", c: """ { "" } \\""" """) }', Outline(38, 11, 23, 1, 1, 0, 0, 1)),
        ("query ($a: [I!] = [{b: 1}]) @c(d: -1.5e3) { e }", Outline(47, 28, 7, 5, 1, 0, 0, 1)),
        ("type A { b: C }", Outline(15, 7, 0, 4, 0, 0, 0, 1)),
        ("\n{ a }\r\r\n", Outline(9, 3, 0, 1, 1, 0, 0, 4)),
        ("", Outline(0, 0, 0, 0, 0, 0, 0, 1)),
        ("{ a } %%%% { b }", Outline(16, 3, 11, 1, 1, 0, 0, 1)),
        ('{ a(b: "never ends', Outline(18, 5, 12, 1, 1, 0, 0, 1)),
    ],
)
def test_what_is_counted(source: str, expected: Outline) -> None:
    assert counted(source) == expected


class _Spreads(Visitor):
    count = 0

    def enter_fragment_spread(self, _node: FragmentSpreadNode, *_: object) -> None:
        self.count += 1


PIECES = st.sampled_from(
    ["{", "}", "{", "}", "(", ")", "[", "]", "...", " on ", " F ", " query ", " fragment ", "fragment F on Q {",
     "query Q {", '"a{"', '"""b}\n"""', "# c\n", "1", "-2.5", ":", "$a", "@d", " a ", ",", "\ufeff", "é", "\\", '"']
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join)))
def test_what_is_a_document_is_counted_as_the_parser_does(source: str) -> None:
    found = counted(source)
    with suppress(GraphQLError):
        ast = parse(source, max_tokens=10_000)
        spreads = _Spreads()
        visit(ast, spreads)
        kinds = [definition.kind for definition in ast.definitions]
        assert (found.tokens, found.spreads) == (ast.token_count, spreads.count)
        assert found.fragments == kinds.count("fragment_definition")
        assert found.operations == sum(isinstance(one, OperationDefinitionNode) for one in ast.definitions)


def test_it_counts_no_further_than_it_must() -> None:
    assert outline("{ a }", most_characters=4, most_tokens=9) == Excess("characters", 5)

    def count(times: int) -> int:
        source = "a " * times
        return lines_run(module, lambda: outline(source, most_characters=10**6, most_tokens=50))

    assert count(100) == count(10_000)


@pytest.mark.parametrize("before", ['"', '"""', "", "{", '{a(b:"', '{a(b:"""'])
@pytest.mark.parametrize("piece", ['"', '"""', "\\", '"\\', "..", "9.e", "#", '"""\\', "\ufeff, \t", '\\"""'])
def test_no_text_is_tried_in_many_ways(piece: str, before: str) -> None:
    """One that were would run into the time limit of a test."""
    counted(before + piece * 50_000)


LIMITS = Limits()


@pytest.mark.parametrize(
    ("limit", "allowed", "make", "message"),
    [
        (
            "characters",
            50_000,
            lambda count: "{id}" + " " * (count - 4),
            "The document has 50001 characters; at most 50000 are allowed. Send texts as variables.",
        ),
        (
            "lines",
            2_000,
            lambda count: "{" + "\n" * (count - 1) + "id}",
            "The document has 2001 lines; at most 2000 are allowed. Leave empty lines out, and send texts as"
            " variables.",
        ),
        (
            "text",
            20_000,
            lambda count: '{a(b:"' + "x" * (count - 2) + '")}',
            "The document has 20001 characters in strings, numbers and comments; at most 20000 are allowed."
            " Send texts as variables.",
        ),
        (
            "name",
            200,
            lambda count: "{" + "x" * count + "}",
            "The document has a name of 201 letters; at most 200 are allowed.",
        ),
        (
            "operations",
            20,
            lambda count: " ".join(f"query Q{at} {{ id }}" for at in range(count)),
            "The document has 21 operations; at most 20 are allowed. Send only the one that is to run.",
        ),
        (
            "fragments",
            100,
            lambda count: "{ id }" + "fragment F on Q { id }" * count,
            "The document defines 101 fragments; at most 100 are allowed."
            " Write the small ones out where they are spread.",
        ),
        (
            "spreads",
            200,
            lambda count: "{" + "...F " * count + "}",
            "The document spreads fragments 201 times; at most 200 are allowed."
            " Write the small ones out where they are spread.",
        ),
    ],
)
def test_a_limit_at_its_figure_and_over_it(limit: str, allowed: int, make: object, message: str) -> None:
    assert callable(make)
    check_outline(make(allowed), LIMITS)
    with pytest.raises(LimitExceeded) as caught:
        check_outline(make(allowed + 1), LIMITS)
    assert caught.value.message == message
    assert caught.value.extensions == {"code": "LIMIT", "limit": limit, "allowed": allowed, "actual": allowed + 1}
