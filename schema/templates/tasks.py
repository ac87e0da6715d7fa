"""What is in a template of tasks, as clients give it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.bounds import CHECKLIST, ESTIMATE, LINKED
from models.ids import Kind
from models.seen import Priority as PriorityOfTask
from models.templates.relative_dates import RelativeDate as DateOfContent
from models.templates.task_content import TaskContent
from models.texts import DESCRIPTION, NAME
from schema.enums import Priority
from schema.inputs.base import input_type, maybe_id_of, needed, optional
from schema.templates.dates import DATE, RelativeDate, RelativeDateInput
from schema.types.account_roles import AccountRole
from schema.types.base import column, loaded, value


@strawberry.type(description="What is in a template of tasks.")
class TaskTemplate:
    """Its objects are `models.templates.task_content.TaskContent`."""

    name: str = column("What is to be done; with shortcodes.")
    description: str = column("As long as needed; with shortcodes.")
    priority: Priority = column("How urgent it is.")
    start_date: RelativeDate | None = column("When it should be begun.")
    due_date: RelativeDate | None = column("When it must be done.")
    estimate: int | None = column("How many minutes of work it is thought to be; null where nobody said.")
    assignee_roles: list[AccountRole] = loaded(
        lambda content, context: context.load.several(Kind.ACCOUNT_ROLE, content.assignee_role_ids),
        "Who is assigned: whoever holds one of these roles at the account, and is active. Those that are there still.",
        size=2,
    )
    checklist: list[str] = value(
        lambda content: content.checklist,
        f"What stands on its checklist, at most {CHECKLIST.most}; with shortcodes.",
        size=1,
    )


@input_type
class TaskTemplateInput:
    """What is in a template of tasks."""

    name: str = needed(f"What is to be done: {NAME.bounds}. Shortcodes are filled in.")
    description: str | None = optional(f"As long as needed: {DESCRIPTION.bounds}. Shortcodes are filled in.")
    priority: Priority | None = optional("MEDIUM when left out.")
    start_date: RelativeDateInput | None = optional(f"When it should be begun: {DATE}.")
    due_date: RelativeDateInput | None = optional(f"When it must be done: {DATE}.")
    estimate: int | None = optional(f"How many minutes of work it is thought to be, {ESTIMATE}.")
    assignee_role_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.ACCOUNT_ROLE, f"Who is assigned: whoever holds one of these roles at the account; at most {LINKED.most}."
    )
    checklist: list[str] | None = optional(
        f"What stands on its checklist, at most {CHECKLIST.most} of {NAME.bounds}. Shortcodes are filled in."
    )

    @staticmethod
    def build(
        name: str,
        description: str = "",
        priority: PriorityOfTask = PriorityOfTask.MEDIUM,
        start_date: DateOfContent | None = None,
        due_date: DateOfContent | None = None,
        estimate: int | None = None,
        assignee_role_ids: Sequence[UUID] = (),
        checklist: Sequence[str] = (),
    ) -> TaskContent:
        """The content that the command takes."""
        return TaskContent(
            name, description, priority, start_date, due_date, estimate, tuple(assignee_role_ids), tuple(checklist)
        )
