"""What happens to mail."""

from dataclasses import dataclass

from models.events import LinkedEvent
from models.ids import MailId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent(LinkedEvent):
    """Something happened to a mail. It is told with the job that the mail is about, and once naming none. None of them
    says what is in it, nor what the mail server answered: the mail itself does."""

    subject = "mail"
    beside = ("job",)

    mail: MailId


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQueued(MailEvent):
    """A mail was put into the outbox: it is sent when the undo window is over, unless it is withdrawn."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQueuedAgain(MailEvent):
    """A mail that had not reached anybody, or might not have, is to be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWithdrawn(MailEvent):
    """A mail was withdrawn before it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSent(MailEvent):
    """The mail server took a mail; or a member found that it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDelayed(MailEvent):
    """The mail server did not take a mail for now. It is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRefused(MailEvent):
    """The mail server refused a mail for good, or for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBounced(MailEvent):
    """A mail that had been sent came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUncertain(MailEvent):
    """It is not known whether the mail server took a mail: its answer was lost. It is not sent again by itself."""
