"""What is in a template of e-mails: what automations write to clients."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from models.gathered import checked
from models.templates.content import Content, Rewrite, TemplateKind, Text, content
from models.templates.shortcodes import ANYWHERE, ShortcodeSource
from models.texts import MARKDOWN, NAME


@content
@dataclass(frozen=True, slots=True)
class EmailContent(Content):
    """An e-mail to be sent. To whom is said when it is."""

    kind = TemplateKind.EMAIL
    known = ANYWHERE | {ShortcodeSource.CONTACT}

    subject: str
    text: str

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**stored)

    def checked(self) -> Self:
        return replace(self, **checked(asdict(self), {"subject": NAME.check, "text": MARKDOWN.check}))

    def rewritten(self, each: Rewrite) -> Self:
        subject, text = (
            each(Text(self.subject, ("subject",), NAME)),
            each(Text(self.text, ("text",), MARKDOWN, markdown=True)),
        )
        return replace(self, subject=subject, text=text)
