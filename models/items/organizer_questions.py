"""What an organizer asks: sections of typed questions, some of which are shown only after certain answers.

All of it is pure: what a definition must be, and how it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from models import checks
from models.bounds import OPTIONS, QUESTIONS, SECTIONS, SHOWN_WHEN
from models.errors import Invalid
from models.gathered import Gathered
from models.reasons import Reason
from models.texts import ENTRY_KEY, NAME, PROMPT


class QuestionType(StrEnum):
    """What a question is answered with."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DATE = "DATE"
    YES_NO = "YES_NO"
    CHOICE = "CHOICE"
    FILE = "FILE"


#: What a condition may ask for of a question that is answered with yes or no.
YES_OR_NO = ("YES", "NO")


@dataclass(frozen=True, slots=True)
class Condition:
    """That an earlier question, which is shown, has one of these answers."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, known by its key. It is shown where all of its conditions hold."""

    key: str
    prompt: str
    type: QuestionType = QuestionType.TEXT
    required: bool = True
    options: tuple[str, ...] = ()
    several: bool = False
    shown_when: tuple[Condition, ...] = ()

    @property
    def tells(self) -> tuple[str, ...]:
        """The answers that a condition may ask for; none of a question that no condition may be on."""
        return YES_OR_NO if self.type is QuestionType.YES_NO else self.options


@dataclass(frozen=True, slots=True)
class Section:
    """Questions under a title."""

    title: str
    questions: tuple[Question, ...]


def questions_in(sections: Sequence[Section]) -> list[Question]:
    """All questions in their order."""
    return [question for section in sections for question in section.questions]


def stored_sections(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """The sections as they are kept."""
    return [asdict(section) for section in sections]


def sections_in(stored: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The sections that are kept."""
    return [Section(section["title"], tuple(map(_question_in, section["questions"]))) for section in stored]


def _question_in(stored: Mapping[str, Any]) -> Question:
    conditions = (Condition(each["question"], tuple(each["values"])) for each in stored["shown_when"])
    made = {"type": QuestionType(stored["type"]), "options": tuple(stored["options"]), "shown_when": tuple(conditions)}
    return Question(**{**stored, **made})


def checked_sections(wanted: Sequence[Section], field: str = "sections") -> list[Section]:
    """The sections as they are kept, or what is wrong with all of them."""
    checks.count_of(wanted, SECTIONS, "sections", field)
    checks.count_of(questions_in(wanted), QUESTIONS, "questions in all sections", field)
    earlier: dict[str, Question] = {}
    kept = []
    with Gathered() as check:
        for place, section in enumerate(wanted):
            title = check(NAME.check, section.title, field, place, "title")
            questions = []
            for number, question in enumerate(section.questions):
                at = (field, place, "questions", number)
                questions.append(_checked_question(check, question, earlier, at))
            kept.append(Section(title, tuple(questions)))
    return kept


_Path = tuple[str | int, ...]


def _checked_question(check: Gathered, asked: Question, earlier: dict[str, Question], at: _Path) -> Question:
    question = replace(
        asked,
        key=check(ENTRY_KEY.check, asked.key, *at, "key"),
        prompt=check(PROMPT.check, asked.prompt, *at, "prompt"),
        options=check(_options, asked, at) or (),
        several=asked.several and asked.type is QuestionType.CHOICE,
    )
    conditions = check(_conditions, asked, earlier, at)
    check(_expect_new, question.key, earlier, at)
    question = replace(question, shown_when=conditions or ())
    if question.key is not None:
        earlier.setdefault(question.key, question)
    return question


def _expect_new(key: str | None, earlier: Mapping[str, Question], at: _Path) -> None:
    if key in earlier:
        told = "Another question has this key already. Give each its own."
        raise Invalid(told, *at, "key", reason=Reason.NAMED_TWICE)


def _options(question: Question, at: _Path) -> tuple[str, ...]:
    if question.type is not QuestionType.CHOICE:
        if question.options:
            told = "Only a question of the type CHOICE has options. Leave them out."
            raise Invalid(told, *at, "options", reason=Reason.TOO_MANY, maximum=0, actual=len(question.options))
        return ()
    checks.count_of(question.options, OPTIONS, "options", *at, "options")
    with Gathered() as check:
        options = [check(NAME.check, option, *at, "options", place) for place, option in enumerate(question.options)]
    for place, option in enumerate(options):
        if option in options[:place]:
            raise Invalid("Offer each option once.", *at, "options", place, reason=Reason.NAMED_TWICE)
    return tuple(options)


def _conditions(question: Question, earlier: Mapping[str, Question], at: _Path) -> tuple[Condition, ...]:
    checks.count_of(question.shown_when, SHOWN_WHEN, "conditions", *at, "shown_when")
    with Gathered() as check:
        return tuple(
            check(_condition, condition, earlier, (*at, "shown_when", number))
            for number, condition in enumerate(question.shown_when)
        )


def _condition(asked: Condition, earlier: Mapping[str, Question], at: _Path) -> Condition:
    # By the same rules as the keys and options that it names, or it would name none of them.
    key = ENTRY_KEY.check(asked.question, *at, "question")
    on = earlier.get(key)
    if on is None or not on.tells:
        told = "A condition names an earlier question that is answered with yes or no, or with a choice, by its key."
        # None of them is told: they came with the same input, and no error repeats what was sent.
        raise Invalid(told, *at, "question", reason=Reason.NOT_ONE_OF, values=())
    checks.count_of(asked.values, OPTIONS, "answers", *at, "values")
    with Gathered() as check:
        values = [check(_told_by, on, value, (*at, "values", place)) for place, value in enumerate(asked.values)]
    return Condition(key, tuple(dict.fromkeys(values)))


def _told_by(question: Question, value: str, at: _Path) -> str:
    kept = NAME.check(value, *at)
    if kept not in question.tells:
        told = "This is no answer to that question. Take those that it offers; of yes or no, YES or NO."
        raise Invalid(told, *at, reason=Reason.NOT_ONE_OF, values=())
    return kept
