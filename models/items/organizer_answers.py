"""What a client answers to the questions of an organizer: by the type of each, as far as it is shown.

All of it is pure. Answers are kept as JSON has them, by the keys of the questions: a number in decimal digits, a day as
a text, yes or no as whether, the chosen options and the names of files as lists, files by their ids.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import ANSWERED, FILE_NAMES, QUESTIONS
from models.errors import Invalid
from models.gathered import Gathered
from models.items import answered_files
from models.items.organizer_questions import Condition, Question, QuestionType, Section, questions_in
from models.reasons import Reason
from models.texts import ANSWER, ENTRY_KEY, NAME

#: By the keys of questions.
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question: one of these, of the question's type; or none of them, where it is taken back. Files are
    here, or are named where they came in another way."""

    text: str | None = None
    number: Decimal | None = None
    day: date | None = None
    yes: bool | None = None
    choices: tuple[str, ...] | None = None
    file_names: tuple[str, ...] | None = None
    file_ids: tuple[UUID, ...] | None = None

    @property
    def given(self) -> list[str]:
        """Which of them are given."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer to the question of this key."""

    key: str
    answer: Answer


#: What a question of each type is answered with: one of these.
_FIELDS = {
    QuestionType.TEXT: ("text",),
    QuestionType.NUMBER: ("number",),
    QuestionType.DATE: ("day",),
    QuestionType.YES_NO: ("yes",),
    QuestionType.CHOICE: ("choices",),
    QuestionType.FILE: ("file_ids", "file_names"),
}
#: Under this an answer that has files has their ids.
_FILES = "files"
_Path = tuple[str | int, ...]


def answer_in(question: Question, stored: Any) -> Answer | None:
    """The answer that is kept; None where there is none."""
    if stored is None:
        return None
    read: dict[QuestionType, Callable[[Any], Any]] = {
        QuestionType.NUMBER: Decimal,
        QuestionType.DATE: date.fromisoformat,
        QuestionType.CHOICE: tuple,
        QuestionType.FILE: tuple,
    }
    if ids := files_in(stored):
        return Answer(file_ids=ids)
    value = read[question.type](stored) if question.type in read else stored
    return Answer(**{_FIELDS[question.type][-1]: value})


def files_in(stored: Any) -> tuple[UUID, ...]:
    """The files of an answer that is kept."""
    return tuple(map(UUID, stored[_FILES])) if isinstance(stored, dict) else ()


def files_by_key(answers: Answers) -> dict[str, tuple[UUID, ...]]:
    """The files of all answers, by the keys of the questions."""
    return {key: files for key, stored in answers.items() if (files := files_in(stored))}


def keys_of(given: Sequence[Answering]) -> list[str]:
    """The keys of the questions that are answered, each in its place; they have been checked."""
    return [ENTRY_KEY.check(answering.key, "key") for answering in given]


def answered_with(
    sections: Sequence[Section], present: Answers, given: Sequence[Answering], field: str = "answers"
) -> dict[str, Any]:
    """The answers with these; a question that none is for keeps its own. What is wrong is told all at once."""
    checks.count_of(given, QUESTIONS, "answers", field)
    questions = {question.key: question for question in questions_in(sections)}
    answers, seen = dict(present), set[str]()
    with Gathered() as check:
        for place, answering in enumerate(given):
            question = check(_question, answering.key, questions, seen, (field, place, "key"))
            if question is None:
                continue
            seen.add(question.key)
            value = check(_value, question, answering.answer, (field, place))
            if value is None:
                answers.pop(question.key, None)
            else:
                answers[question.key] = value
    _expect_room(answers, field)
    answered_files.expect_once(files_by_key(answers), keys_of(given), field)
    return answers


def _question(key: str, questions: Mapping[str, Question], seen: set[str], at: _Path) -> Question:
    key = ENTRY_KEY.check(key, *at)
    if key not in questions:
        told = "The organizer has no question with this key. Look at it once more: it may have been changed."
        raise Invalid(told, *at, reason=Reason.NOT_ONE_OF, values=tuple(questions))
    if key in seen:
        raise Invalid("Answer each question once.", *at, reason=Reason.NAMED_TWICE)
    return questions[key]


def _value(question: Question, answer: Answer, at: _Path) -> Any:
    """The answer as it is kept; None where it is taken back."""
    for name in answer.given:
        if name not in _FIELDS[question.type]:
            told = f"This question is of the type {question.type}: answer it with another field."
            raise Invalid(told, *at, name, reason=Reason.TYPE, expected=question.type.value)
    if len(answer.given) > 1:
        told = "Answer with files, or with the names of files that came in another way: not with both."
        raise Invalid(told, *at, answer.given[-1], reason=Reason.ONLY_ONE, field=answer.given[0])
    return next((_KEPT[name](question, getattr(answer, name), (*at, name)) for name in answer.given), None)


def _text(_question: Question, value: str, at: _Path) -> str:
    return ANSWER.check(value, *at)


def _number(_question: Question, value: Decimal, at: _Path) -> str:
    return format(checks.any_number(value, *at), "f")


def _date(_question: Question, value: date, _at: _Path) -> str:
    return value.isoformat()


def _yes(_question: Question, value: bool, _at: _Path) -> bool:
    return value


def _choices(question: Question, value: Sequence[str], at: _Path) -> list[str]:
    with Gathered() as check:
        chosen = [check(_offered, question, option, (*at, place)) for place, option in enumerate(value)]
    several = len(question.options) if question.several else 1
    if not 1 <= len(set(chosen)) <= several:
        told = "Choose at least one option." if not chosen else "Only one option can be chosen."
        if not chosen:
            raise Invalid(told, *at, reason=Reason.TOO_FEW, minimum=1, actual=0)
        raise Invalid(told, *at, reason=Reason.TOO_MANY, maximum=several, actual=len(set(chosen)))
    return [option for option in question.options if option in chosen]


def _offered(question: Question, option: str, at: _Path) -> str:
    # By the same rule as the options themselves.
    kept = NAME.check(option, *at)
    if kept not in question.options:
        raise Invalid("This is not offered.", *at, reason=Reason.NOT_ONE_OF, values=question.options)
    return kept


def _file_names(_question: Question, value: Sequence[str], at: _Path) -> list[str]:
    checks.count_of(value, FILE_NAMES, "names of files", *at)
    with Gathered() as check:
        names = [check(NAME.check, name, *at, place) for place, name in enumerate(value)]
    return list(dict.fromkeys(names))


def _files(_question: Question, value: Sequence[UUID], at: _Path) -> dict[str, list[str]]:
    return {_FILES: list(map(str, answered_files.bounded(value, *at)))}


_KEPT: Mapping[str, Callable[[Question, Any, _Path], Any]] = {
    "text": _text,
    "number": _number,
    "day": _date,
    "yes": _yes,
    "choices": _choices,
    "file_names": _file_names,
    "file_ids": _files,
}


def _expect_room(answers: Answers, field: str) -> None:
    length = sum(
        len(text)
        for value in answers.values()
        if not isinstance(value, dict)
        for text in (value if isinstance(value, list) else [str(value)])
    )
    if length > ANSWERED.most:
        told = f"All answers together would have {length:,} characters, and may have {ANSWERED.most:,}. Shorten some."
        raise Invalid(told, field, reason=Reason.TOO_LONG, maximum=ANSWERED.most, actual=length)


def shown(sections: Sequence[Section], answers: Answers) -> list[Question]:
    """The questions that are shown after these answers. What is not shown has no answer that a condition would look at,
    whatever was answered to it before."""
    found: dict[str, Question] = {}
    for question in questions_in(sections):
        if all(condition.question in found and _holds(condition, answers) for condition in question.shown_when):
            found[question.key] = question
    return list(found.values())


def _holds(condition: Condition, answers: Answers) -> bool:
    value = answers.get(condition.question)
    if isinstance(value, bool):
        return ("YES" if value else "NO") in condition.values
    return value is not None and not set(condition.values).isdisjoint(value)


def missing(questions: Sequence[Question], answers: Answers) -> int:
    """How many of the questions that are shown must be answered, and are not."""
    return sum(question.required and question.key not in answers for question in questions)
