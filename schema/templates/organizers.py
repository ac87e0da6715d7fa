"""What is in a template of organizers, as clients give it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from models.bounds import QUESTIONS, SECTIONS
from models.items import organizer_questions
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.relative_dates import RelativeDate as DateOfContent
from models.texts import NAME
from schema.inputs.base import input_type, needed, optional
from schema.items.organizers import OrganizerCondition, OrganizerSectionInput, QuestionType
from schema.templates.dates import DATE, RelativeDate, RelativeDateInput
from schema.types.base import column, value


@strawberry.type(description="A question of an organizer of a template.")
class OrganizerQuestionTemplate:
    """Its objects are `models.items.organizer_questions.Question`."""

    key: str = column("What it is known by, among those of its organizer.")
    prompt: str = column("What is asked; with shortcodes.")
    type: QuestionType = column("What it is answered with.")
    required: bool = column("Whether it must be answered, where it is shown, before the submission.")
    options: list[str] = value(
        lambda question: question.options, "What can be chosen, with shortcodes; none but of a CHOICE.", size=2
    )
    several: bool = column("Whether more than one option can be chosen.")
    shown_when: list[OrganizerCondition] = value(
        lambda question: question.shown_when, "It is shown where all of these hold; of none, always.", size=1
    )


@strawberry.type(description="Questions under a title, of an organizer of a template.")
class OrganizerSectionTemplate:
    """Its objects are `models.items.organizer_questions.Section`."""

    title: str = column("What it is called; with shortcodes.")
    questions: list[OrganizerQuestionTemplate] = value(
        lambda section: section.questions, "Its questions, in order.", size=5
    )


@strawberry.type(description="What is in a template of organizers.")
class OrganizerTemplate:
    """Its objects are `models.templates.organizer_content.OrganizerTemplateContent`."""

    title: str = column("What it is called, also for the client; with shortcodes.")
    due_date: RelativeDate | None = column("By when it is to be submitted.")
    sections: list[OrganizerSectionTemplate] = value(
        lambda content: content.sections,
        f"What is asked, in order: {SECTIONS} sections, with {QUESTIONS} questions together.",
        size=3,
    )


@input_type
class OrganizerTemplateInput:
    """What is in a template of organizers."""

    title: str = needed(f"What it is called, also for the client: {NAME.bounds}. Shortcodes are filled in.")
    due_date: RelativeDateInput | None = optional(f"By when it is to be submitted: {DATE}.")
    sections: list[OrganizerSectionInput] = needed(
        f"What is asked, in order: {SECTIONS} sections, with {QUESTIONS} questions together. Shortcodes of titles, "
        "prompts and options are filled in."
    )

    @staticmethod
    def build(
        title: str, sections: Sequence[organizer_questions.Section], due_date: DateOfContent | None = None
    ) -> OrganizerTemplateContent:
        """The content that the command takes."""
        return OrganizerTemplateContent(title, tuple(sections), due_date)
