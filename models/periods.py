"""The time that work is about: a year, a quarter, a month, or whatever else people call it.

Pure: a text goes in, and the period comes out. What is written differently and means the same is the same period."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from models.texts import sameness


class PeriodUnit(StrEnum):
    """How long a period is. OTHER is what only people understand."""

    YEAR = "YEAR"
    QUARTER = "QUARTER"
    MONTH = "MONTH"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Period:
    """A period, as it is written. The days are its first and its last one, None of OTHER."""

    text: str
    unit: PeriodUnit
    first_day: date | None = None
    last_day: date | None = None


# Not every four digits: forms are called by such numbers, 1040 and 1120, 2553 and 8879.
_YEAR = r"(?P<year>(?:19|20|21)[0-9]{2})"
_QUARTER = r"q ?(?P<quarter>[1-4])"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_BETWEEN = r" ?[- ] ?"
_WRITTEN = tuple(
    map(
        re.compile,
        (_YEAR, f"{_YEAR}(?:{_BETWEEN})?{_QUARTER}", f"{_QUARTER}{_BETWEEN}{_YEAR}", f"{_YEAR}{_BETWEEN}{_MONTH}"),
    )
)
_MONTHS_OF_A_QUARTER = 3


@lru_cache(maxsize=1_000)
def period_of(text: str) -> Period:
    """The period that a text names: `2026`, `2026-Q1` (also `2026 q1` and `Q1 2026`), `2026-01`, or anything else."""
    one_blank = " ".join(text.split())
    plain = sameness(one_blank)
    found = next((match for pattern in _WRITTEN if (match := pattern.fullmatch(plain))), None)
    return Period(one_blank, PeriodUnit.OTHER) if found is None else _dated(**found.groupdict())


def period_key(text: str) -> str:
    """What all texts have in common that name the same period."""
    return sameness(period_of(text).text)


def _dated(year: str, quarter: str | None = None, month: str | None = None) -> Period:
    if quarter is not None:
        last = int(quarter) * _MONTHS_OF_A_QUARTER
        return _months(f"{year}-Q{quarter}", PeriodUnit.QUARTER, int(year), last - _MONTHS_OF_A_QUARTER + 1, last)
    if month is not None:
        return _months(f"{year}-{int(month):02}", PeriodUnit.MONTH, int(year), int(month), int(month))
    return _months(year, PeriodUnit.YEAR, int(year), 1, 12)


def _months(text: str, unit: PeriodUnit, year: int, first: int, last: int) -> Period:
    return Period(text, unit, date(year, first, 1), date(year, last, monthrange(year, last)[1]))
