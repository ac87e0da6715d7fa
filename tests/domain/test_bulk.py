"""Bulk is bulk: what is done to 200 jobs, with all that is linked to them, takes no more statements than for two."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import pytest

from models.bounds import BULK
from models.commands.imports import NewEntry, NewJob, NewTask, import_jobs
from models.commands.jobs import assign_jobs, delete_jobs
from models.commands.moves import archive_jobs, complete_jobs, move_jobs, restore_jobs, set_jobs_status
from models.rows import Category, Job, JobAssignee, JobItem, Status, Task, TimeEntry
from models.targets import Target
from tests.api.test_statements import counted
from tests.world import World

FEW, MANY = 2, BULK.most
Act = Callable[[World, Sequence[Target]], Awaitable[Any]]


async def furnished(world: World, number: int) -> list[Job]:
    """So many jobs, of two accounts, each with two tasks, a time entry and an assignee."""
    to_do, doing, _ = await world.stages()
    places = [(world.account, to_do), (await world.new_account("Another"), doing)]
    wanted = [
        NewJob(
            account_id=account.id,
            pipeline_id=world.pipeline.id,
            stage_id=stage.id,
            name=f"Job {place}",
            assignee_ids=[world.employee.id],
            tasks=[NewTask(name="One"), NewTask(name="Two")],
            entries=[NewEntry(member_id=world.owner.id, day=date(2026, 1, 5), minutes=1)],
        )
        for place in range(number)
        for account, stage in [places[place % 2]]
    ]
    return (await import_jobs(world.acting(world.owner), jobs=wanted)).value


async def delete(world: World, targets: Sequence[Target]) -> Any:
    return await delete_jobs(world.acting(world.owner), jobs=targets)


async def move(world: World, targets: Sequence[Target]) -> Any:
    *_, done = await world.stages()
    return await move_jobs(world.acting(world.owner), jobs=targets, stage_id=done.id)


async def move_across(world: World, targets: Sequence[Target]) -> Any:
    first, *_ = await world.stages(await world.new_pipeline("Elsewhere"))
    return await move_jobs(world.acting(world.owner), jobs=targets, stage_id=first.id)


async def complete(world: World, targets: Sequence[Target]) -> Any:
    return await complete_jobs(world.acting(world.owner), jobs=targets)


async def archive(world: World, targets: Sequence[Target]) -> Any:
    return await archive_jobs(world.acting(world.owner), jobs=targets)


async def restore(world: World, targets: Sequence[Target]) -> Any:
    await archive_jobs(world.acting(world.owner), jobs=targets)
    return await restore_jobs(world.acting(world.owner), jobs=targets)


async def review(world: World, targets: Sequence[Target]) -> Any:
    custom = await Status.create(
        firm_id=world.firm.id, pipeline_id=world.pipeline.id, category=Category.CUSTOM, name="Q", color="#ffffff"
    )
    return await set_jobs_status(world.acting(world.owner), jobs=targets, status_id=custom.id)


async def assign(world: World, targets: Sequence[Target]) -> Any:
    wanted = [world.owner.id, world.admin.id]
    return await assign_jobs(world.acting(world.owner), jobs=targets, member_ids=wanted)


@pytest.mark.parametrize("act", [delete, move, move_across, complete, archive, restore, review, assign])
async def test_many_take_no_more_statements_than_two(world: World, act: Act) -> None:
    taken = []
    for number in (FEW, MANY):
        firm = await World.build(f"{world.tag}x{number}")
        jobs = await furnished(firm, number)
        assert await JobItem.filter(firm_id=firm.firm.id).count() == 3 * number
        with counted() as statements:
            outcome = await act(firm, [Target(job.id) for job in jobs])
        assert [job.id for job in outcome.value.rows] == [job.id for job in jobs]
        taken.append(list(statements))
    few, many = taken
    assert len(many) == len(few), "\n".join(statement[:120] for statement in many[len(few) :])


async def test_what_is_written_together_is_what_was_written_one_by_one(world: World) -> None:
    """Jobs that differ in all that a bulk call writes."""
    owner, elsewhere = world.acting(world.owner), await world.new_pipeline("Elsewhere")
    jobs = await furnished(world, 4)
    custom = await Status.create(
        firm_id=world.firm.id, pipeline_id=world.pipeline.id, category=Category.CUSTOM, name="Q", color="#ffffff"
    )
    targets = [Target(job.id) for job in jobs]
    await complete_jobs(owner, jobs=targets[:1])
    await set_jobs_status(owner, jobs=targets[1:2], status_id=custom.id)
    before = {job.id: job for job in await Job.filter(id__in=[job.id for job in jobs])}
    first, second, _ = await world.stages(elsewhere)
    moved = (await move_jobs(owner, jobs=targets[:3], stage_id=second.id)).value.rows
    after = {job.id: job for job in await Job.filter(id__in=[job.id for job in jobs])}
    categories = {status.id: status.category for status in await Status.filter(firm_id=world.firm.id)}
    assert [categories[after[job.id].status_id] for job in jobs] == [
        *(Category.COMPLETED, Category.ACTIVE, Category.ACTIVE, Category.ACTIVE)
    ]
    for job in jobs[:3]:
        was, now = before[job.id], after[job.id]
        assert (now.pipeline_id, now.stage_id, now.stay) == (elsewhere.id, second.id, was.stay + 1)
        assert now.version == was.version + 1
        assert now.stage_entered_at > was.stage_entered_at
        assert now.completed_at == was.completed_at
    assert after[jobs[3].id].__dict__ == before[jobs[3].id].__dict__
    # The rows that are handed back are the rows that were written.
    written = ("version", "pipeline_id", "stage_id", "status_id", "position", "stage_entered_at", "stay")
    for job in moved:
        assert [getattr(job, name) for name in written] == [getattr(after[job.id], name) for name in written]
    assert [job.id for job in await Job.filter(stage_id=second.id).order_by("position")] == [job.id for job in jobs[:3]]
    assert not await Job.exists(stage_id=first.id)


async def test_who_is_assigned_to_each_of_many(world: World) -> None:
    jobs, owner = await furnished(world, 3), world.acting(world.owner)
    await JobAssignee.filter(job_id=jobs[0].id).delete()
    targets = [Target(job.id) for job in jobs]
    before = await world.revision()
    await assign_jobs(owner, jobs=targets, member_ids=[world.employee.id])
    assert [logged.event.thing for logged in await world.events(before)] == [jobs[0].id]
    await assign_jobs(owner, jobs=targets[:2], member_ids=[world.admin.id, world.owner.id])
    links = await JobAssignee.filter(job_id__in=[job.id for job in jobs]).values_list("job_id", "member_id")
    assert set(links) == {
        *((job.id, member.id) for job in jobs[:2] for member in (world.admin, world.owner)),
        (jobs[2].id, world.employee.id),
    }
    assert [(await Job.get(id=job.id)).version for job in jobs] == [3, 2, 1]


async def test_what_deleted_jobs_leave_behind(world: World) -> None:
    jobs = await furnished(world, MANY)
    await delete(world, [Target(job.id) for job in jobs])
    assert not await Job.exists(firm_id=world.firm.id)
    assert not await JobItem.exists(firm_id=world.firm.id)
    assert await Task.filter(firm_id=world.firm.id, version=2).count() == 2 * MANY
    assert await TimeEntry.filter(firm_id=world.firm.id, version=2).count() == MANY
