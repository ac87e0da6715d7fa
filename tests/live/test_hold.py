"""A server that cannot ask the database where the log stands tells nobody anything, until it can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

import embedded
from models.commands.jobs import update_job
from models.connection import credentials
from tests.live.follower import following
from tests.serving import serving
from tests.world import World


@asynccontextmanager
async def heads_hidden(database: str) -> AsyncIterator[None]:
    """Nobody gets to know the head of any firm's log."""
    connection = await asyncpg.connect(**credentials(database))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE firm IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_what_cannot_be_confirmed_is_held_back(world: World, database: str, servers: embedded.Servers) -> None:
    job = await world.job()
    async with (
        serving(database, servers.redis_url, heartbeat=0.2, hold_after=0.6) as careful,
        serving(database, servers.redis_url, heartbeat=0.2, hold_after=60) as careless,
        following(careful, world.employee) as client,
        following(careless, world.employee) as control,
    ):
        async with heads_hidden(database), asyncio.timeout(20):
            # What was confirmed before still holds for a moment.
            while await _hears(client.receive(), 1.5):
                pass
            changing = asyncio.ensure_future(update_job(world.acting(world.owner), job_id=job.id, name="at last"))
            assert await _hears(control.receive(), 5)
            silent = len(client.messages)
            assert not await _hears(client.receive(), 1.5)
            assert len(client.messages) == silent
        revision = (await changing).revision
        async with asyncio.timeout(10):
            await client.reach(revision)
            await control.reach(revision)
        assert client.kinds == control.kinds == ["JobUpdated"]
        await client.check()


async def _hears(message: object, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await message  # type: ignore[misc]
    except TimeoutError:
        return False
    return True
