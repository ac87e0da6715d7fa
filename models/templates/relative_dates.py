"""Dates as templates have them: so many days, or days that are worked on, before or after a day of the job."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import StrEnum

from models.workdays import worked_days


class Anchor(StrEnum):
    """The day that a date is counted from."""

    CREATED = "CREATED"
    START_DATE = "START_DATE"
    DUE_DATE = "DUE_DATE"
    DEADLINE = "DEADLINE"

    @property
    def field(self) -> str:
        """What the day is called where it is a date of the job."""
        return self.lower()

    @property
    def spoken(self) -> str:
        """As people say it."""
        return self.field.replace("_", " ")


class DayUnit(StrEnum):
    """Which days are counted."""

    DAYS = "DAYS"
    BUSINESS_DAYS = "BUSINESS_DAYS"


@dataclass(frozen=True, slots=True)
class RelativeDate:
    """A day so many days after another one, or before it where their number is negative."""

    anchor: Anchor
    offset: int
    unit: DayUnit = DayUnit.DAYS


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which a firm works: of its country and region, or of none."""

    country: str | None = None
    region: str | None = None

    def works_on(self, day: date) -> bool:
        """Whether the firm works on a day."""
        worked = self._worked(day.year)
        found = bisect_left(worked, day)
        return found < len(worked) and worked[found] == day

    def moved(self, day: date, offset: int, unit: DayUnit) -> date:
        """The day so many days from this one. `OverflowError` where there is none: a year has at most four digits.

        Of business days, 1 is the next one after this day, -1 the last one before it, whether this one is worked on
        or not. 0 is the day itself, or where it is not worked on the next one that is."""
        if unit is DayUnit.DAYS:
            return day + timedelta(offset)
        return self._before(day, -offset) if offset < 0 else self._after(day, offset)

    def _after(self, day: date, count: int) -> date:
        worked = self._worked(year := day.year)
        place = bisect_left(worked, day) if count == 0 else bisect_right(worked, day) + count - 1
        while place >= len(worked):
            place -= len(worked)
            worked = self._worked(year := year + 1)
        return worked[place]

    def _before(self, day: date, count: int) -> date:
        worked = self._worked(year := day.year)
        place = bisect_left(worked, day) - count
        while place < 0:
            worked = self._worked(year := year - 1)
            place += len(worked)
        return worked[place]

    def between(self, day: date, other: date) -> tuple[int, DayUnit]:
        """How far the other day is from this one: in business days where both are such, else in days."""
        if not (self.works_on(day) and self.works_on(other)):
            return (other - day).days, DayUnit.DAYS
        if other < day:
            return -self._number(other, day), DayUnit.BUSINESS_DAYS
        return self._number(day, other), DayUnit.BUSINESS_DAYS

    def _number(self, first: date, last: date) -> int:
        years = range(first.year, last.year)
        passed = sum(len(self._worked(year)) for year in years)
        return passed + bisect_left(self._worked(last.year), last) - bisect_left(self._worked(first.year), first)

    def _worked(self, year: int) -> tuple[date, ...]:
        if not MINYEAR <= year <= MAXYEAR:
            raise OverflowError("There is no such year.")
        return worked_days(self.country, self.region, year)


class NoAnchor(Exception):
    """A date is counted from a day that there is not."""

    def __init__(self, anchor: Anchor) -> None:
        super().__init__(f"There is no {anchor.field}.")
        self.anchor = anchor


def resolved(relative: RelativeDate, days: Mapping[Anchor, date], calendar: Calendar) -> date:
    """The day that is meant, where these are known. `NoAnchor` where the one that it is counted from is not."""
    if (day := days.get(relative.anchor)) is None:
        raise NoAnchor(relative.anchor)
    return calendar.moved(day, relative.offset, relative.unit)


def in_order(dates: Mapping[Anchor, RelativeDate]) -> tuple[Anchor, ...] | None:
    """The dates of a job in an order in which each comes after the one that it is counted from; None where they are
    counted from each other in a circle."""
    placed: list[Anchor] = []
    left = list(dates)
    while left:
        ready = [anchor for anchor in left if dates[anchor].anchor not in left]
        if not ready:
            return None
        placed += ready
        left = [anchor for anchor in left if anchor not in ready]
    return tuple(placed)
