"""Jobs, their assignees, their tasks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows.base import Link, Row, belongs_to
from models.rows.keys import name_order
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


OPEN_STATES = (TaskState.PLANNED, TaskState.IN_PROGRESS)


class Job(Row):
    """One instance of work, for one account, in one pipeline, on one stage."""

    kind = Kind.JOB
    policy = Policy(account="account_id", pipeline="pipeline_id")
    withheld = dict.fromkeys(("budget", "tracked", "remaining", "percent_used"), Right.MANAGE_TIME_BUDGETS)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    account: Any = belongs_to("Account", index=True)
    account_id: UUID
    pipeline: Any = belongs_to("Pipeline", index=True)
    pipeline_id: UUID
    stage: Any = belongs_to("Stage")
    stage_id: UUID
    status: Any = belongs_to("Status", index=True)
    status_id: UUID
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    description: str = fields.TextField(default="")
    priority = fields.CharEnumField(Priority, max_length=10, default=Priority.MEDIUM)
    start_date: date | None = fields.DateField(null=True)
    due_date: date | None = fields.DateField(null=True)
    budget: int | None = fields.IntField(null=True)
    # A fractional index: order by (position, id), bytewise.
    position: str = fields.TextField()
    stage_entered_at: datetime = fields.DatetimeField()
    completed_at: datetime | None = fields.DatetimeField(null=True)
    archived_at: datetime | None = fields.DatetimeField(null=True)
    client_status_visible = fields.BooleanField(default=False)
    client_status_name = fields.CharField(max_length=LABEL.most, null=True)
    client_status_color = fields.CharField(max_length=7, null=True)
    client_status_description: str = fields.TextField(default="")
    client_status_changed_at: datetime | None = fields.DatetimeField(null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "job"
        indexes = (("stage_id", "position", "id"), ("firm_id", "due_date", "id"), ("firm_id", "created_at", "id"))


class JobAssignee(Link):
    """A member is assigned to a job."""

    job: Any = belongs_to("Job", on_delete=fields.CASCADE)
    job_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "job_assignee"
        unique_together = (("job", "member"),)


class Task(Row):
    """Something to do for an account, linked to at most one of its jobs."""

    kind = Kind.TASK
    policy = Policy(account="account_id", job="job_id")

    firm: Any = belongs_to("Firm", index=True)
    firm_id: UUID
    account: Any = belongs_to("Account", index=True)
    account_id: UUID
    job: Any = belongs_to("Job", on_delete=fields.SET_NULL, null=True, index=True)
    job_id: UUID | None
    name = fields.CharField(max_length=NAME.most)
    description: str = fields.TextField(default="")
    state = fields.CharEnumField(TaskState, max_length=20, default=TaskState.PLANNED)
    priority = fields.CharEnumField(Priority, max_length=10, default=Priority.MEDIUM)
    start_date: date | None = fields.DateField(null=True)
    due_date: date | None = fields.DateField(null=True)
    completed_at: datetime | None = fields.DatetimeField(null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "task"

    @property
    def open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in OPEN_STATES


class TaskAssignee(Link):
    """A member is assigned to a task."""

    task: Any = belongs_to("Task", on_delete=fields.CASCADE)
    task_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "task_assignee"
        unique_together = (("task", "member"),)
