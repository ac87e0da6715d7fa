"""A caller may leave at any moment: no connection is lost, no change is half made, nobody keeps listening."""

import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tortoise.connection import get_connection

import embedded
from engine.engine import Engine
from models.command import settle
from models.commands.jobs import update_job
from models.connection import credentials
from models.database import sql
from models.ids import Kind, encode, new_id
from models.log import on_commit
from models.rows import Job
from models.sign_in import issue_for
from models.templates.jobs import create_job
from subscriptions.hub import Hub
from tests.live.house import engine_on, hub_on
from tests.live.replica import CHANGES, SNAPSHOT
from tests.live.stepping import cancelled_after_turns, cancelled_at_wait
from tests.world import World
from transport.engine import Request

POOL = 20

CREATE = """
mutation Create($input: CreateJobInput!) { createJob(input: $input) { job { id name account { name } } revision
  errors { message } } }"""


@pytest.fixture
async def hub(servers: embedded.Servers) -> AsyncIterator[Hub]:
    """A hub that hears of changes by its bell alone: a sweep would open again what has been left."""
    async with hub_on(servers.redis_url, sweep=30) as hub:
        silence = on_commit(hub.bell.ring)
        yield hub
        silence()


class Mailbox:
    """Somebody who listens."""

    def __init__(self) -> None:
        self.bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self.next = self.bodies.get
        self.ready = True

    def send(self, body: bytes) -> None:
        self.bodies.put_nowait(body)

    def end(self, errors: list[Any] | None = None) -> None:
        raise AssertionError(errors)


async def nothing_is_left(database: str) -> None:
    """All connections of the pool are free, and none is in a transaction."""
    await settle()
    gc.collect()
    pool = get_connection("default")._pool
    async with asyncio.timeout(5):
        held = [await pool.acquire() for _ in range(POOL)]
    for connection in held:
        await pool.release(connection)
    watcher = await asyncpg.connect(**credentials(database))
    open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    assert await watcher.fetchval(open_ones) == 0
    await watcher.close()


async def wholly_or_not(world: World, job_id: UUID, *, key: str | None = None) -> bool:
    """Whether the job was made. Row, event and key are there together, or none of them."""
    await settle()
    made = await Job.exists(id=job_id)
    events = await sql("SELECT revision FROM event WHERE firm_id = $1 AND subject = $2", world.firm.id, job_id)
    assert len(events) == made
    if key is not None:
        keys = await sql("SELECT revision FROM idempotency_key WHERE firm_id = $1 AND key = $2", world.firm.id, key)
        assert [row["revision"] for row in keys] == [row["revision"] for row in events]
    return made


def ever_later() -> Iterator[int]:
    """1, 2, 3 … and, once they are many, not every one of them."""
    turn = 1
    while True:
        yield turn
        turn += 1 + turn // 25


@pytest.mark.parametrize("keyed", [False, True])
async def test_a_command_is_made_wholly_or_not_at_all(keyed: bool, world: World, database: str) -> None:
    outcomes = set()
    fields = {"account_id": world.account.id, "pipeline_id": world.pipeline.id, "name": "1040"}
    for turns in ever_later():
        job_id = new_id()
        key = f"key {turns}" if keyed else None
        actor = world.acting(world.owner).calling(key, "createJob", {"id": str(job_id)})
        cancelled = await cancelled_after_turns(create_job(actor, id=job_id, **fields), turns)  # type: ignore[arg-type]
        outcomes.add((cancelled, await wholly_or_not(world, job_id, key=key)))
        if not cancelled:
            break
    assert (True, False) in outcomes or (True, True) in outcomes
    assert (False, True) in outcomes
    await nothing_is_left(database)
    revisions = [logged.revision for logged in await world.events()]
    assert sorted(set(revisions)) == list(range(1, await world.revision() + 1))


async def asked(engine: Engine, world: World, query: str, **variables: Any) -> tuple[Any, Any]:
    """An operation that is ready to run, and the session that runs it."""
    session = await engine.sign_in(await issue_for(world.owner.id, 1))
    return engine.prepare(Request(query, variables=variables), session), session


async def test_a_mutation_over_the_engine_leaves_nothing_behind(world: World, database: str, hub: Hub) -> None:
    engine = engine_on(hub)
    for turns in ever_later():
        job_id = new_id()
        values = {
            "id": encode(Kind.JOB, job_id),
            "accountId": encode(Kind.ACCOUNT, world.account.id),
            "pipelineId": encode(Kind.PIPELINE, world.pipeline.id),
            "name": "1040",
        }
        cancelled = await cancelled_after_turns(
            engine.execute(*await asked(engine, world, CREATE, input=values)), turns
        )
        made = await wholly_or_not(world, job_id)
        if not cancelled:
            assert made
            break
    await nothing_is_left(database)


async def test_a_query_may_be_cancelled_wherever_it_waits(world: World, database: str, hub: Hub) -> None:
    await world.job()
    engine = engine_on(hub)
    for wait in itertools.count(1):
        if not await cancelled_at_wait(engine.execute(*await asked(engine, world, SNAPSHOT)), wait):
            break
    for turns in ever_later():
        if not await cancelled_after_turns(engine.execute(*await asked(engine, world, SNAPSHOT)), turns):
            break
    assert turns > 5
    await nothing_is_left(database)


@pytest.mark.parametrize("how", [cancelled_at_wait, cancelled_after_turns])
async def test_a_subscription_may_be_cancelled_wherever_it_waits(
    how: Any, world: World, database: str, hub: Hub
) -> None:
    job = await world.job()
    engine = engine_on(hub)

    async def listen(operation: Any, session: Any) -> None:
        mailbox = Mailbox()
        stop = engine.on_end(session, lambda _ended: None)
        subscription = None
        try:
            subscription = await engine.subscribe(operation, session, mailbox)
            await mailbox.next()
            job.name += "."
            changing = asyncio.create_task(_rename(world, job))
            try:
                await mailbox.next()
            finally:
                await asyncio.wait([changing])
        finally:
            if subscription is not None:
                subscription.stop()
            stop()

    for step in ever_later() if how is cancelled_after_turns else itertools.count(1):
        cancelled = await how(listen(*await asked(engine, world, CHANGES)), step)
        # A feed that was being opened comes to its end by itself.
        await asyncio.gather(*hub._opening.tasks)
        assert hub.users == 0
        assert hub.feeds == {}
        assert len(hub.watches) == 0
        if not cancelled:
            break
    assert step > 3
    await nothing_is_left(database)


async def _rename(world: World, job: Job) -> None:
    await update_job(world.acting(world.owner), job_id=job.id, name=f"{len(job.name)} dots")
