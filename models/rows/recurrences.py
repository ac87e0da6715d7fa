"""Recurrences, the accounts that they are for, what is said of one occurrence alone, and what became of each."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rows.base import Link, Row, Scheduled, belongs_to
from models.rows.keys import name_order
from models.stamps import created_by
from models.texts import LABEL, NAME

#: A time of day, as `09:30`.
TIME_LENGTH = 5


class Frequency(StrEnum):
    """How often: counted from the first day on, or as a rule says."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUALLY = "ANNUALLY"
    RULE = "RULE"


class DayOff(StrEnum):
    """What becomes of an occurrence on a day on which the firm does not work."""

    EXACT = "EXACT"
    BEFORE = "BEFORE"
    AFTER = "AFTER"


class OccurrenceState(StrEnum):
    """What became of an occurrence for an account."""

    MADE = "MADE"
    SKIPPED = "SKIPPED"
    REFUSED = "REFUSED"


class Recurrence(Row):
    """What makes jobs again and again: in one pipeline, for any number of accounts, as a schedule says."""

    kind = Kind.RECURRENCE
    policy = Policy(pipeline="pipeline_id")
    scheduled = Scheduled("next_at", "next_at IS NOT NULL")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    pipeline: Any = belongs_to("Pipeline", index=True)
    pipeline_id: UUID
    # Null for the first one.
    stage: Any = belongs_to("Stage", on_delete=fields.SET_NULL, null=True, index=True)
    stage_id: UUID | None
    # Null where it makes its jobs of none, or where the one that it made them of is gone.
    template: Any = belongs_to("Template", on_delete=fields.SET_NULL, null=True, index=True)
    template_id: UUID | None
    of_template = fields.BooleanField(default=False)
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    # What the jobs say, with shortcodes; null for what the template has.
    job_name = fields.CharField(max_length=NAME.most, null=True)
    job_period = fields.CharField(max_length=LABEL.most, null=True)
    frequency = fields.CharEnumField(Frequency, max_length=10)
    rule: str | None = fields.TextField(null=True)
    first_day: date = fields.DateField()
    last_day: date | None = fields.DateField(null=True)
    day_off = fields.CharEnumField(DayOff, max_length=10, default=DayOff.EXACT)
    time_of_day = fields.CharField(max_length=TIME_LENGTH)
    days_ahead: int = fields.IntField(default=0)
    # As `models.templates.dates` keeps them: what is counted from CREATED is counted from the day of the occurrence.
    job_start_date: dict[str, Any] | None = fields.JSONField(null=True)
    job_due_date: dict[str, Any] | None = fields.JSONField(null=True)
    job_deadline: dict[str, Any] | None = fields.JSONField(null=True)
    assignee_ids: list[str] = fields.JSONField(default=list)
    assignee_role_ids: list[str] = fields.JSONField(default=list)
    # What is known by days before this one has been made, or was never to be.
    next_day: date = fields.DateField()
    # When somebody is to look what is to be made: at the next occurrence's moment, or before it. Null when it is over.
    next_at: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    def is_late(self, now: datetime) -> bool:
        """Whether it is to make jobs by now."""
        return self.next_at is not None and self.next_at <= now

    class Meta:
        table = "recurrence"
        indexes = (("firm_id", "name_order", "id"),)


class RecurrenceAccount(Link):
    """A recurrence makes jobs for an account."""

    recurrence: Any = belongs_to("Recurrence", on_delete=fields.CASCADE)
    recurrence_id: UUID
    account: Any = belongs_to("Account", on_delete=fields.CASCADE, index=True)
    account_id: UUID

    class Meta:
        table = "recurrence_account"
        unique_together = (("recurrence", "account"),)


class ChangedOccurrence(Link):
    """What is said of one occurrence alone, for all of its accounts."""

    recurrence: Any = belongs_to("Recurrence", on_delete=fields.CASCADE)
    recurrence_id: UUID
    day: date = fields.DateField()
    skipped = fields.BooleanField(default=False)
    on_day: date | None = fields.DateField(null=True)
    job_name = fields.CharField(max_length=NAME.most, null=True)
    job_period = fields.CharField(max_length=LABEL.most, null=True)
    job_start_date: date | None = fields.DateField(null=True)
    job_due_date: date | None = fields.DateField(null=True)
    job_deadline: date | None = fields.DateField(null=True)

    class Meta:
        table = "changed_occurrence"
        unique_together = (("recurrence", "day"),)


class Occurrence(Row):
    """What became of an occurrence for an account: its job, or why there is none."""

    kind = Kind.OCCURRENCE
    policy = Policy(account="account_id", pipeline="pipeline_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    recurrence: Any = belongs_to("Recurrence", on_delete=fields.CASCADE)
    recurrence_id: UUID
    account: Any = belongs_to("Account", on_delete=fields.CASCADE, index=True)
    account_id: UUID
    # Where its job was made, or would have been.
    pipeline: Any = belongs_to("Pipeline", on_delete=fields.CASCADE, index=True)
    pipeline_id: UUID
    # The one that it is known by, and the one that it was on.
    day: date = fields.DateField()
    on_day: date = fields.DateField()
    state = fields.CharEnumField(OccurrenceState, max_length=10)
    # Why there is no job, in words.
    reason: str | None = fields.TextField(null=True)
    # Null where none was made, and where it has been deleted.
    job: Any = belongs_to("Job", on_delete=fields.SET_NULL, null=True, index=True)
    job_id: UUID | None

    class Meta:
        table = "occurrence"
        unique_together = (("recurrence", "account", "day"),)
        indexes = (("firm_id", "day", "id"), ("firm_id", "state", "day"))
