"""Documents of the sorts that once took long: what is counted before validation bounds what validation does."""

import contextlib

import pytest
from graphql import GraphQLError, validate

from engine.documents import (
    PLAIN_RULES,
    RULES_FOR_THE_WELL_FORMED,
    DocumentCache,
    choose_operation,
    validate_document,
)
from engine.limits import TO_SIGN_IN, Limits, check_limits, check_outline
from resolvers.root import graphql_schema
from tests.engine.counting import calls_made
from tests.engine.hostile import GROWS_IN, HOSTILE, largest

SCHEMA = graphql_schema()
#: Calls of functions: a twentieth of a second on a machine of 2024, and a two-hundredth for nobody. With a little room:
#: what is called when garbage is collected in between counts as well.
MOST_CALLS = 510_000
MOST_CALLS_FOR_NOBODY = 40_000


def examine(source: str, allowed: Limits) -> None:
    """All that is done to a document before it runs."""
    with contextlib.suppress(GraphQLError):
        check_outline(source, allowed)
        document = DocumentCache().parse(source, max_tokens=allowed.tokens)
        chosen = choose_operation(document, next(iter(document.operations), None))
        check_limits(SCHEMA, document, chosen, {}, allowed)
        validate_document(SCHEMA, document, suggestions=allowed is not TO_SIGN_IN)


@pytest.mark.parametrize("sort", HOSTILE)
@pytest.mark.parametrize(
    ("allowed", "most"), [(Limits(), MOST_CALLS), (TO_SIGN_IN, MOST_CALLS_FOR_NOBODY)], ids=["member", "nobody"]
)
def test_no_document_is_much_work(sort: str, allowed: Limits, most: int) -> None:
    """The largest that is parsed is within a bound; half of it takes half as much, up to what is refused by then; and
    all larger ones take next to nothing."""
    make = HOSTILE[sort]
    size = largest(make, allowed)
    examine(make(1), allowed)  # what is worked out once is not counted
    work = {each: calls_made(lambda each=each: examine(make(each), allowed)) for each in (size // 4, size // 2, size)}  # type: ignore[misc]
    assert max(work.values()) < most
    assert work[size // 2] < 2.4 * work[size // 4] + 10_000, work
    assert work[size] < 2.4 * work[size // 2] + 10_000, work
    over = make(2 * size + 20_000)
    assert calls_made(lambda: examine(over, allowed)) < 10_000


RULES = {rule.__name__: rule for rule in (*PLAIN_RULES, *RULES_FOR_THE_WELL_FORMED)}


def test_every_rule_says_what_it_grows_in() -> None:
    assert GROWS_IN.keys() == RULES.keys()
    assert {sort for sorts in GROWS_IN.values() for sort in sorts} <= HOSTILE.keys()


@pytest.mark.parametrize(("rule", "sort"), [(rule, sort) for rule, sorts in GROWS_IN.items() for sort in sorts])
def test_every_rule_is_linear_within_the_limits(rule: str, sort: str) -> None:
    size = largest(HOSTILE[sort], Limits(), parsed=True)
    work = []
    for each in (size // 2, size):
        ast = DocumentCache().parse(HOSTILE[sort](each), max_tokens=Limits().tokens).ast
        work.append(calls_made(lambda ast=ast: validate(SCHEMA, ast, [RULES[rule]], 20, True)))  # type: ignore[misc]
    assert work[1] < 2.4 * work[0] + 10_000, work
