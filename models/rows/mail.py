"""Mail to the firm's clients: what is to be sent, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows.base import Row, Scheduled, belongs_to
from models.stamps import created_by
from models.texts import EMAIL, NAME

#: The longest key of a cause, and what is kept at most of what a mail server answered.
LONGEST_KEY, LONGEST_ANSWER = 64, 500


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "WAITING"
    SENT = "SENT"
    REFUSED = "REFUSED"
    BOUNCED = "BOUNCED"
    UNCERTAIN = "UNCERTAIN"
    WITHDRAWN = "WITHDRAWN"


# Of an item that goes to clients with mail.
_TELLS = "SELECT FROM mail WHERE mail.item = {row}.id AND mail.cause = 'AUTOMATION' AND "
#: What holds of an item that the firm does not have back any more without the client noticing: a mail that tells of it
#: has been handed to a mail server, or none waits for that.
GONE_OUT = (
    f"(NOT EXISTS ({_TELLS} mail.state = 'WAITING' AND mail.attempts = 0 AND mail.next_at IS NOT NULL) "
    f"OR EXISTS ({_TELLS} mail.state NOT IN ('WAITING', 'WITHDRAWN')))"
)


class MailCauseKind(StrEnum):
    """What a mail is sent because of."""

    MEMBER = "MEMBER"
    AUTOMATION = "AUTOMATION"
    REMINDER = "REMINDER"


class Mail(Row):
    """A mail to a contact, about an account or a job of it."""

    kind = Kind.MAIL
    policy = Policy(account="account_id")
    scheduled = Scheduled("due_at", "state = 'WAITING'")
    withheld = {"text": Right.MANAGE_ACCOUNTS}

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    account: Any = belongs_to("Account")
    account_id: UUID
    job: Any = belongs_to("Job", on_delete=fields.SET_NULL, null=True)
    job_id: UUID | None
    contact: Any = belongs_to("Contact", on_delete=fields.SET_NULL, null=True, index=True)
    contact_id: UUID | None
    # What it tells of; the item may be gone by now.
    item_kind: Kind | None = fields.CharEnumField(Kind, max_length=20, null=True)  # type: ignore[assignment]
    item: UUID | None = fields.UUIDField(null=True)
    # What the contact was called, and had for an address, when it was put into the outbox.
    to_name = fields.CharField(max_length=NAME.most)
    address = fields.CharField(max_length=EMAIL.most)
    subject = fields.CharField(max_length=NAME.most)
    text: str = fields.TextField()
    cause = fields.CharEnumField(MailCauseKind, max_length=20)
    # Of what caused it: a run, an item that is reminded of, or the mail itself; and the revision that did.
    cause_id: UUID = fields.UUIDField()
    cause_revision: int | None = fields.BigIntField(null=True)
    # Of the cause and the contact: who asks for the same again gets the same mail, and so does whoever it is sent to.
    message_key = fields.CharField(max_length=LONGEST_KEY)
    state = fields.CharEnumField(MailState, max_length=20, default=MailState.WAITING)
    # When it is sent, or tried again.
    due_at: datetime = fields.DatetimeField()
    attempts: int = fields.IntField(default=0)
    answer = fields.CharField(max_length=LONGEST_ANSWER, null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    # When a worker looks at it next: None where none does. And under what name one has it in hand, or had when it was
    # last heard of: both are no matter of the mail, and raise no version.
    next_at: datetime | None = fields.DatetimeField(null=True)
    claim: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "mail"
        unique_together = (("firm", "message_key"),)
        indexes = (
            ("firm_id", "created_at", "id"),
            ("firm_id", "due_at", "id"),
            ("firm_id", "state", "created_at", "id"),
            ("account_id", "created_at", "id"),
            ("job_id", "created_at", "id"),
        )

    @property
    def brings(self) -> bool:
        """Whether what it tells of goes to the client with it, and is had back with it."""
        return self.item is not None and self.cause == MailCauseKind.AUTOMATION

    @property
    def client_request_id(self) -> UUID | None:
        """The client request that it tells of, if it tells of one."""
        return self.item if self.item_kind == Kind.CLIENT_REQUEST else None

    @property
    def organizer_id(self) -> UUID | None:
        """The organizer that it tells of, if it tells of one."""
        return self.item if self.item_kind == Kind.ORGANIZER else None

    @property
    def in_hand(self) -> bool:
        """Whether a worker is handing it to the mail server just now."""
        return self.state is MailState.WAITING and self.claim is not None
