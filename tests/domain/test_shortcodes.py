"""Shortcodes: what is one, what it is filled in with, and that nothing that is filled in is read again."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.periods import PeriodUnit, period_of
from models.templates.shortcodes import SHORTCODES, Facts, JobFacts, codes_in, filled, literal, near
from tests.engine.counting import calls_made

JOB = JobFacts(
    name="1040",
    pipeline="Tax returns",
    start_date=date(2026, 1, 5),
    due_date=date(2026, 3, 16),
    deadline=date(2026, 4, 15),
    period="2025",
)
FACTS = Facts(day=date(2026, 2, 3), firm="Firm & Co", account="Acme [X]", job=JOB, contact="Ada")
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


def plain(text: str, facts: Facts = FACTS) -> str:
    made = filled(text, facts, markdown=False)
    assert made.unknown == ()
    return made.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[FIRM_NAME]: [JOB_NAME] of [ACCOUNT_NAME]", "Firm & Co: 1040 of Acme [X]"),
        ("[PIPELINE_NAME] [START_DATE] [DUE_DATE] [DEADLINE]", "Tax returns 2026-01-05 2026-03-16 2026-04-15"),
        ("[PERIOD], [PERIOD_YEAR]", "2025, 2025"),
        ("[CURRENT_DATE]", "2026-02-03"),
        ("[PREVIOUS_YEAR] [CURRENT_YEAR] [NEXT_YEAR]", "2025 2026 2027"),
        ("[PREVIOUS_QUARTER] [CURRENT_QUARTER] [NEXT_QUARTER]", "2025-Q4 2026-Q1 2026-Q2"),
        ("[PREVIOUS_MONTH] [CURRENT_MONTH] [NEXT_MONTH]", "2026-01 2026-02 2026-03"),
        ("[PREVIOUS_MONTH_NAME], [CURRENT_MONTH_NAME]", "January 2026, February 2026"),
        ("Dear [CONTACT_NAME]", "Dear Ada"),
        ("[[CURRENT_YEAR]]", "[2026]"),
        # What is none.
        ("[current_year] [Current_Year] [CURRENT YEAR] [X] [1] [] [CURRENT_YEAR", None),
        ("［CURRENT_YEAR］ [\u200bCURRENT_YEAR] (CURRENT_YEAR)", None),
        (f"[{'A' * 51}]", None),
        ("\\[CURRENT_YEAR] \\\\[NOWHERE]", "[CURRENT_YEAR] \\[NOWHERE]"),
    ],
)
def test_what_is_filled_in(text: str, told: str | None) -> None:
    assert plain(text) == (text if told is None else told)


def test_what_is_filled_in_is_read_no_more() -> None:
    facts = Facts(day=FACTS.day, firm="[ACCOUNT_NAME]", account="[FIRM_NAME]")
    assert plain("[ACCOUNT_NAME] [FIRM_NAME]", facts) == "[FIRM_NAME] [ACCOUNT_NAME]"
    assert plain("[[ACCOUNT_NAME]_YEAR]", Facts(day=FACTS.day, firm="", account="CURRENT")) == "[CURRENT_YEAR]"


def test_what_nothing_is_known_of_is_named() -> None:
    facts = Facts(day=FACTS.day, firm="F", account="A", job=JobFacts(name="J", pipeline="P", period="Audit"))
    text = "[DUE_DATE] [CONTACT_NAME] [DUE_DATE] [PERIOD_YEAR] [PERIOD] [NOWHERE]"
    told = filled(text, facts, markdown=True)
    assert told.unknown == ("DUE_DATE", "CONTACT_NAME", "PERIOD_YEAR", "NOWHERE")
    # They stay where they are.
    assert told.text == text.replace("[PERIOD]", "Audit")
    assert filled("[JOB_NAME]", Facts(day=FACTS.day, firm="F", account="A"), markdown=False).unknown == ("JOB_NAME",)


@pytest.mark.parametrize(
    ("period", "told"),
    [("2025", ["YEAR"]), ("2025-Q3", ["QUARTER", "YEAR"]), ("2025-07", ["MONTH", "MONTH_NAME", "QUARTER", "YEAR"])],
)
def test_a_period_is_in_what_is_no_shorter(period: str, told: list[str]) -> None:
    facts = Facts(day=FACTS.day, firm="", account="", job=JobFacts(name="", pipeline="", period=period))
    read = {code: SHORTCODES[f"PERIOD_{code}"].read(facts) for code in ("MONTH", "MONTH_NAME", "QUARTER", "YEAR")}
    assert [code for code, value in read.items() if value is not None] == told
    known = {"YEAR": "2025", "QUARTER": "2025-Q3", "MONTH": "2025-07", "MONTH_NAME": "July 2025"}
    assert {code: read[code] for code in told} == {code: known[code] for code in told}


@given(DAYS)
def test_stretches_of_time_follow_each_other(day: date) -> None:
    facts = Facts(day=day, firm="", account="")
    for name, unit in (("YEAR", PeriodUnit.YEAR), ("QUARTER", PeriodUnit.QUARTER), ("MONTH", PeriodUnit.MONTH)):
        before, now, after = (SHORTCODES[f"{which}_{name}"].read(facts) for which in ("PREVIOUS", "CURRENT", "NEXT"))
        assert now is not None
        # Of years that periods are written with.
        if not 1901 <= day.year <= 2198:
            continue
        assert before is not None and after is not None
        last, this, next = (period_of(text) for text in (before, now, after))
        assert {last.unit, this.unit, next.unit} == {unit}
        assert this.first_day is not None and this.last_day is not None
        assert this.first_day <= day <= this.last_day
        assert last.last_day == this.first_day - timedelta(1)
        assert next.first_day == this.last_day + timedelta(1)


#: What Markdown would make something of, were it left as it is.
HOSTILE = [
    *("[x](http://evil.example)", "*b*", "`c`", "<b>", "# h", "1. one", "- one"),
    *("www.evil.example", "a@b.example", "&lt;", "~x~", "|", "!"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_plain_words_in_markdown(name: str) -> None:
    told = filled("[ACCOUNT_NAME]", Facts(day=FACTS.day, firm="", account=name), markdown=True).text
    assert told.replace("\\", "") == name
    # No sign is left that is not behind a backslash: of those, Markdown makes nothing.
    assert re.fullmatch(r"[\w ]*", re.sub(r"\\[^\w ]", "", told))


def test_usual_names_are_legible_in_markdown() -> None:
    told = filled(
        "[ACCOUNT_NAME]", Facts(day=FACTS.day, firm="", account="Smith-Jones, O'Hara und Söhne"), markdown=True
    )
    assert told.text == "Smith-Jones, O'Hara und Söhne"


def test_a_link_of_markdown_is_a_link() -> None:
    text = "See [IRS](https://irs.example) and - [X] done, [CURRENT_YEAR]"
    assert codes_in(text, markdown=True) == ["CURRENT_YEAR"]
    assert filled(text, FACTS, markdown=True).text == text.replace("[CURRENT_YEAR]", "2026")
    assert codes_in("[CURRENT_YEAR](2)", markdown=False) == ["CURRENT_YEAR"]


def test_a_shortcode_before_a_parenthesis_is_one_in_markdown_too() -> None:
    text = (
        "[CURRENT_YEAR](was [PREVIOUS_YEAR]) [[CURRENT_YEAR]](https://irs.example) \\[NEXT_YEAR](x) [PERIOD_YEARS](x)"
    )
    assert codes_in(text, markdown=True) == ["CURRENT_YEAR", "PREVIOUS_YEAR"]
    made = "2026(was 2025) [2026](https://irs.example) [NEXT_YEAR](x) [PERIOD_YEARS](x)"
    assert filled(text, FACTS, markdown=True) == (made, ())


def test_a_value_that_stands_somewhere_often_is_worked_out_once() -> None:
    facts = Facts(day=FACTS.day, firm="F", account="*" * 200)
    text = "[ACCOUNT_NAME]" * 1_400
    assert filled(text, facts, markdown=True).text == "\\*" * 280_000
    # Found, looked at and looked up at each place; escaped there as well, it would be more.
    assert calls_made(lambda: filled(text, facts, markdown=True)) < 7 * 1_400


WHOLE = ["[CURRENT_YEAR](", "[ACCOUNT_NAME]", "[NOWHERE]", "[NOWHERE](", "\\[DUE_DATE]"]
PIECES = st.lists(
    st.sampled_from(["[", "]", "\\", "(", "CURRENT_YEAR", "a", " ", "Ä", *WHOLE]),
    max_size=20,
).map("".join)


@given(PIECES, st.booleans())
def test_a_text_that_is_taken_literally_is_filled_in_as_itself(text: str, markdown: bool) -> None:
    assert filled(literal(text, markdown=markdown), FACTS, markdown=markdown).text == text


@pytest.mark.parametrize("text", ["[A" * 10_000, "[" * 20_000, "\\" * 20_000, "[AB]" * 5_000, "[CURRENT_YEAR]" * 1_400])
def test_long_texts_are_read_once(text: str) -> None:
    codes_in(text, markdown=True)
    assert filled(literal(text, markdown=True), FACTS, markdown=True).text == text


def test_what_may_have_been_meant() -> None:
    assert near("ACOUNT_NAME")[0] == "ACCOUNT_NAME"
    assert near("CURENT_YEAR")[0] == "CURRENT_YEAR"
    assert near("QQQQQQQQQ") == ()


def test_every_shortcode_is_one_and_says_something() -> None:
    job = JobFacts(
        name="J", pipeline="P", start_date=FACTS.day, due_date=FACTS.day, deadline=FACTS.day, period="2026-02"
    )
    facts = Facts(day=FACTS.day, firm="F", account="A", job=job, contact="C")
    for code, shortcode in SHORTCODES.items():
        assert codes_in(shortcode.written, markdown=True) == [code]
        assert shortcode.read(facts)
        assert shortcode.meaning.endswith(".")
