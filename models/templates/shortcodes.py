"""Shortcodes: what stands in brackets in a text of a template, such as `[ACCOUNT_NAME]`, and is filled in when a thing
is made of it.

All of it is pure. What is filled in is read no more: a client who is called like a shortcode is called so. See
docs/decisions/0075-templates.md."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from models.periods import Period, PeriodUnit, period_of


class ShortcodeSource(StrEnum):
    """What a shortcode is filled in from."""

    DAY = "DAY"
    FIRM = "FIRM"
    ACCOUNT = "ACCOUNT"
    JOB = "JOB"
    CONTACT = "CONTACT"


#: What is known of whatever is made, if it is made on a job.
ANYWHERE = frozenset({ShortcodeSource.DAY, ShortcodeSource.FIRM, ShortcodeSource.ACCOUNT, ShortcodeSource.JOB})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What shortcodes tell of a job."""

    name: str
    pipeline: str
    start_date: date | None = None
    due_date: date | None = None
    deadline: date | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What shortcodes are filled in from: the day that a thing is made for, and what it is made for."""

    day: date
    firm: str
    account: str | None = None
    job: JobFacts | None = None
    contact: str | None = None

    @property
    def period(self) -> Period | None:
        """The time that the job is about."""
        return None if self.job is None or self.job.period is None else period_of(self.job.period)


@dataclass(frozen=True, slots=True)
class Shortcode:
    """One of them: what it means, and what it says of the facts; nothing where they do not tell it."""

    code: str
    source: ShortcodeSource
    meaning: str
    read: Callable[[Facts], str | None]

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"[{self.code}]"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTHS_OF_A_QUARTER, _MONTHS_OF_A_YEAR = 3, 12
#: The years that are written in four digits, as periods are.
_FIRST_YEAR, _LAST_YEAR = 1, 9999


def _year(day: date, by: int) -> str | None:
    return str(day.year + by).zfill(4) if _FIRST_YEAR <= day.year + by <= _LAST_YEAR else None


def _quarter(day: date, by: int) -> str | None:
    years, quarter = divmod((day.month - 1) // _MONTHS_OF_A_QUARTER + by, _MONTHS_OF_A_YEAR // _MONTHS_OF_A_QUARTER)
    return None if (year := _year(day, years)) is None else f"{year}-Q{quarter + 1}"


def _month(day: date, by: int) -> str | None:
    years, month = divmod(day.month - 1 + by, _MONTHS_OF_A_YEAR)
    return None if (year := _year(day, years)) is None else f"{year}-{month + 1:02}"


def _month_name(day: date, by: int) -> str | None:
    years, month = divmod(day.month - 1 + by, _MONTHS_OF_A_YEAR)
    return None if (year := _year(day, years)) is None else f"{_MONTHS[month]} {year}"


_Of = Callable[[date, int], str | None]
#: How each stretch of time is written, and in words.
_STRETCHES: Mapping[str, tuple[_Of, str]] = {
    "YEAR": (_year, "The year {which}, written as 2026."),
    "QUARTER": (_quarter, "The quarter {which}, written as 2026-Q1."),
    "MONTH": (_month, "The month {which}, written as 2026-01."),
    "MONTH_NAME": (_month_name, "The month {which}, written as January 2026."),
}
_WHICH = {
    "CURRENT": (0, "in which it is made"),
    "PREVIOUS": (-1, "before the one in which it is made"),
    "NEXT": (1, "after the one in which it is made"),
}
#: In what a period must lie to be in one year, quarter or month.
_UNITS = {
    "YEAR": {PeriodUnit.YEAR, PeriodUnit.QUARTER, PeriodUnit.MONTH},
    "QUARTER": {PeriodUnit.QUARTER, PeriodUnit.MONTH},
    "MONTH": {PeriodUnit.MONTH},
    "MONTH_NAME": {PeriodUnit.MONTH},
}


def _of_day(of: _Of, by: int) -> Callable[[Facts], str | None]:
    return lambda facts: of(facts.day, by)


def _of_period(of: _Of, units: set[PeriodUnit]) -> Callable[[Facts], str | None]:
    def read(facts: Facts) -> str | None:
        period = facts.period
        if period is None or period.first_day is None or period.unit not in units:
            return None
        return of(period.first_day, 0)

    return read


def _of_job(read: Callable[[JobFacts], object]) -> Callable[[Facts], str | None]:
    def told(facts: Facts) -> str | None:
        value = None if facts.job is None else read(facts.job)
        return None if value is None else str(value)

    return told


_ALL = (
    Shortcode("FIRM_NAME", ShortcodeSource.FIRM, "The firm's name.", lambda facts: facts.firm),
    Shortcode(
        "ACCOUNT_NAME", ShortcodeSource.ACCOUNT, "The name of the client's account.", lambda facts: facts.account
    ),
    Shortcode("JOB_NAME", ShortcodeSource.JOB, "The job's name.", _of_job(lambda job: job.name)),
    Shortcode("PIPELINE_NAME", ShortcodeSource.JOB, "The job's pipeline.", _of_job(lambda job: job.pipeline)),
    Shortcode("START_DATE", ShortcodeSource.JOB, "The job's start date.", _of_job(lambda job: job.start_date)),
    Shortcode("DUE_DATE", ShortcodeSource.JOB, "The job's due date.", _of_job(lambda job: job.due_date)),
    Shortcode("DEADLINE", ShortcodeSource.JOB, "The job's deadline.", _of_job(lambda job: job.deadline)),
    Shortcode("PERIOD", ShortcodeSource.JOB, "The job's period, as the job says it.", _of_job(lambda job: job.period)),
    *(
        Shortcode(
            f"PERIOD_{name}",
            ShortcodeSource.JOB,
            told.format(which="of the job's period"),
            _of_period(of, _UNITS[name]),
        )
        for name, (of, told) in _STRETCHES.items()
    ),
    Shortcode(
        "CURRENT_DATE",
        ShortcodeSource.DAY,
        "The day on which it is made, written as 2026-01-31.",
        lambda facts: str(facts.day),
    ),
    *(
        Shortcode(f"{which}_{name}", ShortcodeSource.DAY, told.format(which=words), _of_day(of, by))
        for which, (by, words) in _WHICH.items()
        for name, (of, told) in _STRETCHES.items()
    ),
    Shortcode(
        "CONTACT_NAME",
        ShortcodeSource.CONTACT,
        "The name of the contact who gets it.",
        lambda facts: facts.contact,
    ),
)
#: All that there are, by their codes.
SHORTCODES: Mapping[str, Shortcode] = {each.code: each for each in _ALL}

#: Two letters at least: an `[X]` is a box that is checked off. A backslash before it says that it is no shortcode.
_ANY = "[A-Z][A-Z0-9_]{1,49}"
_PLAIN = re.compile(rf"\\?\[({_ANY})\]")
#: In Markdown a bracket before a parenthesis is the text of a link, unless it is a shortcode that there is.
_MARKDOWN = re.compile(rf"\\?\[((?:{'|'.join(SHORTCODES)})(?=\])|{_ANY}(?!\]\())\]")
#: What may mean something in Markdown, wherever it stands: all punctuation of ASCII but what is in many names and means
#: nothing there.
_MEANT = re.compile(r"""(?<!\w)-|-(?!\w)|[!"#$%&()*+./:;<=>?@\[\\\]^_`{|}~]""")


def _pattern(markdown: bool) -> re.Pattern[str]:
    return _MARKDOWN if markdown else _PLAIN


def codes_in(text: str, *, markdown: bool) -> list[str]:
    """The codes in a text, known or not, each once, in the order in which they are first there."""
    found = (match for match in _pattern(markdown).finditer(text) if not match[0].startswith("\\"))
    return list(dict.fromkeys(match[1] for match in found))


class Filled(NamedTuple):
    """A text that is filled in, and the codes in it of which nothing is known: they stand there as they were."""

    text: str
    unknown: tuple[str, ...]


def filled(text: str, facts: Facts, *, markdown: bool) -> Filled:
    """The text with what its shortcodes stand for: in Markdown as plain words, whatever a client is called."""
    codes = codes_in(text, markdown=markdown)
    known = {code: SHORTCODES[code].read(facts) if code in SHORTCODES else None for code in codes}
    # Each once, however often it stands there.
    values = {code: _plain_words(value) if markdown else value for code, value in known.items() if value is not None}

    def value_of(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return match[0][1:]
        return values.get(match[1], match[0])

    unknown = tuple(code for code in codes if code not in values)
    return Filled(_pattern(markdown).sub(value_of, text), unknown)


def _plain_words(value: str) -> str:
    """A value as Markdown shows it as it is."""
    return _MEANT.sub(r"\\\g<0>", value)


def literal(text: str, *, markdown: bool) -> str:
    """The text of a template that is filled in as just this, whatever stands in its brackets."""
    return _pattern(markdown).sub(r"\\\g<0>", text)


@lru_cache(maxsize=1_000)
def near(code: str) -> tuple[str, ...]:
    """The codes that may have been meant by one that there is not, the nearest first."""
    return tuple(get_close_matches(code, SHORTCODES, n=3))
