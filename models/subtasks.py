"""Tasks that are parts of other ones: what is read of that, and that it is told to whoever sees both.

Each is a task of its own: whether its subtasks are open holds no task, and is no change of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from models.command import Change
from models.database import sql
from models.events import SubtaskChanged
from models.items import item as items
from models.items.item import Held
from models.records import columns, read
from models.rows import Task, TaskRelation
from models.scope import Scope


@cache
def _statement(of: str, shown: str, condition: str) -> str:
    return f"""
    SELECT {columns(Task, "task")}, link.{of}_id AS of_task FROM subtask AS link JOIN task ON task.id = link.{shown}_id
    WHERE link.{of}_id = ANY($1) AND {condition} ORDER BY task.created_at, task.id
    """


async def _read(scope: Scope, of: str, shown: str, tasks: Sequence[UUID]) -> list[Any]:
    rows = scope.rows(Task)
    statement = _statement(of, shown, rows.condition("task", 2))
    found: list[Any] = await read(Task, statement, tasks, *rows.values)
    return found


async def parents_of(scope: Scope, tasks: Sequence[UUID]) -> dict[UUID, Task]:
    """The visible task that each of these is a part of."""
    return {row["of_task"]: row for row in await _read(scope, "task", "parent", tasks)}


async def subtasks_of(scope: Scope, tasks: Sequence[UUID]) -> dict[UUID, list[Task]]:
    """The visible parts of each of these tasks, the oldest first."""
    found: dict[UUID, list[Task]] = defaultdict(list)
    for row in await _read(scope, "parent", "task", tasks):
        found[row["of_task"]].append(row)
    return found


_FAMILY = "SELECT task_id, parent_id FROM subtask WHERE task_id = ANY($1) OR parent_id = ANY($1) ORDER BY id"


async def pairs_of(tasks: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Each subtask with its parent, where either is one of these, be they in sight or not."""
    return [(row["task_id"], row["parent_id"]) for row in await sql(_FAMILY, list(tasks))]


async def job_of(task_id: UUID) -> UUID | None:
    """The job that a task is linked to."""
    rows = await sql("SELECT job_id FROM job_item WHERE item = $1 AND unlinked_at IS NULL", task_id)
    return rows[0]["job_id"] if rows else None


async def hold(change: Change, ids: Collection[UUID]) -> dict[UUID, Held[Task]]:
    """Those of these tasks that are there, in sight or not, held with their jobs: so each stays where it is."""
    await items.hold_jobs(ids)
    locked = await Scope.whole(change.actor.firm_id).rows(Task).lock_many(ids)
    # Whether the links are still these.
    jobs = await items.hold_jobs(ids)
    return {id: Held(task, jobs.get(id, {}), task.open, task.tracked) for id, task in locked.items()}


def tell_related(change: Change, task: Held[Task], parent: Held[Task], *, ended: bool) -> None:
    """Record of both that one is the other's subtask from now on, or no longer: told to whoever sees both."""
    for one, another, relation in ((task, parent, TaskRelation.SUBTASK), (parent, task, TaskRelation.PARENT)):
        tell_of_one(change, one, another, relation, ended=ended)


def tell_of_one(change: Change, one: Held[Task], another: Held[Task], relation: TaskRelation, *, ended: bool) -> None:
    """Record of a task what it is to another one, or was."""
    told: Mapping[str, Any] = {
        "from_relation": relation if ended else None,
        "to_relation": None if ended else relation,
        "other_task": another.item.id,
        "other_pipeline": None if another.job is None else another.jobs[another.job],
    }
    items.tell(change, SubtaskChanged, one, **told)
