"""How a log that was one table came into its partitions."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

import embedded
from models.connection import _config
from tests.databases import OldDatabase, database_before

#: The time of a change, and the partition of its month.
TIMES = {
    "2025-12-31 23:59:59.999999+00": "event_2025_12",
    "2026-01-01 00:00:00+00": "event_2026_01",
    # Still December where it happened.
    "2025-12-31 20:00:00-05": "event_2026_01",
    "2026-02-28 12:00:00+00": "event_2026_02",
    "0999-07-01 00:00:00+00": "event_0999_07",
}
_WRITE = """
INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, cause, idempotency_key, at)
VALUES ($1, $2, $3, 'JobUpdated', '{"a": 1}', $4, $4, '{"kind": "MEMBER"}', 7, 'key', $5::text::timestamptz)
RETURNING id
"""
_ALL = "SELECT id, firm_id, revision, index, type, data, subject, job, actor, cause, idempotency_key, at FROM event"


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[OldDatabase]:
    """A database from before, far from UTC."""
    async with database_before(servers, "0003_log_by_month", time_zone="America/New_York") as old:
        yield old


async def write(old: OldDatabase) -> UUID:
    """A firm with one event of each time and more of now. Its id."""
    firm = await old.firm()
    times = [*TIMES, *["now"] * 500]
    await old.db.executemany(_WRITE, [(firm, place, place % 3, uuid4(), at) for place, at in enumerate(times, 1)])
    return firm


async def test_nothing_is_lost_and_all_is_in_its_month(old: OldDatabase) -> None:
    await write(old)
    before = await old.db.fetch(f"{_ALL} ORDER BY id")
    # Several processes that start at once: one does it, the others wait.
    await asyncio.gather(*(old.migrate() for _ in range(3)))
    assert await old.db.fetch(f"{_ALL} ORDER BY id") == before
    found = await old.db.fetch("SELECT at, tableoid::regclass::text AS partition FROM event WHERE at < '2026-06-01'")
    wanted = await old.db.fetch("SELECT at::timestamptz FROM unnest($1::text[]) AS given(at)", list(TIMES))
    assert {row["at"]: row["partition"] for row in found} == {
        row["at"]: partition for row, partition in zip(wanted, TIMES.values(), strict=True)
    }
    assert await old.db.fetchval("SELECT count(*) FROM event_default") == 0
    assert await old.db.fetchval("SELECT to_regclass('event_before')") is None


async def test_who_is_connected_goes_on_writing(old: OldDatabase) -> None:
    """While versions change, servers that know nothing of it are there."""
    firm = await write(old)
    writing, reading = await old.db.prepare(_WRITE), await old.db.prepare("SELECT id FROM event WHERE firm_id = $1")
    for revision in range(1_001, 1_011):  # so often that the plan is kept
        last = await writing.fetchval(firm, revision, 0, uuid4(), "now")
        await reading.fetch(firm)
    await old.migrate()
    assert await writing.fetchval(firm, 1_011, 0, uuid4(), "now") == last + 1
    assert last + 1 in {row["id"] for row in await reading.fetch(firm)}


async def test_what_the_table_refused_it_refuses(old: OldDatabase) -> None:
    firm = await write(old)
    await old.migrate()
    moment = (firm, 2_000, 0, uuid4(), "2026-02-02 00:00:00+00")
    await old.db.fetchval(_WRITE, *moment)
    with pytest.raises(asyncpg.UniqueViolationError):
        await old.db.fetchval(_WRITE, *moment)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await old.db.fetchval(_WRITE, uuid4(), *moment[1:])
    with pytest.raises(asyncpg.RestrictViolationError):
        await old.db.execute("DELETE FROM firm WHERE id = $1", firm)


async def test_an_empty_log_has_the_present_months(old: OldDatabase) -> None:
    await old.migrate()
    wanted = {
        row["name"]
        for row in await old.db.fetch(
            "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month', "
            "'\"event_\"YYYY_MM') AS name FROM generate_series(0, 2) AS n"
        )
    }
    found = await old.db.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass"
    )
    assert {row["name"] for row in found} == wanted | {"event_default"}


async def test_the_rows_are_what_the_migrations_make() -> None:
    """Otherwise the next migration that Tortoise writes would undo this one."""
    config = _config("postgresql://nobody@localhost/none", 1, 1)
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert Tortoise.apps is not None
        assert await MigrationAutodetector(Tortoise.apps, config["apps"]).changes() == []
