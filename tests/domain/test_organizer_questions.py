"""What an organizer may ask, which questions are shown, and what is an answer to each: without a database."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bounds import ANSWERED, FILE_NAMES, OPTIONS, QUESTIONS, SECTIONS, SHOWN_WHEN
from models.errors import Invalid
from models.items.organizer_answers import Answer, Answering, answer_in, answered_with, missing, shown
from models.items.organizer_questions import (
    Condition,
    Question,
    QuestionType,
    Section,
    checked_sections,
    questions_in,
    sections_in,
    stored_sections,
)
from models.reasons import Parameter, Reason
from models.texts import ANSWER

NAME = Question("name", "Your name")
OWNS = Question("owns", "Do you own a home?", QuestionType.YES_NO)
LENDER = Question("lender", "Who lent you the money?", shown_when=(Condition("owns", ("YES",)),))
STATES = Question("states", "Where did you work?", QuestionType.CHOICE, options=("NY", "NJ", "CT"), several=True)
DAYS = Question("days", "On how many days?", QuestionType.NUMBER, shown_when=(Condition("states", ("NJ", "CT")),))
SINCE = Question("since", "Since when?", QuestionType.DATE, False)
W2 = Question("w2", "Your W-2", QuestionType.FILE)
ASKED = [Section("You", (NAME, OWNS, LENDER)), Section("Work", (STATES, DAYS, SINCE, W2))]


def wrong(section: Section | list[Section]) -> dict[tuple[str | int, ...], Reason]:
    """What is refused of sections, by the path to it."""
    with pytest.raises(Invalid) as caught:
        checked_sections([section] if isinstance(section, Section) else section)
    return {refusal.path: refusal.reason for refusal in caught.value.all}


def answered(present: dict[str, Any], key: str, answer: Answer) -> dict[str, Any]:
    return answered_with(ASKED, present, [Answering(key, answer)])


def test_what_is_asked_is_kept_as_it_is_meant() -> None:
    odd = Question(" owns ", "Do you own\u00a0a home?\u200b", QuestionType.YES_NO, several=True)
    then = Question("then", "And?", shown_when=(Condition("owns", ("YES", "YES ")),))
    (kept,) = checked_sections([Section(" You ", (odd, then))])
    assert kept.title == "You"
    assert [(question.key, question.several) for question in kept.questions] == [("owns", False), ("then", False)]
    # By the same rules as what it names.
    assert kept.questions[1].shown_when == (Condition("owns", ("YES",)),)
    assert sections_in(stored_sections(ASKED)) == ASKED == checked_sections(ASKED)


def test_what_cannot_be_asked() -> None:
    at = ("sections", 0, "questions", 1)
    later = replace(LENDER, shown_when=(Condition("states", ("NJ",)),))
    unoffered = replace(LENDER, shown_when=(Condition("owns", ("YES", "MAYBE")),))
    on_text = replace(LENDER, shown_when=(Condition("name", ("Ada",)),))
    for question, path, reason in [
        (replace(OWNS, prompt=" "), "prompt", Reason.BLANK),
        (replace(NAME, prompt="Another"), "key", Reason.NAMED_TWICE),
        (replace(OWNS, key=""), "key", Reason.BLANK),
        (replace(OWNS, options=("YES",)), "options", Reason.TOO_MANY),
        (replace(STATES, options=()), "options", Reason.TOO_FEW),
        (replace(STATES, options=tuple(map(str, range(OPTIONS.most + 1)))), "options", Reason.TOO_MANY),
        (replace(LENDER, shown_when=LENDER.shown_when * (SHOWN_WHEN.most + 1)), "shown_when", Reason.TOO_MANY),
    ]:
        assert wrong(Section("You", (NAME, question))) == {(*at, path): reason}
    assert wrong(Section("You", (NAME, replace(STATES, options=("NY", " NY"))))) == {
        (*at, "options", 1): Reason.NAMED_TWICE
    }
    condition = ("sections", 0, "questions", 2, "shown_when", 0)
    for question in (later, on_text, replace(LENDER, shown_when=(Condition("lender", ("YES",)),))):
        found = wrong([Section("You", (NAME, OWNS, question)), Section("Work", (STATES,))])
        assert found == {(*condition, "question"): Reason.NOT_ONE_OF}
    assert wrong(Section("You", (NAME, OWNS, unoffered))) == {(*condition, "values", 1): Reason.NOT_ONE_OF}
    for number in (0, SECTIONS.most + 1):
        assert wrong([Section("You", (NAME,))] * number).keys() == {("sections",)}
    for number in (0, QUESTIONS.most + 1):
        asked = tuple(Question(str(place), "What?") for place in range(number))
        assert wrong(Section("You", asked)).keys() == {("sections",)}


@pytest.mark.parametrize(
    ("key", "answer", "kept"),
    [
        ("name", Answer(text="Ada\r\nLovelace"), "Ada\nLovelace"),
        ("days", Answer(number=Decimal("12.50")), "12.50"),
        ("days", Answer(number=Decimal("-1E+2")), "-100"),
        ("since", Answer(day=date(2026, 2, 28)), "2026-02-28"),
        ("owns", Answer(yes=False), False),
        ("states", Answer(choices=(" CT", "NY", "CT")), ["NY", "CT"]),
        ("w2", Answer(file_names=("w2.pdf", "w2.pdf ", "more.pdf")), ["w2.pdf", "more.pdf"]),
    ],
)
def test_an_answer_of_each_type_is_kept_and_read_back(key: str, answer: Answer, kept: Any) -> None:
    assert answered({}, key, answer) == {key: kept}
    question = next(question for question in questions_in(ASKED) if question.key == key)
    read = answer_in(question, kept)
    assert read is not None and read.given == answer.given
    assert answered({}, key, read) == {key: kept}
    assert answered({key: kept}, key, Answer()) == {}


@pytest.mark.parametrize(
    ("key", "answer", "path", "reason"),
    [
        ("name", Answer(text=" "), ("text",), Reason.BLANK),
        ("name", Answer(text="x" * (ANSWER.most + 1)), ("text",), Reason.TOO_LONG),
        ("name", Answer(text="Ada", yes=True), ("yes",), Reason.TYPE),
        ("owns", Answer(text="YES"), ("text",), Reason.TYPE),
        ("days", Answer(number=Decimal("NaN")), ("number",), Reason.OUT_OF_RANGE),
        ("days", Answer(number=Decimal(10**15)), ("number",), Reason.OUT_OF_RANGE),
        ("days", Answer(number=Decimal("0.0000001")), ("number",), Reason.DECIMALS),
        ("states", Answer(choices=()), ("choices",), Reason.TOO_FEW),
        ("states", Answer(choices=("NY", "MA")), ("choices", 1), Reason.NOT_ONE_OF),
        ("w2", Answer(file_names=()), ("file_names",), Reason.TOO_FEW),
        ("w2", Answer(file_names=("a",) * (FILE_NAMES.most + 1)), ("file_names",), Reason.TOO_MANY),
        ("w2", Answer(file_names=("a\nb",)), ("file_names", 0), Reason.CHARACTER),
        ("passport", Answer(text="A"), ("key",), Reason.NOT_ONE_OF),
    ],
)
def test_what_is_no_answer(key: str, answer: Answer, path: tuple[str | int, ...], reason: Reason) -> None:
    before = Answering("since", Answer(day=date(2026, 1, 1)))
    with pytest.raises(Invalid) as caught:
        answered_with(ASKED, {}, [before, Answering(key, answer)])
    assert (caught.value.path, caught.value.reason) == (("answers", 1, *path), reason)


def test_one_option_is_one_option() -> None:
    asked = [Section("You", (replace(STATES, several=False),))]
    with pytest.raises(Invalid) as caught:
        answered_with(asked, {}, [Answering("states", Answer(choices=("NY", "NJ")))])
    assert (caught.value.reason, caught.value.parameters) == (
        Reason.TOO_MANY,
        {Parameter.MAXIMUM: "1", Parameter.ACTUAL: "2"},
    )


def test_each_is_answered_once_and_all_together_have_an_end() -> None:
    twice = [Answering("name", Answer(text="Ada")), Answering(" name", Answer(text="Ben"))]
    with pytest.raises(Invalid) as caught:
        answered_with(ASKED, {}, twice)
    assert (caught.value.path, caught.value.reason) == (("answers", 1, "key"), Reason.NAMED_TWICE)
    asked = [Section("Long", tuple(Question(str(number), "What?") for number in range(51)))]
    full = {str(number): "x" * ANSWER.most for number in range(50)}
    assert answered_with(asked, full, [Answering("49", Answer())])
    with pytest.raises(Invalid) as caught:
        answered_with(asked, full, [Answering("50", Answer(text="x"))])
    assert caught.value.parameters[Parameter.ACTUAL] == str(ANSWERED.most + 1)


def test_what_is_not_shown_shows_nothing_else() -> None:
    more = Question("more", "More?", shown_when=(Condition("again", ("YES",)),))
    again = Question("again", "Again?", QuestionType.YES_NO, shown_when=(Condition("owns", ("YES",)),))
    asked = [Section("You", (OWNS, again, more))]
    answers = {"owns": True, "again": True}
    assert [question.key for question in shown(asked, answers)] == ["owns", "again", "more"]
    # What was answered to it before counts no longer.
    assert [question.key for question in shown(asked, answers | {"owns": False})] == ["owns"]
    assert missing(shown(asked, answers), answers) == 1
    assert missing(shown(asked, answers | {"owns": False}), answers | {"owns": False}) == 0


VALUES: dict[QuestionType, st.SearchStrategy[Any]] = {
    QuestionType.TEXT: st.just("text"),
    QuestionType.YES_NO: st.booleans(),
    QuestionType.CHOICE: st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True),
}


@st.composite
def forms(draw: st.DrawFn) -> tuple[list[Section], dict[str, Any]]:
    """What may be asked, with any conditions on what comes before, and any answers."""
    questions: list[Question] = []
    answers: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 6))):
        type_ = draw(st.sampled_from(sorted(VALUES)))
        options = ("a", "b") if type_ is QuestionType.CHOICE else ()
        conditions = []
        for on in draw(st.lists(st.sampled_from(questions), max_size=2)) if questions else []:
            if on.tells:
                values = draw(st.lists(st.sampled_from(on.tells), min_size=1, unique=True))
                conditions.append(Condition(on.key, tuple(values)))
        key = f"q{number}"
        questions.append(
            Question(key, "What?", type_, draw(st.booleans()), options, type_ is QuestionType.CHOICE, tuple(conditions))
        )
        if draw(st.booleans()):
            answers[key] = draw(VALUES[type_])
    cut = draw(st.integers(0, len(questions)))
    sections = [Section("One", tuple(questions[:cut])), Section("Two", tuple(questions[cut:]))]
    return sections, answers


def is_shown(key: str, sections: list[Section], answers: dict[str, Any]) -> bool:
    """Whether a question is shown, worked out from the question back instead of from the first one on."""
    question = next(question for question in questions_in(sections) if question.key == key)
    for condition in question.shown_when:
        value = answers.get(condition.question)
        told = [] if value is None else ["YES" if value else "NO"] if isinstance(value, bool) else value
        if not is_shown(condition.question, sections, answers) or not any(each in condition.values for each in told):
            return False
    return True


@given(forms())
def test_a_question_is_shown_where_all_that_it_hangs_on_is(form: tuple[list[Section], dict[str, Any]]) -> None:
    sections, answers = form
    visible = [question.key for question in shown(checked_sections(sections), answers)]
    assert visible == [each.key for each in questions_in(sections) if is_shown(each.key, sections, answers)]
    # What is dropped of what is not shown changes nothing of what is.
    kept = {key: value for key, value in answers.items() if key in visible}
    assert [question.key for question in shown(sections, kept)] == visible
    assert missing(shown(sections, kept), kept) == missing(shown(sections, answers), answers)
