"""The job that a time entry says it is on is the one that its link says, whatever happened to either."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

import embedded
from models.commands.imports import NewEntry, NewJob, import_jobs
from models.commands.jobs import delete_jobs
from models.commands.tasks import create_task
from models.commands.time import delete_time_entry, log_time, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.database import sql
from models.rows import Job, TimeEntry
from models.targets import Target
from tests.databases import database_before, on
from tests.domain.test_items_migration import OPENED, Past
from tests.world import World

_SAID = "SELECT id, on_job FROM time_entry WHERE firm_id = $1"
_LINKED = """
SELECT e.id, link.job_id AS on_job FROM time_entry AS e
LEFT JOIN job_item AS link ON link.item = e.id AND link.kind = 'time_entry' AND link.unlinked_at IS NULL
WHERE e.firm_id = $1
"""


async def _expect_as_linked(world: World) -> list[Any]:
    said = {row["id"]: row["on_job"] for row in await sql(_SAID, world.firm.id)}
    assert said == {row["id"]: row["on_job"] for row in await sql(_LINKED, world.firm.id)}
    return list(said.values())


class _Walk:
    """Commands on time, one after the other, chosen by chance."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.owner = world.acting(world.owner)

    async def step(self) -> None:
        """Any of them."""
        acts: list[Callable[[], Awaitable[object]]] = [
            self._log,
            self._log,
            self._time,
            self._relink,
            self._relink,
            self._relink,
            self._delete,
            self._import,
            self._delete_jobs,
        ]
        await self.chance.choice(acts)()

    async def _job(self) -> Job | None:
        jobs = await Job.filter(firm_id=self.world.firm.id)
        return self.chance.choice([None, *jobs])

    async def _entry(self) -> TimeEntry | None:
        entries = await TimeEntry.filter(firm_id=self.world.firm.id)
        return self.chance.choice(entries) if entries else None

    async def _place(self) -> dict[str, Any]:
        job = await self._job()
        return {"job_id": job.id} if job else {"account_id": self.world.account.id}

    async def _log(self) -> None:
        await log_time(self.owner, minutes=1, **await self._place())

    async def _time(self) -> None:
        await start_timer(self.owner, **await self._place())
        if self.chance.random() < 0.5:
            await stop_timer(self.owner)

    async def _relink(self) -> None:
        entry, job = await self._entry(), await self._job()
        if entry is not None:
            await update_time_entry(self.owner, time_entry_id=entry.id, job_id=job.id if job else None)

    async def _delete(self) -> None:
        if entry := await self._entry():
            await delete_time_entry(self.owner, time_entry_id=entry.id)

    async def _import(self) -> None:
        world = self.world
        entry = NewEntry(member_id=world.owner.id, day=date(2026, 1, 5), minutes=1)
        stage = (await world.stages())[0]
        job = NewJob(
            account_id=world.account.id,
            pipeline_id=world.pipeline.id,
            stage_id=stage.id,
            name="Imported",
            entries=[entry],
        )
        await import_jobs(self.owner, jobs=[job])

    async def _delete_jobs(self) -> None:
        if job := await self._job():
            await delete_jobs(self.owner, jobs=[Target(job.id)])


@pytest.mark.parametrize("seed", range(3))
async def test_entries_say_what_their_links_say(world: World, seed: int) -> None:
    walk, found = _Walk(world, seed), []
    for name in ("1040", "1065", "1120"):
        await world.job(name)
    for _ in range(60):
        await walk.step()
        found += await _expect_as_linked(world)
    assert {job is None for job in found} == {True, False}


async def test_a_new_entry_is_written_with_its_job(world: World) -> None:
    job = await world.job()
    for act in (
        log_time(world.acting(world.owner), minutes=5, job_id=job.id),
        start_timer(world.acting(world.owner), job_id=job.id),
    ):
        assert (await act).value.on_job == job.id


async def test_links_of_servers_of_before_are_kept(world: World) -> None:
    job, other = await world.job(), await world.job("1065")
    owner = world.acting(world.owner)
    entry = (await log_time(owner, minutes=5, account_id=world.account.id)).value
    task = (await create_task(owner, name="Call", job_id=job.id)).value
    link = "INSERT INTO job_item (firm_id, job_id, kind, item, open, linked_at) VALUES ($1, $2, $3, $4, false, now())"
    await sql(link, world.firm.id, job.id, "time_entry", entry.id)
    assert await _expect_as_linked(world) == [job.id]
    await sql("UPDATE job_item SET unlinked_at = now() WHERE item = $1", entry.id)
    await sql(link, world.firm.id, other.id, "time_entry", entry.id)
    assert await _expect_as_linked(world) == [other.id]
    await sql("UPDATE job_item SET unlinked_at = now() WHERE item = $1 AND job_id = $2", entry.id, job.id)
    assert await _expect_as_linked(world) == [other.id]
    await sql("DELETE FROM job_item WHERE item = ANY($1)", [entry.id, task.id])
    assert await _expect_as_linked(world) == [None]


@pytest.fixture
async def past(servers: embedded.Servers) -> AsyncIterator[Past]:
    """A firm of before."""
    async with database_before(servers, "0020_jobs_of_time") as old:
        yield await Past.build(old)


async def test_entries_of_before_say_it_too(past: Past) -> None:
    await past.job("present")
    await past.job("former")
    owner = {"firm_id": past.firm, "member_id": past.owner, "account_id": past.account}
    of_entry = {"day": date(2026, 1, 5), "minutes": 5, "note": "", "billable": True, "created_at": OPENED}
    linked = {name: await past.old.add("time_entry", **owner, **of_entry) for name in ("on", "left", "moved", "never")}
    for name, job, unlinked in (("on", "present", False), ("left", "former", True), ("moved", "former", True)):
        await _link(past, linked[name], past.jobs[job], unlinked=unlinked)
    await _link(past, linked["moved"], past.jobs["present"], unlinked=False)
    await past.old.migrate()
    async with on(past.old.url):
        said = {row["id"]: row["on_job"] for row in await past.old.db.fetch("SELECT id, on_job FROM time_entry")}
    present = past.jobs["present"]
    assert said == {linked["on"]: present, linked["left"]: None, linked["moved"]: present, linked["never"]: None}


async def _link(past: Past, item: Any, job: Any, *, unlinked: bool) -> None:
    await past.old.insert(
        "job_item",
        firm_id=past.firm,
        job_id=job,
        kind="time_entry",
        item=item,
        open=False,
        linked_at=OPENED,
        unlinked_at=datetime.now(UTC) if unlinked else None,
    )
