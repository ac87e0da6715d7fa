"""The weeks that a report is of, and the working days that planned work is spread over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from models.rows import Firm, Weekday
from models.workdays import Day, days_between

_WEEKDAYS = list(Weekday)
#: How far ahead, in days, planned work is spread. What is due later is spread as if it was due then.
AHEAD = 3_660


def week_of(firm: Firm, day: date) -> date:
    """The first day of the firm's week that a day is in."""
    return day - timedelta((day.weekday() - _WEEKDAYS.index(firm.week_start)) % 7)


@dataclass(frozen=True, slots=True)
class Weeks:
    """Whole weeks, of a firm whose day it is today."""

    firm: Firm
    first_day: date
    last_day: date
    today: date

    @property
    def first_days(self) -> list[date]:
        """The first day of each."""
        number = (self.last_day - self.first_day).days // 7 + 1
        return [self.first_day + timedelta(7 * week) for week in range(number)]

    @property
    def usual(self) -> list[int]:
        """How many days of each would be worked on without holidays."""
        return [sum(usual) for usual in self._by_week([day.usual for day in self._days()])]

    @property
    def worked(self) -> list[date]:
        """The days that are worked on."""
        return [day.day for day in self._days() if day.worked]

    @property
    def horizon(self) -> date:
        """The last day over which work is spread."""
        return self.today + timedelta(AHEAD)

    def counted(self) -> list[int]:
        """How many working days there are from today to each day, the one before today first: up to the horizon."""
        ahead = days_between(self.firm.country, self.firm.region, self.today, self.horizon)
        return [0, *accumulate(day.worked for day in ahead)]

    def _days(self) -> Iterator[Day]:
        return days_between(self.firm.country, self.firm.region, self.first_day, self.last_day)

    def _by_week(self, of_days: Sequence[bool]) -> Iterator[Sequence[bool]]:
        return (of_days[start : start + 7] for start in range(0, len(of_days), 7))
