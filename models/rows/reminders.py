"""Reminders: that a client is to be written to again as long as they owe something."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rows.base import Row, Scheduled, belongs_to
from models.stamps import created_by


class Reminder(Row):
    """How often, and until when, a client is reminded of a linked item that they owe."""

    kind = Kind.REMINDER
    policy = Policy(account="account_id")
    scheduled = Scheduled("next_at", "next_at IS NOT NULL")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    # The item's.
    account: Any = belongs_to("Account")
    account_id: UUID
    item_kind = fields.CharEnumField(Kind, max_length=20)
    item: UUID = fields.UUIDField(unique=True)
    every_days: int = fields.IntField()
    at_most: int = fields.IntField()
    text: str = fields.TextField(default="")
    then_status: Any = belongs_to("Status", on_delete=fields.SET_NULL, null=True, index=True)
    then_status_id: UUID | None
    sent: int = fields.IntField(default=0)
    last_sent_at: datetime | None = fields.DatetimeField(null=True)
    # When the client is reminded next, or the job comes under the status; None when that is over.
    next_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "reminder"
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "next_at", "id"), ("account_id", "created_at", "id"))

    @property
    def client_request_id(self) -> UUID | None:
        """The client request that it is of, if it is of one."""
        return self.item if self.item_kind == Kind.CLIENT_REQUEST else None

    @property
    def organizer_id(self) -> UUID | None:
        """The organizer that it is of, if it is of one."""
        return self.item if self.item_kind == Kind.ORGANIZER else None
