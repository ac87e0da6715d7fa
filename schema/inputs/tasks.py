"""Inputs of the mutations on tasks and time."""

from __future__ import annotations

import strawberry

from models.bounds import LINKED, LOGGED
from models.ids import Kind
from models.texts import DESCRIPTION, NAME, NOTE
from schema.enums import Priority, TaskState
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    clearable_id_of,
    explicit,
    id_of,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.scalars import Date, Decimals


@strawberry.input
class AtAccountOrJob:
    """What something belongs to."""

    account_id: strawberry.ID | None = maybe_id_of(Kind.ACCOUNT, "The client. Follows from the job, if you give one.")
    job_id: strawberry.ID | None = maybe_id_of(Kind.JOB, "A job of this client. One of the two is needed.")


@strawberry.input(description="What is to be done.")
class CreateTaskInput(AtAccountOrJob, Keyed):
    """create_task"""

    id: strawberry.ID | None = own_id(Kind.TASK)
    name: str = needed(f"{NAME.bounds}.")
    description: str | None = optional(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = optional("MEDIUM when left out.")
    start_date: Date | None = optional("When it should be begun; not after the due date.")
    due_date: Date | None = optional("When it must be done.")
    assignee_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, f"The assigned members; at most {LINKED.most}.")


@strawberry.input(description="What to change about a task. What is left out stays.")
class UpdateTaskInput(Expecting):
    """update_task"""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    name: str | None = change(f"{NAME.bounds}.")
    description: str | None = change(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = change("How urgent it is.")
    start_date: Date | None = clearable("When it should be begun; not after the due date. Null for none.")
    due_date: Date | None = clearable("When it must be done. Null for none.")


@strawberry.input(description="Where a task stands.")
class SetTaskStateInput(Expecting):
    """set_task_state"""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    state: TaskState = needed("The new state.")


@strawberry.input(description="Who is to do a task.")
class AssignTaskInput(Expecting):
    """assign_task"""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these members, at most {LINKED.most}; others are taken off."
    )


@strawberry.input(description="Which task to link to which job.")
class LinkTaskInput(Expecting):
    """link_task"""

    task_id: strawberry.ID = id_of(Kind.TASK, "A task that is linked to no other job.")
    job_id: strawberry.ID = id_of(Kind.JOB, "A job of the same client.")


@strawberry.input(description="Which task.")
class TaskInput(Expecting):
    """unlink_task, delete_task"""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")


@strawberry.input(description="Time that was spent.")
class LogTimeInput(AtAccountOrJob, Keyed):
    """log_time"""

    id: strawberry.ID | None = own_id(Kind.TIME_ENTRY)
    minutes: int = needed(f"From {LOGGED}. All entries of a member's day together have no more.")
    day: Date | None = optional("The day it counts on; the firm's today when left out.")
    note: str | None = optional(f"What was done: {NOTE.bounds}.")
    billable: bool | None = optional("Whether the client pays for it; true when left out.")
    member_id: strawberry.ID | None = maybe_id_of(
        Kind.MEMBER, "Whose time; your own when left out. Another's needs the right MANAGE_TIME_ENTRIES."
    )


@strawberry.input(description="What to change about a time entry. What is left out stays.")
class UpdateTimeEntryInput(Expecting):
    """update_time_entry"""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")
    minutes: int | None = change(f"From {LOGGED}, and no more on the day in all; not of a running timer.")
    day: Date | None = change("The day it counts on.")
    note: str | None = change(f"What was done: {NOTE.bounds}.")
    billable: bool | None = change("Whether the client pays for it.")
    job_id: strawberry.ID | None = clearable_id_of(Kind.JOB, "A job of the same client. Null for none.")


@strawberry.input(description="Which time entry.")
class TimeEntryInput(Expecting):
    """delete_time_entry"""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")


@strawberry.input(description="What an hour of an entry costs.")
class SetTimeEntryRateInput(Expecting):
    """set_time_entry_rate"""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")
    rate: Decimals | None = explicit(
        "The price of an hour, in the firm's currency, with at most its decimals: two for USD, none for JPY, three for "
        "KWD. Null for none."
    )


@strawberry.input(description="What you begin to work on.")
class StartTimerInput(AtAccountOrJob, Keyed):
    """start_timer"""

    id: strawberry.ID | None = own_id(Kind.TIME_ENTRY)
    note: str | None = optional(f"What is done: {NOTE.bounds}.")
    billable: bool | None = optional("Whether the client pays for it; true when left out.")


@strawberry.input(description="Which timer.")
class StopTimerInput(Keyed):
    """stop_timer"""

    time_entry_id: strawberry.ID | None = maybe_id_of(
        Kind.TIME_ENTRY,
        "A running timer; your own when left out. Another's needs the right MANAGE_TIME_ENTRIES.",
    )
