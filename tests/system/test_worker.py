"""`jobwire worker`: what it does by itself, and what it survives."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import embedded
from models import pruning
from models.database import sql
from models.housekeeping import KEYS_KEPT_FOR, prune_idempotency_keys
from models.ids import new_id
from models.partitions import make_partitions
from models.rows import IdempotencyKey, Session
from models.sign_in import KEPT_AFTER_END
from tests.databases import on, own_database, partitions_of_the_log
from tests.live.valkey import own_valkey
from tests.system.jobwire import jobwire
from tests.world import World


async def key(world: World, age: timedelta) -> int:
    made = await IdempotencyKey.create(
        asker=world.owner.id,
        firm_id=world.firm.id,
        key=str(new_id()),
        fingerprint="f",
        created_at=datetime.now(UTC) - age,
    )
    return made.id


async def session(world: World, expired: timedelta) -> UUID:
    now = datetime.now(UTC)
    made = await Session.create(
        id=new_id(), member_id=world.owner.id, refresh_hash="h", created_at=now, expires_at=now - expired
    )
    return made.id


async def gone(model: type[IdempotencyKey] | type[Session], id: int | UUID) -> None:
    """Wait until the row has been deleted."""
    async with asyncio.timeout(30):
        while True:
            if not await model.exists(id=id):
                return
            await asyncio.sleep(0.05)


async def test_keys_are_pruned_when_nobody_sends_them_again(world: World) -> None:
    old, young = await key(world, KEYS_KEPT_FOR + timedelta(minutes=1)), await key(world, KEYS_KEPT_FOR / 2)
    assert await prune_idempotency_keys(datetime.now(UTC)) >= 1
    assert not await IdempotencyKey.exists(id=old)
    assert await IdempotencyKey.exists(id=young)
    assert await prune_idempotency_keys(datetime.now(UTC)) == 0


async def test_more_keys_than_one_statement_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    for _ in range(5):
        await key(world, KEYS_KEPT_FOR * 2)
    assert await prune_idempotency_keys(datetime.now(UTC)) == 5


async def test_a_worker_tidies_up_and_survives_without_redis(world: World, database: str) -> None:
    old, young = await key(world, KEYS_KEPT_FOR * 2), await key(world, timedelta(hours=25))
    ended, recent = await session(world, KEPT_AFTER_END * 2), await session(world, timedelta(hours=1))
    # A Valkey of this test's own, since it is to be killed. What it forgets, the worker puts in again.
    async with own_valkey() as valkey:
        with jobwire("worker", database_url=database, redis_url=valkey.url) as worker:
            await gone(IdempotencyKey, old)
            await gone(Session, ended)

            await valkey.kill()
            later = await key(world, KEYS_KEPT_FOR * 2)
            await asyncio.to_thread(worker.logs, "Redis is unavailable")
            assert worker.process.poll() is None
            await valkey.start()
            await gone(IdempotencyKey, later)

            assert await IdempotencyKey.exists(id=young)
            assert await Session.exists(id=recent)
            assert await asyncio.to_thread(worker.end) == 0


@pytest.fixture
async def log_url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database with events of long ago, and without a partition for the coming months."""
    async with own_database(servers, "tended") as url:
        async with on(url):
            for name in await partitions_of_the_log():
                await sql(f"DROP TABLE {name}")
            await make_partitions(datetime(2001, 1, 1, tzinfo=UTC))
        yield url


@pytest.mark.parametrize("pruned", [False, True])
async def test_a_worker_tends_the_log(pruned: bool, log_url: str) -> None:
    settings: dict[str, Any] = {"log_kept": 12} if pruned else {}
    months = {"event_2001_01", "event_2001_02", "event_2001_03"}
    async with own_valkey() as valkey:
        with jobwire("worker", database_url=log_url, redis_url=valkey.url, **settings) as worker:
            await asyncio.to_thread(worker.logs, "log.partitions_made")
            if pruned:
                await asyncio.to_thread(worker.logs, "log.pruned")
            assert await asyncio.to_thread(worker.end) == 0
    async with on(log_url):
        names = await partitions_of_the_log()
    assert names & months == (set() if pruned else months)
    # The present month, and two more.
    assert len(names - months) == 3


async def test_a_worker_waits_for_a_redis_that_is_not_there_yet(world: World, database: str) -> None:
    old = await key(world, KEYS_KEPT_FOR * 2)
    async with own_valkey() as valkey:
        await valkey.kill()
        with jobwire("worker", database_url=database, redis_url=valkey.url) as worker:
            await asyncio.to_thread(worker.logs, "redis.unreachable")
            await valkey.start()
            await gone(IdempotencyKey, old)
            assert await asyncio.to_thread(worker.end, signal.SIGINT) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_waits_ends_when_told(database: str, number: int) -> None:
    with jobwire("worker", database_url=database, redis_url="redis://127.0.0.1:1") as worker:
        await asyncio.to_thread(worker.logs, "worker.started")
        assert await asyncio.to_thread(worker.end, number) == 0
