"""What takes long to read is read beside the event loop, which then does next to nothing for it."""

import asyncio
import gc
import sys
import threading
import weakref
from contextlib import suppress
from time import thread_time
from typing import Any

import orjson
import pytest

from engine.engine import Engine
from engine.limits import TO_SIGN_IN, Limits
from engine.reading import SWITCH_INTERVAL, Reading
from engine.session import Session
from models.caller import Caller
from models.sign_in import issue_for
from tests.engine.counting import counted_calls
from tests.engine.hostile import HOSTILE, largest
from tests.serving import Api
from tests.world import World
from transport.engine import Refused, Request

#: Calls of functions on the event loop: a two-hundredth of a second on a machine of 2024.
MOST_CALLS = 40_000
#: Those that take longest to parse, to measure and to validate, accepted and refused.
DEAREST = [
    "a few misspelt fields",
    "a fan of large fragments",
    "one field with large arguments",
    "one field with a selection",
    "introspection",
    "unknown fields",
    "errors behind many lines",
    "a string of escapes",
    "a string of codes that does not end",
    "an error at the end",
]
#: So to be refused again takes a turn.
NO_DOCUMENTS = {"a string of codes that does not end", "an error at the end"}


async def ask(engine: Engine, session: Session, query: str, variables: dict[str, Any] | None = None) -> bool:
    """Whether it may be executed."""
    try:
        await engine.prepare_in_turn(Request(query, variables=variables), session)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("signed_in", [True, False], ids=["member", "nobody"])
async def test_the_event_loop_does_little_for_the_dearest_documents(
    engine: Engine, world: World, signed_in: bool
) -> None:
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    allowed = Limits() if signed_in else TO_SIGN_IN
    await ask(engine, member, "{ viewer { role } }")  # what is worked out once is not counted
    elsewhere = 0.0
    for number, sort in enumerate(DEAREST):
        query = HOSTILE[sort](largest(HOSTILE[sort], allowed))
        session = member if signed_in else Session(f"198.51.100.{number}")
        with counted_calls() as calls:
            await ask(engine, session, query)
        assert calls.made < MOST_CALLS, sort
        admission = engine._members if signed_in else engine._anybody
        elsewhere, before = admission.reading.spent, elsewhere
        assert elsewhere > before
        if sort not in NO_DOCUMENTS:
            # To be refused again takes no turn.
            assert not engine._waits(Request(query), session), sort


async def test_it_does_little_for_a_small_document_of_misspelt_names(engine: Engine, world: World) -> None:
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    await ask(engine, member, "{ viewer { role } }")
    with counted_calls() as calls, pytest.raises(Refused) as caught:
        await engine.prepare_in_turn(Request(HOSTILE["a few misspelt fields"](0)), member)
    assert "Did you mean 'setTimeEntryRate'?" in caught.value.errors[0]["message"]
    assert calls.made < MOST_CALLS


async def test_it_does_little_for_variables_of_thousands_of_values(engine: Engine, world: World) -> None:
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    query = "query($ids: [ID!]!, $filter: JobFilter) { nodes(ids: $ids) { id } jobs(filter: $filter) { totalCount } }"
    many = {"and": [{"and": [{"archived": True}] * 20}] * 60}
    for variables, fit in (
        ({"ids": [{"a": 1}] * 2_400, "filter": None}, False),
        ({"ids": [], "filter": many}, True),
    ):
        with counted_calls() as calls:
            assert await ask(engine, member, query, variables) is fit
        assert calls.made < MOST_CALLS
    assert await ask(engine, member, query, {"ids": ["x"], "filter": {}})


async def test_they_are_not_read_again_to_be_executed(engine: Engine, world: World) -> None:
    session = await engine.sign_in(await issue_for(world.owner.id, 1))
    query = "query($filter: JobFilter!) { viewer { role } jobs(filter: $filter) @skip(if: true) { totalCount } }"
    many = {"and": [{"and": [{"archived": True}] * 20}] * 115}
    prepared = await engine.prepare_in_turn(Request(query, variables={"filter": many}), session)
    with counted_calls() as calls:
        answer = await engine.execute(prepared, session)
    assert orjson.loads(answer)["data"] == {"viewer": {"role": "OWNER"}}
    assert calls.made < MOST_CALLS


async def test_what_is_known_is_answered_meanwhile(engine: Engine, world: World) -> None:
    """On the event loop, while the thread is at a document that others have sent."""
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    known = "{ viewer { role } }"
    await ask(engine, member, known)
    reading, begun, go_on = Reading(), threading.Event(), threading.Event()

    def takes_long() -> str:
        begun.set()
        assert go_on.wait(30)
        return threading.current_thread().name

    task = asyncio.create_task(reading.beside(takes_long))
    async with asyncio.timeout(30):
        await asyncio.to_thread(begun.wait, 30)
        assert await ask(engine, member, known)
        assert not task.done()
        go_on.set()
        assert (await task).startswith("reading")


async def test_a_thread_gives_way_to_the_event_loop_of_a_server(api: Api) -> None:
    await api.post(None, "{ __typename }")
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)


async def test_whoever_is_cancelled_is_so_when_it_is_done_and_what_it_took_is_counted() -> None:
    reading, begun, go_on = Reading(), threading.Event(), threading.Event()

    def takes_long() -> None:
        begun.set()
        until = thread_time() + 0.01
        while thread_time() < until:
            pass
        assert go_on.wait(30)
        raise ValueError

    task = asyncio.create_task(reading.beside(takes_long))
    async with asyncio.timeout(30):
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert reading.spent >= 0.01


async def test_nothing_is_kept_of_what_was_refused() -> None:
    """Not even until the collector of garbage comes."""

    class Read:
        """As much as a document and its variables."""

    async def refuse() -> weakref.ref[Read]:
        read = Read()

        def takes_long() -> None:
            raise ValueError(read)

        with suppress(ValueError):
            await Reading().beside(takes_long)
        return weakref.ref(read)

    gc.disable()
    try:
        read = await refuse()
        async with asyncio.timeout(30):
            while read() is not None:
                await asyncio.sleep(0.001)
    finally:
        gc.enable()


async def test_what_was_waited_for_a_document_counts_where_a_password_waits(engine: Engine) -> None:
    """Who signs in with a document that is new waits in two lines, and in both together no longer than in one."""
    nobody = Session("192.0.2.1")
    query = "mutation A { __typename }"
    async with engine._anybody.turns.turn(Caller("somebody else")):
        task = asyncio.create_task(engine.prepare_in_turn(Request(query), nobody))
        async with asyncio.timeout(30):
            while not engine._anybody.turns.waiting:
                await asyncio.sleep(0)
    prepared = await task
    assert prepared.waited > 0
    assert engine._context(prepared, None, nobody).caller.waited == prepared.waited
