"""When what was told is worth nothing any more: a restored log, a message that is too large, a hub that stops."""

import asyncio
from typing import Any

import orjson
import pytest

import embedded
from engine.engine import Engine
from models.commands.accounts import set_account_team
from models.database import sql
from models.log import heads
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.cohorts import Cohorts
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.pace import Pace
from tests.api.test_statements import counted
from tests.live.house import hub_on, kinds, reading
from tests.live.test_cohorts import everybody, heard, rename
from tests.world import World
from transport.engine import Request


async def restore(world: World, revision: int, scope_revision: int) -> None:
    """The log as a backup of this revision has it. The rows are the test's to restore."""
    await sql("DELETE FROM event WHERE firm_id = $1 AND revision > $2", world.firm.id, revision)
    await sql(
        "UPDATE firm SET revision = $2, scope_revision = $3, epoch = gen_random_uuid() WHERE id = $1",
        world.firm.id,
        revision,
        scope_revision,
    )


async def notice(world: World, feed: Feed) -> None:
    """The feed is told of the head as it is now, as by a sweep."""
    head = (await heads([world.firm.id]))[world.firm.id]
    feed.confirm(head.position, asyncio.get_running_loop().time())


async def test_whoever_comes_after_a_restored_backup_is_not_kept_waiting(world: World, cohorts: Cohorts) -> None:
    """The revisions at which scopes changed were those of the other log: this one may never reach them."""
    before = await world.revision()
    async with reading(cohorts, world.owner) as owner:
        # The team is in the end as it was.
        for members in ([], [world.employee.id]):
            change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=members)
        await everybody([owner], change.revision)
        await restore(world, before, before)
        await notice(world, cohorts.hub.feeds[world.firm.id])
        while not owner.told[-1].resync:
            await owner.next()
        with counted() as statements:
            try:
                async with asyncio.timeout(20), reading(cohorts, world.employee) as again:
                    assert again.told[0].revision == before
            except TimeoutError:
                pytest.fail(f"Still waiting after {len(statements)} statements.")


async def test_what_waits_for_room_is_not_told_as_of_the_new_log(world: World, cohorts: Cohorts) -> None:
    await world.job()
    async with reading(cohorts, world.employee) as reader:
        feed = cohorts.hub.feeds[world.firm.id]
        reader.room = False
        change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        await heard(cohorts, world, change.revision)
        # By then the rescoping waits.
        await asyncio.sleep(0.3)
        old = feed.epoch
        await sql("UPDATE firm SET epoch = gen_random_uuid() WHERE id = $1", world.firm.id)
        await notice(world, feed)
        assert feed.epoch != old
        reader.make_room()
        message = await reader.next()
        assert message.resync or message.epoch == old


async def test_a_difference_of_scopes_is_of_one_log(world: World, cohorts: Cohorts) -> None:
    """After a restored backup the same revision changes the same scope, over other rows."""
    first = await world.job("first")
    async with reading(cohorts, world.employee) as reader, reading(cohorts, world.owner):
        before = await world.revision()
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        assert sorted(kinds(await reader.next())) == ["AccountRemoved", "JobRemoved"]
        # One revision less than before, so that after the second job the team changes at the same one.
        await restore(world, before - 1, 0)
        await sql(
            "INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, world.employee.id
        )
        await notice(world, cohorts.hub.feeds[world.firm.id])
        while not reader.told[-1].resync:
            await reader.next()
        second = await world.job("second")
        assert kinds(await reader.next()) == ["JobCreated"]
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        message = await reader.next()
        removed = {logged.event.thing for logged in message.events}
        assert {first.id, second.id} <= removed


class Wall:
    """A sink that keeps what it is sent."""

    ready = True

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def send(self, body: bytes) -> None:
        """Keep it."""
        self.bodies.append(orjson.loads(body))

    def end(self, errors: list[Any] | None = None) -> None:
        """Nothing more comes."""


async def test_a_message_that_is_too_large_says_to_read_anew(
    world: World, servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With data that is null, the cursor would move on and nobody would know what they missed."""
    job = await world.job()
    async with hub_on(servers.redis_url) as hub:
        engine, wall = Engine(graphql_schema(), hub), Wall()
        query = """subscription { boardChanges { revision previous resync events {
            ... on JobUpdated { job { pipeline { stages { jobs { id } } } } } } } }"""
        session = await engine.sign_in(await issue_for(world.employee.id, 1))
        subscriber = await engine.subscribe(engine.prepare(Request(query), session), session, wall)
        async with asyncio.timeout(10):
            while not wall.bodies:
                await asyncio.sleep(0.01)
            monkeypatch.setattr("resolvers.context.MOST_THINGS", 2)
            await rename(world, job, "large")
            while len(wall.bodies) < 2:
                await asyncio.sleep(0.01)
        subscriber.stop()
        assert wall.bodies[1]["data"], wall.bodies[1]
        assert wall.bodies[1]["data"]["boardChanges"]["resync"]


async def test_a_hub_that_is_told_to_sweep_while_it_stops_does_stop(servers: embedded.Servers) -> None:
    """`wait_for` of Python 3.11 loses a cancellation that comes as the wait ends."""
    hub = Hub(Bell(servers.redis_url), Pace(sweep=30))
    await hub.start()
    await asyncio.sleep(0.2)
    hub._sweep_now.set()
    stopping = asyncio.create_task(hub.stop())
    done, _ = await asyncio.wait([stopping], timeout=20)
    if not done:
        assert hub._sweeping is not None
        hub._sweeping.cancel()  # it waits by now, and this one is heard
        await stopping
    assert done
