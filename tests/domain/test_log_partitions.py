"""The log in partitions: made ahead, dropped when they are old, and read as one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import ValidationError
from tortoise.transactions import in_transaction

import embedded
from common.settings import Settings
from models import pruning
from models.connection import credentials
from models.database import sql
from models.events import JobCreated, JobMoved, JobUpdated
from models.ids import new_id
from models.log import Extent, Reached, Unreadable, read_histories, read_log, revision_of_creation
from models.log import append as append_events
from models.partitions import Busy, has_strays, make_partitions, prune_log
from models.rows import Job
from models.scope import Scope
from tests.databases import on, own_database, partitions_of_the_log
from tests.world import World


@pytest.fixture
async def url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database of the test's own, far from UTC: others keep events of all months."""
    async with own_database(servers, "months", time_zone="Asia/Tokyo") as url:
        yield url


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    async with on(url):
        yield await World.build("w")


async def append(world: World, job: Job, at: datetime) -> int:
    """A change of the job at this time. Its revision."""
    updated = JobUpdated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, changes={"name": ("a", "b")})
    async with in_transaction():
        return (await append_events(world.acting(world.owner), [updated, updated], at)).revision


async def partition_of(world: World, revision: int) -> set[str]:
    found = await sql(
        "SELECT tableoid::regclass::text AS name FROM event WHERE firm_id = $1 AND revision = $2",
        world.firm.id,
        revision,
    )
    return {row["name"] for row in found}


def month(year: int, number: int, day: int = 15) -> datetime:
    return datetime(year, number, day, 12, tzinfo=UTC)


async def test_the_coming_months_are_made_once(world: World) -> None:
    there = await partitions_of_the_log()
    assert await make_partitions(month(2090, 11, 30)) == ["event_2090_11", "event_2090_12", "event_2091_01"]
    assert await make_partitions(month(2090, 11, 1)) == []
    assert await make_partitions(datetime(2091, 1, 1, 8, tzinfo=timezone(timedelta(hours=9)))) == ["event_2091_02"]
    assert await partitions_of_the_log() - there == {"event_2090_11", "event_2090_12", "event_2091_01", "event_2091_02"}


async def test_a_month_is_one_of_utc(world: World) -> None:
    (row,) = await sql("SELECT current_setting('timezone') AS zone")
    assert row["zone"] == "Asia/Tokyo"
    await make_partitions(month(2090, 11))
    job = await world.job()
    last = await append(world, job, datetime(2090, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC))
    first = await append(world, job, datetime(2090, 12, 1, tzinfo=UTC))
    assert await partition_of(world, last) == {"event_2090_11"}
    assert await partition_of(world, first) == {"event_2090_12"}


async def test_new_events_are_in_the_present_month_and_none_in_the_default_one(world: World) -> None:
    await world.job()
    assert await partition_of(world, await world.revision()) <= await partitions_of_the_log()
    assert not await has_strays()


async def test_what_has_no_month_lands_in_the_default_partition(world: World) -> None:
    job = await world.job()
    stray = await append(world, job, month(2090, 5))
    assert await partition_of(world, stray) == {"event_default"}
    assert await has_strays()
    assert (await world.events())[-1].revision == stray
    # Its month stays there. The others get their own.
    assert await make_partitions(month(2090, 4)) == ["event_2090_04", "event_2090_06"]
    assert await make_partitions(month(2090, 4)) == []
    assert await partition_of(world, await append(world, job, month(2090, 5))) == {"event_default"}
    await prune_log(month(2090, 8), 2)
    assert not await has_strays()


async def test_many_processes_make_them_at_once_while_changes_are_made(world: World, url: str) -> None:
    job, done = await world.job(), asyncio.Event()

    async def change() -> int:
        made = 0
        while not done.is_set():
            await append(world, job, datetime.now(UTC))
            await world.events(await world.revision() - 1)
            made += 1
        return made

    async def make() -> list[str]:
        async with asyncio.timeout(30):
            while True:
                try:
                    return await make_partitions(month(2090, 1))
                except Busy:
                    continue

    before = await world.revision()
    changing = [asyncio.create_task(change()) for _ in range(3)]
    made = await asyncio.gather(*(make() for _ in range(5)))
    done.set()
    number = sum(await asyncio.gather(*changing))
    assert sorted(name for found in made for name in found) == ["event_2090_01", "event_2090_02", "event_2090_03"]
    assert await world.revision() == before + number
    assert len(await world.events(before)) == 2 * number


@pytest.mark.parametrize("act", [lambda: make_partitions(month(2090, 1)), lambda: prune_log(month(2080, 1), 1)])
async def test_nobody_waits_long_for_us(act: object, world: World, url: str) -> None:
    """Somebody reads the log for hours. We give up, so that who comes after us does not wait as well."""
    await make_partitions(month(2070, 1))
    await append(world, await world.job(), month(2070, 1))
    there = await partitions_of_the_log()
    reader = await asyncpg.connect(**credentials(url))
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("SELECT count(*) FROM event")
    with pytest.raises(Busy):
        await act()  # type: ignore[operator]
    assert await partitions_of_the_log() == there
    await append(world, await world.job(), datetime.now(UTC))
    await reading.rollback()
    await reader.close()
    assert await act()  # type: ignore[operator]


async def test_only_what_is_wholly_older_is_dropped(world: World) -> None:
    await make_partitions(month(2001, 1))
    await make_partitions(month(2001, 4))
    job = await world.job()
    revisions = [await append(world, job, month(2001, number)) for number in range(1, 7)]
    # In the middle of June, three whole months are March, April and May.
    assert await prune_log(month(2001, 6), 3) == ["event_2001_01", "event_2001_02"]
    assert [await partition_of(world, revision) for revision in revisions] == [
        set(),
        set(),
        {"event_2001_03"},
        {"event_2001_04"},
        {"event_2001_05"},
        {"event_2001_06"},
    ]
    assert await prune_log(month(2001, 6, 30), 3) == []
    assert await prune_log(month(2001, 7, 1), 3) == ["event_2001_03"]


async def course(world: World, *at: datetime) -> UUID:
    """A job that was opened, and put on other stages, at these times."""
    job, stages = await world.job(), [new_id() for _ in at]
    told: Any = {"job": new_id(), "account": job.account_id, "pipeline": job.pipeline_id}
    opened: Any = JobCreated(**told, stage=stages[0])
    moves = [
        JobMoved(**told, from_pipeline=job.pipeline_id, from_stage=one, to_stage=other)
        for one, other in pairwise(stages)
    ]
    for moment, event in zip(at, [opened, *moves], strict=True):
        async with in_transaction():
            await append_events(world.acting(world.owner), [event], moment)
    return UUID(str(told["job"]))


async def stays_of(job: UUID) -> list[tuple[datetime, bool]]:
    """Since when it was on each of its stages, and whether nobody knows since when."""
    rows = await sql("SELECT since, origin FROM stay WHERE job = $1 ORDER BY until", job)
    return [(row["since"], row["origin"]) for row in rows]


async def test_what_the_log_forgot_is_known_of_no_stay(world: World) -> None:
    """Whoever dropped the month, and where it had none."""
    await make_partitions(month(2001, 4))
    job = await course(world, month(2001, 1), month(2001, 2), month(2001, 5, 10), month(2001, 6))
    begins = [datetime(2001, number, 1, tzinfo=UTC) for number in range(1, 7)]
    # January to March are in the default partition.
    assert await prune_log(month(2001, 5), 3) == []
    later = [(month(2001, 2), False), (month(2001, 5, 10), False), (month(2001, 6), False)]
    assert await stays_of(job) == [(begins[1], True), *later]
    assert await prune_log(month(2001, 6), 3) == []
    assert await stays_of(job) == [(begins[2], True), *later[1:]]
    for name in ("event_2001_04", "event_2001_05"):
        await sql(f"DROP TABLE {name}")
    assert await prune_log(month(2001, 8), 2) == []
    assert await stays_of(job) == [(begins[5], True), *later[2:]]


async def test_partitions_of_an_operator_are_respected(world: World) -> None:
    await sql("CREATE TABLE \"An old year\" PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2000-01-01+00')")
    await sql("CREATE TABLE of_2001 PARTITION OF event FOR VALUES FROM ('2001-01-01+00') TO ('2002-01-01+00')")
    assert await make_partitions(month(2001, 11)) == ["event_2002_01"]
    assert await make_partitions(month(1999, 11)) == ["event_2000_01"]
    assert await prune_log(month(2001, 12), 1) == ['"An old year"', "event_2000_01"]


async def test_the_default_partition_is_pruned_in_pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    job = await world.job()
    for day in range(1, 5):
        old = await append(world, job, month(2001, 1, day))
    young = await append(world, job, month(2001, 3))
    await prune_log(month(2001, 3), 1)
    assert await partition_of(world, old) == set()
    assert await partition_of(world, young) == {"event_default"}


async def test_a_log_is_read_wholly_or_not_at_all(world: World) -> None:
    """Times may be in any order: clocks differ, and a change is as old as its beginning."""
    job, now = await world.job(), datetime.now(UTC)
    begun = await world.revision()
    far, week, recent = month(2001, 1), now - timedelta(days=8), now - timedelta(minutes=1)
    for at in (recent, far, week, recent, now - timedelta(days=70), now + timedelta(days=400), recent, far):
        await append(world, job, at)
    head = await world.revision()
    for after in range(begun - 1, head):
        tail = await read_log(world.firm.id, after, limit=1_000)
        revisions = [logged.revision for logged in tail.logged]
        assert sorted(set(revisions)) == list(range(after + 1, head + 1))
        assert revisions == sorted(revisions)
        assert [committed.revision for committed in tail.revisions] == list(range(after + 1, head + 1))

    async def read(after: int, limit: int = 1_000) -> tuple[Extent, int]:
        tail = await read_log(world.firm.id, after, limit=limit)
        return tail.extent, len(tail.logged)

    # A page may end anywhere: what of it is whole is two revisions.
    page = await read_log(world.firm.id, begun, limit=5)
    assert (page.extent, page.full, len(page.logged), len(page.revisions)) == (Extent.UP_TO_HERE, True, 5, 2)
    assert await read(head) == (Extent.NOTHING_NEW, 0)
    await prune_log(month(2001, 6), 1)
    # The newest of all was one of them.
    assert await read(head) == (Extent.NOTHING_NEW, 0)
    assert await read(head - 1) == (Extent.CUT_OFF, 0)
    after = await append(world, job, recent) - 1
    assert await read(after) == (Extent.UP_TO_HERE, 2)
    # So was one in the middle.
    assert await read(begun) == (Extent.CUT_OFF, 0)
    assert await read(begun, limit=2) == (Extent.UP_TO_HERE, 2)


async def test_what_is_not_known_is_named_with_what_comes_before_it(world: World) -> None:
    """As in a log that a newer version of the program writes."""
    job, now = await world.job(), datetime.now(UTC)
    begun = await world.revision()
    for _ in range(3):
        await append(world, job, now)
    newer = "UPDATE event SET type = 'FromTomorrow' WHERE firm_id = $1 AND revision = $2 AND index = 1"
    await sql(newer, world.firm.id, begun + 2)
    with pytest.raises(Unreadable, match="FromTomorrow") as error:
        await read_log(world.firm.id, begun, limit=100)
    assert error.value.revision == begun + 2
    # Not half of its revision.
    assert [logged.revision for logged in error.value.before] == [begun + 1] * 2
    with pytest.raises(Unreadable) as error:
        await read_log(world.firm.id, begun + 1, limit=100)
    assert error.value.before == []
    assert len((await read_log(world.firm.id, begun + 2, limit=100)).revisions) == 1


async def test_a_history_ends_where_the_log_does(world: World) -> None:
    await make_partitions(month(2001, 1))
    job = await world.job()
    created = await world.revision()
    old = await append(world, job, month(2001, 1))
    young = await append(world, job, month(2001, 2))
    await sql("UPDATE event SET at = $2 WHERE firm_id = $1 AND revision = $3", world.firm.id, month(2001, 1), created)
    await Job.filter(id=job.id).update(created_at=month(2001, 1))

    async def history(reached: Reached) -> list[int]:
        found = await read_histories(Scope.whole(world.firm.id), [job.id], reached=reached, limit=10)
        return [logged.revision for logged in found[job.id]]

    assert await history(Reached()) == [young, young, old, old, created]
    assert await revision_of_creation(world.firm.id, job.id, JobCreated) == created
    await prune_log(month(2001, 3), 1)
    assert await history(Reached()) == [young, young]
    assert await history(Reached(young, 1)) == [young]
    assert await history(Reached(young, 2)) == []
    assert await revision_of_creation(world.firm.id, job.id, JobCreated) is None


async def test_a_history_of_nothing_is_empty(world: World) -> None:
    scope, nothing = Scope.whole(world.firm.id), world.account.id
    assert await read_histories(scope, [nothing], reached=Reached(), limit=10) == {nothing: []}
    assert await read_histories(scope, [], reached=Reached(), limit=10) == {}


@pytest.mark.parametrize("kept", ["0", "-1", "a year"])
def test_a_log_that_is_not_kept_is_no_log(kept: str) -> None:
    with pytest.raises(ValidationError):
        Settings(log_kept=kept)  # type: ignore[arg-type]
