"""Rules of recurrence as iCalendar writes them (RRULE, RFC 5545 section 3.3.10), as far as they are of whole days.

All of it is pure and bounded: a rule looks so far ahead and no further, and begins anywhere without counting from its
first day. See docs/decisions/0092-recurrences.md for why this is not asked of a library.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import NamedTuple

MONTHS_OF_A_YEAR, _DAYS_OF_A_WEEK = 12, 7
_ONE = timedelta(1)
#: A rule that has no day in so many years has no more. The 29 February of every tenth year comes again in time, also
#: where a century is passed.
YEARS_AHEAD = 60


class Unit(StrEnum):
    """What a rule counts: on each so-many-th of them it has its days."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(NamedTuple):
    """A day of the week, of which Monday is 0: each one, or the one of this number in its month or year. From the end
    where that is negative."""

    weekday: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """On which days something is, counted from its first day. What is empty asks for nothing."""

    unit: Unit
    interval: int = 1
    #: How many days there are in all.
    count: int | None = None
    months: frozenset[int] = frozenset()
    #: From the end of the month where they are negative.
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[Weekday] = frozenset()
    #: Of the days that are left of a month or a year those at these places, from the end where they are negative.
    places: frozenset[int] = frozenset()
    week_start: int = 0

    def days(self, start: date, first: date) -> Iterator[date]:
        """Its days from `first` on, in order, where it begins on `start`. Whoever needs only the next ones takes no
        more."""
        if self.count is None:
            yield from _Days(self, start).since(first)
        else:
            yield from (day for day in islice(_Days(self, start).since(start), self.count) if day >= first)


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a rule that begins on a day."""

    rule: Rule
    start: date
    months: frozenset[int] = field(init=False)
    month_days: frozenset[int] = field(init=False)
    weekdays: frozenset[Weekday] = field(init=False)

    def __post_init__(self) -> None:
        # What a rule does not say its first day does.
        rule, start = self.rule, self.start
        months, month_days, weekdays = rule.months, rule.month_days, rule.weekdays
        if not month_days and not weekdays:
            if rule.unit is Unit.YEARLY:
                months = months or frozenset({start.month})
            if rule.unit in (Unit.YEARLY, Unit.MONTHLY):
                month_days = frozenset({start.day})
            if rule.unit is Unit.WEEKLY:
                weekdays = frozenset({Weekday(start.weekday())})
        for name, value in (("months", months), ("month_days", month_days), ("weekdays", weekdays)):
            object.__setattr__(self, name, value)

    def since(self, first: date) -> Iterator[date]:
        first = max(first, self.start)
        latest = first
        for number in count(self._number_of(first)):
            period = self._period(number)
            if period is None or period[0].year > latest.year + YEARS_AHEAD:
                return
            for day in self._in(*period):
                if day >= first:
                    latest = day
                    yield day

    def _number_of(self, day: date) -> int:
        """Which of its periods, counted from 0, this day is in, or the last one before it."""
        start = self.start
        match self.rule.unit:
            case Unit.DAILY:
                passed = (day - start).days
            case Unit.WEEKLY:
                passed = (day - self._week_of(start)).days // _DAYS_OF_A_WEEK
            case Unit.MONTHLY:
                passed = _month_number(day) - _month_number(start)
            case Unit.YEARLY:
                passed = day.year - start.year
        return passed // self.rule.interval

    def _period(self, number: int) -> tuple[date, date] | None:
        """The first and the last day of a period; None where the calendar has none any more."""
        passed = number * self.rule.interval
        try:
            match self.rule.unit:
                case Unit.DAILY:
                    day = self.start + timedelta(passed)
                    return day, day
                case Unit.WEEKLY:
                    first = self._week_of(self.start) + timedelta(weeks=passed)
                    return first, first + timedelta(_DAYS_OF_A_WEEK - 1)
                case Unit.MONTHLY:
                    return month_of(_month_number(self.start) + passed)
                case Unit.YEARLY:
                    year = self.start.year + passed
                    return date(year, 1, 1), date(year, MONTHS_OF_A_YEAR, 31)
        except (OverflowError, ValueError):
            return None

    def _week_of(self, day: date) -> date:
        return day - timedelta((day.weekday() - self.rule.week_start) % _DAYS_OF_A_WEEK)

    def _in(self, first: date, last: date) -> Iterator[date]:
        days = [day for day in _each(first, last) if self._holds(day, first, last)]
        places = self.rule.places
        if not places:
            yield from days
            return
        yield from (day for at, day in enumerate(days) if at + 1 in places or at - len(days) in places)

    def _holds(self, day: date, first: date, last: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        if self.month_days and self.month_days.isdisjoint(_in_month(day)):
            return False
        if not self.weekdays or Weekday(day.weekday()) in self.weekdays:
            return True
        if self.rule.unit is Unit.YEARLY and self.months:
            first, last = month_of(_month_number(day))
        weekday, week = day.weekday(), _DAYS_OF_A_WEEK
        from_start, from_end = (day - first).days // week + 1, -((last - day).days // week) - 1
        return not self.weekdays.isdisjoint({Weekday(weekday, from_start), Weekday(weekday, from_end)})


def _each(first: date, last: date) -> Iterator[date]:
    return (first + _ONE * number for number in range((last - first).days + 1))


def _in_month(day: date) -> tuple[int, int]:
    """A day's number in its month, from the beginning and from the end."""
    return day.day, day.day - monthrange(day.year, day.month)[1] - 1


def _month_number(day: date) -> int:
    return day.year * MONTHS_OF_A_YEAR + day.month - 1


def month_of(number: int) -> tuple[date, date]:
    """The first and the last day of a month, of which the numbers go on over the years: 12 times the year, and from 0
    to 11."""
    year, month = divmod(number, MONTHS_OF_A_YEAR)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the month's last one where it has no such day."""
    first, last = month_of(_month_number(day) + months)
    return first.replace(day=min(day.day, last.day))
