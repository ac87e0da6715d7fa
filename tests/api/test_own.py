"""What is withheld unless it is one's own: on one's own stream alone, and of what is one's own alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLObjectType, get_named_type, is_leaf_type

from engine.engine import Engine
from engine.sharing import own_streams
from models.event_kinds import KINDS
from models.events import TimeEvent
from models.ids import Kind, encode
from models.position import Position
from models.rights import Right
from models.scope import Viewer
from models.sign_in import issue_for
from resolvers.context import Context
from resolvers.root import graphql_schema
from schema.permissions import FIELDS
from subscriptions.message import Message
from tests.api.peers import Peers
from tests.api.selections import root_fields
from transport.engine import Request

UNLESS_OWN = sorted(place for place, needed in FIELDS.items() if needed.unless_own)
OWN = own_streams(graphql_schema())
SHARED_STREAMS = sorted(name for name in root_fields("subscription") if ("Subscription", name) not in OWN)


def selected(type_name: str, field: str) -> str:
    """The field of such an event, by the name of `asked`."""
    owner = graphql_schema().type_map[type_name]
    assert isinstance(owner, GraphQLObjectType)
    inner = "" if is_leaf_type(get_named_type(owner.fields[field].type)) else "{ __typename }"
    return f"... on {type_name} {{ asked: {field} {inner} }}"


def of_both(peers: Peers, type_name: str, one: Viewer, other: Viewer) -> Message:
    """Such an event of the one, and of the other."""
    logged = next(logged for logged in peers.log if type(logged.event).__name__ == type_name)
    mine, theirs = [
        replace(logged, event=replace(logged.event, member=each.member_id))  # type: ignore[call-arg]
        for each in (one, other)
    ]
    return Message(Position(one.epoch, logged.revision), None, False, [mine, theirs], one.scope)


async def run(engine: Engine, viewer: Viewer, context: Context, text: str, root: Any = None) -> ExecutionResult:
    """The result of an operation in this context."""
    session = await engine.sign_in(await issue_for(viewer.member_id, 1))
    session.settle()
    return await engine._run(engine.prepare(Request(text), session), context, root)


def told(result: ExecutionResult) -> list[Any]:
    """What was asked of each event."""
    assert result.data is not None
    (changes,) = result.data.values()
    return [event["asked"] for event in changes["events"]]


def refused(result: ExecutionResult) -> set[str]:
    """The rights that something was withheld for want of."""
    return {str((error.extensions or {}).get("right")) for error in result.errors or ()}


@pytest.mark.parametrize(("type_name", "field"), UNLESS_OWN)
async def test_only_what_is_ones_own_and_only_on_ones_own_stream(
    type_name: str, field: str, peers: Peers, engine: Engine
) -> None:
    one, other = await peers.viewers("of budgets")
    message = of_both(peers, type_name, one, other)
    right = FIELDS[type_name, field].right
    assert right is not None
    on_own = f"subscription {{ viewerChanges {{ events {{ {selected(type_name, field)} }} }} }}"
    result = await run(engine, one, Context.of(one), on_own, message)
    mine, theirs = told(result)
    assert mine is not None
    assert theirs is None
    assert [error.path[-2:] for error in result.errors or () if error.path] == [[1, "asked"]]
    assert refused(result) == {right.value}
    # The other has the other one; and whoever executes for nobody in particular has neither.
    assert [value is None for value in told(await run(engine, one, Context.of(other), on_own, message))] == [
        True,
        False,
    ]
    shared = await run(engine, one, Context(one.scope), on_own, message)
    assert (told(shared), refused(shared)) == ([None, None], {right.value})
    # Not by a context that was used for one's own before.
    context = Context.of(one)
    await run(engine, one, context, on_own, message)
    board = on_own.replace("viewerChanges", "boardChanges")
    assert told(await run(engine, one, context, board, message)) == [None, None]
    # With the right there is nothing to withhold.
    manager = replace(one, scope=replace(one.scope, rights=one.scope.rights | {right}))
    assert None not in told(await run(engine, one, Context.of(manager), on_own, message))


@pytest.mark.parametrize("stream", SHARED_STREAMS)
@pytest.mark.parametrize(("type_name", "field"), UNLESS_OWN)
async def test_on_boards_it_is_withheld_from_oneself_too(
    type_name: str, field: str, stream: str, peers: Peers, engine: Engine
) -> None:
    one, other = await peers.viewers("of budgets")
    message = of_both(peers, type_name, one, other)
    argument = f'(jobs: ["{encode(Kind.JOB, peers.firm.things["job"])}"])' if stream == "jobChanges" else ""
    # A board that shows one's own entries is told to each alone, and knows who that is.
    for beside in ("", "... on TimeEvent { timeEntry { id } }"):
        text = f"subscription {{ {stream}{argument} {{ events {{ {beside} {selected(type_name, field)} }} }} }}"
        for context in (Context.of(one), Context(one.scope)):
            if beside and context.known_viewer is None:
                continue
            result = await run(engine, one, context, text, message)
            assert told(result) == [None, None]
            assert str(FIELDS[type_name, field].right) in refused(result)


@pytest.mark.parametrize(("type_name", "field"), [place for place in UNLESS_OWN if place[0] != "MemberRightsChanged"])
async def test_what_is_reached_from_ones_own_is_not_ones_own(
    type_name: str, field: str, peers: Peers, engine: Engine
) -> None:
    one, other = await peers.viewers("of budgets")
    whose = {logged.revision: logged.event.member for logged in peers.log if isinstance(logged.event, TimeEvent)}
    history = f"history(first: 80) {{ nodes {{ __typename revision {selected(type_name, field)} }} }}"
    through = f"subscription {{ viewerChanges {{ events {{ ... on TimeEvent {{ linkedJob {{ {history} }} }} }} }} }}"
    result = await run(engine, one, Context.of(one), through, of_both(peers, type_name, one, other))
    assert result.data is not None
    for event in result.data["viewerChanges"]["events"]:
        nodes = [node for node in event["linkedJob"]["history"]["nodes"] if node["__typename"] == type_name]
        seen = {whose[int(node["revision"])] for node in nodes if node["asked"] is not None}
        assert seen <= {one.member_id}
        assert any(node["asked"] is None for node in nodes)
    # An answer that knows who asks is not their stream.
    job = encode(Kind.JOB, peers.firm.things["job"])
    query = f'{{ viewer {{ role }} job(id: "{job}") {{ {history} }} }}'
    result = await run(engine, one, Context.of(one), query)
    assert result.data is not None
    nodes = [node for node in result.data["job"]["history"]["nodes"] if node["__typename"] == type_name]
    assert nodes
    assert {node["asked"] for node in nodes} == {None}


def test_every_event_with_such_a_field_says_whose_it_is(peers: Peers) -> None:
    for type_name, _ in UNLESS_OWN:
        logged = next(logged for logged in peers.log if type(logged.event).__name__ == type_name)
        assert logged.event.owners, type_name
    # And whose scope something changes always hears of it on their own stream.
    for logged in peers.log:
        assert logged.event.rescoped <= logged.event.owners
    assert {name for name, _ in UNLESS_OWN} >= {name for name, kind in KINDS.items() if issubclass(kind, TimeEvent)}
    assert Right.MANAGE_RATES not in {FIELDS[place].right for place in UNLESS_OWN}
