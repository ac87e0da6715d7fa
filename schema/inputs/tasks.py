"""Inputs of the mutations on tasks and time."""

from __future__ import annotations

import strawberry

from models.bounds import CHECKLIST, ESTIMATE, LINKED, LOGGED
from models.commands import subtasks, tasks, time, timers
from models.ids import Kind
from models.texts import DESCRIPTION, NAME, NOTE
from schema.declarations import mutation
from schema.enums import Priority, TaskState
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    clearable_id_of,
    explicit,
    explicit_id_of,
    id_of,
    input_type,
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


@input_type
class CreateTaskInput(AtAccountOrJob, Keyed):
    """What is to be done."""

    id: strawberry.ID | None = own_id(Kind.TASK)
    parent_id: strawberry.ID | None = maybe_id_of(
        Kind.TASK,
        "The task that it is to be a subtask of. Account and job follow from it, if you give neither.",
    )
    name: str = needed(f"{NAME.bounds}.")
    description: str | None = optional(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = optional("MEDIUM when left out.")
    start_date: Date | None = optional("When it should be begun; not after the due date.")
    due_date: Date | None = optional("When it must be done.")
    estimate: int | None = optional(f"How many minutes of work it is thought to be, {ESTIMATE}.")
    assignee_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, f"The assigned members; at most {LINKED.most}.")
    checklist: list[str] | None = optional(
        f"What stands on its checklist, at most {CHECKLIST.most} of {NAME.bounds}; nothing when left out."
    )


@input_type
class UpdateTaskInput(Expecting):
    """What to change about a task. What is left out stays."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    name: str | None = change(f"{NAME.bounds}.")
    description: str | None = change(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = change("How urgent it is.")
    start_date: Date | None = clearable("When it should be begun; not after the due date. Null for none.")
    due_date: Date | None = clearable("When it must be done. Null for none.")
    estimate: int | None = clearable(f"How many minutes of work it is thought to be, {ESTIMATE}. Null for none.")


@input_type
class SetTaskStateInput(Expecting):
    """Where a task stands."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    state: TaskState = needed("The new state.")


@input_type
class AssignTaskInput(Expecting):
    """Who is to do a task."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these members, at most {LINKED.most}; others are taken off."
    )


@input_type
class SetTaskChecklistInput(Expecting):
    """What stands on a task's checklist."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    checklist: list[str] = needed(
        f"Just these, in this order, at most {CHECKLIST.most} of {NAME.bounds}; others are gone. One of another name "
        "is another one, which nobody has done yet."
    )


@input_type
class CheckTaskEntryInput(Expecting):
    """What is done of a task, or is not."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")
    number: int = needed("The `number` of the entry.")
    checked: bool = needed("Whether it is done.")


@input_type
class SetTaskParentInput(Expecting):
    """Of which task another one is a part."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task, which has no subtasks.")
    parent_id: strawberry.ID | None = explicit_id_of(
        Kind.TASK, "The task of the same account that it is to be a subtask of, which is none itself. Null for none."
    )


@input_type
class LinkTaskInput(Expecting):
    """Which task to link to which job."""

    task_id: strawberry.ID = id_of(Kind.TASK, "A task that is linked to no other job.")
    job_id: strawberry.ID = id_of(Kind.JOB, "A job of the same client.")


@input_type
class TaskInput(Expecting):
    """Which task."""

    task_id: strawberry.ID = id_of(Kind.TASK, "The task.")


@input_type
class LogTimeInput(AtAccountOrJob, Keyed):
    """Time that was spent."""

    id: strawberry.ID | None = own_id(Kind.TIME_ENTRY)
    minutes: int = needed(f"From {LOGGED}. All entries of a member's day together have no more.")
    day: Date | None = optional("The day it counts on; the firm's today when left out.")
    note: str | None = optional(f"What was done: {NOTE.bounds}.")
    billable: bool | None = optional("Whether the client pays for it; true when left out.")
    member_id: strawberry.ID | None = maybe_id_of(
        Kind.MEMBER, "Whose time; your own when left out. Another's needs the right MANAGE_TIME_ENTRIES."
    )


@input_type
class UpdateTimeEntryInput(Expecting):
    """What to change about a time entry. What is left out stays."""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")
    minutes: int | None = change(f"From {LOGGED}, and no more on the day in all; not of a running timer.")
    day: Date | None = change("The day it counts on.")
    note: str | None = change(f"What was done: {NOTE.bounds}.")
    billable: bool | None = change("Whether the client pays for it.")
    job_id: strawberry.ID | None = clearable_id_of(Kind.JOB, "A job of the same client. Null for none.")


@input_type
class TimeEntryInput(Expecting):
    """Which time entry."""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")


@input_type
class SetTimeEntryRateInput(Expecting):
    """What an hour of an entry costs."""

    time_entry_id: strawberry.ID = id_of(Kind.TIME_ENTRY, "The entry.")
    rate: Decimals | None = explicit(
        "The price of an hour, in the firm's currency, with at most its decimals: two for USD, none for JPY, three for "
        "KWD. Null for none."
    )


@input_type
class StartTimerInput(AtAccountOrJob, Keyed):
    """What you begin to work on."""

    id: strawberry.ID | None = own_id(Kind.TIME_ENTRY)
    note: str | None = optional(f"What is done: {NOTE.bounds}.")
    billable: bool | None = optional("Whether the client pays for it; true when left out.")


@input_type
class StopTimerInput(Keyed):
    """Which timer."""

    time_entry_id: strawberry.ID | None = maybe_id_of(
        Kind.TIME_ENTRY,
        "A running timer; your own when left out. Another's needs the right MANAGE_TIME_ENTRIES.",
    )


MUTATIONS = (
    mutation(tasks.create_task, CreateTaskInput),
    mutation(tasks.update_task, UpdateTaskInput),
    mutation(tasks.set_task_state, SetTaskStateInput),
    mutation(tasks.assign_task, AssignTaskInput),
    mutation(tasks.set_task_checklist, SetTaskChecklistInput),
    mutation(tasks.check_task_entry, CheckTaskEntryInput),
    mutation(subtasks.set_task_parent, SetTaskParentInput),
    mutation(tasks.link_task, LinkTaskInput),
    mutation(tasks.unlink_task, TaskInput),
    mutation(tasks.delete_task, TaskInput),
    mutation(time.log_time, LogTimeInput),
    mutation(time.update_time_entry, UpdateTimeEntryInput),
    mutation(time.delete_time_entry, TimeEntryInput),
    mutation(time.set_time_entry_rate, SetTimeEntryRateInput),
    mutation(timers.start_timer, StartTimerInput),
    mutation(timers.stop_timer, StopTimerInput),
)
