"""How many different live documents a member and a firm may follow in a process: each of them costs every change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import embedded
from engine.engine import Engine
from engine.session import Session
from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.pipelines import set_pipeline_members
from models.ids import Kind, encode
from models.log import on_commit
from models.rows import Member
from resolvers.root import graphql_schema
from subscriptions.live_documents import BOUNDS, Bounds, LiveDocuments
from subscriptions.rescoping import Rescoping
from tests.live.direct import Told, open_stream, signed_in
from tests.live.eventually import eventually
from tests.live.house import hub_on
from tests.live.stepping import cancelled_at_wait
from tests.serving import Api
from tests.world import World
from transport.engine import Refused


@pytest.fixture
async def engine(servers: embedded.Servers) -> AsyncIterator[Engine]:
    """That of a process which nobody else asks."""
    async with hub_on(servers.redis_url) as hub:
        silence = on_commit(hub.bell.ring)
        yield Engine(graphql_schema(), hub)
        silence()


def document(number: int) -> str:
    """One of many that say the same in other words."""
    return f"subscription S{number} {{ boardChanges {{ revision previous resync events {{ __typename }} }} }}"


def refusal(refused: Refused) -> dict[str, Any]:
    """The one error that it was refused with."""
    (error,) = refused.errors
    return error


async def follow(engine: Engine, session: Session, numbers: range) -> list[Told]:
    """A subscription to each of these."""
    return [await open_stream(engine, session, document(number)) for number in numbers]


def stop(streams: list[Told]) -> None:
    """End them."""
    for told in streams:
        assert told.subscriber
        told.subscriber.stop()


async def test_a_member_follows_so_many_different_documents_and_no_more(world: World, engine: Engine) -> None:
    sessions = [await signed_in(engine, world.employee) for _ in range(4)]
    most = BOUNDS.of_member
    streams = [await open_stream(engine, sessions[n % 4], document(n)) for n in range(most)]
    for session in sessions:
        with pytest.raises(Refused) as refused:
            await open_stream(engine, session, document(most))
        error = refusal(refused.value)
        assert error["extensions"] == {"code": "LIMIT", "limit": "live documents"}
        assert str(most) in error["message"]
        # The same again costs nothing, and is not refused.
        streams.append(await open_stream(engine, session, document(0)))
    # Somebody else has a count of their own.
    streams += await follow(engine, await signed_in(engine, world.owner), range(most))
    assert engine.cohorts.hub.counts.cohorts == 2 * most
    stop(streams)
    assert not engine.cohorts.hub.documents
    stop([await open_stream(engine, sessions[0], document(most))])


async def test_it_is_free_again_when_the_last_who_follows_it_leaves(world: World, engine: Engine) -> None:
    session, most = await signed_in(engine, world.employee), BOUNDS.of_member
    streams = await follow(engine, session, range(most))
    twice = await open_stream(engine, session, document(0))
    stop(streams[:1])
    with pytest.raises(Refused):
        await open_stream(engine, session, document(most))
    stop([twice])
    stop([twice])
    streams.append(await open_stream(engine, session, document(most)))
    with pytest.raises(Refused):
        await open_stream(engine, session, document(0))
    stop(streams)


async def test_many_at_the_same_time_are_no_way_around_it(world: World, engine: Engine) -> None:
    session, most = await signed_in(engine, world.employee), BOUNDS.of_member
    found = await asyncio.gather(
        *(open_stream(engine, session, document(number)) for number in range(3 * most)), return_exceptions=True
    )
    streams = [each for each in found if isinstance(each, Told)]
    assert len(streams) == most
    assert all(isinstance(each, Told | Refused) for each in found)
    stop(streams)
    assert not engine.cohorts.hub.documents


async def test_who_is_refused_or_leaves_at_any_moment_leaves_nothing_behind(world: World, engine: Engine) -> None:
    session = await signed_in(engine, world.stranger)
    named = "subscription ($ids: [ID!]) { boardChanges(pipelines: $ids) { revision } }"
    for _ in range(BOUNDS.of_member + 1):
        with pytest.raises(Refused) as refused:
            await open_stream(engine, session, named, ids=[encode(Kind.PIPELINE, world.pipeline.id)])
        assert refusal(refused.value)["extensions"]["code"] == "NOT_FOUND"
    assert not engine.cohorts.hub.documents
    for wait in range(1, 100):
        task: list[Told] = []

        async def come(task: list[Told] = task) -> None:
            task.append(await open_stream(engine, session, document(0)))

        if not await cancelled_at_wait(come(), wait):
            stop(task)
            break
    assert wait > 2
    assert not engine.cohorts.hub.documents
    assert engine.cohorts.hub.users == 0


async def test_who_is_on_the_way_to_another_scope_counts_too(world: World, engine: Engine) -> None:
    session, most = await signed_in(engine, world.employee), BOUNDS.of_member
    streams = await follow(engine, session, range(most))
    for told in streams:
        await told.next()
        told.room = False
    await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])

    async def all_cross() -> bool:
        return all(told.subscriber and isinstance(told.subscriber.place, Rescoping) for told in streams)

    await eventually(all_cross)
    with pytest.raises(Refused):
        await open_stream(engine, session, document(most))
    for told in streams:
        told.room = True
        assert told.subscriber
        told.subscriber.resume()
    last = await set_pipeline_members(world.acting(world.owner), pipeline_id=world.pipeline.id, member_ids=[])
    for told in streams:
        await told.reach(last.revision)
    with pytest.raises(Refused):
        await open_stream(engine, session, document(most))
    stop(streams)
    assert not engine.cohorts.hub.documents


@contextlib.contextmanager
def at_most(engine: Engine, bounds: Bounds) -> Iterator[None]:
    """Other bounds than the usual ones."""
    engine.cohorts.hub.documents = LiveDocuments(bounds)
    yield
    assert not engine.cohorts.hub.documents


async def test_a_firm_follows_so_many_and_nobody_is_kept_from_their_first_few(world: World, engine: Engine) -> None:
    members: list[Member] = [world.owner, world.admin, world.employee]
    owner, admin, employee = [await signed_in(engine, member) for member in members]
    with at_most(engine, Bounds(of_member=6, of_firm=8, always=2)):
        streams = await follow(engine, owner, range(6)) + await follow(engine, admin, range(6, 8))
        # The firm is full: whoever has their first few goes no further, but what is followed already may be.
        with pytest.raises(Refused) as refused:
            await open_stream(engine, admin, document(8))
        error = refusal(refused.value)
        assert error["extensions"] == {"code": "LIMIT", "limit": "live documents"}
        assert "8" in error["message"]
        streams.append(await open_stream(engine, admin, document(0)))
        streams += await follow(engine, employee, range(8, 10))
        with pytest.raises(Refused):
            await open_stream(engine, employee, document(10))
        # Another firm is another matter.
        other = await World.build(f"o{world.tag}")
        streams += await follow(engine, await signed_in(engine, other.owner), range(6))
        stop(streams)


async def test_on_a_socket_it_is_an_error_of_that_operation(world: World, api: Api) -> None:
    most = BOUNDS.of_member
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(api.socket(world.employee)) for _ in range(2)]
        for number in range(most):
            await sockets[number % 2].subscribe(document(number), str(number))
            assert (await sockets[number % 2].receive())["type"] == "next"
        await sockets[0].subscribe(document(most), "one too many")
        frame = await sockets[0].receive()
        assert (frame["type"], frame["id"]) == ("error", "one too many")
        assert frame["payload"][0]["extensions"]["code"] == "LIMIT"
        # The socket lives on, and what is followed goes on.
        revision = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
        for socket in sockets:
            for _ in range(most // 2):
                message = (await socket.next())["boardChanges"]
                assert (message["revision"], message["events"]) == (str(revision), [{"__typename": "FirmUpdated"}])
        await sockets[1].connection.close()

        async def may_go_on() -> bool:
            await sockets[0].subscribe(document(most), "again")
            return bool((await sockets[0].receive())["type"] == "next")

        await eventually(may_go_on)
