"""An answer that is given to all who may see the same is what each of them would have been answered alone."""

from typing import Any

import orjson
import pytest

from engine import sharing
from engine.documents import DocumentCache
from engine.engine import Engine
from engine.prepared import Prepared
from engine.session import Session
from models.ids import Kind, encode
from models.scope import Viewer
from models.sign_in import issue_for
from resolvers.context import Context
from resolvers.root import graphql_schema
from tests.api.asking import QUERIES
from tests.api.peers import PAIRS, RIGHTS, Peers, in_order
from tests.api.samples import asked, filled
from tests.api.selections import document, root_fields
from transport.engine import Request

HISTORY = """query History($id: ID!) { job(id: $id) { history(first: 100) { nodes { __typename revision
  ... on TimeEvent { timeEntryId timeEntry { id note member { id } } } } } } }"""
ONES_OWN = {
    "node": "query One($id: ID!) { node(id: $id) { id ... on TimeEntry { note } } }",
    "nodes": "query Some($id: ID!) { nodes(ids: [$id, $id]) { id ... on TimeEntry { note } } }",
}
#: Root fields that say of themselves that they depend on the viewer.
ASKED_BY_VIEWER = sorted(field for owner, field in sharing.per_viewer(graphql_schema()) if owner == "Query")

#: What was read of the documents that are asked here, which is the same for every engine and every pair.
_READ = DocumentCache()


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """One that nobody has asked anything yet, and that need not read again what another one has read."""
    engine._members.documents = _READ
    return engine


async def session_of(engine: Engine, viewer: Viewer) -> Session:
    """A viewer's session."""
    session = await engine.sign_in(await issue_for(viewer.member_id, 1))
    session.settle()
    return session


def queries(peers: Peers, name: str) -> list[tuple[str, dict[str, Any]]]:
    """All that can be asked below a root field, of each thing; of each member's own time, and of all of a job's."""
    found = [
        (document("query", name, arguments), filled(arguments, peers.firm.id))
        for arguments, _ in asked(name, root_fields("query")[name])
    ]
    if name in ONES_OWN:
        ids = [encode(Kind.TIME_ENTRY, entry) for entry in peers.entries]
        found += [(ONES_OWN[name], {"id": id}) for id in ids]
    if name == "job":
        found.append((HISTORY, {"id": encode(Kind.JOB, peers.firm.things["job"])}))
    return found


async def shared(engine: Engine, operation: Prepared, viewer: Viewer) -> bytes:
    """The answer as it is made for all who may see what this viewer may see."""
    return in_order((await engine._answer(operation, Context.shared(viewer, engine._services))).body)


async def alone(engine: Engine, operation: Prepared, viewer: Viewer) -> bytes:
    """The answer as it is made for this viewer."""
    return in_order((await engine._answer(operation, Context.of(viewer, engine._services))).body)


def told_apart(name: str) -> tuple[str, ...]:
    """The pairs that are told of what each of them is or owns, whatever is asked below a root field. Those who see
    everything see nothing more for its being their own: to them an answer is the same."""
    if name not in ASKED_BY_VIEWER:
        return ()
    return PAIRS if name == "viewer" else tuple(RIGHTS)


#: Of the others test_what_is_per_viewer_is_asked_anew_each_time says the same, and more.
SHARED = [(name, pair) for name in QUERIES for pair in PAIRS if pair not in told_apart(name)]


@pytest.mark.parametrize(("name", "pair"), SHARED)
async def test_what_is_not_per_viewer_is_answered_to_all_as_to_each(
    peers: Peers, engine: Engine, name: str, pair: str
) -> None:
    viewers = await peers.viewers(pair)
    session = await session_of(engine, viewers[0])
    for text, variables in queries(peers, name):
        operation = engine.prepare(Request(text, variables=variables), session)
        made = engine.answers.made
        given = in_order(await engine.execute(operation, await session_of(engine, viewers[0])))
        assert orjson.loads(given)["data"] is not None
        if operation.is_per_viewer(viewers[0].scope):
            assert engine.answers.made == made
            assert given == await alone(engine, operation, viewers[0])
        else:
            # It was made for all who may see the same.
            assert engine.answers.made == made + 1
            told = [await alone(engine, operation, viewer) for viewer in viewers]
            assert given == told[0] == told[1]


def test_who_asks_and_what_they_own_depends_on_the_viewer() -> None:
    assert ASKED_BY_VIEWER == [
        "absences",
        "automationDryRun",
        "automationPreview",
        "capacityReport",
        "file",
        "files",
        "node",
        "nodes",
        "personalTokens",
        "savedView",
        "savedViews",
        "timeEntries",
        "timeReport",
        "undoable",
        "viewer",
    ]


@pytest.mark.parametrize("name", ASKED_BY_VIEWER)
async def test_what_is_per_viewer_is_asked_anew_each_time(peers: Peers, engine: Engine, name: str) -> None:
    for pair in told_apart(name):
        for viewer in await peers.viewers(pair):
            session = await session_of(engine, viewer)
            for text, variables in queries(peers, name):
                operation = engine.prepare(Request(text, variables=variables), session)
                assert operation.is_per_viewer(viewer.scope)
                told = await alone(engine, operation, viewer)
                assert orjson.loads(told)["data"] is not None
                for _ in range(2):
                    body = await engine.execute(operation, await session_of(engine, viewer))
                    assert in_order(body) == told
    assert (engine.answers.made, engine.answers.hits, len(engine.answers)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("pair", "differs"), [("leaders", False), ("employees", False), ("of budgets", True), ("of time", True)]
)
async def test_own_time_in_a_history_is_shown_to_its_member_alone(
    peers: Peers, engine: Engine, pair: str, differs: bool
) -> None:
    viewers, told = await peers.viewers(pair), []
    for viewer in viewers:
        session = await session_of(engine, viewer)
        operation = engine.prepare(Request(HISTORY, variables=queries(peers, "job")[-1][1]), session)
        assert operation.is_per_viewer(viewer.scope) is differs
        told.append(await engine.execute(operation, session))
        me = encode(Kind.MEMBER, viewer.member_id).encode()
        assert (me in told[-1]) is (pair != "employees")
    assert (told[0] != told[1]) is differs
    # A history is read anew in any case: its log may have been pruned.
    assert (engine.answers.made, len(engine.answers)) == (0 if differs else 2, 0)


@pytest.mark.parametrize("name", ["viewer", "timeEntries", "node"])
async def test_a_resolver_that_asks_for_the_viewer_and_does_not_say_so_fails(
    peers: Peers, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = sharing.per_viewer(graphql_schema())
    without = {coordinate: said[coordinate] for coordinate in said if coordinate != ("Query", name)}
    monkeypatch.setattr(sharing, "per_viewer", lambda schema: without)
    # One's own time is not another's answer, and who they are is not either.
    viewer, _ = await peers.viewers("of time")
    session = await session_of(engine, viewer)
    text = {
        "viewer": "{ viewer { member { id } } }",
        "timeEntries": "{ timeEntries(first: 5) { nodes { id } } }",
        "node": f'{{ node(id: "{encode(Kind.TIME_ENTRY, peers.entries[0])}") {{ id }} }}',
    }
    operation = engine.prepare(Request(text[name]), session)
    assert not operation.is_per_viewer(viewer.scope)
    for _ in range(2):
        answer = orjson.loads(await engine.execute(operation, session))
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
        assert answer["data"] in (None, {name: None})
    # What went wrong is not kept.
    assert (engine.answers.made, len(engine.answers)) == (2, 0)


async def test_less_is_not_taken_for_the_same(peers: Peers, engine: Engine) -> None:
    """What is loaded through the viewer fails without one, where it would be less."""
    one, _ = await peers.viewers("of budgets")
    operation = engine.prepare(Request(HISTORY, variables=queries(peers, "job")[-1][1]), await session_of(engine, one))
    assert b'"INTERNAL"' in await shared(engine, operation, one)
    assert b'"INTERNAL"' not in await alone(engine, operation, one)
