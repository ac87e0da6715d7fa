"""Tasks: of an account, and of at most one of its jobs."""

import asyncio
from contextvars import copy_context
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from models.bounds import ESTIMATE
from models.commands.jobs import delete_job
from models.commands.moves import archive_job, move_job
from models.commands.tasks import (
    assign_task,
    create_task,
    delete_task,
    link_task,
    set_task_state,
    unlink_task,
    update_task,
)
from models.database import sql
from models.errors import Conflict, Invalid, NotFound, Refusal, RuleBroken
from models.events import TaskAssigneesChanged, TaskCreated, TaskLinked, TaskStateChanged, TaskUnlinked, TaskUpdated
from models.ids import new_id
from models.rows import AccountMember, Job, JobItem, Member, Priority, Task, TaskAssignee, TaskState
from models.scope import Place
from tests.domain.refusal import refused, told
from tests.links import job_of
from tests.world import World


async def new_task(world: World, name: str = "Call", **fields: object) -> Task:
    if "job_id" not in fields:
        fields.setdefault("account_id", world.account.id)
    return (await create_task(world.acting(world.owner), name=name, **fields)).value  # type: ignore[arg-type]


async def assignees(task: Task) -> set[UUID]:
    return {link.member_id for link in await TaskAssignee.filter(task_id=task.id)}


async def test_a_task_of_a_job_is_its_accounts(world: World) -> None:
    job, employee = await world.job(), world.employee
    before = await world.revision()
    outcome = await create_task(
        world.acting(employee),
        name=" Call ",
        job_id=job.id,
        priority=Priority.HIGH,
        due_date=date(2026, 4, 15),
        assignee_ids=[employee.id],
    )
    task = outcome.value
    assert (task.name, task.account_id, await job_of(task)) == ("Call", world.account.id, job.id)
    assert (task.state, task.priority, await assignees(task)) == (TaskState.PLANNED, Priority.HIGH, {employee.id})
    (logged,) = await world.events(before)
    assert logged.event == TaskCreated(task=task.id, account=world.account.id, job=job.id, pipeline=world.pipeline.id)


async def test_a_task_of_an_account_has_no_job(world: World) -> None:
    task = await new_task(world)
    assert (task.account_id, await job_of(task)) == (world.account.id, None)


async def test_an_id_sent_again_returns_the_first_task(world: World) -> None:
    id, actor = new_id(), world.acting(world.employee)
    asked = [create_task(actor, name="Once", account_id=world.account.id, id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


async def test_what_is_no_task(world: World) -> None:
    actor, job = world.acting(world.owner), await world.job()
    other = await world.new_account("Other")
    async with refused(world, Invalid, "account_id"):
        await create_task(actor, name="T")
    async with refused(world, Invalid, "name"):
        await create_task(actor, name=" ", job_id=job.id)
    async with refused(world, Invalid, "due_date"):
        await create_task(actor, name="T", job_id=job.id, start_date=date(2026, 2, 2), due_date=date(2026, 2, 1))
    async with refused(world, RuleBroken, "job_id"):
        await create_task(actor, name="T", job_id=job.id, account_id=other.id)
    async with refused(world, NotFound, "assignee_ids"):
        await create_task(actor, name="T", job_id=job.id, assignee_ids=[new_id()])
    await archive_job(actor, job_id=job.id)
    async with refused(world, RuleBroken, "job_id", match="archived"):
        await create_task(actor, name="T", job_id=job.id)


async def test_who_does_not_see_the_job_does_not_see_its_tasks(world: World) -> None:
    hidden = await world.job(pipeline_id=(await world.new_pipeline("Hidden")).id)
    of_hidden, of_account = await new_task(world, job_id=hidden.id), await new_task(world)
    job = await world.job()
    foreign = (await World.build(f"{world.tag}x")).owner
    for who, task in [(world.employee, of_hidden), (world.stranger, of_account), (foreign, of_account)]:
        actor = world.acting(who)
        for asked in (
            update_task(actor, task_id=task.id, name="Mine"),
            set_task_state(actor, task_id=task.id, state=TaskState.COMPLETED),
            assign_task(actor, task_id=task.id, member_ids=[]),
            unlink_task(actor, task_id=task.id),
            delete_task(actor, task_id=task.id),
        ):
            async with refused(world, NotFound, "task_id"):
                await asked
    employee, stranger = world.acting(world.employee), world.acting(world.stranger)
    async with refused(world, NotFound, "job_id"):
        await create_task(employee, name="T", job_id=hidden.id)
    async with refused(world, NotFound, "job_id"):
        await link_task(employee, task_id=of_account.id, job_id=hidden.id)
    async with refused(world, NotFound, "account_id"):
        await create_task(stranger, name="T", account_id=world.account.id)
    await AccountMember.create(account_id=world.account.id, member_id=world.stranger.id)
    async with refused(world, NotFound, "job_id"):
        await link_task(stranger, task_id=of_account.id, job_id=job.id)


async def test_an_update_keeps_what_is_left_out(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, description="Ask for the W-2")
    before = await world.revision()
    for _ in range(2):
        outcome = await update_task(actor, task_id=task.id, name="Ring", start_date=date(2026, 5, 1))
    assert (outcome.value.description, outcome.value.version) == ("Ask for the W-2", 2)
    assert await told(world, before) == ["TaskUpdated"]
    async with refused(world, Invalid, "due_date"):
        await update_task(actor, task_id=task.id, due_date=date(2026, 4, 1))
    async with refused(world, Conflict, "expected_version"):
        await update_task(actor, task_id=task.id, name="Late", expected_version=1)


async def test_an_estimate_is_minutes_or_nothing(world: World) -> None:
    actor, task, plain = world.acting(world.employee), await new_task(world, estimate=90), await new_task(world)
    assert (task.estimate, plain.estimate) == (90, None)
    before = await world.revision()
    for minutes in (0, 0, None, None):
        assert (await update_task(actor, task_id=task.id, estimate=minutes)).value.estimate == minutes
    changes = [logged.event.changes for logged in await world.events(before) if isinstance(logged.event, TaskUpdated)]
    assert changes == [{"estimate": (90, 0)}, {"estimate": (0, None)}]
    for wrong in (-1, ESTIMATE.most + 1):
        async with refused(world, Invalid, "estimate"):
            await update_task(actor, task_id=task.id, estimate=wrong)
        async with refused(world, Invalid, "estimate"):
            await create_task(actor, name="T", account_id=world.account.id, estimate=wrong)


async def test_a_task_is_done_and_taken_up_again(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, job_id=(await world.job()).id)
    before = await world.revision()
    for state in (TaskState.IN_PROGRESS, TaskState.COMPLETED, TaskState.COMPLETED, TaskState.CANCELED):
        done = (await set_task_state(actor, task_id=task.id, state=state)).value
        assert (done.completed_at is None) is done.open
    again = (await set_task_state(actor, task_id=task.id, state=TaskState.PLANNED)).value
    assert again.completed_at is None
    assert await told(world, before) == ["TaskStateChanged"] * 4
    event = (await world.events(before))[1].event
    assert isinstance(event, TaskStateChanged)
    assert (event.from_state, event.to_state) == (TaskState.IN_PROGRESS, TaskState.COMPLETED)
    assert event.now() == (Place(world.account.id, world.pipeline.id),)


async def test_assignees_are_replaced_by_active_members(world: World) -> None:
    actor = world.acting(world.employee)
    task = await new_task(world, assignee_ids=[world.stranger.id])
    await Member.filter(id__in=[world.stranger.id, world.admin.id]).update(active=False)
    before = await world.revision()
    for _ in range(2):
        await assign_task(actor, task_id=task.id, member_ids=[world.stranger.id, world.employee.id])
    assert await assignees(task) == {world.stranger.id, world.employee.id}
    (logged,) = await world.events(before)
    assert isinstance(logged.event, TaskAssigneesChanged)
    assert (logged.event.added, logged.event.removed) == ((world.employee.id,), ())
    async with refused(world, RuleBroken, "member_ids", match="deactivated"):
        await assign_task(actor, task_id=task.id, member_ids=[world.admin.id])


async def test_a_task_is_linked_to_one_job_at_a_time(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world)
    first, second = await world.job(), await world.job()
    before = await world.revision()
    for _ in range(2):
        await link_task(actor, task_id=task.id, job_id=first.id)
    async with refused(world, RuleBroken, "task_id", match="Unlink"):
        await link_task(actor, task_id=task.id, job_id=second.id)
    for _ in range(2):
        await unlink_task(actor, task_id=task.id)
    linked, unlinked = [logged.event for logged in await world.events(before)]
    assert isinstance(linked, TaskLinked)
    assert isinstance(unlinked, TaskUnlinked)
    assert linked.job == unlinked.job == first.id
    assert linked.now() == unlinked.before() == (Place(world.account.id, world.pipeline.id),)
    assert await job_of((await link_task(actor, task_id=task.id, job_id=second.id)).value) == second.id


async def test_a_task_is_linked_to_jobs_of_its_account_that_go_on(world: World) -> None:
    owner, task = world.acting(world.owner), await new_task(world)
    elsewhere = await world.job(account_id=(await world.new_account("Other")).id)
    archived = await world.job()
    await archive_job(owner, job_id=archived.id)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await link_task(owner, task_id=task.id, job_id=elsewhere.id)
    async with refused(world, RuleBroken, "job_id", match="archived"):
        await link_task(owner, task_id=task.id, job_id=archived.id)


async def test_linking_twice_at_once_links_once(world: World) -> None:
    owner, task = world.acting(world.owner), await new_task(world)
    jobs = [await world.job() for _ in range(3)]
    outcomes = await asyncio.gather(
        *(link_task(owner, task_id=task.id, job_id=job.id) for job in jobs), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Outcome", "RuleBroken", "RuleBroken"]


async def test_a_deleted_task_leaves_its_history(world: World) -> None:
    task = await new_task(world, job_id=(await world.job()).id, assignee_ids=[world.employee.id])
    before = await world.revision()
    await delete_task(world.acting(world.employee), task_id=task.id, expected_version=1)
    assert not await Task.exists(id=task.id)
    assert await told(world, before) == ["TaskDeleted"]
    async with refused(world, NotFound, "task_id"):
        await delete_task(world.acting(world.employee), task_id=task.id)


@pytest.mark.parametrize("round", range(4))
async def test_tasks_that_change_while_their_job_goes(world: World, round: int) -> None:
    owner, job = world.acting(world.owner), await world.job()
    tasks = [await new_task(world, job_id=job.id) for _ in range(3)]
    other = (await world.stages(await world.new_pipeline("Other")))[0]
    outcomes = await asyncio.gather(
        *(set_task_state(owner, task_id=task.id, state=TaskState.COMPLETED) for task in tasks),
        create_task(owner, name="New", job_id=job.id),
        link_task(owner, task_id=(await new_task(world)).id, job_id=job.id),
        move_job(owner, job_id=job.id, stage_id=other.id),
        delete_job(owner, job_id=job.id),
        return_exceptions=True,
    )
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(error, Refusal) for error in errors), errors
    assert [task.state for task in await Task.filter(id__in=[task.id for task in tasks])] == [TaskState.COMPLETED] * 3
    assert not await JobItem.exists(job_id=job.id)


async def test_a_change_during_its_jobs_move_is_told_where_the_job_now_is(world: World) -> None:
    job, other = await world.job(), await world.new_pipeline("Other")
    task, before = await new_task(world, job_id=job.id), await world.revision()
    outside = copy_context()
    async with in_transaction():
        await Job.filter(id=job.id).update(pipeline_id=other.id)
        changing: Any = set_task_state(world.acting(world.owner), task_id=task.id, state=TaskState.COMPLETED)
        running: asyncio.Task[Any] = asyncio.create_task(changing, context=outside)
        await somebody_waits()
    await running
    assert (await world.events(before))[-1].event.now() == (Place(world.account.id, other.id),)


async def somebody_waits() -> None:
    """Until another transaction waits for this one."""
    async with asyncio.timeout(10):
        while not await sql("SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"):
            await asyncio.sleep(0.01)
