"""What automations do that ask the client for something, tell them so by mail, and remind them of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self
from uuid import UUID

from models import checks
from models.automation.settings import Pointer, Settings, custom_status, points_to, settings
from models.bounds import REMINDED, REMINDED_EVERY
from models.commands.moves import set_job_status
from models.errors import Refusal
from models.gathered import Gathered
from models.ids import Kind
from models.items.organizers import create_organizer, send_organizer
from models.mail.mails import send_mail
from models.reminding.reminders import remind_of_client_request, remind_of_organizer
from models.rows import AutomationType
from models.templates.content import Rewrite, TemplateKind, Text
from models.templates.shortcodes import ANYWHERE, SHORTCODES, ShortcodeSource
from models.templates.things import create_client_request_from_template
from models.texts import NOTE


@dataclass(frozen=True, slots=True)
class Reminding:
    """How often a client is reminded of what they are asked for, and what then: as `remindOfClientRequest` has it. The
    text may hold shortcodes."""

    every_days: int
    at_most: int
    text: str = ""
    #: A custom status, which the job comes under when all of that did not help; None for none.
    then_status_id: UUID | None = None

    def checked(self) -> Self:
        """As it is to be kept, or all that is wrong with it."""
        with Gathered() as check:
            check(checks.days, self.every_days, "every_days", REMINDED_EVERY)
            check(checks.things, self.at_most, "at_most", REMINDED)
            text = check(NOTE.check, self.text, "text")
        return replace(self, text=text)


#: A reminder is written once for all of them.
_OF_CONTACT = frozenset(code for code, each in SHORTCODES.items() if each.source is ShortcodeSource.CONTACT)


@dataclass(frozen=True, slots=True)
class AskingSettings(Settings):
    """What the client is asked for, as a template says. Each of those whom it asks gets a mail that tells of it."""

    template_kind: ClassVar[TemplateKind]
    known = ANYWHERE | {ShortcodeSource.CONTACT}
    not_yet_known: ClassVar[Mapping[tuple[str | int, ...], frozenset[str]]] = {("reminders", "text"): _OF_CONTACT}

    template_id: UUID = field(metadata=points_to(Kind.TEMPLATE))
    #: The custom status that holds the job until it is submitted; None for none.
    status_id: UUID | None = field(default=None, metadata=custom_status())
    #: What the mail says besides, in Markdown.
    text: str = ""
    #: None where nobody is reminded.
    reminders: Reminding | None = None

    def more_checked(self) -> dict[str, Any]:
        with Gathered() as check:
            text = check(NOTE.check, self.text, "text")
            reminders = None if self.reminders is None else check(_checked, self.reminders)
        return {"text": text, "reminders": reminders}

    def rewritten(self, each: Rewrite) -> Self:
        reminders = self.reminders
        if reminders is not None:
            told = each(Text(reminders.text, ("reminders", "text"), NOTE, markdown=True))
            reminders = replace(reminders, text=told)
        return replace(self, text=each(Text(self.text, ("text",), NOTE, markdown=True)), reminders=reminders)

    def pointers(self) -> Iterator[Pointer]:
        # Without arguments super() finds the class that the slots have replaced.
        for pointer in super(AskingSettings, self).pointers():
            yield pointer._replace(template_kind=self.template_kind) if pointer.kind is Kind.TEMPLATE else pointer
        if self.reminders is not None and self.reminders.then_status_id is not None:
            path = ("reminders", "then_status_id")
            yield Pointer(Kind.STATUS, self.reminders.then_status_id, path, custom=True)


def _checked(reminders: Reminding) -> Reminding:
    try:
        return reminders.checked()
    except Refusal as refusal:
        raise refusal.within("reminders") from None


@settings
@dataclass(frozen=True, slots=True)
class OrganizerSettings(AskingSettings):
    """An organizer that is drawn up of a template and sent."""

    type = AutomationType.SEND_ORGANIZER
    does = (create_organizer, send_organizer, send_mail, remind_of_organizer, set_job_status)
    template_kind = TemplateKind.ORGANIZER


@settings
@dataclass(frozen=True, slots=True)
class RequestSettings(AskingSettings):
    """What the client is asked for as a template says."""

    type = AutomationType.SEND_CLIENT_REQUEST
    does = (create_client_request_from_template, send_mail, remind_of_client_request, set_job_status)
    template_kind = TemplateKind.CLIENT_REQUEST
