"""Jobs and their tasks."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import seen as rows
from models.bounds import CHECKLIST, FAILED_RUNS, OUTSTANDING, RELATIONS, SHOWN_STATUSES, SUBTASKS, TASKS
from models.ids import Kind
from models.items.sums import Sum
from models.periods import Period as _Period
from models.periods import period_of
from models.queries import By
from models.relations import Related
from models.shown_statuses import ShownStatus as _ShownStatus
from models.time_sums import percent_used, remaining
from schema.enums import PeriodUnit, Priority, Relation, TaskState
from schema.field_resolvers import TypeCheck
from schema.inputs.mail import MailFilter
from schema.list_fields import ListWithin, list_within
from schema.scalars import Date, DateTime
from schema.types.accounts import Account
from schema.types.base import (
    Versioned,
    column,
    entity,
    is_of_kind,
    job_of_item,
    loaded,
    loaded_by,
    name_order,
    one,
    value,
    worked_out,
)
from schema.types.checklists import ChecklistEntry
from schema.types.firm import Member
from schema.types.histories import history_of_job
from schema.types.items import LinkedItem, OutstandingItem, linked_item
from schema.types.lists import LinkedItemConnection, items_of_job
from schema.types.pipelines import Pipeline, Stage, Status
from schema.types.waiting import JobWaiting

if TYPE_CHECKING:
    from schema.types.events import EventConnection
    from schema.types.mail import MailConnection

    # Found by its module alone, at run time: that is made of the types here.
    AutomationRun = Any
    Recurrence = Any


@strawberry.type(description="What the client of a job was shown of it, from when until when.")
class ShownStatus:
    """Its objects are `models.shown_statuses.ShownStatus`."""

    name: str = column("What the job was called.")
    status: str = column("The client-facing status.")
    color: str | None = column("As #rrggbb.")
    description: str = column("What it means, in the client's words.")
    since: DateTime = column("Since when they were shown that.")
    until: DateTime | None = column("Until when; null while they are.")

    is_type_of = TypeCheck(lambda source: isinstance(source, _ShownStatus))


@strawberry.type(description="What the client of a job is told about it: the job's own copy.")
class JobClientStatus:
    """Read off the job's row."""

    visible: bool = value(attrgetter("client_status_visible"), "Whether the client is told at all.")
    name: str | None = value(attrgetter("client_status_name"), "What the client reads; null while there is nothing.")
    color: str | None = value(attrgetter("client_status_color"), "As #rrggbb.")
    description: str = value(attrgetter("client_status_description"), "What it means, in the client's words.")
    changed_at: DateTime | None = value(attrgetter("client_status_changed_at"), "When it last changed.")

    #: The job itself.
    is_type_of = is_of_kind(Kind.JOB)


@strawberry.type(description="The time that a job is about.")
class Period:
    """Read off the period that the job's text names."""

    text: str = column("What it is called: `2026`, `2026-Q1`, `2026-01`, or whatever the team calls it.")
    unit: PeriodUnit = column("How long it is.")
    first_day: Date | None = column("Its first day; null of OTHER.")
    last_day: Date | None = column("Its last day; null of OTHER.")

    is_type_of = TypeCheck(lambda source: isinstance(source, _Period))


@strawberry.type(description="What a job is to another one.")
class JobRelation:
    """Its objects are `models.relations.Related`."""

    relation: Relation = column("What it is to that one.")
    job: Annotated[Job, strawberry.lazy("schema.types.jobs")] = value(lambda related: related.job, "The other one.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Related))


#: Of what every job has.
_WHILE = "null only where it was deleted, or left your sight, while this was answered."


@entity(rows.Job)
class Job(Versioned):
    """One instance of work for one account, in one pipeline, on one stage: a card of the board."""

    name: str = column("What the card says.")
    name_order: str = name_order()
    description: str = column("As long as needed.")
    priority: Priority = column("How urgent it is.")
    start_date: Date | None = column("When work should start.")
    due_date: Date | None = column("When it must be done: a day in the firm's calendar.")
    deadline: Date | None = column("The statutory day, null for none. It makes nothing overdue: the due date does.")
    period: Period | None = value(
        lambda job: None if job.period is None else period_of(job.period),
        "The time that the work is about; null for none.",
    )
    overdue: bool = worked_out(
        lambda load, jobs: load.overdue(jobs),
        "Whether the due date is before the firm's today, under a status that counts.",
    )
    account: Account | None = one(Kind.ACCOUNT, "account_id", f"The client it is for; {_WHILE}")
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", f"The pipeline it is in; {_WHILE}")
    stage: Stage | None = one(Kind.STAGE, "stage_id", f"The stage it is on; {_WHILE}")
    status: Status | None = one(Kind.STATUS, "status_id", f"Its status; {_WHILE}")
    recurrence: Annotated[Recurrence, strawberry.lazy("schema.recurrences.recurrences")] | None = one(
        Kind.RECURRENCE, "recurrence_id", "The recurrence that made it; null for none, and where that was deleted."
    )
    position: str = column("Orders the cards of a stage: compare as plain text, byte by byte, then by id.")
    stage_entered_at: DateTime = column("When it came to its stage.")
    stage_limit_at: DateTime | None = worked_out(
        lambda load, jobs: load.stage_limits(jobs),
        "When it will have been on its stage for the stage's time limit; null where the stage has none.",
    )
    assignees: list[Member] = loaded_by("id", lambda load: load.assignees, "The assigned members, by name.", size=2)
    budget: int | None = column("How many minutes it may take; null for no budget.")
    tracked: int | None = loaded_by(
        "id", lambda load: load.sum(Sum.TRACKED), "How many minutes have been logged on it."
    )
    remaining: int | None = worked_out(
        lambda load, jobs: load.budgeting(jobs, remaining),
        "The budget less what was tracked, in minutes; negative when over; null without a budget.",
    )
    percent_used: int | None = worked_out(
        lambda load, jobs: load.budgeting(jobs, percent_used),
        "How much of the budget was tracked, in percent, rounded down; null without a budget.",
    )
    client_status: JobClientStatus = value(lambda job: job, "What the client is told about it.")
    shown_to_client: list[ShownStatus] = loaded_by(
        "id",
        lambda load: load.shown_to_client,
        "What the client was shown of it, what they are shown now or were last first; at most "
        f"{SHOWN_STATUSES.most}. They are shown nothing of a job that is archived, or of an archived account, nor of "
        "any while `firm.clientStatusEnabled` is off. The same for everybody who sees the job. As far back as the log.",
        size=3,
    )
    tasks: list[Task] = loaded_by(
        "id",
        lambda load: load.tasks,
        f"The linked tasks, oldest first; at most {TASKS.most}.",
        size=5,
    )
    task_count: int = loaded_by("id", lambda load: load.sum(Sum.TASKS), "How many tasks are linked.")
    open_task_count: int = loaded_by(
        "id",
        lambda load: load.sum(Sum.OPEN_TASKS),
        "How many of the linked tasks are neither completed nor canceled.",
    )
    items: LinkedItemConnection = items_of_job  # type: ignore[valid-type]
    open_item_count: int = loaded_by(
        "id",
        lambda load: load.sum(Sum.HOLDING),
        "How many of the linked items are open and hold the job. The same for everybody who sees it.",
    )
    outstanding: list[OutstandingItem] = loaded_by(
        "id",
        lambda load: load.outstanding,
        f"The items that hold the job, what waits longest first; at most {OUTSTANDING.most}. The same for everybody "
        "who sees it.",
        size=2,
    )
    mails: Annotated[MailConnection, strawberry.lazy("schema.types.mail")] = list_within(  # type: ignore[valid-type]
        ListWithin("mails of job", Kind.MAIL, By("job_id"), "-created_at"),
        "The mail that was sent about it, or is to be, newest first.",
        filter=MailFilter,
    )
    waiting: list[JobWaiting] = loaded_by(
        "id",
        lambda load: load.waiting,
        "Why it does not move on by itself: all that would have to be otherwise. Empty where it is ready: it moves on "
        "at once, or returns to Active. The same for everybody who sees it.",
        size=2,
    )
    failed_runs: list[Annotated[AutomationRun, strawberry.lazy("schema.automation.runs")]] = loaded_by(
        "id",
        lambda load: load.failed_runs,
        f"What automations could not do for it, the oldest first; at most {FAILED_RUNS.most}. It holds the job until "
        "it is tried again and done, or dismissed.",
        size=1,
    )
    blocked: bool = loaded_by(
        "id",
        lambda load: load.blocked,
        "Whether another job blocks it that is neither completed nor archived. The same for everybody who sees it, "
        "also where they do not see the other one.",
    )
    relations: list[JobRelation] = loaded(
        lambda job, context: context.load.relations(job.id),
        f"What it is to other jobs, at most {RELATIONS.most}, as far as you see those; what it has been longest first.",
        size=2,
    )
    created_at: DateTime = column("When it was opened.")
    completed_at: DateTime | None = column("When it was completed.")
    archived_at: DateTime | None = column("When it was archived.")
    history: Annotated[EventConnection, strawberry.lazy("schema.types.events")] = history_of_job


@linked_item(Kind.TASK)
class Task(LinkedItem):
    """Something to do for an account, linked to at most one of its jobs."""

    name: str = column("What is to be done.")
    description: str = column("As long as needed.")
    state: TaskState = column("Where it stands.")
    priority: Priority = column("How urgent it is.")
    start_date: Date | None = column("When it should be begun.")
    due_date: Date | None = column("When it must be done.")
    estimate: int | None = column("How many minutes of work it is thought to be; null where nobody said.")
    job: Job | None = job_of_item("The job it is linked to; null for none.")
    assignees: list[Member] = loaded_by(
        "id", lambda load: load.task_assignees, "The assigned members, by name.", size=2
    )
    checklist: list[ChecklistEntry] = loaded(
        lambda task, context: context.load.checklist(task),
        f"What is to be done of it, entry by entry, in the order in which it is to be shown; at most {CHECKLIST.most}.",
        size=1,
    )
    parent: Annotated[Task, strawberry.lazy("schema.types.jobs")] | None = loaded(
        lambda task, context: context.load.parent_task(task.id) if context.holds(1) else None,
        "The task that it is a subtask of; null for none, or where you do not see it.",
    )
    subtasks: list[Annotated[Task, strawberry.lazy("schema.types.jobs")]] = loaded(
        lambda task, context: context.load.subtasks(task.id),
        f"Its subtasks, at most {SUBTASKS.most}, as far as you see them, the oldest first. Open ones do not hold it.",
        size=1,
    )
    completed_at: DateTime | None = column("When it was completed or canceled.")
