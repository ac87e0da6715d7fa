"""The filter of mail, and the enums of what it is sent because of and what became of it."""

from __future__ import annotations

from typing import Any

from models.bounds import FILTER
from models.filtering import Among, AmongSeen, HasMessageId, Within
from models.ids import Kind
from models.seen import Job as _Job
from models.seen import MailCauseKind as _MailCauseKind
from models.seen import MailState as _MailState
from schema.describing import described
from schema.inputs.filters import DateTimeFilter, IdFilter, asks, asks_ids, filter_type

MailState: Any = described(
    _MailState,
    "MailState",
    "Where a mail stands.",
    WAITING="It is in the outbox, until the undo window is over or it is tried again.",
    SENT="The mail server took it.",
    REFUSED="The mail server refused it, for good or for too long: `answer` says why.",
    BOUNCED="It was sent, and came back: `answer` says why.",
    UNCERTAIN="It is not known whether the mail server took it: the answer was lost. It is not sent again by itself: "
    "settle it, or send it again.",
    WITHDRAWN="It was withdrawn before it was sent.",
)

MailCause: Any = described(
    _MailCauseKind,
    "MailCause",
    "What a mail is sent because of.",
    MEMBER="A member wrote it.",
    AUTOMATION="An automation did.",
    REMINDER="The client is reminded of what they owe.",
)


@filter_type
class MailFilter:
    """Which mail. All that is given must hold."""

    id: IdFilter | None = asks_ids(Kind.MAIL, Among("id"), "Among these.")
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "About one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, AmongSeen("job_id", _Job), "About one of these jobs.")
    contact: IdFilter | None = asks_ids(Kind.CONTACT, Among("contact_id"), "To one of these contacts.")
    client_request: IdFilter | None = asks_ids(
        Kind.CLIENT_REQUEST, Among("item"), "That tells of one of these client requests."
    )
    organizer: IdFilter | None = asks_ids(Kind.ORGANIZER, Among("item"), "That tells of one of these organizers.")
    state: list[MailState] | None = asks(Among("state"), "In one of these states.")
    cause: list[MailCause] | None = asks(Among("cause"), "Sent because of one of these.")
    message_id: list[str] | None = asks(
        HasMessageId("message_key"),
        f"With one of these Message-IDs, at most {FILTER.most}: as they stand in what came back of a mail.",
    )
    due_at: DateTimeFilter | None = asks(Within("due_at"), "By when it is, or was, to be sent.")
