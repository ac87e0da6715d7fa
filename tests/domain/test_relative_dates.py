"""Dates that templates count from a day of the job."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.templates.relative_dates import Anchor, Calendar, DayUnit, NoAnchor, RelativeDate, in_order, resolved

CREATED, START, DUE, DEADLINE = Anchor
DAYS, BUSINESS = DayUnit
AMERICAN = Calendar("US", "CA")
#: Of no country: weekends, and no holidays. Israel's weekend is another one.
CALENDARS = [Calendar(), AMERICAN, Calendar("DE", "BY"), Calendar("IL"), Calendar("US", "a region that has gone")]

SATURDAY, NEW_YEAR = date(2026, 1, 3), date(2026, 1, 1)

calendars = st.sampled_from(CALENDARS)
days = st.dates(date(2020, 1, 1), date(2032, 12, 31))
offsets = st.integers(-300, 300)
few = settings(max_examples=100)


@pytest.mark.parametrize(
    ("day", "offset", "found"),
    [
        (date(2026, 1, 2), 0, date(2026, 1, 2)),
        # None from a day that is not worked on: the next one that is.
        (SATURDAY, 0, date(2026, 1, 5)),
        (NEW_YEAR, 0, date(2026, 1, 2)),
        # Counted from such a day, the next one is the first, and the one before it the last.
        (SATURDAY, 1, date(2026, 1, 5)),
        (SATURDAY, -1, date(2026, 1, 2)),
        (NEW_YEAR, 1, date(2026, 1, 2)),
        (NEW_YEAR, -1, date(2025, 12, 31)),
        (date(2026, 1, 2), 1, date(2026, 1, 5)),
        (date(2026, 1, 2), -1, date(2025, 12, 31)),
        # Martin Luther King's day is no business day.
        (date(2026, 1, 16), 1, date(2026, 1, 20)),
        (date(2026, 1, 16), 11, date(2026, 2, 3)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
    ],
)
def test_business_days_of_an_american_firm(day: date, offset: int, found: date) -> None:
    assert AMERICAN.moved(day, offset, BUSINESS) == found


def test_days_are_days_whichever_they_are() -> None:
    assert AMERICAN.moved(date(2026, 1, 2), 1, DAYS) == SATURDAY
    assert AMERICAN.moved(SATURDAY, 0, DAYS) == SATURDAY
    assert AMERICAN.moved(SATURDAY, -2, DAYS) == NEW_YEAR


@few
@given(calendars, days, offsets)
def test_a_business_day_is_worked_on_and_is_so_many_from_there(calendar: Calendar, day: date, offset: int) -> None:
    found = calendar.moved(day, offset, BUSINESS)
    assert calendar.works_on(found)
    # Counted one by one.
    step, counted, at = timedelta(1 if offset >= 0 else -1), 0, day
    while counted < abs(offset) or (offset == 0 and not calendar.works_on(at)):
        at += step
        counted += calendar.works_on(at)
    assert found == at


@few
@given(calendars, days, days, offsets, offsets)
def test_a_later_day_or_more_days_are_never_earlier(
    calendar: Calendar, one: date, other: date, less: int, more: int
) -> None:
    one, other, less, more = min(one, other), max(one, other), min(less, more), max(less, more)
    for unit in DayUnit:
        assert calendar.moved(one, less, unit) <= calendar.moved(other, less, unit)
        assert calendar.moved(one, less, unit) <= calendar.moved(one, more, unit)


@few
@given(calendars, days, offsets, st.sampled_from(DayUnit))
def test_there_and_back(calendar: Calendar, day: date, offset: int, unit: DayUnit) -> None:
    begun = calendar.moved(day, 0, unit)
    assert calendar.moved(calendar.moved(begun, offset, unit), -offset, unit) == begun


@few
@given(calendars, days, days)
def test_how_far_apart_two_days_are_leads_from_one_to_the_other(calendar: Calendar, one: date, other: date) -> None:
    offset, unit = calendar.between(one, other)
    assert calendar.moved(one, offset, unit) == other
    assert (unit is BUSINESS) == (calendar.works_on(one) and calendar.works_on(other))


@pytest.mark.parametrize("unit", DayUnit)
def test_there_is_no_day_after_the_last_one(unit: DayUnit) -> None:
    with pytest.raises(OverflowError):
        Calendar().moved(date(9999, 12, 30), 10, unit)
    with pytest.raises(OverflowError):
        Calendar().moved(date(1, 1, 3), -10, unit)


def test_a_date_is_counted_from_a_day_that_is_known() -> None:
    due = RelativeDate(START, 2, BUSINESS)
    assert resolved(due, {START: date(2026, 1, 2)}, AMERICAN) == date(2026, 1, 6)
    with pytest.raises(NoAnchor) as missing:
        resolved(due, {CREATED: date(2026, 1, 2)}, AMERICAN)
    assert missing.value.anchor is START


def test_the_dates_of_a_job_come_after_those_that_they_are_counted_from() -> None:
    dates = {START: RelativeDate(DUE, -30), DUE: RelativeDate(DEADLINE, -5), DEADLINE: RelativeDate(CREATED, 100)}
    assert in_order(dates) == (DEADLINE, DUE, START)
    # One that there is not is nobody's turn to wait for.
    assert in_order({START: RelativeDate(DUE, -30)}) == (START,)
    assert in_order({}) == ()
    assert in_order(dates | {DEADLINE: RelativeDate(START, 40)}) is None
    assert in_order({START: RelativeDate(START, 1)}) is None
