"""Mail, as members write it and look after it. Its type is in schema/types/mail.py."""

from __future__ import annotations

import strawberry

from models.bounds import BULK
from models.ids import Kind
from models.mail import mails
from models.seen import named
from models.targets import Target
from models.texts import MARKDOWN, NAME
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, Keyed, id_of, input_type, needed, optional, own_id
from schema.inputs.mail import MailFilter
from schema.inputs.tasks import AtAccountOrJob


@input_type
class SendMailInput(AtAccountOrJob, Keyed):
    """What to write, and to whom."""

    id: strawberry.ID | None = own_id(Kind.MAIL)
    contact_id: strawberry.ID = id_of(Kind.CONTACT, "A contact of the account who gets mail there and has an address.")
    subject: str = needed(f"What it is about: {NAME.bounds}.")
    text: str = needed(f"What it says, in Markdown: {MARKDOWN.bounds}, not blank. HTML in it is not sent.")


@input_type
class MailInput(Expecting):
    """Which mail."""

    mail_id: strawberry.ID = id_of(Kind.MAIL, "The mail.")


@input_type
class MailTarget:
    """One of the mails of a bulk call."""

    mail_id: strawberry.ID = id_of(Kind.MAIL, "The mail.")
    expected_version: int | None = optional("The version that you saw; CONFLICT if it has another one.")

    @staticmethod
    def build(mail_id: object, expected_version: int | None = None) -> Target:
        """The target that the command takes."""
        return Target(mail_id, expected_version, Kind.MAIL)  # type: ignore[arg-type]


@input_type
class WithdrawMailsInput(Keyed):
    """Which mails."""

    mails: list[MailTarget] = needed(f"From {BULK} mails.")
    atomic: bool = strawberry.field(
        default=True,
        description="All or nothing. False: those that can be are changed, each other one has an error in `errors`.",
    )


@input_type
class RecordMailBounceInput(Expecting):
    """What came back."""

    mail_id: strawberry.ID = id_of(Kind.MAIL, "The mail.")
    answer: str = needed(f"What was said of why: {mails.ANSWER.bounds}.")


MUTATIONS = (
    mutation(mails.send_mail, SendMailInput),
    mutation(mails.withdraw_mail, MailInput),
    mutation(mails.withdraw_mails, WithdrawMailsInput),
    mutation(mails.send_mail_again, MailInput),
    mutation(mails.confirm_mail_sent, MailInput),
    mutation(mails.record_mail_bounce, RecordMailBounceInput),
)
LISTS = (
    listing(
        named(Kind.MAIL),
        MailFilter,
        order="-created_at",
        description="The mail to clients that you see, newest first.",
        one="A mail.",
    ),
)
