"""What is in a template of jobs, as clients give it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from models.bounds import BUDGET, LINKED, TEMPLATE_TASKS
from models.ids import Kind
from models.rights import Requirement
from models.seen import Priority as PriorityOfJob
from models.templates.job_content import JobContent, LeftOut
from models.templates.job_tasks import JobTask
from models.templates.relative_dates import RelativeDate as DateOfContent
from models.texts import DESCRIPTION, LABEL, NAME
from schema.enums import Priority
from schema.inputs.base import clearable, input_type, maybe_id_of, needed, optional
from schema.permissions import withhold
from schema.templates.dates import DATE, RelativeDate, RelativeDateInput
from schema.templates.tasks import TaskTemplate, TaskTemplateInput
from schema.types.account_roles import AccountRole
from schema.types.base import column, loaded, value
from schema.types.firm import ClientStatus, Member


def _assignees() -> Any:
    return loaded(
        lambda content, context: context.load.several(Kind.MEMBER, content.assignee_ids),
        "Members who are assigned, if they are active then.",
        size=2,
    )


@strawberry.type(description="A task of a template of jobs.")
class JobTaskTemplate(TaskTemplate):
    """Its objects are `models.templates.job_tasks.JobTask`."""

    assignees: list[Member] = _assignees()


@strawberry.type(description="What is in a template of jobs.")
class JobTemplate:
    """Its objects are `models.templates.job_content.JobContent`."""

    name: str = column("What the card is to say; with shortcodes.")
    description: str = column("As long as needed; with shortcodes.")
    priority: Priority = column("How urgent it is.")
    period: str | None = column("The time that the work is about; with shortcodes. Null for none.")
    budget: int | None = column("How many minutes it may take; null for no budget.")
    start_date: RelativeDate | None = column("When work should start.")
    due_date: RelativeDate | None = column("When it must be done.")
    deadline: RelativeDate | None = column("The statutory day.")
    client_status: ClientStatus | None = loaded(
        lambda content, context: (
            None if content.client_status_id is None else context.load.one(Kind.CLIENT_STATUS, content.client_status_id)
        ),
        "What the client is told about it; null for nothing, and where it was deleted.",
    )
    client_status_visible: bool = column("Whether the client is told at all.")
    assignees: list[Member] = _assignees()
    assignee_roles: list[AccountRole] = loaded(
        lambda content, context: context.load.several(Kind.ACCOUNT_ROLE, content.assignee_role_ids),
        "Who is assigned: whoever holds one of these roles at the account, and is active. Those that are there still.",
        size=2,
    )
    tasks: list[JobTaskTemplate] = value(
        lambda content: content.tasks, f"Its tasks, in order; at most {TEMPLATE_TASKS.most}.", size=5
    )


withhold(JobTemplate, {part: Requirement(right=right) for part, right in JobContent.withheld.items()})

_ASSIGNEES = f"Members who are assigned; at most {LINKED.most}."
_ROLES = f"Who is assigned: whoever holds one of these roles at the account; at most {LINKED.most}."


@input_type
class JobTaskTemplateInput(TaskTemplateInput):
    """A task of a template of jobs."""

    assignee_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, _ASSIGNEES)

    @staticmethod
    def build(
        name: str,
        description: str = "",
        priority: PriorityOfJob = PriorityOfJob.MEDIUM,
        start_date: DateOfContent | None = None,
        due_date: DateOfContent | None = None,
        estimate: int | None = None,
        assignee_role_ids: Sequence[UUID] = (),
        checklist: Sequence[str] = (),
        assignee_ids: Sequence[UUID] = (),
    ) -> JobTask:
        """The task that the content takes."""
        roles, entries = tuple(assignee_role_ids), tuple(checklist)
        told = (name, description, priority, start_date, due_date, estimate, roles, entries)
        return JobTask(*told, assignee_ids=tuple(assignee_ids))


@input_type
class JobTemplateInput:
    """What is in a template of jobs."""

    name: str = needed(f"What the card is to say: {NAME.bounds}. Shortcodes are filled in.")
    description: str | None = optional(f"As long as needed: {DESCRIPTION.bounds}. Shortcodes are filled in.")
    priority: Priority | None = optional("MEDIUM when left out.")
    period: str | None = optional(f"The time that the work is about: {LABEL.bounds}. Shortcodes are filled in.")
    budget: int | None = clearable(
        f"How many minutes it may take, {BUDGET}; null for no budget. Needs the right MANAGE_TIME_BUDGETS. Left out, "
        "the template keeps what it has."
    )
    start_date: RelativeDateInput | None = optional(f"When work should start: {DATE}.")
    due_date: RelativeDateInput | None = optional(f"When it must be done: {DATE}.")
    deadline: RelativeDateInput | None = optional(f"The statutory day: {DATE}.")
    client_status_id: strawberry.ID | None = maybe_id_of(
        Kind.CLIENT_STATUS, "What the client is told about it; nothing when left out."
    )
    client_status_visible: bool | None = optional("Whether the client is told at all; false when left out.")
    assignee_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, _ASSIGNEES)
    assignee_role_ids: list[strawberry.ID] | None = maybe_id_of(Kind.ACCOUNT_ROLE, _ROLES)
    tasks: list[JobTaskTemplateInput] | None = optional(f"Its tasks, in order; at most {TEMPLATE_TASKS.most}.")

    @staticmethod
    def build(
        name: str,
        description: str = "",
        priority: PriorityOfJob = PriorityOfJob.MEDIUM,
        period: str | None = None,
        budget: int | LeftOut | None = LeftOut.LEFT_OUT,
        start_date: DateOfContent | None = None,
        due_date: DateOfContent | None = None,
        deadline: DateOfContent | None = None,
        client_status_id: UUID | None = None,
        client_status_visible: bool = False,
        assignee_ids: Sequence[UUID] = (),
        assignee_role_ids: Sequence[UUID] = (),
        tasks: Sequence[JobTask] = (),
    ) -> JobContent:
        """The content that the command takes."""
        return JobContent(
            name=name,
            description=description,
            priority=priority,
            period=period,
            budget=budget,
            start_date=start_date,
            due_date=due_date,
            deadline=deadline,
            client_status_id=client_status_id,
            client_status_visible=client_status_visible,
            assignee_ids=tuple(assignee_ids),
            assignee_role_ids=tuple(assignee_role_ids),
            tasks=tuple(tasks),
        )
