"""What is told to one subscriber is what another is told who may see the same: to the byte.

So it may be executed once for both. What each is told alone, by an execution that knows who they are, is the measure.
"""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql import get_named_type

from engine.engine import Engine, _body
from engine.live import RenderedMessage
from engine.prepared import Prepared
from engine.sharing import _selected
from models.event_kinds import KINDS, VIEWS
from models.ids import Kind, encode
from models.rows import Member
from models.scope import Viewer
from models.sign_in import issue_for
from models.visibility import shown
from resolvers import context as contexts
from resolvers.context import Context
from subscriptions.message import Message
from tests.api.peers import PAIRS, Peers, in_order
from tests.api.samples import filled
from tests.api.subscription_texts import Subscription, subscriptions
from transport.engine import Request

PREVIOUS = (None, 0, 7, 1_000_000)


async def prepared(engine: Engine, viewer: Viewer, text: str, variables: dict[str, Any]) -> Prepared:
    """A viewer's operation."""
    session = await engine.sign_in(await issue_for(viewer.member_id, 1))
    session.settle()
    return engine.prepare(Request(text, variables=variables), session)


async def alone(engine: Engine, operation: Prepared, viewer: Viewer, message: Message) -> bytes:
    """What a viewer is told when nothing is shared: executed for them, serialized as it is."""
    return in_order(_body(await engine._run(operation, Context.of(viewer), message)))


async def rendered(engine: Engine, operation: Prepared, viewer: Viewer, message: Message) -> RenderedMessage:
    """What those are told who follow what this viewer follows."""
    topic = await engine._topic(operation, viewer)
    return await topic.render(message)  # type: ignore[return-value]


def test_the_subscriptions_of_the_tests_and_the_pages_are_found() -> None:
    texts = [text for text, _ in subscriptions()]
    assert len(texts) >= 14
    # In a constant, put together of several, within a function, generated; on a page as such, in JavaScript, in Python.
    for part in (
        "... on ItemLinked { itemId linkedJobId item { kind title }",
        "... on TimeEvent { timeEntryId timeEntry { ...E }",
    ):
        assert any(part in text for text in texts)
    for part in ("... on MemberRightsChanged { addedRights removedRights } }", "subscription Generated($jobs: [ID!]!"):
        assert any(part in text for text in texts)
    for part in ("actor { kind member { name } }\n", "... on TaskEvent { linkedJob { id version name position arch"):
        assert any(part in text for text in texts)
    assert any(text.startswith("subscription ($pipelines: [ID!]!") and "{{" not in text for text in texts)


async def test_every_kind_of_event_is_among_what_is_told(peers: Peers) -> None:
    one, _ = await peers.viewers("leaders")
    told = {type(logged.event).__name__ for logged in peers.everything(one).events}
    assert told == {name for name, kind in (KINDS | VIEWS).items() if not kind.own_only}
    for pair in PAIRS:
        one, _ = await peers.viewers(pair)
        assert all(shown(logged.event, one.scope) for logged in peers.everything(one).events)


@pytest.mark.parametrize("subscription", subscriptions(), ids=lambda found: " ".join(found[0].split())[:40])
async def test_two_who_may_see_the_same_are_told_the_same(
    peers: Peers, engine: Engine, subscription: Subscription
) -> None:
    text, variables = subscription[0], filled(subscription[1], peers.firm.id)
    for pair in PAIRS:
        await check_that_they_are_told_the_same(peers, engine, pair, text, variables)


async def check_that_they_are_told_the_same(
    peers: Peers, engine: Engine, pair: str, text: str, variables: dict[str, Any]
) -> None:
    viewers = await peers.viewers(pair)
    scope = viewers[0].scope
    operations = [await prepared(engine, viewer, text, variables) for viewer in viewers]
    topics = [await engine._topic(operation, viewer) for operation, viewer in zip(operations, viewers, strict=True)]
    own = operations[0].is_own
    with_files = tells_of_files(engine, operations[0])
    assert (topics[0].interest == topics[1].interest) is not own, pair
    everything = peers.everything(viewers[0])
    heartbeat = replace(everything, events=[])
    for message in (everything, heartbeat, replace(heartbeat, resync=True)):
        shared = [await topic.render(message) for topic in topics]
        # What is told at length is executed once for each, what is short for everything that was told before.
        for previous in PREVIOUS if message is not everything else (0,):
            told = replace(message, previous=previous)
            assert [in_order(each.body(previous)) for each in shared] == [
                await alone(engine, operation, viewer, told)
                for operation, viewer in zip(operations, viewers, strict=True)
            ], (pair, previous)
        if message is everything:
            same = in_order(shared[0].body(None)) == in_order(shared[1].body(None))
            # They share a topic when, and only when, they are told the same; and never a stream of what is their own,
            # or of files, whose links are each one's also where they lead to the same.
            assert (topics[0].key(scope) == topics[1].key(scope)) is (same and not own and not with_files), pair
            assert b'"INTERNAL"' not in shared[0].body(None), pair
        else:
            assert shared[0].body(None) == shared[1].body(None), pair


def tells_of_files(engine: Engine, operation: Prepared) -> bool:
    """Whether files are selected, or something of one that is each member's own."""
    types = engine._schema.type_map
    selected = _selected(engine._schema, operation.document, operation.node)
    of = {get_named_type(types[owner].fields[name].type).name for owner, name in selected}  # type: ignore[attr-defined]
    return "File" in of | {owner for owner, _ in selected}


ENTRIES = """subscription { boardChanges { revision previous events { __typename
  ... on TimeEvent { timeEntryId timeEntry { id note member { id } } } } } }"""


def entries(body: bytes) -> dict[str, Any]:
    """What is told of each time entry, by its id."""
    events = orjson.loads(body)["data"]["boardChanges"]["events"]
    return {event["timeEntryId"]: event["timeEntry"] for event in events if "timeEntryId" in event}


@pytest.mark.parametrize(("pair", "of_others"), [("of budgets", False), ("of time", True)])
async def test_who_logged_the_time_sees_it_and_the_other_does_not(
    peers: Peers, engine: Engine, pair: str, of_others: bool
) -> None:
    viewers, told = await peers.viewers(pair), []
    for viewer in viewers:
        operation = await prepared(engine, viewer, ENTRIES, {})
        assert operation.is_per_viewer(viewer.scope)
        told.append(entries((await rendered(engine, operation, viewer, peers.everything(viewer))).body(None)))
    assert told[0].keys() == told[1].keys()
    for viewer, seen, by_the_other in zip(viewers, told, reversed(told), strict=True):
        me = {"id": encode(Kind.MEMBER, viewer.member_id)}
        mine = [id for id, entry in seen.items() if entry and entry["member"] == me]
        # The second of them was put where neither sees others' time.
        assert [by_the_other[id] is not None for id in mine] == [of_others, False]


async def test_to_whoever_was_shut_out_meanwhile_nothing_is_their_own(database: str, engine: Engine) -> None:
    peers = await Peers.build()
    viewer, _ = await peers.viewers("of budgets")
    operation, everything = await prepared(engine, viewer, ENTRIES, {}), peers.everything(viewer)
    topic = await engine._topic(operation, viewer)
    assert any(entries((await topic.render(everything)).body(None)).values())
    await Member.filter(id=viewer.member_id).update(active=False)
    told = (await topic.render(everything)).body(None)
    assert b'"errors"' not in told
    assert not any(entries(told).values())


#: Ways to ask for `previous`, or not to.
ASKED = {
    "plainly": "revision previous resync epoch events { __typename }",
    "not at all": "revision events { revision }",
    "alone": "previous",
    "twice": "previous again: previous previous",
    "by the names of others": "revision: previous previous: revision epoch: previous resync: epoch",
    "in fragments": "... on Changes { previous ...Told } ... { ...Told }",
    "between others": "events { __typename } before: previous __typename after: previous resync",
    "not after all": "previous @skip(if: true) last: previous @include(if: false) revision",
}


@pytest.mark.parametrize("how", ASKED)
@pytest.mark.parametrize("root", ["boardChanges", "told: boardChanges"])
async def test_previous_is_each_subscribers_own(peers: Peers, engine: Engine, how: str, root: str) -> None:
    fragment = "fragment Told on Changes { previous mine: previous epoch }" if "..." in ASKED[how] else ""
    text = f"subscription {{ {root} {{ {ASKED[how]} }} }} {fragment}"
    one, other = await peers.viewers("of time")
    operation = await prepared(engine, one, text, {})
    everything = peers.everything(one)
    bodies = set()
    for message in (everything, replace(everything, events=[]), replace(everything, events=[], resync=True)):
        shared = await rendered(engine, operation, one, message)
        for previous in (*PREVIOUS, message.revision, *reversed(PREVIOUS)):
            body = shared.body(previous)
            assert in_order(body) == await alone(engine, operation, other, replace(message, previous=previous))
            bodies.add(body)
    assert (len(bodies) > 3) is (how not in ("not at all", "not after all"))


async def test_what_is_withheld_goes_with_every_previous(peers: Peers, engine: Engine) -> None:
    text = "subscription { boardChanges { previous events { ... on JobEvent { job { name budget } } } } }"
    one, other = await peers.viewers("employees")
    operation = await prepared(engine, one, text, {})
    message = peers.everything(one)
    shared = await rendered(engine, operation, one, message)
    for previous in PREVIOUS:
        told = orjson.loads(shared.body(previous))
        assert told["data"]["boardChanges"]["previous"] == (None if previous is None else str(previous))
        assert {error["extensions"]["code"] for error in told["errors"]} == {"FORBIDDEN"}
        assert in_order(shared.body(previous)) == await alone(
            engine, operation, other, replace(message, previous=previous)
        )


@pytest.mark.parametrize("root", ["", "told: "])
async def test_what_has_no_data_has_its_errors(
    peers: Peers, engine: Engine, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = "events { ... on JobEvent { job { assignees { name } } } }"
    text = f"subscription {{ {root}boardChanges {{ previous {events} }} }}"
    one, other = await peers.viewers("leaders")
    operation = await prepared(engine, one, text, {})
    message = peers.everything(one)
    monkeypatch.setattr(contexts, "MOST_THINGS", 0)
    shared = await rendered(engine, operation, one, message)
    for previous in PREVIOUS:
        body = shared.body(previous)
        assert orjson.loads(body)["data"] is None
        assert orjson.loads(body)["errors"][0]["extensions"]["code"] == "LIMIT"
        assert in_order(body) == await alone(engine, operation, other, replace(message, previous=previous))
