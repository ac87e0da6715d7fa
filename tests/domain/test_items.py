"""Linked items, whatever their kind: what is kept of a link, and what is told of an item."""

import asyncio
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Range

from models.audiences import Audience
from models.bounds import Bounds
from models.commands.jobs import delete_jobs
from models.commands.moves import archive_job, move_job, move_jobs
from models.commands.stages import delete_stage
from models.commands.tasks import create_task, delete_task, link_task, set_task_state, unlink_task
from models.commands.time import delete_time_entry, log_time, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.database import sql
from models.errors import RuleBroken
from models.events import Event, JobMoved, TaskUpdated
from models.ids import Kind, new_id
from models.items import reads
from models.items.item import Held, tell
from models.items.kinds import item_kinds, register_item
from models.items.links import OpenItems
from models.items.notes import Note, create_note, link_note, unlink_note, update_note
from models.items.reads import (
    Lists,
    Wanted,
    item_counts,
    items_of_jobs,
    open_item_counts,
    outstanding,
    read_together,
)
from models.items.sums import Sum, sums_of_jobs
from models.policies import Policy
from models.rights import ALL_RIGHTS, Right
from models.rows import Awaited, Item, Job, JobItem, Row, Task, TaskState, TimeEntry
from models.scope import Scope
from models.targets import Target
from models.time_sums import tracked_minutes
from tests.domain.refusal import refused
from tests.links import items_of, job_of, jobs_of, linked
from tests.locks import held, until_waiting
from tests.world import World


async def new_task(world: World, job: Job | None) -> Task:
    place = {"job_id": job.id} if job else {"account_id": world.account.id}
    return (await create_task(world.acting(world.owner), name="Call", **place)).value  # type: ignore[arg-type]


async def state(world: World, task: Task, state: TaskState) -> None:
    await set_task_state(world.acting(world.owner), task_id=task.id, state=state)


async def advance(world: World, job: Job, to: int) -> None:
    await move_job(world.acting(world.owner), job_id=job.id, stage_id=(await world.stages())[to].id)


async def link_of(item: Item, job: Job) -> JobItem:
    return await JobItem.get(item=item.id, job_id=job.id)


def run(link: JobItem) -> tuple[bool, int | None, list[Any]]:
    return link.open, link.open_since_stay, link.stays


def test_every_item_is_a_kind_and_every_kind_of_item_is_listed() -> None:
    def below(cls: type[Row]) -> set[type[Row]]:
        return {cls} | {found for sub in cls.__subclasses__() for found in below(sub)}

    assert {kind.model for kind in item_kinds().values()} == {cls for cls in below(Item) if not cls._meta.abstract}
    assert all(kind is of.model.kind for kind, of in item_kinds().items())


@pytest.mark.parametrize(
    ("model", "name", "said"),
    [
        (Task, "may_await", ()),
        (Task, "until", None),
        (Note, "may_await", (Awaited.START,)),
        (Note, "until", "it is read"),
        (Note, "awaited", Awaited.START),
    ],
)
def test_a_kind_that_waits_says_for_what_and_until_when(
    model: type[Item], name: str, said: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = item_kinds()[model.kind]
    register_item(model, known.linked, known.unlinked)
    monkeypatch.setattr(model, name, said)
    with pytest.raises(TypeError, match="only in part"):
        register_item(model, known.linked, known.unlinked)


async def test_the_kinds_that_go_to_one_job_are_those_that_the_index_names(database: str) -> None:
    (row,) = await sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'job_item_one_job'")
    for kind, of in item_kinds().items():
        assert (f"'{kind}'" in row["indexdef"]) is of.model.one_job


async def test_a_stay_begins_when_a_stage_is_entered(world: World) -> None:
    job = await world.job()
    stages, owner = await world.stages(), world.acting(world.owner)
    assert job.stay == 1
    for to, stay in [(1, 2), (1, 2), (0, 3), (1, 4)]:
        await advance(world, job, to)
        assert (await Job.get(id=job.id)).stay == stay
    await delete_stage(owner, stage_id=stages[1].id, replacement_stage_id=stages[2].id)
    assert (await Job.get(id=job.id)).stay == 5


async def test_a_run_goes_on_through_moves_which_write_nothing(world: World) -> None:
    job = await world.job()
    task = await new_task(world, job)
    before = await link_of(task, job)
    assert run(before) == (True, 1, [])
    await advance(world, job, 1)
    await advance(world, job, 2)
    assert (await link_of(task, job)).__dict__ == before.__dict__
    await state(world, task, TaskState.IN_PROGRESS)
    assert (await link_of(task, job)).open_since == before.open_since
    # Ended on the third stay: it was open on all three.
    await state(world, task, TaskState.COMPLETED)
    assert run(await link_of(task, job)) == (False, None, [Range(1, 4)])


async def test_the_stays_of_several_runs_are_kept_apart(world: World) -> None:
    job = await world.job()
    task = await new_task(world, job)
    await state(world, task, TaskState.CANCELED)
    await advance(world, job, 1)
    await advance(world, job, 2)
    await state(world, task, TaskState.PLANNED)
    link = await link_of(task, job)
    assert run(link) == (True, 3, [Range(1, 2)])
    assert link.open_since is not None and link.open_since > link.linked_at
    await state(world, task, TaskState.COMPLETED)
    # On the same stay once more: that is one range, however often.
    await state(world, task, TaskState.PLANNED)
    await state(world, task, TaskState.COMPLETED)
    assert run(await link_of(task, job)) == (False, None, [Range(1, 2), Range(3, 4)])


async def test_a_link_survives_unlinking_and_is_taken_up_again(world: World) -> None:
    job, owner = await world.job(), world.acting(world.owner)
    task = await new_task(world, job)
    first = await link_of(task, job)
    await advance(world, job, 1)
    await unlink_task(owner, task_id=task.id)
    left = await link_of(task, job)
    assert run(left) == (False, None, [Range(1, 3)])
    assert left.unlinked_at is not None
    assert await job_of(task) is None
    await advance(world, job, 2)
    await link_task(world.acting(world.admin), task_id=task.id, job_id=job.id)
    again = await link_of(task, job)
    assert again.id == first.id
    assert run(again) == (True, 3, [Range(1, 3)])
    assert (again.unlinked_at, again.linked_by_id) == (None, world.admin.id)
    assert again.linked_at > first.linked_at


async def moves_since(world: World, revision: int) -> list[JobMoved]:
    """The moves of this revision and later ones."""
    return [logged.event for logged in await world.events(revision - 1) if isinstance(logged.event, JobMoved)]


async def test_a_move_dismisses_what_holds_the_jobs_if_it_is_to(world: World) -> None:
    jobs, other = [await world.job(), await world.job()], await world.job()
    stage = (await world.stages())[1]
    tasks = [await new_task(world, job) for job in (jobs[0], jobs[0], jobs[1], other)]
    done = await new_task(world, jobs[0])
    await state(world, done, TaskState.COMPLETED)
    owner, targets = world.acting(world.owner), [Target(job.id) for job in jobs]
    for moving in (
        move_jobs(owner, jobs=targets, stage_id=stage.id),
        move_job(owner, job_id=jobs[0].id, stage_id=stage.id, open_items=OpenItems.KEEP),
    ):
        await moving
    assert await open_item_counts([job.id for job in (*jobs, other)]) == {jobs[0].id: 2, jobs[1].id: 1, other.id: 1}
    revision = (await move_jobs(owner, jobs=targets, stage_id=stage.id, open_items=OpenItems.DISMISS)).revision
    told = await moves_since(world, revision)
    assert [(event.job, event.dismissed_items) for event in told] == [(jobs[0].id, 2), (jobs[1].id, 1)]
    assert await open_item_counts([job.id for job in (*jobs, other)]) == {other.id: 1}
    assert (await link_of(done, jobs[0])).dismissed_at is None
    assert [(await link_of(task, jobs[0])).open for task in tasks[:2]] == [True, True]
    # Nothing is left to dismiss.
    revision = (await move_job(owner, job_id=jobs[0].id, stage_id=stage.id, open_items=OpenItems.DISMISS)).revision
    assert [event.dismissed_items for event in await moves_since(world, revision)] == [0]


async def test_what_was_dismissed_counts_for_no_later_stay(world: World) -> None:
    job = await world.job()
    ended, left, open_ = [await new_task(world, job) for _ in range(3)]
    await advance(world, job, 1)
    move = move_job(
        world.acting(world.owner),
        job_id=job.id,
        stage_id=(await world.stages())[2].id,
        open_items=OpenItems.DISMISS,
    )
    await move
    await advance(world, job, 0)
    await state(world, ended, TaskState.COMPLETED)
    await unlink_task(world.acting(world.owner), task_id=left.id)
    for task in (ended, left, open_):
        assert (await link_of(task, job)).stays == [Range(1, 3)]
    # Taken up again, it is of that stay as well.
    await state(world, ended, TaskState.PLANNED)
    await state(world, ended, TaskState.COMPLETED)
    assert (await link_of(ended, job)).stays == [Range(1, 3), Range(4, 5)]


async def test_what_was_dismissed_before_anybody_noted_the_stay_is_of_none_after_that(world: World) -> None:
    """As migration 0044 makes it of what servers of before have kept."""
    jobs = [await world.job() for _ in range(3)]
    tasks = [await new_task(world, job) for job in jobs]
    owner, (first, second, _) = world.acting(world.owner), await world.stages()
    await advance(world, jobs[2], 1)
    # On the first stay, when that ended, and on the second.
    for job, stage in zip(jobs, (first, second, second), strict=True):
        await move_job(owner, job_id=job.id, stage_id=stage.id, open_items=OpenItems.DISMISS)
    kept = [(await link_of(task, job)).stays for task, job in zip(tasks, jobs, strict=True)]
    assert kept == [[Range(1, 2)], [Range(1, 2)], [Range(1, 3)]]
    await sql("UPDATE job_item SET stays = '{}' WHERE firm_id = $1", world.firm.id)
    await sql(import_module("models.migrations.0044_automove").DISMISSED)
    assert [(await link_of(task, job)).stays for task, job in zip(tasks, jobs, strict=True)] == kept


async def test_a_refused_move_dismisses_nothing(world: World) -> None:
    job, archived = await world.job(), await world.job()
    await new_task(world, job)
    await new_task(world, archived)
    owner = world.acting(world.owner)
    await archive_job(owner, job_id=archived.id)
    targets, stage = [Target(archived.id), Target(job.id)], (await world.stages())[1]
    with pytest.raises(RuleBroken):
        await move_jobs(owner, jobs=targets, stage_id=stage.id, open_items=OpenItems.DISMISS)
    assert await open_item_counts([job.id, archived.id]) == {job.id: 1, archived.id: 1}
    await move_jobs(owner, jobs=targets, stage_id=stage.id, open_items=OpenItems.DISMISS, atomic=False)
    assert await open_item_counts([job.id, archived.id]) == {archived.id: 1}


async def test_what_is_taken_up_again_is_no_longer_dismissed(world: World) -> None:
    job = await world.job()
    task = await new_task(world, job)
    move = move_job(world.acting(world.owner), job_id=job.id, stage_id=job.stage_id, open_items=OpenItems.DISMISS)
    assert (await move).value.id == job.id
    assert (await open_item_counts([job.id]), await outstanding([job.id])) == ({}, {})
    await state(world, task, TaskState.COMPLETED)
    assert (await link_of(task, job)).dismissed_at is not None
    await state(world, task, TaskState.PLANNED)
    assert await open_item_counts([job.id]) == {job.id: 1}


async def test_a_time_entry_holds_no_job_and_goes_to_another(world: World) -> None:
    one, two, owner = await world.job(), await world.job(), world.acting(world.owner)
    entry = (await log_time(owner, minutes=5, job_id=one.id)).value
    assert run(await link_of(entry, one)) == (False, None, [])
    await update_time_entry(owner, time_entry_id=entry.id, job_id=two.id)
    assert (await link_of(entry, one)).unlinked_at is not None
    assert await job_of(entry) == two.id
    await delete_time_entry(owner, time_entry_id=entry.id)
    assert not await JobItem.exists(item=entry.id)


async def test_a_link_keeps_what_an_entry_adds_to_its_job(world: World) -> None:
    job, other, owner = await world.job(), await world.job(), world.acting(world.owner)

    async def tracked() -> list[int]:
        """As it is summed, and as it would be of the entries themselves."""
        sums = await tracked_minutes([job.id, other.id])
        for each in (job, other):
            entries = await TimeEntry.filter(id__in=await items_of(each, Kind.TIME_ENTRY), started_at__isnull=True)
            assert sum(entry.minutes for entry in entries) == sums[each.id]
        return [sums[job.id], sums[other.id]]

    entry = (await log_time(owner, minutes=30, job_id=job.id)).value
    timer = (await start_timer(owner, job_id=job.id)).value
    assert await tracked() == [30, 0]
    await sql("UPDATE time_entry SET started_at = now() - interval '9 minutes 30 seconds' WHERE id = $1", timer.id)
    await stop_timer(owner)
    assert await tracked() == [40, 0]
    await update_time_entry(owner, time_entry_id=timer.id, minutes=5)
    assert await tracked() == [35, 0]
    await update_time_entry(owner, time_entry_id=entry.id, minutes=20, job_id=other.id)
    assert await tracked() == [5, 20]
    await update_time_entry(owner, time_entry_id=entry.id, job_id=None)
    await update_time_entry(owner, time_entry_id=entry.id, minutes=7)
    assert await tracked() == [5, 0]
    await update_time_entry(owner, time_entry_id=entry.id, job_id=other.id)
    assert await tracked() == [5, 7]
    await delete_time_entry(owner, time_entry_id=timer.id)
    assert await tracked() == [0, 7]


async def test_what_ends_leaves_no_link(world: World) -> None:
    job = await world.job()
    task = await new_task(world, job)
    await delete_task(world.acting(world.owner), task_id=task.id)
    assert not await JobItem.exists(item=task.id)


async def test_who_made_it_is_kept(world: World) -> None:
    job = await world.job()
    made = (await create_task(world.acting(world.employee), name="T", job_id=job.id)).value
    entry = (await log_time(world.acting(world.owner), minutes=5, job_id=job.id, member_id=world.employee.id)).value
    assert (await Task.get(id=made.id)).created_by_id == world.employee.id
    assert (await TimeEntry.get(id=entry.id)).created_by_id == world.owner.id


async def test_what_holds_a_job_by_how_long_it_waits(world: World) -> None:
    job, other = await world.job(), await world.job()
    first, second, third = [await new_task(world, job) for _ in range(3)]
    await log_time(world.acting(world.owner), minutes=5, job_id=job.id)
    await state(world, first, TaskState.COMPLETED)
    await state(world, second, TaskState.IN_PROGRESS)
    await state(world, first, TaskState.PLANNED)
    await state(world, third, TaskState.CANCELED)
    held = (await outstanding([job.id, other.id]))[job.id]
    assert [(found.item_id, found.awaited) for found in held] == [
        (second.id, Awaited.COMPLETION),
        (first.id, Awaited.START),
    ]
    assert held[1].since == (await link_of(first, job)).open_since
    assert await open_item_counts([job.id, other.id]) == {job.id: 2}


async def test_what_holds_jobs_is_counted_where_it_is_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job, other, bare = [await world.job() for _ in range(3)]
    tasks = [await new_task(world, job) for _ in range(3)]
    await new_task(world, other)
    await state(world, tasks[0], TaskState.COMPLETED)
    jobs, sums = [job.id, other.id, bare.id], set(Sum)
    monkeypatch.setattr(reads, "OUTSTANDING", Bounds(0, 1))
    found = await read_together(jobs, sums | set(Lists))
    assert [held.item_id for held in found[Lists.OUTSTANDING][job.id]] == [tasks[1].id]
    assert found[Lists.OUTSTANDING] == await outstanding(jobs)
    assert found[Sum.HOLDING] == {job.id: 2, other.id: 1} == await open_item_counts(jobs)
    assert {sum: found[sum] for sum in sums - {Sum.HOLDING}} == await sums_of_jobs(jobs, sums - {Sum.HOLDING})


async def test_items_come_in_pages_in_the_order_in_which_they_were_linked(world: World) -> None:
    job, whole = await world.job(), Scope.whole(world.firm.id)
    tasks = [await new_task(world, None if number == 0 else job) for number in range(4)]
    entry = (await log_time(world.acting(world.owner), minutes=5, job_id=job.id)).value
    await link_task(world.acting(world.owner), task_id=tasks[0].id, job_id=job.id)
    await state(world, tasks[2], TaskState.COMPLETED)
    ids = [task.id for task in tasks]
    everything = [ids[1], ids[2], ids[3], entry.id, ids[0]]

    async def pages(size: int, kinds: list[Kind] | None = None, open: bool | None = None) -> list[UUID]:
        wanted, after, found = Wanted.of(whole, kinds, open), None, []
        while links := (await items_of_jobs([job.id], wanted, after, size)).get(job.id, []):
            assert len(links) <= size
            found += [link.key.item for link in links]
            after = links[-1].key
        assert (await item_counts([job.id], wanted)).get(job.id, 0) == len(found)
        return found

    assert await pages(2) == await pages(100) == everything
    assert await pages(2, [Kind.TASK]) == [id for id in everything if id != entry.id]
    assert await pages(1, [Kind.TIME_ENTRY]) == [entry.id]
    assert await pages(2, open=True) == [ids[1], ids[3], ids[0]]
    assert await pages(2, open=False) == [ids[2], entry.id]
    assert await pages(2, []) == await pages(2, [Kind.TIME_ENTRY], open=True) == []


async def test_links_of_one_moment_are_on_one_page_or_the_next(world: World) -> None:
    job = await world.job()
    tasks = [await new_task(world, job) for _ in range(5)]
    await sql("UPDATE job_item SET linked_at = '2026-01-01Z' WHERE job_id = $1", job.id)
    wanted = Wanted.of(Scope.whole(world.firm.id), None, None)
    first = (await items_of_jobs([job.id], wanted, None, 2))[job.id]
    rest = (await items_of_jobs([job.id], wanted, first[-1].key, 10))[job.id]
    assert {link.key.item for link in [*first, *rest]} == {task.id for task in tasks}
    assert len(first) + len(rest) == 5


def test_a_kind_that_needs_a_right_is_not_read_without_it() -> None:
    entitled = Scope(new_id(), Audience.TEAM, ALL_RIGHTS, None, None)
    lacking = Scope(new_id(), Audience.TEAM, ALL_RIGHTS - {Right.MANAGE_TIME_ENTRIES}, None, None)
    assert Wanted.of(entitled, None, None).kinds == tuple(item_kinds())
    others = tuple(kind for kind in item_kinds() if kind is not Kind.TIME_ENTRY)
    assert Wanted.of(lacking, None, None).kinds == others
    assert Wanted.of(lacking, [Kind.TIME_ENTRY], None).kinds == ()


class _Recorded:
    """A change of which nothing but the events is looked at."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def record(self, event: Event) -> None:
        self.events.append(event)


def told(jobs: dict[UUID, UUID]) -> list[tuple[UUID | None, UUID | None]]:
    """In which places an event of an item with these jobs is told."""
    item, change = Task(id=new_id(), firm_id=new_id(), account_id=new_id()), _Recorded()
    tell(change, TaskUpdated, Held(item, jobs, item.open, item.tracked), changes={})  # type: ignore[arg-type]
    return [(event.job, event.pipeline) for event in change.events]


def test_an_event_is_told_once_for_each_job_and_once_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = {new_id(): new_id(), new_id(): new_id()}
    assert told({}) == [(None, None)]
    assert told(jobs) == list(jobs.items())
    # Seen with its account alone, it is told once more to those who see none of the jobs.
    monkeypatch.setattr(Task, "policy", Policy(account="account_id"))
    assert told({}) == [(None, None)]
    assert told(jobs) == [*jobs.items(), (None, None)]


async def test_what_leaves_deleted_jobs_is_told_with_each(world: World) -> None:
    jobs, owner = [await world.job() for _ in range(3)], world.acting(world.owner)
    tasks = {job.id: [await new_task(world, job) for _ in range(2)] for job in jobs[:2]}
    entry = (await log_time(owner, minutes=5, job_id=jobs[1].id)).value
    before = await world.revision()
    await delete_jobs(owner, jobs=[Target(job.id) for job in jobs])
    assert await world.revision() == before + 1
    one, two, three = (job.id for job in jobs)
    assert [
        (type(logged.event).__name__, logged.event.subject_job, logged.event.thing)
        for logged in await world.events(before)
    ] == [
        *(("TaskUnlinked", one, task.id) for task in tasks[one]),
        ("JobDeleted", one, one),
        *(("TaskUnlinked", two, task.id) for task in tasks[two]),
        ("TimeEntryUpdated", two, entry.id),
        ("JobDeleted", two, two),
        ("JobDeleted", three, three),
    ]
    versions = [row.version for row in [*await Task.filter(firm_id=world.firm.id), await TimeEntry.get(id=entry.id)]]
    assert versions == [2] * 5
    assert not await JobItem.exists(firm_id=world.firm.id)


async def test_an_item_is_linked_to_as_many_jobs_as_are_told_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, jobs = world.acting(world.owner), [await world.job() for _ in range(3)]
    note = (await create_note(owner, text="Ask", job_id=jobs[0].id)).value
    monkeypatch.setattr("models.items.item.JOBS_OF_ITEM", Bounds(0, 2))
    await link_note(owner, note_id=note.id, job_id=jobs[1].id)
    async with refused(world, RuleBroken, "note_id", match="Unlink it from one"):
        await link_note(owner, note_id=note.id, job_id=jobs[2].id)


async def test_a_link_is_no_change_of_what_is_seen_with_its_account_alone(world: World) -> None:
    owner, one, two = world.acting(world.owner), await world.job(), await world.job()
    note = (await create_note(owner, text="Ask", job_id=one.id)).value
    for change in (
        link_note(owner, note_id=note.id, job_id=two.id),
        unlink_note(owner, note_id=note.id, job_id=one.id),
        delete_jobs(owner, jobs=[Target(two.id)]),
    ):
        await change
        assert (await Note.get(id=note.id)).version == 1


async def test_an_item_that_is_linked_meanwhile_is_told_with_that_job_too(world: World, database: str) -> None:
    owner, one, two = world.acting(world.owner), await world.job(), await world.job()
    note = (await create_note(owner, text="Ask", job_id=one.id)).value
    before = await world.revision()
    async with held(database, "note", note.id):
        changing = asyncio.create_task(update_note(owner, note_id=note.id, pinned=True))
        await until_waiting(changing)
        await linked(note, two)
    await changing
    assert [logged.event.subject_job for logged in await world.events(before)] == [one.id, two.id, None]


async def test_all_jobs_of_an_item_are_held_in_one_order(world: World, database: str) -> None:
    owner = world.acting(world.owner)
    first, last = sorted([(await world.job()).id, (await world.job()).id])
    note = (await create_note(owner, text="Ask", job_id=first)).value
    async with held(database, "job", first) as connection:
        changing = asyncio.create_task(link_note(owner, note_id=note.id, job_id=last))
        await until_waiting(changing)
        # Whoever holds the first gets the last, too: who waits for the first does not have it.
        await connection.execute("SELECT FROM job WHERE id = $1 FOR NO KEY UPDATE NOWAIT", last)
    await changing
    assert await jobs_of(note) == {first, last}
