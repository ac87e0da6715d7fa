"""The shorter walk of validation finds what graphql-core's own finds."""

from random import Random

import graphql
import pytest
from graphql import GraphQLError, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.documents import PLAIN_RULES
from engine.validation import validate
from resolvers.root import graphql_schema
from tests.engine.hostile import HOSTILE
from tests.fuzz.making import Maker

SCHEMA = graphql_schema()


def agree(source: str) -> None:
    try:
        ast = parse(source)
    except GraphQLError:
        return
    for hidden in (True, False):
        ours = validate(SCHEMA, ast, PLAIN_RULES, max_errors=5, hide_suggestions=hidden)
        theirs = graphql.validate(SCHEMA, ast, PLAIN_RULES, 5, hidden)
        assert [error.formatted for error in ours] == [error.formatted for error in theirs]


@pytest.mark.parametrize("sort", HOSTILE)
def test_on_documents_that_grow(sort: str) -> None:
    for size in (1, 3, 12):
        agree(HOSTILE[sort](size))


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_on_documents_at_random(random: Random) -> None:
    maker = Maker(random, ["job_00000000000000000000000000"])
    source = maker.operation()["query"]
    agree(source)
    agree(maker.spoilt(source))
