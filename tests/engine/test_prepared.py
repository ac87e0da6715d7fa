"""What makes two operations the same question."""

from typing import Any
from uuid import uuid4

import pytest

from engine.engine import Engine
from engine.prepared import Prepared
from engine.session import Session
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from transport.engine import Request

CHANGES = """subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) { revision } }"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    """An engine that executes nothing."""
    return Engine(graphql_schema(), Hub(Bell("redis://127.0.0.1:1")))


def operation(engine: Engine, text: str, name: str | None = None, /, **variables: Any) -> Prepared:
    """What a member asks."""
    return engine.prepare(Request(text, name, variables), Session(member_id=uuid4()))


def same(engine: Engine, text: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether it is the same with these variables and with those."""
    return operation(engine, text, **one).key == operation(engine, text, **other).key


def test_where_a_client_stands_does_not_count(engine: Engine) -> None:
    there: list[dict[str, Any]] = [{}, {"after": None}, {"after": "7"}, {"after": 7, "epoch": "e"}, {"epoch": "f"}]
    assert len({operation(engine, CHANGES, pipelines=["p"], **each).key for each in there}) == 1
    assert operation(engine, CHANGES, after="7", epoch="e").standing() == (7, "e")


@pytest.mark.parametrize(
    "text",
    [
        "($a: Revision, $b: ID, $c: [ID!]) { boardChanges(after: $a, epoch: $b, pipelines: $c) { revision } }",
        "($a: Revision = 3, $b: ID = 4, $c: [ID!]) { b: boardChanges(epoch: $b, after: $a, pipelines: $c) { epoch } }",
        "($a: Revision!, $b: ID!, $c: [ID!]!) { jobChanges(jobs: $c, epoch: $b, after: $a) { revision } }",
        "($a: Revision, $b: ID, $c: [ID!]) { ...R } "
        "fragment R on Subscription { boardChanges(after: $a, epoch: $b, pipelines: $c) { revision } }",
        "($a: Revision, $b: ID, $c: [ID!]) "
        "{ ... on Subscription { boardChanges(after: $a, epoch: $b, pipelines: $c) { revision } } }",
    ],
    ids=["plain", "with defaults", "of jobs", "in a fragment", "in an inline fragment"],
)
def test_whatever_its_variables_are_called(engine: Engine, text: str) -> None:
    text = f"subscription {text}"
    asked = {"a": "1", "b": "e", "c": ["x"]}
    assert same(engine, text, asked, asked | {"a": "2", "b": "f"})
    assert not same(engine, text, asked, asked | {"c": ["y"]})
    assert operation(engine, text, **asked).standing() == (1, "e")


def test_a_name_alone_does_not_make_it_a_standing(engine: Engine) -> None:
    text = """subscription ($after: [ID!], $epoch: Boolean!) {
      boardChanges(pipelines: $after) { revision resync @include(if: $epoch) } }"""
    assert not same(engine, text, {"after": ["x"], "epoch": True}, {"after": ["y"], "epoch": True})
    assert not same(engine, text, {"after": ["x"], "epoch": True}, {"after": ["x"], "epoch": False})


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("subscription ($v: ID!) { boardChanges(epoch: $v) { revision } }", False),
        ("subscription ($v: ID!) { boardChanges(pipelines: [$v]) { revision } }", True),
        ("subscription ($v: ID!) { boardChanges(epoch: $v, pipelines: [$v]) { revision } }", True),
        (
            "subscription ($v: String) { boardChanges { events { ... on JobEvent "
            "{ job { history(after: $v) { nodes { at } } } } } } }",
            True,
        ),
    ],
    ids=["no", "elsewhere", "both", "the after of a page"],
)
def test_a_variable_that_says_something_else_counts(engine: Engine, text: str, counts: bool) -> None:
    assert same(engine, text, {"v": "x"}, {"v": "y"}) is not counts


def test_what_another_operation_of_the_document_does_with_it_is_on_the_safe_side(engine: Engine) -> None:
    text = """subscription S($v: ID!) { boardChanges(epoch: $v) { revision } }
      subscription T($v: ID!) { boardChanges(epoch: $v, pipelines: [$v]) { revision } }"""
    keys = {operation(engine, text, name, v=value).key for name in "ST" for value in "xy"}
    assert len(keys) == 4


def test_what_is_not_declared_does_not_count(engine: Engine) -> None:
    assert same(engine, CHANGES, {"pipelines": ["p"]}, {"pipelines": ["p"], "stray": {"deep": [1]}})
    assert same(engine, "query Q($id: ID!) { job(id: $id) { name } }", {"id": "1"}, {"id": "1", "after": "x"})


def test_of_a_query_everything_that_is_declared_counts(engine: Engine) -> None:
    text = "query Q($after: String, $first: Int) { jobs(after: $after, first: $first) { nodes { id } } }"
    asked = {"after": "x", "first": 2}
    assert same(engine, text, asked, dict(reversed(asked.items())))
    for other in ({"after": "y"}, {"first": 3}, {"after": None}):
        assert not same(engine, text, asked, asked | other)
    assert not same(engine, text, {"first": 2}, {"first": 2, "after": None})


def test_names_and_texts_count(engine: Engine) -> None:
    two = "query A { firm { name } } query B { firm { name } }"
    assert operation(engine, two, "A").key != operation(engine, two, "B").key
    assert operation(engine, "{ firm { name } }").key != operation(engine, "{ firm { name }}").key


def test_no_other_field_is_called_like_a_stream() -> None:
    """Or its `after` would be taken for where a client stands."""
    schema = graphql_schema()
    assert schema.subscription_type is not None
    for name, kind in schema.type_map.items():
        if kind is not schema.subscription_type:
            assert not schema.subscription_type.fields.keys() & getattr(kind, "fields", {}).keys(), name
