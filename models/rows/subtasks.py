"""Which tasks are parts of other ones."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.rows.base import Link, belongs_to


class TaskRelation(StrEnum):
    """What a task is to another one."""

    PARENT = "PARENT"
    SUBTASK = "SUBTASK"

    @property
    def inverse(self) -> "TaskRelation":
        """What the other one is to it."""
        return TaskRelation.SUBTASK if self is TaskRelation.PARENT else TaskRelation.PARENT


class Subtask(Link):
    """A task is a part of another one, of one at most. It has no parts itself."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    task: Any = belongs_to("Task", on_delete=fields.CASCADE)
    task_id: UUID
    parent: Any = belongs_to("Task", on_delete=fields.CASCADE, index=True)
    parent_id: UUID

    class Meta:
        table = "subtask"
        unique_together = (("task",),)
