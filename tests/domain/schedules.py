"""Rules of recurrence at random, and what the library dateutil makes of them."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Literal, TypeVar

from dateutil import rrule
from hypothesis import strategies as st

from models.recurrences.rules import Rule, Unit, Weekday

T = TypeVar("T")

_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_FREQUENCIES: dict[Unit, Literal[0, 1, 2, 3]] = {
    Unit.DAILY: rrule.DAILY,
    Unit.WEEKLY: rrule.WEEKLY,
    Unit.MONTHLY: rrule.MONTHLY,
    Unit.YEARLY: rrule.YEARLY,
}
_places = st.sampled_from([1, 2, 3, 5, -1, -2, -4])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that may be kept. Where days of the week are with and without a number, dateutil asks for both, and
    RFC 5545 for either: those are not among them."""
    unit = draw(st.sampled_from(Unit))
    long = unit in (Unit.MONTHLY, Unit.YEARLY)
    months = draw(_some(st.integers(1, 12)))
    from_both_ends = st.integers(1, 31) | st.integers(-31, -1)
    month_days = frozenset[int]() if unit is Unit.WEEKLY else draw(_some(from_both_ends))
    last = 5 if unit is Unit.MONTHLY or months else 53
    numbers = draw(st.booleans()) and long
    number = st.integers(1, last) | st.integers(-last, -1) if numbers else st.none()
    weekdays = draw(_some(st.builds(Weekday, st.integers(0, 6), number)))
    chosen = long and (months or month_days or weekdays)
    return Rule(
        unit,
        interval=draw(st.sampled_from([1, 1, 1, 2, 3, 4, 5, 10])),
        count=draw(st.none() | st.integers(1, 40)),
        months=months,
        month_days=month_days,
        weekdays=weekdays,
        places=draw(_some(_places)) if chosen else frozenset[int](),
        week_start=draw(st.integers(0, 6)),
    )


def _some(values: st.SearchStrategy[T]) -> st.SearchStrategy[frozenset[T]]:
    return st.just(frozenset[T]()) | st.frozensets(values, min_size=1, max_size=4)


def text_of(rule: Rule) -> str:
    """A rule as iCalendar writes it."""
    named = [f"{day.number or ''}{_WEEKDAYS[day.weekday]!r}" for day in rule.weekdays]
    parts = {
        "FREQ": rule.unit.value,
        "INTERVAL": str(rule.interval),
        "COUNT": str(rule.count or ""),
        "BYMONTH": _joined(rule.months),
        "BYMONTHDAY": _joined(rule.month_days),
        "BYDAY": ",".join(named),
        "BYSETPOS": _joined(rule.places),
        "WKST": repr(_WEEKDAYS[rule.week_start]),
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)


def _joined(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def by_dateutil(rule: Rule, start: date, last: date) -> Iterator[date]:
    """The days of a rule up to a last one, as dateutil has them."""
    until = None if rule.count is not None else datetime.combine(last, time())
    found = rrule.rrule(
        _FREQUENCIES[rule.unit],
        dtstart=datetime.combine(start, time()),
        interval=rule.interval,
        count=rule.count,
        until=until,
        bymonth=sorted(rule.months) or None,
        bymonthday=sorted(rule.month_days) or None,
        byweekday=[_WEEKDAYS[day](number) if number else _WEEKDAYS[day] for day, number in rule.weekdays] or None,
        bysetpos=sorted(rule.places) or None,
        wkst=rule.week_start,
    )
    return (moment.date() for moment in found if moment.date() <= last)
