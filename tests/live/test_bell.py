"""Redis is a doorbell: dead, deaf, flushed or hanging, it costs a second of latency and nothing else."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

import embedded
from models.commands.jobs import update_job
from models.log import Committed, Logged, on_commit
from models.rows import Job
from subscriptions import bell as bells
from subscriptions.bell import Bell, Ring
from tests.live.follower import Follower, following
from tests.live.valkey import Valkey
from tests.serving import Api, serving
from tests.world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="jobwire-bell-") as path:
        yield Path(path)


@pytest.fixture
async def valkey(folder: Path) -> AsyncIterator[Valkey]:
    """It is not started yet."""
    valkey = Valkey(folder)
    yield valkey
    await valkey.kill()


async def a_change_is_seen(world: World, job: Job, api: Api, client: Follower) -> bool:
    """Change something, and wait until the client has it. Whether the server heard of it from Redis."""
    heard = api.hub.bell.heard
    change = await update_job(world.acting(world.owner), job_id=job.id, name=f"not {job.name}")
    job.name = change.value.name
    async with asyncio.timeout(10):
        await client.reach(change.revision)
    return api.hub.bell.heard > heard


async def rings_no_more(world: World, job: Job, api: Api, client: Follower) -> None:
    """Changes are not heard from Redis, and seen all the same. What was on its way when it fell silent still may be."""
    async with asyncio.timeout(15):
        while await a_change_is_seen(world, job, api, client):
            pass
    for _ in range(2):
        assert not await a_change_is_seen(world, job, api, client)


async def rings_again(world: World, job: Job, api: Api, client: Follower) -> None:
    """Changes are heard from Redis, several times in a row, soon."""
    async with asyncio.timeout(15):
        in_a_row = 0
        while in_a_row < 4:
            in_a_row = in_a_row + 1 if await a_change_is_seen(world, job, api, client) else 0


async def test_a_server_without_redis_sweeps_and_rings_when_it_comes(
    world: World, database: str, valkey: Valkey
) -> None:
    job = await world.job()
    async with serving(database, valkey.url) as api, following(api, world.employee) as client:
        for _ in range(3):
            assert not await a_change_is_seen(world, job, api, client)
        await valkey.start()
        await rings_again(world, job, api, client)
        await client.check()


async def test_redis_is_killed_and_comes_back(world: World, database: str, valkey: Valkey) -> None:
    job = await world.job()
    await valkey.start()
    async with serving(database, valkey.url) as api, following(api, world.employee) as client:
        await rings_again(world, job, api, client)
        await valkey.kill()
        await rings_no_more(world, job, api, client)
        await valkey.start()
        await rings_again(world, job, api, client)
        await valkey.flush()
        await rings_again(world, job, api, client)
        assert client.resyncs == 0
        await client.check()


async def test_a_redis_that_hangs_slows_no_command(world: World, database: str, valkey: Valkey) -> None:
    job = await world.job()
    await valkey.start()
    async with serving(database, valkey.url) as api, following(api, world.employee) as client:
        await rings_again(world, job, api, client)
        # It has answered the last of them, too.
        await api.hub.bell._waiting.join()
        valkey.send(signal.SIGSTOP)
        rung = api.hub.bell.rung
        for number in range(20):
            last = (await update_job(world.acting(world.owner), job_id=job.id, name=f"name {number}")).revision
        assert api.hub.bell.rung == rung  # all commands are done, and Redis has taken none of their rings
        async with asyncio.timeout(10):
            await client.reach(last)
        valkey.send(signal.SIGCONT)
        await rings_again(world, job, api, client)
        await client.check()


async def test_what_nobody_can_read_does_not_silence_the_bell(
    world: World, database: str, servers: embedded.Servers
) -> None:
    job = await world.job()
    async with (
        serving(database, servers.redis_url) as api,
        following(api, world.employee) as client,
        Redis.from_url(servers.redis_url) as redis,
    ):
        ahead = await world.revision() + 1
        for nonsense in (
            "nonsense",
            f"{world.firm.id} x {{}}",
            f'{world.firm.id} {ahead} {{"revision": 1}}',
            f"{world.firm.id} {ahead} not json",
            f"{world.firm.id} {ahead + 1_000_000} ",
            b"\xff\xfe",
        ):
            await redis.publish("jobwire:bell", nonsense)
        await rings_again(world, job, api, client)
        assert client.resyncs == 0
        await client.check()


async def test_waiting_rings_are_bounded_and_the_newest_stay(valkey: Valkey, world: World) -> None:
    bell = Bell(valkey.url)
    await world.job()
    made = (await world.events())[-1]
    for revision in range(bells.MOST_WAITING + 10):
        logged = Logged(revision, 0, made.event, made.actor, None, made.at)
        bell.ring(Committed(world.firm.id, revision, (logged,)))
    assert bell.dropped == 10
    assert bell._waiting.qsize() == bells.MOST_WAITING
    assert bell._waiting.get_nowait().revision == 10


@contextlib.asynccontextmanager
async def ringing(url: str, heard: Callable[[Ring], None]) -> AsyncIterator[Bell]:
    """A bell that is listened to."""
    bell = Bell(url)
    await bell.start(heard, lambda: None)
    try:
        yield bell
    finally:
        await bell.stop()


async def test_a_listener_that_fails_hears_the_next_ring(world: World, servers: embedded.Servers) -> None:
    heard: list[int] = []

    def listen(ring: Ring) -> None:
        heard.append(ring.revision)
        raise RuntimeError("no")

    async with ringing(servers.redis_url, listen) as bell:
        silence = on_commit(bell.ring)
        try:
            async with asyncio.timeout(10):
                while len(heard) < 3:
                    await world.job()
                    await asyncio.sleep(0.01)
        finally:
            silence()
