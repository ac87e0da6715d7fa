"""What automations do that write something: to the client, or on the job."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from models.automation.settings import Settings, settings, template_of
from models.bounds import CLIENT_TASKS
from models.checklists import revised
from models.errors import Invalid
from models.gathered import Gathered, checked, together
from models.items.chats import create_chat
from models.items.wiki_pages import create_wiki_page
from models.mail.mails import send_mail
from models.reasons import Reason
from models.rows import AutomationType
from models.templates.content import Rewrite, TemplateKind, Text
from models.templates.email_content import EmailContent
from models.templates.shortcodes import ANYWHERE, ShortcodeSource
from models.texts import MARKDOWN, NAME


@settings
@dataclass(frozen=True, slots=True)
class EmailSettings(Settings):
    """An e-mail to each contact of the account who gets mail: as a template says, or as is said here."""

    type = AutomationType.SEND_EMAIL
    does = (send_mail,)
    known = ANYWHERE | {ShortcodeSource.CONTACT}

    template_id: UUID | None = field(default=None, metadata=template_of(TemplateKind.EMAIL))
    subject: str | None = None
    text: str | None = None

    @property
    def content(self) -> EmailContent | None:
        """What is said here; None where a template says it."""
        return None if self.subject is None or self.text is None else EmailContent(self.subject, self.text)

    def more_checked(self) -> Mapping[str, Any]:  # type: ignore[override]
        given = {name: value for name in ("subject", "text") if (value := getattr(self, name)) is not None}
        return checked(given, {"subject": NAME.check, "text": MARKDOWN.check})

    def expect_sense(self) -> None:
        here = [name for name in ("subject", "text") if getattr(self, name) is not None]
        if self.template_id is None and (self.subject is None or self.text is None):
            told = "Name a template of e-mails, or give a subject and a text."
            missing = "template_id" if not here else {"subject": "text", "text": "subject"}[here[0]]
            raise Invalid(told, reason=Reason.MISSING, field=missing)
        if self.template_id is not None and here:
            told = "The template says that. Leave out one of the two."
            raise together([Invalid(told, name, reason=Reason.ONLY_ONE, field="template_id") for name in here])

    def rewritten(self, each: Rewrite) -> Self:
        subject = None if self.subject is None else each(Text(self.subject, ("subject",), NAME))
        text = None if self.text is None else each(Text(self.text, ("text",), MARKDOWN, markdown=True))
        return replace(self, subject=subject, text=text)


@settings
@dataclass(frozen=True, slots=True)
class MessageSettings(Settings):
    """A chat that is opened with the client, and what they are asked for in it."""

    type = AutomationType.SEND_MESSAGE
    does = (create_chat,)

    subject: str
    text: str
    client_tasks: tuple[str, ...] = ()

    def more_checked(self) -> dict[str, Any]:
        with Gathered() as check:
            told = check.each(
                {"subject": self.subject, "text": self.text}, {"subject": NAME.check, "text": MARKDOWN.check}
            )
            asked = check(revised, self.client_tasks, "client_tasks", CLIENT_TASKS)
        return {**told, "client_tasks": tuple(entry.name for entry in asked.entries)}

    def rewritten(self, each: Rewrite) -> Self:
        asked = enumerate(self.client_tasks)
        return replace(
            self,
            subject=each(Text(self.subject, ("subject",), NAME)),
            text=each(Text(self.text, ("text",), MARKDOWN, markdown=True)),
            client_tasks=tuple(each(Text(task, ("client_tasks", place), NAME)) for place, task in asked),
        )


@settings
@dataclass(frozen=True, slots=True)
class WikiPageSettings(Settings):
    """A wiki page that is added to the job."""

    type = AutomationType.ADD_WIKI_PAGE
    does = (create_wiki_page,)

    name: str
    text: str

    def more_checked(self) -> dict[str, Any]:
        return checked({"name": self.name, "text": self.text}, {"name": NAME.check, "text": MARKDOWN.check})

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            name=each(Text(self.name, ("name",), NAME)),
            text=each(Text(self.text, ("text",), MARKDOWN, markdown=True)),
        )
