"""Saying of which other task a task is a part."""

from uuid import UUID

from models.bounds import SUBTASKS
from models.command import Change, command
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.ids import Kind
from models.items.item import Held
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import Subtask, Task
from models.subtasks import hold, pairs_of, tell_related


@command("setTaskParent", EVERY_MEMBER)
async def set_task_parent(
    change: Change, *, task_id: UUID, parent_id: UUID | None, expected_version: int | None = None
) -> Task:
    """Say of which other task of its account a task is a subtask: of one at most, or of none. A subtask has no subtasks
    itself. It stays a task of its own, with its own job."""
    rows = change.scope.rows(Task)
    await rows.get(task_id, "task_id")
    if parent_id is not None:
        await rows.get(parent_id, "parent_id")
    if parent_id == task_id:
        raise Invalid("A task is no part of itself. Choose another one.", "parent_id", reason=Reason.ITSELF)
    held = await _hold(change, task_id, parent_id)
    # As they are now.
    task = await rows.get(task_id, "task_id")
    task.expect(expected_version)
    former = await _parent_of(task_id)
    if former == parent_id:
        return task
    if parent_id is not None:
        await rows.get(parent_id, "parent_id")
        await expect_parent(held[parent_id], task.account_id)
        await _expect_no_subtasks(task)
    if former is not None:
        await sql("DELETE FROM subtask WHERE task_id = $1", task_id)
        tell_related(change, held[task_id], held[former], ended=True)
    if parent_id is not None:
        await make_subtask(change, held[task_id], held[parent_id])
    return task


async def _hold(change: Change, task_id: UUID, parent_id: UUID | None) -> dict[UUID, Held[Task]]:
    """A task, the one that it is to be a part of, and the one that it is a part of now, held."""
    wanted = {id for id in (task_id, parent_id, await _parent_of(task_id)) if id is not None}
    held = await hold(change, wanted)
    # Somebody else may have said so meanwhile, and does not any more.
    former = await _parent_of(task_id)
    return held if former is None or former in held else held | await hold(change, [former])


async def _parent_of(task_id: UUID) -> UUID | None:
    return dict(await pairs_of([task_id])).get(task_id)


async def expect_parent(parent: Held[Task], account_id: UUID) -> None:
    """`RuleBroken` where a task, which is held, can have no further subtask, or none of this account."""
    parts = await pairs_of([parent.item.id])
    if any(subtask == parent.item.id for subtask, _ in parts):
        told = "This task is a subtask itself, and has no subtasks. Choose one that is none."
        raise RuleBroken(told, "parent_id", reason=Reason.NESTED)
    if len(parts) >= SUBTASKS.most:
        raise RuleBroken(
            f"This task has as many subtasks as it can have, be they in your sight or not: {len(parts)}.",
            "parent_id",
            reason=Reason.FULL,
            kind=Kind.TASK.value,
            maximum=SUBTASKS.most,
        )
    if account_id != parent.item.account_id:
        told = "This task belongs to another account. Choose a task of the same account."
        raise RuleBroken(told, "parent_id", reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)


async def _expect_no_subtasks(task: Task) -> None:
    if any(above == task.id for _, above in await pairs_of([task.id])):
        told = "This task has subtasks itself. Take these off first: a subtask has none."
        raise RuleBroken(told, "task_id", reason=Reason.NESTED)


async def make_subtask(change: Change, task: Held[Task], parent: Held[Task]) -> None:
    """Keep that one is the other's subtask, and tell of it."""
    await Subtask.create(firm_id=task.item.firm_id, task_id=task.item.id, parent_id=parent.item.id)
    tell_related(change, task, parent, ended=False)
