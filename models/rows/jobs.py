"""Jobs, their assignees, their tasks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from models.checklists import ChecklistEntry, entries_in
from models.database import fetch
from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows.base import Link, Row, belongs_to
from models.rows.items import Awaited, Awaiting, Item
from models.rows.keys import name_order, order_of_values, same, same_period
from models.rows.pipelines import Category
from models.search_entries import Parent, Searched
from models.stamps import created_by
from models.texts import LABEL, NAME


class Priority(StrEnum):
    """How urgent a job or task is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class TaskState(StrEnum):
    """Where a task stands. COMPLETED and CANCELED are its ends."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


_AWAITED = {TaskState.PLANNED: Awaited.START, TaskState.IN_PROGRESS: Awaited.COMPLETION}


class Job(Row):
    """One instance of work, for one account, in one pipeline, on one stage."""

    kind = Kind.JOB
    searched = Searched("name", "description", of=Parent(Kind.ACCOUNT, "account_id"))
    policy = Policy(account="account_id", pipeline="pipeline_id")
    withheld = dict.fromkeys(("budget", "tracked", "remaining", "percent_used"), Right.MANAGE_TIME_BUDGETS)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    account: Any = belongs_to("Account", index=True)
    account_id: UUID
    pipeline: Any = belongs_to("Pipeline", index=True)
    pipeline_id: UUID
    stage: Any = belongs_to("Stage")
    stage_id: UUID
    status: Any = belongs_to("Status", index=True)
    status_id: UUID
    # Which one made it; null for none, or where it is gone.
    recurrence: Any = belongs_to("Recurrence", on_delete=fields.SET_NULL, null=True, index=True)
    recurrence_id: UUID | None
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    description: str = fields.TextField(default="")
    priority = fields.CharEnumField(Priority, max_length=10, default=Priority.MEDIUM)
    priority_order: str = order_of_values("priority", Priority)
    start_date: date | None = fields.DateField(null=True)
    due_date: date | None = fields.DateField(null=True)
    # The statutory day. Only the due date makes a job overdue.
    deadline: date | None = fields.DateField(null=True)
    # What the work is about, as `models.periods.period_of` writes it.
    period = fields.CharField(max_length=LABEL.most, null=True)
    period_key: str | None = same_period("period")
    budget: int | None = fields.IntField(null=True)
    # A fractional index: order by (position, id), bytewise.
    position: str = fields.TextField()
    stage_entered_at: datetime = fields.DatetimeField()
    # The number of its time on the stage: it rises whenever it enters one.
    stay: int = fields.IntField(default=1, db_default=1)
    # The number of its time under the status: it rises whenever it gets another one.
    status_stay: int = fields.IntField(default=1, db_default=1)
    # The last of either that was taken back: what begins later has a number of its own.
    undone_stay: int = fields.IntField(default=0, db_default=0)
    undone_status_stay: int = fields.IntField(default=0, db_default=0)
    completed_at: datetime | None = fields.DatetimeField(null=True)
    archived_at: datetime | None = fields.DatetimeField(null=True)
    client_status_visible = fields.BooleanField(default=False)
    client_status_name = fields.CharField(max_length=LABEL.most, null=True)
    client_status_key: str | None = same("client_status_name", null=True)
    client_status_color = fields.CharField(max_length=7, null=True)
    client_status_description: str = fields.TextField(default="")
    client_status_changed_at: datetime | None = fields.DatetimeField(null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "job"
        indexes = (
            ("stage_id", "position", "id"),
            ("firm_id", "due_date", "id"),
            ("firm_id", "deadline", "id"),
            ("firm_id", "period_key"),
            ("firm_id", "created_at", "id"),
            ("firm_id", "name_order", "id"),
            ("firm_id", "stage_entered_at", "id"),
            ("firm_id", "priority_order", "id"),
            ("firm_id", "updated_at", "id"),
        )

    @property
    def in_hand(self) -> bool:
        """Whether it is neither completed nor archived."""
        return self.completed_at is None and self.archived_at is None

    def place_on(self, stage_id: UUID, position: str, now: datetime) -> None:
        """Put it on a stage, or elsewhere among the cards of its own. Entering one begins another stay."""
        self.position = position
        if stage_id != self.stage_id:
            self.stage_id, self.stage_entered_at = stage_id, now
            self.stay = max(self.stay, self.undone_stay) + 1

    def give_status(self, status_id: UUID) -> None:
        """Give it a status, of the category of its own. Another one begins another stay under a status."""
        if status_id != self.status_id:
            self.status_id = status_id
            self.status_stay = max(self.status_stay, self.undone_status_stay) + 1

    def put_under(self, status_id: UUID, category: Category, now: datetime) -> None:
        """Put it under a status of this category."""
        self.give_status(status_id)
        if category is Category.ARCHIVED:
            self.archived_at = now
        else:
            self.archived_at = None
            self.completed_at = (self.completed_at or now) if category is Category.COMPLETED else None


class JobAssignee(Link):
    """A member is assigned to a job."""

    job: Any = belongs_to("Job", on_delete=fields.CASCADE)
    job_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "job_assignee"
        unique_together = (("job", "member"),)


class Task(Item):
    """Something to do for an account, linked to at most one of its jobs."""

    kind = Kind.TASK
    searched = Searched("name", "description")
    one_job = True
    policy = Policy(account="account_id", with_jobs=True)
    may_await = tuple(dict.fromkeys(_AWAITED.values()))
    until = "it is COMPLETED or CANCELED"

    firm: Any = belongs_to("Firm", index=True)
    name = fields.CharField(max_length=NAME.most)
    description: str = fields.TextField(default="")
    state = fields.CharEnumField(TaskState, max_length=20, default=TaskState.PLANNED)
    priority = fields.CharEnumField(Priority, max_length=10, default=Priority.MEDIUM)
    start_date: date | None = fields.DateField(null=True)
    due_date: date | None = fields.DateField(null=True)
    # How many minutes of work it is thought to be.
    estimate: int | None = fields.IntField(null=True)
    completed_at: datetime | None = fields.DatetimeField(null=True)
    # In the order that it was given. It is short, and read with the task.
    checklist: list[dict[str, Any]] = fields.JSONField(default=list, db_default=SqlDefault("'[]'"))
    # The number of the last entry that there ever was.
    last_checklist_entry: int = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "task"
        indexes = (("firm_id", "created_at", "id"),)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def entries(self) -> list[ChecklistEntry]:
        """What stands on its checklist. Whether that is done holds nothing: only its state does."""
        return entries_in(self.checklist)

    @property
    def awaited(self) -> Awaited | None:
        """To be started, then to be completed or canceled."""
        return _AWAITED.get(self.state)

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Those who are assigned."""
        return {task: Awaiting(members=members) for task, members in await fetch(_ASSIGNED, items)}

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"task": self.id, "account": self.account_id}


_ASSIGNED = """
SELECT task_id, array_agg(member_id ORDER BY name_order, member_id) AS members
FROM task_assignee JOIN member ON member.id = member_id WHERE task_id = ANY($1) GROUP BY task_id
"""


class TaskAssignee(Link):
    """A member is assigned to a task."""

    task: Any = belongs_to("Task", on_delete=fields.CASCADE)
    task_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "task_assignee"
        unique_together = (("task", "member"),)
