"""Adding, editing, assigning, checking off, linking and deleting tasks."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import CHECKLIST
from models.checklists import numbered, revised, to_store, with_entry
from models.command import Change, command
from models.command_steps import active_members, made_before, replace_links
from models.commands.subtasks import expect_parent, make_subtask
from models.commands.wanted_tasks import TASK_RULES, WantedTask
from models.errors import RuleBroken
from models.events import (
    TaskAssigneesChanged,
    TaskChecklistChanged,
    TaskCreated,
    TaskDeleted,
    TaskEntryChecked,
    TaskStateChanged,
    TaskUpdated,
    changes_of,
)
from models.gathered import Gathered
from models.ids import Kind
from models.items import item as items
from models.items.item import Held
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import Job, Priority, Task, TaskAssignee, TaskRelation, TaskState
from models.subtasks import hold, job_of, pairs_of, tell_of_one


class TaskFields(TypedDict, total=False):
    """What `update_task` may change; what is left out stays."""

    name: str
    description: str
    priority: Priority
    start_date: date | None
    due_date: date | None
    estimate: int | None


@command("createTask", EVERY_MEMBER)
async def create_task(
    change: Change,
    *,
    name: str,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    parent_id: UUID | None = None,
    description: str = "",
    priority: Priority = Priority.MEDIUM,
    start_date: date | None = None,
    due_date: date | None = None,
    estimate: int | None = None,
    assignee_ids: Sequence[UUID] = (),
    checklist: Sequence[str] = (),
    id: UUID | None = None,
) -> Task:
    """Add a task to an account, or to a job of it; or as a subtask to another task, on whose account and job it is
    unless you name others."""
    if earlier := await made_before(change, Task, id, TaskCreated):
        return earlier
    wanted = WantedTask(
        name=name,
        description=description,
        priority=priority,
        start_date=start_date,
        due_date=due_date,
        estimate=estimate,
        assignee_ids=assignee_ids,
        checklist=checklist,
    )
    with Gathered() as check:
        wanted = check(wanted.checked)
        if parent_id is None:
            check(items.expect_place, account_id, job_id)
    tasks = change.scope.rows(Task)
    beside: Collection[UUID] = ()
    if parent_id is not None and account_id is None and job_id is None:
        account_id = (await tasks.get(parent_id, "parent_id")).account_id
        job_id = await job_of(parent_id)
    elif parent_id is not None:
        beside = await tasks.many([parent_id])
    account, job = await items.account_and_job(change, account_id, job_id, beside=beside)
    _takes_tasks(job)
    parent = None
    if parent_id is not None:
        parent = await items.lock(tasks, Task, parent_id, "parent_id")
        await expect_parent(parent, account)
    assignees = await active_members(change, wanted.assignee_ids, "assignee_ids")
    task = wanted.row(change, account, id)
    held = await items.create(change, task, job)
    await replace_links(TaskAssignee, {"task_id": task.id}, "member_id", assignees)
    items.tell(change, TaskCreated, held)
    if parent is not None:
        await make_subtask(change, held, parent)
    return task


def _takes_tasks(job: Job | None) -> None:
    if job is not None and job.archived_at is not None:
        told = "This job is archived. Restore it before giving it tasks."
        raise RuleBroken(told, "job_id", reason=Reason.ARCHIVED, kind=Kind.JOB.value)


async def _lock(change: Change, task_id: UUID, expected_version: int | None) -> Held[Task]:
    held = await items.lock(change.scope.rows(Task), Task, task_id, "task_id")
    held.item.expect(expected_version)
    return held


@command("updateTask", EVERY_MEMBER)
async def update_task(
    change: Change, *, task_id: UUID, expected_version: int | None = None, **fields: Unpack[TaskFields]
) -> Task:
    """Change a task's name, description, priority, dates or estimate."""
    held = await _lock(change, task_id, expected_version)
    task = held.item
    with Gathered() as check:
        changed = task.change_to(check.each(task.differing(fields), TASK_RULES))
        if changed.keys() & {"start_date", "due_date"}:
            check(checks.dates, task.start_date, task.due_date, changed)
    if changed:
        await items.store(change, held, *changed)
        items.tell(change, TaskUpdated, held, changes=changes_of(changed))
    return task


@command("setTaskState", EVERY_MEMBER)
async def set_task_state(
    change: Change, *, task_id: UUID, state: TaskState, expected_version: int | None = None
) -> Task:
    """Start, complete, cancel or take up a task again."""
    held = await _lock(change, task_id, expected_version)
    task = held.item
    if state is task.state:
        return task
    from_state, task.state = task.state, state
    task.completed_at = None if task.open else change.now
    await items.store(change, held, "state", "completed_at")
    items.tell(change, TaskStateChanged, held, from_state=from_state, to_state=state)
    return task


@command("assignTask", EVERY_MEMBER)
async def assign_task(
    change: Change, *, task_id: UUID, member_ids: Sequence[UUID], expected_version: int | None = None
) -> Task:
    """Make just these members the assignees of a task."""
    held = await _lock(change, task_id, expected_version)
    task = held.item
    wanted = checks.at_most(member_ids, "member_ids")
    present = set(await TaskAssignee.filter(task_id=task.id).values_list("member_id", flat=True))
    await active_members(change, [id for id in wanted if id not in present], "member_ids")
    added, removed = await replace_links(TaskAssignee, {"task_id": task.id}, "member_id", wanted)
    if added or removed:
        await items.store(change, held)
        items.tell(change, TaskAssigneesChanged, held, added=added, removed=removed)
    return task


@command("setTaskChecklist", EVERY_MEMBER)
async def set_task_checklist(
    change: Change, *, task_id: UUID, checklist: Sequence[str], expected_version: int | None = None
) -> Task:
    """Say what stands on a task's checklist: just these, in this order. What stands there already stays as it is,
    checked off or not."""
    held = await _lock(change, task_id, expected_version)
    task = held.item
    wanted = revised(checklist, "checklist", CHECKLIST, task.entries, task.last_checklist_entry)
    if wanted.entries == task.entries:
        return task
    task.checklist, task.last_checklist_entry = to_store(wanted.entries), wanted.last
    await items.store(change, held, "checklist", "last_checklist_entry")
    items.tell(change, TaskChecklistChanged, held, added_entries=wanted.added, removed_entries=wanted.removed)
    return task


@command("checkTaskEntry", EVERY_MEMBER)
async def check_task_entry(
    change: Change, *, task_id: UUID, number: int, checked: bool, expected_version: int | None = None
) -> Task:
    """Check off an entry of a task's checklist, or open it again. The task's state stays what it is."""
    held = await _lock(change, task_id, expected_version)
    task = held.item
    told = "There is no entry of this number on the task's checklist. Look at the present ones."
    entry = numbered(task.entries, number, told)
    if entry.checked == checked:
        return task
    now = entry.done(change.now, change.member_id) if checked else entry.opened()
    task.checklist = to_store(with_entry(task.entries, now))
    await items.store(change, held, "checklist")
    items.tell(change, TaskEntryChecked, held, entry_number=number, entry_name=entry.name, checked=checked)
    return task


@command("linkTask", EVERY_MEMBER)
async def link_task(change: Change, *, task_id: UUID, job_id: UUID, expected_version: int | None = None) -> Task:
    """Link a task to a job; it must not be linked to another one."""
    held, job = await items.lock_with_job(change, Task, task_id, "task_id", job_id)
    held.item.expect(expected_version)
    if items.may_link(held, job):
        _takes_tasks(job)
        await items.link(change, held, job)
    return held.item


@command("unlinkTask", EVERY_MEMBER)
async def unlink_task(change: Change, *, task_id: UUID, expected_version: int | None = None) -> Task:
    """Take a task off its job. The task stays."""
    held = await _lock(change, task_id, expected_version)
    if held.job is not None:
        await items.unlink(change, held, held.job)
    return held.item


@command("deleteTask", EVERY_MEMBER)
async def delete_task(change: Change, *, task_id: UUID, expected_version: int | None = None) -> Task:
    """Delete a task. Its subtasks stay, as tasks of their own. The answer's task is what it was.

    Its history stays in the log."""
    await change.scope.rows(Task).get(task_id, "task_id")
    family = await hold(change, [task_id, *(id for pair in await pairs_of([task_id]) for id in pair)])
    held = await _lock(change, task_id, expected_version)
    related = await pairs_of([task_id])
    # It may have become something to others until it was held.
    family |= await hold(change, {id for pair in related for id in pair} - family.keys())
    await items.end(held)
    items.tell(change, TaskDeleted, held, name=held.item.name)
    for subtask, parent in related:
        other, relation = (parent, TaskRelation.PARENT) if subtask == task_id else (subtask, TaskRelation.SUBTASK)
        tell_of_one(change, family[other], held, relation, ended=True)
    return held.item
