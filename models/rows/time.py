"""Time entries and running timers."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import JobId, Kind
from models.money import MOST_DECIMALS, rounded, worth
from models.policies import Policy
from models.rights import Right
from models.rows.base import belongs_to
from models.rows.items import Item
from models.texts import NAME


def whole_minutes(started_at: datetime, stopped_at: datetime) -> int:
    """The minutes between two moments, a begun one counted as whole, and at least 1."""
    return max(1, -((started_at - stopped_at) // timedelta(minutes=1)))


#: A timer that runs longer than this was forgotten.
FORGOTTEN_AFTER = timedelta(hours=12)


class TimeFlag(StrEnum):
    """How the minutes of a timer came about, where somebody might look at them once more."""

    FORGOTTEN = "FORGOTTEN"
    STOPPED_BY_ANOTHER = "STOPPED_BY_ANOTHER"
    CUT = "CUT"


class TimeEntry(Item):
    """A member's minutes on a date. While `started_at` is set it is a running timer, and `minutes` are yet to come."""

    kind = Kind.TIME_ENTRY
    one_job = True
    policy = Policy(account="account_id", with_jobs=True, right=Right.MANAGE_TIME_ENTRIES, owner="member_id")
    withheld = {"rate": Right.MANAGE_RATES, "amount": Right.MANAGE_RATES}
    also_changes = {"job_id": JobId | None, "billed": bool}

    member: Any = belongs_to("Member")
    member_id: UUID
    day: date = fields.DateField()
    minutes: int = fields.IntField(default=0)
    note: str = fields.TextField(default="")
    billable = fields.BooleanField(default=True)
    rate: Decimal | None = fields.DecimalField(max_digits=14, decimal_places=MOST_DECIMALS, null=True)
    flags: list[str] = fields.JSONField(default=list, db_default=[])
    started_at: datetime | None = fields.DatetimeField(null=True)
    # The job that it is linked to, for sums over very many entries: the link says it, and the database keeps this.
    on_job: UUID | None = fields.UUIDField(null=True)
    # The invoice that bills it: one at most.
    invoice: Any = belongs_to("Invoice", null=True)
    invoice_id: UUID | None

    class Meta:
        table = "time_entry"
        indexes = (("firm_id", "day", "id"), ("member_id", "day", "id"))

    @property
    def title(self) -> str:
        """The first line of its note."""
        return self.note.split("\n", 1)[0][: NAME.most] or "Time"

    def keep_linked(self, job_id: UUID) -> None:
        """Keep the job that it is about to be linked to, while it is new: the database would write it once more."""
        self.on_job = job_id

    @property
    def tracked(self) -> int:
        """Its minutes. Those of a running timer count when it is stopped."""
        return 0 if self.running else self.minutes

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"entry": self.id, "member": self.member_id, "account": self.account_id}

    @property
    def running(self) -> bool:
        """Whether it is a timer that has not been stopped."""
        return self.started_at is not None

    @property
    def billed(self) -> bool:
        """Whether an invoice bills it: then its minutes and its rate stay as they are."""
        return self.invoice_id is not None

    def forgotten(self, now: datetime) -> bool:
        """Whether it is a timer that has been running for over 12 hours."""
        return self.started_at is not None and now - self.started_at > FORGOTTEN_AFTER

    def stop(self, now: datetime, *, left: int, by_another: bool) -> None:
        """Make a running timer an entry. `left` is what its day has room for."""
        assert self.started_at is not None
        ran = whole_minutes(self.started_at, now)
        holding = {
            TimeFlag.FORGOTTEN: self.forgotten(now),
            TimeFlag.STOPPED_BY_ANOTHER: by_another,
            TimeFlag.CUT: ran > left,
        }
        self.flags = [flag.value for flag, holds in holding.items() if holds]
        self.minutes, self.started_at = min(ran, max(0, left)), None

    def rate_in(self, currency: str) -> Decimal | None:
        """The price of an hour, as it is shown and charged in a currency; None without one. A rate is kept as it was
        set, also when the firm takes another currency, and shown in the decimals of the present one."""
        return None if self.rate is None else rounded(self.rate, currency)

    def amount_in(self, currency: str) -> Decimal | None:
        """What the minutes are worth at the entry's rate; None without a rate or when not billable."""
        return None if self.rate is None or not self.billable else worth(self.rate, self.minutes, currency)
