"""Adding, editing, assigning, linking and deleting tasks."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.commands.linking import account_and_job, lock_linked, of_account
from models.commands.shared import active_members, made_before, replace_links
from models.database import sql
from models.errors import RuleBroken
from models.events import (
    TaskAssigneesChanged,
    TaskCreated,
    TaskDeleted,
    TaskLinked,
    TaskStateChanged,
    TaskUnlinked,
    TaskUpdated,
    changes_of,
)
from models.ids import new_id
from models.rights import EVERY_MEMBER
from models.rows import Job, Priority, Task, TaskAssignee, TaskState
from models.texts import DESCRIPTION, NAME


class TaskFields(TypedDict, total=False):
    """What `update_task` may change; what is left out stays."""

    name: str
    description: str
    priority: Priority
    start_date: date | None
    due_date: date | None


@command("createTask", EVERY_MEMBER)
async def create_task(
    change: Change,
    *,
    name: str,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    description: str = "",
    priority: Priority = Priority.MEDIUM,
    start_date: date | None = None,
    due_date: date | None = None,
    assignee_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Task:
    """Add a task to an account, or to a job of it."""
    if earlier := await made_before(change, Task, id, TaskCreated):
        return earlier
    account, job = await account_and_job(change, account_id, job_id)
    _takes_tasks(job)
    assignees = await active_members(change, checks.at_most(assignee_ids, "assignee_ids"), "assignee_ids")
    checks.dates(start_date, due_date)
    task = Task(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        job_id=job.id if job else None,
        name=NAME.check(name),
        description=DESCRIPTION.check(description),
        priority=priority,
        start_date=start_date,
        due_date=due_date,
        created_at=change.now,
    )
    await task.save(force_create=True)
    await replace_links(TaskAssignee, {"task_id": task.id}, "member_id", assignees)
    change.record(TaskCreated(**_where(task, job.pipeline_id if job else None)))
    return task


def _takes_tasks(job: Job | None) -> None:
    if job is not None and job.archived_at is not None:
        raise RuleBroken("This job is archived. Restore it before giving it tasks.", "job_id")


def _where(task: Task, pipeline: UUID | None) -> dict[str, Any]:
    return {"task": task.id, "account": task.account_id, "job": task.job_id, "pipeline": pipeline}


async def _lock(change: Change, task_id: UUID, expected_version: int | None) -> tuple[Task, UUID | None]:
    task, pipeline = await lock_linked(change.scope.rows(Task), "task", task_id, "task_id")
    task.expect(expected_version)
    return task, pipeline


@command("updateTask", EVERY_MEMBER)
async def update_task(
    change: Change, *, task_id: UUID, expected_version: int | None = None, **fields: Unpack[TaskFields]
) -> Task:
    """Change a task's name, description, priority or dates."""
    task, pipeline = await _lock(change, task_id, expected_version)
    wanted = task.differing(fields)
    if "name" in wanted:
        wanted["name"] = NAME.check(fields["name"])
    if "description" in wanted:
        wanted["description"] = DESCRIPTION.check(fields["description"])
    changed = task.change_to(wanted)
    if changed.keys() & {"start_date", "due_date"}:
        checks.dates(task.start_date, task.due_date, changed)
    if changed:
        await task.store(*changed)
        change.record(TaskUpdated(**_where(task, pipeline), changes=changes_of(changed)))
    return task


@command("setTaskState", EVERY_MEMBER)
async def set_task_state(
    change: Change, *, task_id: UUID, state: TaskState, expected_version: int | None = None
) -> Task:
    """Start, complete, cancel or take up a task again."""
    task, pipeline = await _lock(change, task_id, expected_version)
    if state is task.state:
        return task
    from_state, task.state = task.state, state
    task.completed_at = None if task.open else change.now
    await task.store("state", "completed_at")
    change.record(TaskStateChanged(**_where(task, pipeline), from_state=from_state, to_state=state))
    return task


@command("assignTask", EVERY_MEMBER)
async def assign_task(
    change: Change, *, task_id: UUID, member_ids: Sequence[UUID], expected_version: int | None = None
) -> Task:
    """Make just these members the assignees of a task."""
    task, pipeline = await _lock(change, task_id, expected_version)
    wanted = checks.at_most(member_ids, "member_ids")
    present = set(await TaskAssignee.filter(task_id=task.id).values_list("member_id", flat=True))
    await active_members(change, [id for id in wanted if id not in present], "member_ids")
    added, removed = await replace_links(TaskAssignee, {"task_id": task.id}, "member_id", wanted)
    if added or removed:
        await task.store()
        change.record(TaskAssigneesChanged(**_where(task, pipeline), added=added, removed=removed))
    return task


@command("linkTask", EVERY_MEMBER)
async def link_task(change: Change, *, task_id: UUID, job_id: UUID, expected_version: int | None = None) -> Task:
    """Link a task to a job; it must not be linked to another one."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    task, _ = await _lock(change, task_id, expected_version)
    if task.job_id == job.id:
        return task
    if task.job_id is not None:
        raise RuleBroken("This task is linked to another job. Unlink it first.", "task_id")
    of_account(job, task.account_id)
    _takes_tasks(job)
    task.job_id = job.id
    await task.store("job_id")
    change.record(TaskLinked(**_where(task, job.pipeline_id)))
    return task


@command("unlinkTask", EVERY_MEMBER)
async def unlink_task(change: Change, *, task_id: UUID, expected_version: int | None = None) -> Task:
    """Take a task off its job. The task stays."""
    task, pipeline = await _lock(change, task_id, expected_version)
    if task.job_id is not None:
        left = TaskUnlinked(**_where(task, pipeline))
        task.job_id = None
        await task.store("job_id")
        change.record(left)
    return task


@command("deleteTask", EVERY_MEMBER)
async def delete_task(change: Change, *, task_id: UUID, expected_version: int | None = None) -> Task:
    """Delete a task. The answer's task is what it was.

    Its history stays in the log."""
    task, pipeline = await _lock(change, task_id, expected_version)
    await sql("DELETE FROM task WHERE id = $1", task.id)
    change.record(TaskDeleted(**_where(task, pipeline), name=task.name))
    return task
