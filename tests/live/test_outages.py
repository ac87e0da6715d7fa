"""The database goes away for a moment: streams wait for it, and then tell what they would have told."""

import asyncpg

from models.commands.jobs import update_job
from models.connection import credentials
from tests.live.eventually import eventually
from tests.live.follower import following
from tests.serving import Api
from tests.world import World

#: The connections of this run that wait for a lock.
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_a_message_that_could_not_be_read_is_read_again(world: World, api: Api, database: str) -> None:
    job = await world.job()
    connection = await asyncpg.connect(**credentials(database))
    # Another one: inside a transaction what others do stands still.
    watcher = await asyncpg.connect(**credentials(database))
    async with following(api, world.employee) as client:
        change = await update_job(world.acting(world.owner), job_id=job.id, name="first")
        await client.reach(change.revision)
        async with connection.transaction():
            # Changes do not need it, reading a card does.
            await connection.execute("LOCK TABLE job_assignee IN ACCESS EXCLUSIVE MODE")
            change = await update_job(world.acting(world.owner), job_id=job.id, name="second")
            for _ in range(2):
                await _cut_off_who_waits(watcher)
        await client.reach(change.revision)
        assert client.kinds == ["JobUpdated", "JobUpdated"]
        assert client.resyncs == 0
        await client.check()
    for each in (connection, watcher):
        await each.close()


async def _cut_off_who_waits(watcher: asyncpg.Connection) -> None:
    pids = await eventually(lambda: _waiting(watcher))
    for pid in pids:
        await watcher.execute("SELECT pg_terminate_backend($1)", pid)
    await eventually(lambda: _gone(watcher, pids))


async def _waiting(watcher: asyncpg.Connection) -> list[int]:
    return [row["pid"] for row in await watcher.fetch(WAITING)]


async def _gone(watcher: asyncpg.Connection, pids: list[int]) -> bool:
    return not await watcher.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)", pids)
