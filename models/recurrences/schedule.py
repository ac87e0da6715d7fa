"""When a recurrence has its occurrences, and when their jobs are made. Pure: the calendar and the zone are arguments.

An occurrence is known by its day as the schedule alone has it. Where the firm does not work on that day it may lie on
another one, and which one may change with the firm's country, or as holidays become known: the day that it is known by
does not, so that it is made once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count, groupby, takewhile

from models.recurrences.rules import MONTHS_OF_A_YEAR, Rule, months_later
from models.rows.recurrences import DayOff, Frequency
from models.templates.relative_dates import Calendar, DayUnit

_DAYS = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14}
_MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.ANNUALLY: 12}


@dataclass(frozen=True, slots=True)
class Coming:
    """An occurrence as the schedule has it: the day that it is known by, and the day that it is on."""

    day: date
    on: date


@dataclass(frozen=True, slots=True)
class Alone:
    """What somebody said of one occurrence alone: that it is not, or on which day instead."""

    skipped: bool = False
    on: date | None = None


#: No stretch of days off is longer.
_LONGEST_TIME_OFF = timedelta(31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When something comes again: from `start` on, to `end` where there is one, both included."""

    start: date
    frequency: Frequency
    #: Of the frequency RULE, and of no other.
    rule: Rule | None = None
    end: date | None = None
    day_off: DayOff = DayOff.EXACT
    #: In the firm's zone: when the job is made, so many days before the day that the occurrence is on.
    time: time = field(default=time(0))
    days_ahead: int = 0

    def days(self, first: date) -> Iterator[date]:
        """The days from `first` on by which its occurrences are known. Each follows from the start alone, whichever
        came before it."""
        days = self._days(first)
        return days if self.end is None else takewhile(lambda day: self.end is not None and day <= self.end, days)

    def _days(self, first: date) -> Iterator[date]:
        if self.rule is not None:
            return self.rule.days(self.start, first)
        later = (self._number(number) for number in count(self._passed(first)))
        return (day for day in takewhile(lambda day: day is not None, later) if day is not None and day >= first)

    def _number(self, number: int) -> date | None:
        try:
            if self.frequency in _DAYS:
                return self.start + timedelta(_DAYS[self.frequency] * number)
            return months_later(self.start, _MONTHS[self.frequency] * number)
        except (OverflowError, ValueError):
            return None

    def _passed(self, first: date) -> int:
        """How many are surely before this day."""
        if self.frequency in _DAYS:
            passed = (first - self.start).days // _DAYS[self.frequency]
        else:
            months = (first.year - self.start.year) * MONTHS_OF_A_YEAR + first.month - self.start.month
            passed = months // _MONTHS[self.frequency]
        return max(0, passed)

    def coming(self, first: date, calendar: Calendar, alone: Mapping[date, Alone] | None = None) -> Iterator[Coming]:
        """The occurrences that are known by days from `first` on, in order. Of those that come to lie on one day there
        is one: that which would be on it anyway, else the first. It may import a calendar, which takes a while."""
        alone = alone or {}
        # What comes to lie on the same day as the first one may begin before it.
        days = self.days(first - _LONGEST_TIME_OFF if first > self.start else self.start)
        for on, together in groupby(days, lambda day: self.day_on(day, calendar)):
            known_by = list(together)
            day = on if on in known_by else known_by[0]
            said = alone.get(day, _NOTHING)
            if day >= first and not said.skipped:
                yield Coming(day, said.on or on)

    def day_on(self, day: date, calendar: Calendar) -> date:
        """The day that the occurrence of this day comes to lie on."""
        if self.day_off is DayOff.EXACT or calendar.works_on(day):
            return day
        return calendar.moved(day, 1 if self.day_off is DayOff.AFTER else -1, DayUnit.BUSINESS_DAYS)

    def due(
        self,
        first: date,
        now: datetime,
        calendar: Calendar,
        zone: tzinfo,
        alone: Mapping[date, Alone] | None = None,
    ) -> Iterator[Coming]:
        """Those from `first` on of which the jobs should be made by now, in order."""
        return takewhile(lambda each: self.made_at(each.on, zone) <= now, self.coming(first, calendar, alone))

    def made_at(self, on: date, zone: tzinfo) -> datetime:
        """The moment at which the job of an occurrence on this day is made, in UTC.

        A time that a clock change leaves out is taken by the offset before it: half past two becomes half past three.
        Of one that there is twice the first is meant. Both are as RFC 5545 has them (section 3.3.5)."""
        local = datetime.combine(on - timedelta(self.days_ahead), self.time, tzinfo=zone)
        return local.astimezone(UTC)


_NOTHING = Alone()
