"""What is in a template of organizers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from models.clock import day_in
from models.command import Change
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.items.organizer_content import content_of
from models.items.organizer_questions import (
    Condition,
    Question,
    Section,
    checked_sections,
    sections_in,
    stored_sections,
)
from models.items.organizers import NEEDS, Organizer
from models.templates.content import Content, Path, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, since, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import NAME, PROMPT

_RULES: Rules = {"title": NAME.check, "due_date": checked_date}


@content
@dataclass(frozen=True, slots=True)
class OrganizerTemplateContent(Content):
    """An organizer to be drawn up: what is asked, of nobody yet."""

    kind = TemplateKind.ORGANIZER
    source = Kind.ORGANIZER
    needs = NEEDS

    title: str
    sections: tuple[Section, ...]
    due_date: RelativeDate | None = None

    def stored(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "sections": stored_sections(self.sections),
            "due_date": stored_date(self.due_date),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(stored["title"], tuple(sections_in(stored["sections"])), date_in(stored["due_date"]))

    def checked(self) -> Self:
        with Gathered() as check:
            told = check.each({name: getattr(self, name) for name in _RULES}, _RULES)
            asked = check(checked_sections, self.sections)
        return replace(self, **told, sections=tuple(asked))

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            title=each(Text(self.title, ("title",), NAME)),
            sections=tuple(_section(section, each, place) for place, section in enumerate(self.sections)),
        )

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        # Held: what it asks is read after it, and goes with it.
        organizer = await change.scope.rows(Organizer).lock(id, *path)
        made = day_in(change.time_zone, organizer.created_at)
        asked = (await content_of(organizer.id)).asked
        return cls(organizer.title, tuple(asked), since(made, organizer.due_date))


def _section(section: Section, each: Rewrite, place: int) -> Section:
    at: Path = ("sections", place)
    questions = (
        _question(question, each, (*at, "questions", number)) for number, question in enumerate(section.questions)
    )
    return Section(each(Text(section.title, (*at, "title"), NAME)), tuple(questions))


def _question(question: Question, each: Rewrite, at: Path) -> Question:
    return replace(
        question,
        prompt=each(Text(question.prompt, (*at, "prompt"), PROMPT)),
        options=tuple(each(Text(one, (*at, "options", place), NAME)) for place, one in enumerate(question.options)),
        # What a condition names is an option, and becomes what that becomes.
        shown_when=tuple(
            _condition(condition, each, (*at, "shown_when", place))
            for place, condition in enumerate(question.shown_when)
        ),
    )


def _condition(condition: Condition, each: Rewrite, at: Path) -> Condition:
    values = (each(Text(value, (*at, "values", place), NAME)) for place, value in enumerate(condition.values))
    return replace(condition, values=tuple(values))
