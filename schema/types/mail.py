"""Mail to clients: jobs and accounts show it. Its inputs are in schema/mail/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models.ids import Kind
from models.seen import named
from schema.inputs.mail import MailCause, MailState
from schema.scalars import DateTime
from schema.types.base import Versioned, column, entity, one
from schema.types.contacts import Contact
from schema.types.pages import connection

if TYPE_CHECKING:
    from schema.types.accounts import Account
    from schema.types.jobs import Job

    # Found by their modules alone, at run time: those are made of the types here.
    ClientRequest = Any
    Organizer = Any

_TELLS = "it tells of, or reminds of; null where it does of none, or where that is gone"


@entity(named(Kind.MAIL))
class Mail(Versioned):
    """A mail to a contact, about an account or a job of it. Whoever sees the account sees that it was sent, to whom and
    under which subject."""

    account: Annotated[Account, strawberry.lazy("schema.types.accounts")] | None = one(
        Kind.ACCOUNT, "account_id", "The client that it is about."
    )
    job: Annotated[Job, strawberry.lazy("schema.types.jobs")] | None = one(
        Kind.JOB, "job_id", "The job that it is about; null for none, or where it is gone or out of your sight."
    )
    contact: Contact | None = one(
        Kind.CONTACT, "contact_id", "Whom it is to, as they are now; null where they are gone or out of your sight."
    )
    to_name: str = column("What the contact was called when it was put into the outbox.")
    address: str = column("Where it goes: the first address that the contact had then.")
    subject: str = column("What it is about.")
    client_request: Annotated[ClientRequest, strawberry.lazy("schema.items.client_requests")] | None = one(
        Kind.CLIENT_REQUEST, "client_request_id", f"The client request that {_TELLS}."
    )
    organizer: Annotated[Organizer, strawberry.lazy("schema.items.organizers")] | None = one(
        Kind.ORGANIZER, "organizer_id", f"The organizer that {_TELLS}."
    )
    text: str | None = column(
        "What it says, in Markdown. It may hold HTML, which is taken out of what is sent: clean what you make of it "
        "before you show it."
    )
    cause: MailCause = column("What it is sent because of.")
    state: MailState = column("Where it stands.")
    due_at: DateTime = column("When it is sent, or tried again, while it waits; else when it was to be.")
    attempts: int = column("How often the mail server was asked to take it and would not.")
    answer: str | None = column("What the mail server said last, or what came back; null where it said nothing.")
    ended_at: DateTime | None = column("When it came to the state that it is in; null while it waits.")


MailConnection = connection(Mail, "mails")
