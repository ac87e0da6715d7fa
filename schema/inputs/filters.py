"""Filters and sorts of lists."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from models.bounds import FILTER
from schema.enums import ItemKind, Priority, StatusCategory, TaskState
from schema.scalars import Date, DateTime


def optional(description: str) -> Any:
    """An input field that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


@strawberry.enum(description="Which way a list is sorted.")
class Direction(Enum):
    """As in SQL."""

    ASC = strawberry.enum_value("ASC", description="Smallest, earliest, A first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest, Z first.")


@strawberry.input(description="Among these things. Nothing is among none.")
class IdFilter:
    """A set of ids."""

    in_: list[strawberry.ID] = strawberry.field(name="in", description=f"The ids, at most {FILTER.most}.")


@strawberry.input(description="Between days; both ends may be left out.")
class DateFilter:
    """Local days."""

    before: Date | None = optional("Before this day, which is not part of it.")
    after: Date | None = optional("After this day, which is not part of it.")
    on: Date | None = optional("On just this day.")
    is_set: bool | None = optional("Whether there is a date at all.")


@strawberry.input(description="Between moments; both ends may be left out.")
class DateTimeFilter:
    """Moments in UTC."""

    before: DateTime | None = optional("Before this moment.")
    after: DateTime | None = optional("After this moment.")


@strawberry.input(description="Which jobs. What is left out does not narrow; all that is given must hold.")
class JobFilter:
    """Over indexed columns only."""

    id: IdFilter | None = optional("Among these jobs.")
    account: IdFilter | None = optional("For one of these accounts.")
    pipeline: IdFilter | None = optional("In one of these pipelines.")
    stage: IdFilter | None = optional("On one of these stages.")
    status: IdFilter | None = optional("Under one of these statuses.")
    category: list[StatusCategory] | None = optional("Under a status of one of these categories.")
    assignee: IdFilter | None = optional("Assigned to one of these members.")
    priority: list[Priority] | None = optional("Of one of these priorities.")
    due: DateFilter | None = optional("By due date.")
    start: DateFilter | None = optional("By start date.")
    created: DateTimeFilter | None = optional("By when it was opened.")
    archived: bool | None = optional("Only archived ones, or only those that are not; both when left out.")
    and_: list[JobFilter] | None = strawberry.field(
        name="and", default=strawberry.UNSET, description="All of these must hold too; of an empty list they do."
    )
    or_: list[JobFilter] | None = strawberry.field(
        name="or",
        default=strawberry.UNSET,
        description="At least one of these must hold too; of an empty list none does.",
    )


@strawberry.enum(description="What jobs can be sorted by.")
class JobSortField(Enum):
    """Indexed columns."""

    DUE_DATE = strawberry.enum_value("due_date", description="Without a due date: last when ascending.")
    CREATED_AT = strawberry.enum_value("created_at", description="When it was opened.")
    NAME = strawberry.enum_value("name", description="By name.")
    STAGE_ENTERED_AT = strawberry.enum_value("stage_entered_at", description="When it came to its stage.")


@strawberry.input(description="One level of the order of jobs.")
class JobSort:
    """A column and a direction."""

    field: JobSortField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which accounts. All that is given must hold.")
class AccountFilter:
    """Over indexed columns only."""

    id: IdFilter | None = optional("Among these accounts.")
    tag: IdFilter | None = optional("With one of these tags.")
    team: IdFilter | None = optional("Assigned to one of these members.")
    archived: bool | None = optional("Only archived ones, or only those that are not; both when left out.")


@strawberry.input(description="Which members. All that is given must hold.")
class MemberFilter:
    """Over the team."""

    id: IdFilter | None = optional("Among these members.")
    active: bool | None = optional("Only active ones, or only deactivated ones; both when left out.")


@strawberry.input(description="Which tasks. All that is given must hold.")
class TaskFilter:
    """Over indexed columns only."""

    account: IdFilter | None = optional("For one of these accounts.")
    job: IdFilter | None = optional("Linked to one of these jobs.")
    assignee: IdFilter | None = optional("Assigned to one of these members.")
    state: list[TaskState] | None = optional("In one of these states.")
    due: DateFilter | None = optional("By due date.")


@strawberry.input(description="Which of a job's items. All that is given must hold.")
class LinkedItemFilter:
    """Over what is kept of the link."""

    kind: list[ItemKind] | None = optional("Of one of these kinds.")
    open: bool | None = optional(
        "Only those that somebody still has to act on, or only the others; both when left out."
    )


@strawberry.input(description="Which time entries. All that is given must hold.")
class TimeEntryFilter:
    """Over indexed columns only."""

    member: IdFilter | None = optional("Of one of these members.")
    account: IdFilter | None = optional("For one of these accounts.")
    job: IdFilter | None = optional("On one of these jobs.")
    day: DateFilter | None = optional("By day.")
    running: bool | None = optional("Only running timers, or only what is not; both when left out.")
