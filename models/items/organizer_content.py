"""What an organizer asks and what was answered, beside the organizer: lists and boards read many of those, and of
hardly any its questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from models.database import fetch
from models.errors import RuleBroken
from models.items.organizer_answers import Answer, Answers, answer_in, shown
from models.items.organizer_questions import Question, Section, sections_in, stored_sections
from models.reasons import Reason
from models.rows.base import Link, belongs_to


class OrganizerContent(Link):
    """The sections of an organizer, and the answers by the keys of their questions."""

    organizer: Any = belongs_to("Organizer", on_delete=fields.CASCADE)
    organizer_id: UUID
    sections: list[dict[str, Any]] = fields.JSONField()
    answers: dict[str, Any] = fields.JSONField(default=dict)

    class Meta:
        table = "organizer_content"
        unique_together = (("organizer",),)

    @property
    def asked(self) -> list[Section]:
        """What it asks."""
        return sections_in(self.sections)

    @property
    def shown(self) -> list[Question]:
        """The questions that are shown after the present answers."""
        return shown(self.asked, self.answers)

    @property
    def counts(self) -> tuple[int, int]:
        """How many questions are shown, and how many of them are answered."""
        questions = self.shown
        return len(questions), sum(question.key in self.answers for question in questions)

    def ask(self, sections: Sequence[Section]) -> None:
        """Ask something else. `RuleBroken` where something is answered: what it was the answer to stays."""
        if self.answers:
            told = "Questions of this organizer are answered. Take the answers back first."
            raise RuleBroken(told, "sections", reason=Reason.ANSWERED)
        self.sections = stored_sections(sections)

    def drop_hidden(self) -> None:
        """Forget the answers to what is not shown."""
        self.answers = {
            question.key: self.answers[question.key] for question in self.shown if question.key in self.answers
        }


async def content_of(organizer_id: UUID) -> OrganizerContent:
    """What an organizer asks, which is held."""
    return await OrganizerContent.get(organizer_id=organizer_id)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it stands: whether it is shown after the present answers, and the answer to it."""

    question: Question
    shown: bool
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class AskedSection:
    """A section as it stands."""

    title: str
    questions: Sequence[AskedQuestion]


async def sections_of(organizers: Sequence[UUID]) -> dict[UUID, list[AskedSection]]:
    """What these organizers ask, with the answers, in one statement."""
    found = await fetch(_CONTENT, organizers)
    return {id: _as_they_stand(orjson.loads(sections), orjson.loads(answers)) for id, sections, answers in found}


_CONTENT = "SELECT organizer_id, sections, answers FROM organizer_content WHERE organizer_id = ANY($1)"


def _as_they_stand(stored: Sequence[Mapping[str, Any]], answers: Answers) -> list[AskedSection]:
    sections = sections_in(stored)
    visible = {question.key for question in shown(sections, answers)}
    return [
        AskedSection(section.title, [_asked(each, visible, answers) for each in section.questions])
        for section in sections
    ]


def _asked(question: Question, visible: set[str], answers: Answers) -> AskedQuestion:
    return AskedQuestion(question, question.key in visible, answer_in(question, answers.get(question.key)))
