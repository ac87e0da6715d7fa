"""Filters, sorts and lists.

A field of a filter says which condition on the rows it is; resolvers/filters.py has them all."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

import strawberry

from models import seen as rows
from models.bounds import FILTER, IDLE_DAYS, SEARCHED_WORDS, SORT
from models.filtering import (
    Among,
    AmongSeen,
    Blocked,
    Condition,
    Filled,
    Idle,
    InPeriod,
    Is,
    IsSubtask,
    Linked,
    LinkedToJob,
    OnNoJob,
    Overdue,
    OverLimit,
    SameAs,
    SubtaskOf,
    Unlinked,
    Within,
)
from models.firm import account_roles
from models.ids import Kind
from models.searching import Matches
from models.texts import NAME
from schema.declarations import listing
from schema.enums import ItemKind, Priority, StatusCategory, TaskState
from schema.inputs.base import KIND, input_type, optional
from schema.scalars import Date, DateTime

#: Under these a field's metadata holds its condition; or, for a list of filters, how it combines what they ask.
CONDITION = "condition"
COMBINES = "combines"
#: And what it asks for where a filter does not mention it; None for nothing.
USUAL = "usual"

T = TypeVar("T", bound=type)


def asks(condition: Condition, description: str, *, usual: bool | None = None) -> Any:
    """A field of a filter. Left out, or null, it asks for nothing; or, where neither the filter nor any within it has
    it, for the `usual`."""
    metadata = {CONDITION: condition, USUAL: usual}
    return strawberry.field(default=strawberry.UNSET, description=description, metadata=metadata)


def asks_ids(kind: Kind, condition: Condition, description: str) -> Any:
    """A field of a filter that takes ids of things of this kind."""
    metadata = {CONDITION: condition, KIND: kind}
    return strawberry.field(default=strawberry.UNSET, description=description, metadata=metadata)


def among(kind: Kind, description: str) -> Any:
    """A field of a filter that takes ids of things of this kind, and is no condition on rows: reports and the log are
    asked by it (`resolvers.filters.values_of`)."""
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={KIND: kind})


#: What a text search in a filter is.
FOUND_BY = (
    f"Found by this text: {NAME.bounds}, at most {SEARCHED_WORDS.most} words of them, each of which must be there as "
    "the beginning of a word, or misspelled by one letter."
)
#: How a filter takes others of its type.
_COMBINED = {
    "and": ("list[{}] | None", "All of these must hold too; of an empty list they do."),
    "or": ("list[{}] | None", "At least one of these must hold too; of an empty list none does."),
    "not": ("{} | None", "This must not hold: what has no date is not due before a day, so it is found."),
}


def filter_type(cls: T) -> T:
    """A filter of this class: an input whose fields say which conditions they are, and which combines with others of
    its type."""
    for how, (of, description) in _COMBINED.items():
        cls.__annotations__[f"{how}_"] = of.format(cls.__name__)
        field = strawberry.field(name=how, default=strawberry.UNSET, description=description, metadata={COMBINES: how})
        setattr(cls, f"{how}_", field)
    return input_type(cls)


@strawberry.enum(description="Which way a list is sorted.")
class Direction(Enum):
    """As in SQL."""

    ASC = strawberry.enum_value("ASC", description="Smallest, earliest, A first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest, Z first.")


@input_type
class IdFilter:
    """Among these things, or not among those. Nothing is among none."""

    in_: list[strawberry.ID] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description=f"One of these; at most {FILTER.most} ids."
    )
    not_in: list[strawberry.ID] | None = optional(
        f"None of these, or nothing at all; at most {FILTER.most} ids. What you may not see is not there."
    )


@input_type
class DateFilter:
    """Between days; both ends may be left out."""

    before: Date | None = optional("Before this day, which is not part of it.")
    after: Date | None = optional("After this day, which is not part of it.")
    on: Date | None = optional("On just this day.")
    is_set: bool | None = optional("Whether there is a date at all.")


@input_type
class DateTimeFilter:
    """Between moments; both ends may be left out."""

    before: DateTime | None = optional("Before this moment.")
    after: DateTime | None = optional("After this moment.")
    is_set: bool | None = optional("Whether there is a moment at all.")


@filter_type
class JobFilter:
    """Which jobs. What is left out does not narrow; all that is given must hold."""

    id: IdFilter | None = asks_ids(Kind.JOB, Among("id"), "Among these jobs.")
    search: str | None = asks(Matches(Kind.JOB), FOUND_BY)
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "For one of these accounts.")
    pipeline: IdFilter | None = asks_ids(Kind.PIPELINE, Among("pipeline_id"), "In one of these pipelines.")
    stage: IdFilter | None = asks_ids(Kind.STAGE, Among("stage_id"), "On one of these stages.")
    status: IdFilter | None = asks_ids(Kind.STATUS, Among("status_id"), "Under one of these statuses.")
    category: list[StatusCategory] | None = asks(
        Among("status__category"), "Under a status of one of these categories."
    )
    assignee: IdFilter | None = asks_ids(
        Kind.MEMBER, Linked(rows.JobAssignee, "job_id", "member_id"), "Assigned to one of these members."
    )
    unassigned: bool | None = asks(
        Unlinked(rows.JobAssignee, "job_id"), "Only those that nobody is assigned to, or only the others."
    )
    tag: IdFilter | None = asks_ids(
        Kind.TAG,
        Linked(rows.AccountTag, "account_id", "tag_id", by="account_id"),
        "Whose account has one of these tags.",
    )
    team: IdFilter | None = asks_ids(
        Kind.MEMBER,
        Linked(rows.AccountMember, "account_id", "member_id", by="account_id"),
        "Whose account one of these members is assigned to.",
    )
    priority: list[Priority] | None = asks(Among("priority"), "Of one of these priorities.")
    due: DateFilter | None = asks(Within("due_date"), "By due date.")
    overdue: bool | None = asks(Overdue(), "Only those that are overdue in the firm's calendar, or only the others.")
    over_limit: bool | None = asks(
        OverLimit(), "Only those that are on their stage for longer than its time limit, or only the others."
    )
    idle_days: int | None = asks(
        Idle(),
        f"Only those to which nothing has happened for so many days, {IDLE_DAYS}, nor to what is linked to them, as "
        "far as you are told.",
    )
    blocked: bool | None = asks(Blocked(), "Only those that another job blocks, or only the others.")
    stage_entered: DateTimeFilter | None = asks(Within("stage_entered_at"), "By when it came to its stage.")
    completed: DateTimeFilter | None = asks(Within("completed_at"), "By when it was completed, and whether it was.")
    client_status: list[str] | None = asks(
        SameAs("client_status_key"),
        f"What the client is told is called one of these, at most {FILTER.most}, in any spelling.",
    )
    start: DateFilter | None = asks(Within("start_date"), "By start date.")
    deadline: DateFilter | None = asks(Within("deadline"), "By deadline.")
    period: list[str] | None = asks(
        InPeriod("period_key"),
        f"About just one of these periods, at most {FILTER.most}, however they are written: `2026 q1` is `2026-Q1`. A "
        "quarter is not in the year that it is part of.",
    )
    created: DateTimeFilter | None = asks(Within("created_at"), "By when it was opened.")
    archived: bool | None = asks(
        Filled("archived_at"), "Only archived ones, or only those that are not; both when left out."
    )


@strawberry.enum(description="What jobs can be sorted by.")
class JobSortField(Enum):
    """Indexed columns."""

    DUE_DATE = strawberry.enum_value("due_date", description="Without a due date: last when ascending.")
    DEADLINE = strawberry.enum_value("deadline", description="Without a deadline: last when ascending.")
    CREATED_AT = strawberry.enum_value("created_at", description="When it was opened.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When it was last changed.")
    NAME = strawberry.enum_value("name_order", description="By name.")
    STAGE_ENTERED_AT = strawberry.enum_value("stage_entered_at", description="When it came to its stage.")
    PRIORITY = strawberry.enum_value("priority_order", description="By how urgent it is: LOW first when ascending.")
    # Levels of one order, which the client names as one.
    POSITION = strawberry.enum_value(
        "stage_id position", description="As the cards of a board are, stage by stage: the stages by their ids."
    )


@input_type
class JobSort:
    """One level of the order of jobs."""

    field: JobSortField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.enum(description="In which order the cards of a stage are.")
class CardOrder(Enum):
    """Whatever it is, cards keep the places that people dragged them to."""

    POSITION = strawberry.enum_value("POSITION", description="As people dragged them: by position, then by id.")
    BOARD = strawberry.enum_value(
        "BOARD",
        description="As the pipeline's `jobOrder` says: due dates the earliest first and cards without one last, "
        "URGENT first, names from A on, moments the earliest first. Equal cards are as people dragged them.",
    )


@filter_type
class AccountFilter:
    """Which accounts. All that is given must hold."""

    id: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("id"), "Among these accounts.")
    search: str | None = asks(Matches(Kind.ACCOUNT), FOUND_BY)
    tag: IdFilter | None = asks_ids(
        Kind.TAG, Linked(rows.AccountTag, "account_id", "tag_id"), "With one of these tags."
    )
    team: IdFilter | None = asks_ids(
        Kind.MEMBER, Linked(rows.AccountMember, "account_id", "member_id"), "Assigned to one of these members."
    )
    holder: IdFilter | None = asks_ids(
        Kind.MEMBER, account_roles.HELD_BY, "Where one of these members holds a role, whichever it is."
    )
    archived: bool | None = asks(
        Filled("archived_at"), "Only archived ones, or only those that are not; both when left out."
    )


@filter_type
class MemberFilter:
    """Which members. All that is given must hold."""

    id: IdFilter | None = asks_ids(Kind.MEMBER, Among("id"), "Among these members.")
    search: str | None = asks(Matches(Kind.MEMBER), FOUND_BY)
    active: bool | None = asks(Is("active"), "Only active ones, or only deactivated ones; both when left out.")


@filter_type
class TaskFilter:
    """Which tasks. All that is given must hold."""

    search: str | None = asks(Matches(Kind.TASK), FOUND_BY)
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "For one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    assignee: IdFilter | None = asks_ids(
        Kind.MEMBER, Linked(rows.TaskAssignee, "task_id", "member_id"), "Assigned to one of these members."
    )
    unassigned: bool | None = asks(
        Unlinked(rows.TaskAssignee, "task_id"), "Only those that nobody is assigned to, or only the others."
    )
    unlinked: bool | None = asks(OnNoJob(), "Only those that are linked to no job, or only the others.")
    parent: IdFilter | None = asks_ids(Kind.TASK, SubtaskOf(), "Subtasks of one of these tasks.")
    subtask: bool | None = asks(
        IsSubtask(), "Only subtasks of tasks that you see, or only the others; both when left out."
    )
    priority: list[Priority] | None = asks(Among("priority"), "Of one of these priorities.")
    state: list[TaskState] | None = asks(Among("state"), "In one of these states.")
    due: DateFilter | None = asks(Within("due_date"), "By due date.")


@input_type
class LinkedItemFilter:
    """Which of a job's items. All that is given must hold."""

    # Of the link, which resolvers/item_pages.py asks, and not of rows.
    kind: list[ItemKind] | None = optional("Of one of these kinds.")
    open: bool | None = optional(
        "Only those that somebody still has to act on, or only the others; both when left out."
    )
    trashed: bool | None = optional("Only those in the trash; else, and when left out, only the others.")


@filter_type
class TimeEntryFilter:
    """Which time entries. All that is given must hold."""

    member: IdFilter | None = asks_ids(Kind.MEMBER, Among("member_id"), "Of one of these members.")
    account: IdFilter | None = asks_ids(
        Kind.ACCOUNT, AmongSeen("account_id", rows.Account), "For one of these accounts."
    )
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "On one of these jobs.")
    pipeline: IdFilter | None = asks_ids(
        Kind.PIPELINE, LinkedToJob("pipeline_id"), "On a job in one of these pipelines."
    )
    billable: bool | None = asks(Is("billable"), "Only billable ones, or only those that are not; both when left out.")
    day: DateFilter | None = asks(Within("day"), "By day.")
    running: bool | None = asks(Filled("started_at"), "Only running timers, or only what is not; both when left out.")


LISTS = (
    listing(
        rows.Pipeline,
        order="name_order",
        description="The pipelines that are available to you, by name.",
        one="A pipeline; with `stages` and their `jobs` it is the board.",
    ),
    listing(
        rows.Job,
        JobFilter,
        filter_description="Which ones; archived ones too.",
        sort=JobSort,
        sort_description=f"In which order, at most {SORT.most} levels; newest first when there is none.",
        order="-created_at",
        description="The jobs that you see, archived ones too.",
        one="A job.",
    ),
    listing(
        rows.Task,
        TaskFilter,
        order="-created_at",
        description="The tasks that you see, newest first.",
        one="A task.",
    ),
    listing(
        rows.Account,
        AccountFilter,
        order="name_order",
        description="The accounts that you see, by name.",
        one="An account.",
    ),
    listing(
        rows.Member, MemberFilter, order="name_order", description="The team, by name.", one="A member of the team."
    ),
    listing(rows.Tag, order="name_order", description="The firm's tags, by name."),
    listing(
        rows.ClientStatus,
        order="name_order",
        description="The client-facing statuses, by name.",
        called="client-facing statuses",
    ),
    listing(
        rows.TimeEntry,
        TimeEntryFilter,
        order="-day",
        description="Your time entries, and others' with the right MANAGE_TIME_ENTRIES; latest day first.",
    ),
)
