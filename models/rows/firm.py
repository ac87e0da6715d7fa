"""The tenant."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from tortoise import fields

from models.clock import day_in
from models.ids import Kind
from models.policies import Policy, for_clients
from models.rows.base import Row
from models.stamps import created_by
from models.texts import EMAIL, NAME


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class Firm(Row):
    """An accounting firm: the tenant, and the owner of one log."""

    kind = Kind.FIRM
    policy = Policy(firm="id", whole_team=True, clients=for_clients(firm="id", whole_team=True))

    name = fields.CharField(max_length=NAME.most)
    time_zone = fields.CharField(max_length=64)
    currency = fields.CharField(max_length=3, default="USD")
    week_start = fields.CharEnumField(Weekday, max_length=9, default=Weekday.MONDAY, db_default=Weekday.MONDAY.value)
    # As `models.countries` has them: a region is one of the country.
    country = fields.CharField(max_length=2, null=True)
    region = fields.CharField(max_length=64, null=True)
    client_status_enabled = fields.BooleanField(default=True)
    count_pending_ach = fields.BooleanField(default=False)
    # In minutes: how long what goes to clients waits in the outbox, and can be withdrawn.
    undo_window: int = fields.IntField(default=5, db_default=5)
    # Where clients answer to; null where that is where mail is sent from.
    reply_to = fields.CharField(max_length=EMAIL.most, null=True)
    # The number of the last committed change, and of the last one that altered what some member may see.
    revision: int = fields.BigIntField(default=0)
    scope_revision: int = fields.BigIntField(default=0)
    # Names the log itself: another value means that a backup was restored, and that old cursors mean nothing.
    epoch: UUID = fields.UUIDField(default=uuid4)
    # Since when there may be a follower of the log that has not come to its end; null when there is none. It says
    # which firms to look at, without looking at all of them.
    behind_since: datetime | None = fields.DatetimeField(null=True)
    created_by_id: UUID | None = created_by()

    class Meta:
        table = "firm"

    def today(self, now: datetime) -> date:
        """The date where the firm is."""
        return day_in(self.time_zone, now)
