"""How tasks and time entries of before came to be linked by rows, and what the log of before says afterwards."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

import embedded
from models.actor import Actor
from models.boards import tasks_of_jobs
from models.commands.jobs import delete_job
from models.commands.tasks import link_task, set_task_state, unlink_task
from models.events import TaskCreated, TaskLinked, TaskUnlinked, TimeEntryUpdated
from models.items.reads import open_item_counts, outstanding
from models.items.sums import Sum, sums_of_jobs
from models.log import Reached, read_histories, read_log
from models.rows import Awaited, JobItem, Task, TaskState, TimeEntry
from models.scope import Scope
from models.time_sums import tracked_minutes
from tests.databases import OldDatabase, database_before, on
from tests.links import job_of

NOW = datetime.now(UTC).replace(microsecond=0)
#: A job was opened so long ago, and came to its stage so long ago.
OPENED, ENTERED = NOW - timedelta(days=20), NOW - timedelta(days=10)


@dataclass
class Past:
    """A firm of before, with one client and one board, and its log."""

    old: OldDatabase
    firm: UUID
    owner: UUID
    account: UUID
    places: dict[str, UUID]
    revision: int = 0
    jobs: dict[str, UUID] = field(default_factory=dict)
    things: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def build(cls, old: OldDatabase) -> "Past":
        firm = await old.firm()
        owner = await old.member(firm, role="OWNER", email_key="o@f.test", name_order="o")
        named = {"firm_id": firm, "name_order": "x"}
        account = await old.add("account", name="Acme", type="OTHER", created_at=OPENED, **named)
        pipeline = await old.add(
            "pipeline", name="Tax", card_fields="[]", job_order="MANUAL", created_at=OPENED, **named
        )
        stage = await old.add("stage", firm_id=firm, pipeline_id=pipeline, name="Doing", position="a0")
        for category in ("ACTIVE", "COMPLETED", "ARCHIVED"):
            status = await old.add(
                "status",
                pipeline_id=pipeline,
                category=category,
                name=category,
                color="#ffffff",
                counts_as_overdue=False,
                **named,
            )
        return cls(old, firm, owner, account, {"pipeline_id": pipeline, "stage_id": stage, "status_id": status})

    async def log(self, type: str, subject: UUID, job: UUID | None, at: datetime, **data: Any) -> None:
        """An event of the owner's, as the version before wrote it."""
        self.revision += 1
        pipeline = str(self.places["pipeline_id"]) if job else None
        told = {"account": str(self.account), "job": str(job) if job else None, "pipeline": pipeline, **data}
        await self.old.insert(
            "event",
            firm_id=self.firm,
            revision=self.revision,
            index=0,
            type=type,
            data=orjson.dumps(told).decode(),
            subject=subject,
            job=job,
            actor=orjson.dumps({"kind": "MEMBER", "id": str(self.owner), "label": None}).decode(),
            at=at,
        )
        await self.old.db.execute("UPDATE firm SET revision = $2 WHERE id = $1", self.firm, self.revision)

    async def job(self, name: str) -> None:
        self.jobs[name] = await self.old.add(
            "job",
            firm_id=self.firm,
            account_id=self.account,
            name=name,
            name_order=name,
            description="",
            priority="MEDIUM",
            position="a0",
            stage_entered_at=ENTERED,
            client_status_visible=False,
            client_status_description="",
            created_at=OPENED,
            **self.places,
        )

    async def task(self, name: str, job: str | None, state: str = "PLANNED", completed: datetime | None = None) -> UUID:
        id = self.things[name] = await self.old.add(
            "task",
            firm_id=self.firm,
            account_id=self.account,
            job_id=self.jobs[job] if job else None,
            name=name,
            description="",
            state=state,
            priority="MEDIUM",
            completed_at=completed,
            created_at=OPENED,
        )
        return id

    async def entry(self, name: str, job: str | None, minutes: int) -> UUID:
        id = self.things[name] = await self.old.add(
            "time_entry",
            firm_id=self.firm,
            member_id=self.owner,
            account_id=self.account,
            job_id=self.jobs[job] if job else None,
            day=date(2026, 1, 5),
            minutes=minutes,
            note=name,
            billable=True,
            created_at=OPENED,
        )
        return id

    @property
    def actor(self) -> Actor:
        return Actor.member(self.firm, self.owner)


@pytest.fixture
async def past(servers: embedded.Servers) -> AsyncIterator[Past]:
    """A firm with tasks and time, on two jobs and on none, and what the log says of them."""
    async with database_before(servers, "0008_items") as old:
        past = await Past.build(old)
        await past.job("one")
        await past.job("two")
        one = past.jobs["one"]
        for name, state, completed in [
            ("to be begun", "PLANNED", None),
            ("begun", "IN_PROGRESS", None),
            ("ended here", "COMPLETED", ENTERED + timedelta(days=1)),
            ("ended before", "CANCELED", ENTERED - timedelta(days=1)),
            ("unlogged", "PLANNED", None),
        ]:
            await past.task(name, "one", state, completed)
        await past.task("loose", None)
        await past.entry("spent", "one", 30)
        await past.entry("loose time", None, 45)
        for name in ("to be begun", "ended here", "ended before"):
            id = past.things[name]
            await past.log("TaskCreated", id, one, OPENED, task=str(id))
        begun, loose, spent = (past.things[name] for name in ("begun", "loose", "spent"))
        await past.log("TaskCreated", begun, past.jobs["two"], OPENED, task=str(begun))
        await past.log("TaskUnlinked", begun, past.jobs["two"], OPENED, task=str(begun))
        await past.log("TaskLinked", begun, one, OPENED + timedelta(days=1), task=str(begun))
        states = {"from_state": "COMPLETED", "to_state": "IN_PROGRESS"}
        await past.log("TaskStateChanged", begun, one, ENTERED + timedelta(days=2), task=str(begun), **states)
        await past.log("TaskCreated", loose, None, OPENED, task=str(loose))
        whose = {"entry": str(spent), "member": str(past.owner)}
        await past.log("TimeLogged", spent, None, OPENED, minutes=30, **whose)
        changes = {"job_id": [None, str(one)]}
        await past.log("TimeEntryUpdated", spent, one, OPENED + timedelta(days=3), changes=changes, **whose)
        yield past


async def links(past: Past) -> dict[UUID, JobItem]:
    return {link.item: link for link in await JobItem.all()}


async def test_links_are_what_the_columns_and_the_log_said(past: Past) -> None:
    before = {table: await past.old.rows(table) for table in ("task", "time_entry", "job")}
    logged = await past.old.rows("event")
    await past.old.migrate()
    for table, kept in before.items():
        after = await past.old.rows(table)
        assert [
            {name: row[name] for name in old if name != "job_id"} for row, old in zip(after, kept, strict=True)
        ] == [{name: value for name, value in row.items() if name != "job_id"} for row in kept]
        assert all("job_id" not in row for row in after)
    assert await past.old.rows("event") == logged
    async with on(past.old.url):
        found = await links(past)
        linked = {
            row["id"]: row["job_id"] for table in ("task", "time_entry") for row in before[table] if row["job_id"]
        }
        assert {item: link.job_id for item, link in found.items()} == linked
        told = {name: found[id] for name, id in past.things.items() if id in found}
        day = timedelta(days=1)
        assert {name: (link.open, link.open_since, link.linked_at) for name, link in told.items()} == {
            "to be begun": (True, OPENED, OPENED),
            "begun": (True, ENTERED + 2 * day, OPENED + day),
            "ended here": (False, None, OPENED),
            "ended before": (False, None, OPENED),
            "unlogged": (True, OPENED, OPENED),
            "spent": (False, None, OPENED + 3 * day),
        }
        # Open on the present stay, which counts as the first: still, or until it was ended since.
        assert {name: link.open_since_stay for name, link in told.items() if link.open} == dict.fromkeys(
            ("to be begun", "begun", "unlogged"), 1
        )
        assert {name: link.stays for name, link in told.items() if link.stays} == {"ended here": [asyncpg.Range(1, 2)]}
        assert {name for name, link in told.items() if link.linked_by_id != past.owner} == {"unlogged"}
        made = [*await Task.all(), *await TimeEntry.all()]
        assert {item.title for item in made if item.created_by_id != past.owner} == {"unlogged", "loose time"}


async def test_boards_say_what_they_said(past: Past) -> None:
    await past.old.migrate()
    one, two = past.jobs["one"], past.jobs["two"]
    async with on(past.old.url):
        sums = await sums_of_jobs([one, two], (Sum.TASKS, Sum.OPEN_TASKS))
        assert sums == {Sum.TASKS: {one: 5}, Sum.OPEN_TASKS: {one: 3}}
        assert await tracked_minutes([one, two]) == {one: 30, two: 0}
        assert {task.name for task in (await tasks_of_jobs([one, two]))[one]} == {
            *("to be begun", "begun", "ended here", "ended before", "unlogged")
        }
        assert await open_item_counts([one, two]) == {one: 3}
        waiting = (await outstanding([one, two]))[one]
        assert [(held.title, held.awaited) for held in waiting[-1:]] == [("begun", Awaited.COMPLETION)]
        assert {held.title for held in waiting} == {"to be begun", "begun", "unlogged"}


async def test_the_log_of_before_is_read_and_goes_on(past: Past) -> None:
    await past.old.migrate()
    begun, one, two = past.things["begun"], past.jobs["one"], past.jobs["two"]
    pipeline = past.places["pipeline_id"]
    async with on(past.old.url):
        place = {"task": begun, "account": past.account, "pipeline": pipeline}
        before = [logged.event for logged in (await read_log(past.firm, 0, limit=100)).logged]
        assert len(before) == past.revision
        assert [event for event in before if event.thing == begun][:3] == [
            TaskCreated(**place, job=two),
            TaskUnlinked(**place, job=two),
            TaskLinked(**place, job=one),
        ]
        whole = Scope.whole(past.firm)
        histories = await read_histories(whole, [one, two], reached=Reached(), limit=100)
        assert [type(logged.event).__name__ for logged in reversed(histories[two])] == ["TaskCreated", "TaskUnlinked"]
        assert len(histories[one]) == len(before) - 4
        # And what happens to what was there is told as it always was.
        await set_task_state(past.actor, task_id=begun, state=TaskState.COMPLETED)
        await unlink_task(past.actor, task_id=begun)
        await link_task(past.actor, task_id=begun, job_id=two)
        after = [logged.event for logged in (await read_log(past.firm, past.revision, limit=100)).logged]
        assert after[1:] == [TaskUnlinked(**place, job=one), TaskLinked(**place, job=two)]
        (left,) = await JobItem.filter(item=begun, job_id=one)
        assert (left.open, left.stays) == (False, [asyncpg.Range(1, 2)])
        await delete_job(past.actor, job_id=one)
        gone = [logged.event for logged in (await read_log(past.firm, past.revision + 3, limit=100)).logged]
        assert [type(event).__name__ for event in gone] == ["TaskUnlinked"] * 4 + ["TimeEntryUpdated", "JobDeleted"]
        assert isinstance(gone[4], TimeEntryUpdated)
        assert gone[4].changes == {"job_id": (str(one), None)}
        assert await job_of(await Task.get(id=begun)) == two


async def test_a_log_that_was_cut_off_leaves_what_the_rows_say(past: Past) -> None:
    await past.old.db.execute("DELETE FROM event")
    await past.old.migrate()
    async with on(past.old.url):
        found = await links(past)
        assert len(found) == 6
        assert {(link.linked_at, link.linked_by_id) for link in found.values()} == {(OPENED, None)}


async def test_the_database_holds_what_the_rows_promise(past: Past) -> None:
    await past.old.migrate()
    task, old = past.things["begun"], past.old
    elsewhere = {"firm_id": past.firm, "job_id": past.jobs["two"], "kind": "task", "item": task, "open": False}
    with pytest.raises(asyncpg.UniqueViolationError, match="job_item_one_job"):
        await old.insert("job_item", **elsewhere, linked_at=NOW)
    # Linked to one before: only what is live counts.
    ended = "open = false, open_since = NULL, open_since_stay = NULL, unlinked_at = now()"
    await old.db.execute(f"UPDATE job_item SET {ended}")
    await old.insert("job_item", **elsewhere, linked_at=NOW)
    for wrong in ("open = true", "open = true, open_since = now(), open_since_stay = 1, unlinked_at = now()"):
        with pytest.raises(asyncpg.CheckViolationError):
            await old.db.execute(f"UPDATE job_item SET {wrong} WHERE item = $1", task)
