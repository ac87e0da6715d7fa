"""When a client is reminded next: pure functions of days."""

from bisect import bisect_left
from datetime import date, datetime, time, timedelta

from models.clock import zone
from models.workdays import worked_days

#: When on that day, where the firm is.
AT = time(9)
#: No calendar has so many days in a row on which nobody works.
_YEARS = 2


def next_reminder(last: date, every_days: int, country: str | None, region: str | None) -> date:
    """The first day that the firm works on, at least so many days after the last one: the day on which the client was
    asked, or last reminded. It may import a calendar, which takes a while."""
    earliest = last + timedelta(every_days)
    for year in range(earliest.year, earliest.year + _YEARS):
        worked = worked_days(country, region, year)
        if (place := bisect_left(worked, earliest)) < len(worked):
            return worked[place]
    return earliest


def moment_of(day: date, time_zone: str) -> datetime:
    """When a client is reminded on a day of the firm."""
    return datetime.combine(day, AT, zone(time_zone))
