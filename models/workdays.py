"""The days on which a firm works: all but the weekends and the holidays of its country and region, as the package
holidays has them. Of no country, or of one that this server does not know, there are no holidays, and weekends are
Saturday and Sunday."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from models.countries import regions_of

_SATURDAY = 5
_ONE = timedelta(1)


class Day(NamedTuple):
    """A day of a firm's calendar."""

    day: date
    #: Whether it is worked on if it is no holiday, and whether it is worked on.
    usual: bool
    worked: bool


def days_between(country: str | None, region: str | None, first: date, last: date) -> Iterator[Day]:
    """Each of these days, both included. It may import a calendar, which takes a while."""
    for year in range(first.year, last.year + 1):
        yield from (day for day in _days_of(country, region, year) if first <= day.day <= last)


# Ten years of a firm are looked at for one report, and most firms are of few countries.
@lru_cache(maxsize=2_000)
def _days_of(country: str | None, region: str | None, year: int) -> tuple[Day, ...]:
    first = date(year, 1, 1)
    days = [first + _ONE * number for number in range((date(year, 12, 31) - first).days + 1)]
    known = regions_of(country) if country is not None else None
    if country is None or known is None:
        return tuple(Day(day, worked := day.weekday() < _SATURDAY, worked) for day in days)
    from holidays import country_holidays

    calendar = country_holidays(country, subdiv=region if region in known else None, years=year)
    found = []
    for day in days:
        # In some countries a day of a weekend is worked on instead of one beside a holiday.
        worked = calendar.is_working_day(day)
        found.append(Day(day, worked or not calendar.is_weekend(day), worked))
    return tuple(found)


# One job that is made of a template asks about the same few years up to three hundred times.
@lru_cache(maxsize=500)
def worked_days(country: str | None, region: str | None, year: int) -> tuple[date, ...]:
    """The days of a year that are worked on. It may import a calendar, which takes a while."""
    return tuple(day.day for day in _days_of(country, region, year) if day.worked)
