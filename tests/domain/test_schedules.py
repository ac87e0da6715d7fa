"""When recurrences have their occurrences, and when their jobs are made."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.clock import zone
from models.errors import Invalid
from models.recurrences.rule_text import normal, rule_of
from models.recurrences.rules import Rule
from models.recurrences.schedule import Alone, Coming, Schedule
from models.rows.recurrences import DayOff, Frequency
from models.templates.relative_dates import Calendar
from tests.domain.schedules import by_dateutil, rules, text_of

NOWHERE, AMERICAN, BAVARIAN = Calendar(), Calendar("US"), Calendar("DE", "BY")
DAILY, WEEKLY, BIWEEKLY, MONTHLY, QUARTERLY, ANNUALLY, RULE = Frequency
EXACT, BEFORE, AFTER = DayOff
MIDNIGHT = time(0)

starts = st.dates(date(2019, 1, 1), date(2032, 12, 31))
calendars = st.sampled_from([NOWHERE, AMERICAN, BAVARIAN, Calendar("IL"), Calendar("CN")])
few = settings(max_examples=100)


def day(text: str) -> date:
    return date.fromisoformat(text)


def schedule(start: str, frequency: Frequency | str, **more: Any) -> Schedule:
    if frequency in set(Frequency):
        return Schedule(start=day(start), frequency=Frequency(frequency), **more)
    return Schedule(start=day(start), frequency=RULE, rule=rule_of(frequency), **more)


@pytest.mark.parametrize(
    ("start", "frequency", "found"),
    [
        ("2026-01-31", DAILY, "2026-01-31 2026-02-01 2026-02-02"),
        ("2026-12-29", WEEKLY, "2026-12-29 2027-01-05 2027-01-12"),
        ("2026-12-29", BIWEEKLY, "2026-12-29 2027-01-12 2027-01-26"),
        # The month's last day where it has no such day; and the 31st again where it has one.
        ("2026-01-31", MONTHLY, "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("2027-12-30", MONTHLY, "2027-12-30 2028-01-30 2028-02-29 2028-03-30"),
        ("2026-08-31", QUARTERLY, "2026-08-31 2026-11-30 2027-02-28 2027-05-31"),
        # A century that is no leap year.
        ("2024-02-29", ANNUALLY, "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
        ("2096-02-29", ANNUALLY, "2096-02-29 2097-02-28 2098-02-28 2099-02-28 2100-02-28 2101-02-28"),
        # A rule says which day it means: a month that does not have it is left out.
        ("2026-01-31", "FREQ=MONTHLY", "2026-01-31 2026-03-31 2026-05-31"),
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 2026-02-28 2026-03-31"),
        ("2026-01-01", "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30 2026-02-27 2026-03-27"),
        ("2026-01-01", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30 2026-02-27 2026-03-31"),
        ("2026-01-01", "FREQ=YEARLY;BYMONTH=1,4,6,9;BYMONTHDAY=15", "2026-01-15 2026-04-15 2026-06-15 2026-09-15"),
        # A day of the week with a number, or without: either will do.
        ("2026-01-01", "FREQ=MONTHLY;BYDAY=1FR,MO", "2026-01-02 2026-01-05 2026-01-12 2026-01-19 2026-01-26"),
        ("2080-02-29", "FREQ=YEARLY;INTERVAL=10;BYMONTH=2;BYMONTHDAY=29", "2080-02-29 2120-02-29"),
    ],
)
def test_on_which_days_it_is(start: str, frequency: str, found: str) -> None:
    wanted = [day(each) for each in found.split()]
    assert list(islice(schedule(start, frequency).days(day(start)), len(wanted))) == wanted


@pytest.mark.parametrize(
    ("calendar", "day_off", "start", "frequency", "found"),
    [
        # A Saturday; then a Sunday that ends a month.
        (NOWHERE, EXACT, "2026-01-31", MONTHLY, "2026-01-31 2026-02-28 2026-03-31"),
        (NOWHERE, BEFORE, "2026-01-31", MONTHLY, "2026-01-30 2026-02-27 2026-03-31"),
        (NOWHERE, AFTER, "2026-01-31", MONTHLY, "2026-02-02 2026-03-02 2026-03-31"),
        # Across the turn of a year; Independence Day on a Saturday is a holiday on the Friday.
        (AMERICAN, BEFORE, "2026-01-01", QUARTERLY, "2025-12-31 2026-04-01 2026-07-01"),
        (AMERICAN, BEFORE, "2026-07-04", ANNUALLY, "2026-07-02"),
        (AMERICAN, AFTER, "2026-07-03", ANNUALLY, "2026-07-06"),
        # Good Friday to Easter Monday; and only in Bavaria.
        (BAVARIAN, BEFORE, "2026-04-06", ANNUALLY, "2026-04-02"),
        (BAVARIAN, AFTER, "2026-04-03", ANNUALLY, "2026-04-07"),
        (BAVARIAN, AFTER, "2026-01-06", ANNUALLY, "2026-01-07"),
        (Calendar("DE"), AFTER, "2026-01-06", ANNUALLY, "2026-01-06"),
        # What comes to lie on a day that has one is not there twice.
        (NOWHERE, BEFORE, "2026-01-01", DAILY, "2026-01-01 2026-01-02 2026-01-05 2026-01-06"),
        (NOWHERE, AFTER, "2026-01-03", DAILY, "2026-01-05 2026-01-06"),
        (NOWHERE, AFTER, "2026-01-01", "FREQ=WEEKLY;BYDAY=SA,SU", "2026-01-05 2026-01-12"),
    ],
)
def test_days_off(calendar: Calendar, day_off: DayOff, start: str, frequency: str, found: str) -> None:
    coming = schedule(start, frequency, day_off=day_off).coming(date.min, calendar)
    wanted = [day(each) for each in found.split()]
    assert [each.on for each in islice(coming, len(wanted))] == wanted


def test_one_of_several_on_one_day_is_known_by_that_day_where_it_can_be() -> None:
    weekend = schedule("2026-01-02", DAILY, day_off=AFTER)
    assert list(islice(weekend.coming(date.min, NOWHERE), 2)) == [
        Coming(day("2026-01-02"), day("2026-01-02")),
        Coming(day("2026-01-05"), day("2026-01-05")),
    ]
    # Wherever one begins to look.
    for first in ("2026-01-03", "2026-01-04", "2026-01-05"):
        assert next(weekend.coming(day(first), NOWHERE)) == Coming(day("2026-01-05"), day("2026-01-05"))
    no_monday = schedule("2026-01-01", "FREQ=WEEKLY;BYDAY=SA,SU", day_off=AFTER)
    assert next(no_monday.coming(day("2026-01-03"), NOWHERE)) == Coming(day("2026-01-03"), day("2026-01-05"))
    # The Sunday's is the Saturday's, which has been.
    assert next(no_monday.coming(day("2026-01-04"), NOWHERE)) == Coming(day("2026-01-10"), day("2026-01-12"))


@pytest.mark.parametrize(
    ("where", "on", "at", "moment"),
    [
        # West of UTC the moment is on the next day there, east of it on the one before.
        ("America/Los_Angeles", "2026-01-31", "23:30", "2026-02-01 07:30"),
        ("Pacific/Kiritimati", "2026-01-01", "09:00", "2025-12-31 19:00"),
        ("Pacific/Niue", "2026-01-01", "13:00", "2026-01-02 00:00"),
        ("Asia/Kathmandu", "2026-01-01", "00:00", "2025-12-31 18:15"),
        # The same time of day before and after the clocks change.
        ("America/New_York", "2026-03-07", "09:00", "2026-03-07 14:00"),
        ("America/New_York", "2026-03-08", "09:00", "2026-03-08 13:00"),
        ("Europe/Berlin", "2026-10-24", "09:00", "2026-10-24 07:00"),
        ("Europe/Berlin", "2026-10-25", "09:00", "2026-10-25 08:00"),
        # A time that is left out: half past two is half past three.
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:30"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29 01:30"),
        # By half an hour; and a midnight that is left out.
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03 15:40"),
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23 22:00"),
        # A time that there is twice: the first of the two.
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25 00:30"),
        # A day that there was not: what was on it is on the next one, at that time.
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30 22:00"),
    ],
)
def test_at_which_moment_its_job_is_made(where: str, on: str, at: str, moment: str) -> None:
    made = schedule(on, DAILY, time=time.fromisoformat(at)).made_at(day(on), zone(where))
    assert made == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_job_is_made_days_ahead_at_the_time_of_day_that_it_is_there_then() -> None:
    ahead = schedule("2026-03-10", MONTHLY, time=time(9), days_ahead=3)
    # Before the clocks change, for a day after it.
    assert ahead.made_at(day("2026-03-10"), zone("America/New_York")) == datetime(2026, 3, 7, 14, tzinfo=UTC)


def test_a_firm_that_changes_its_zone_has_each_occurrence_once() -> None:
    daily = schedule("2026-01-01", DAILY, time=time(9))
    tokyo, hawaii = zone("Asia/Tokyo"), zone("Pacific/Honolulu")
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def due(first: date, where: tzinfo, now: datetime) -> list[date]:
        return [each.day for each in daily.due(first, now, NOWHERE, where)]

    made = due(daily.start, tokyo, now)
    assert made == [day(f"2026-01-0{number}") for number in range(1, 6)]
    # It goes west: the day begins again there, and its occurrence is behind it.
    after = made[-1] + timedelta(1)
    assert due(after, hawaii, now + timedelta(hours=12)) == []
    assert due(after, hawaii, now + timedelta(hours=31)) == [day("2026-01-06")]
    # It goes east: half a day is left out, and nothing of it.
    made = due(daily.start, hawaii, now)
    assert made[-1] == day("2026-01-04")
    assert due(made[-1] + timedelta(1), tokyo, now) == [day("2026-01-05")]


def test_an_outage_over_three_occurrences_leaves_three_to_be_made_in_their_order() -> None:
    monthly = schedule("2026-01-31", MONTHLY, time=time(6), day_off=BEFORE, days_ahead=5)
    berlin = zone("Europe/Berlin")
    # Down from the middle of January until the second April occurrence is nearly due.
    back = datetime(2026, 4, 25, 3, 59, tzinfo=UTC)
    assert [each.on for each in monthly.due(day("2026-01-01"), back, NOWHERE, berlin)] == [
        day("2026-01-30"),
        day("2026-02-27"),
        day("2026-03-31"),
    ]
    assert [each.on for each in monthly.due(day("2026-04-01"), back + timedelta(minutes=1), NOWHERE, berlin)] == [
        day("2026-04-30")
    ]


def test_an_end_is_a_day_of_the_schedule() -> None:
    at_midnight = schedule("2026-01-01", DAILY, end=day("2026-01-03"), time=MIDNIGHT)
    assert [each.day.day for each in at_midnight.coming(date.min, NOWHERE)] == [1, 2, 3]
    # Its midnight is an hour of the next day in UTC, or of the one before.
    late = datetime(2026, 1, 5, tzinfo=UTC)
    for where in ("Pacific/Honolulu", "Pacific/Kiritimati"):
        assert len(list(at_midnight.due(date.min, late, NOWHERE, zone(where)))) == 3
    # What is known by the last day is there, also where it comes to lie after it; what comes to lie before it is not.
    last = day("2026-02-28")
    assert [each.on for each in schedule("2026-01-28", MONTHLY, end=last, day_off=AFTER).coming(date.min, NOWHERE)] == [
        day("2026-01-28"),
        day("2026-03-02"),
    ]
    sunday = schedule("2026-03-01", MONTHLY, end=last, day_off=BEFORE)
    assert list(sunday.coming(date.min, NOWHERE)) == []
    assert list(schedule("2026-01-01", "FREQ=DAILY;COUNT=3", end=day("2026-01-02")).days(date.min)) == [
        day("2026-01-01"),
        day("2026-01-02"),
    ]


def test_one_occurrence_may_be_another_day_or_none() -> None:
    monthly = schedule("2026-01-15", MONTHLY)
    alone = {day("2026-02-15"): Alone(on=day("2026-02-20")), day("2026-03-15"): Alone(skipped=True)}
    assert list(islice(monthly.coming(date.min, NOWHERE, alone), 3)) == [
        Coming(day("2026-01-15"), day("2026-01-15")),
        Coming(day("2026-02-15"), day("2026-02-20")),
        Coming(day("2026-04-15"), day("2026-04-15")),
    ]


@settings(max_examples=300)
@given(rules(), starts, st.integers(0, 3_000))
def test_the_days_of_a_rule_are_those_that_dateutil_has(rule: Rule, start: date, later: int) -> None:
    assert rule_of(text_of(rule)) == rule
    last = start + timedelta(6_000)
    wanted = list(by_dateutil(rule, start, last))
    assert list(takewhile(lambda each: each <= last, rule.days(start, start))) == wanted
    # And wherever one begins to look.
    first = start + timedelta(later)
    found = takewhile(lambda each: each <= last, rule.days(start, first))
    assert list(found) == [each for each in wanted if each >= first]


#: What each of the frequencies is as a rule, of a first day that every month has.
_AS_RULES = {
    DAILY: "FREQ=DAILY",
    WEEKLY: "FREQ=WEEKLY",
    BIWEEKLY: "FREQ=WEEKLY;INTERVAL=2",
    MONTHLY: "FREQ=MONTHLY",
    QUARTERLY: "FREQ=MONTHLY;INTERVAL=3",
    ANNUALLY: "FREQ=YEARLY",
}


@few
@given(st.sampled_from(list(_AS_RULES)), starts, st.integers(0, 2_000))
def test_the_days_of_a_frequency_are_those_that_dateutil_has(frequency: Frequency, start: date, later: int) -> None:
    rule = rule_of(_AS_RULES[frequency])
    if start.day > 28 and frequency in (MONTHLY, QUARTERLY, ANNUALLY):
        # Clamped: of the days up to that one the last that the month has.
        days = frozenset(range(28, start.day + 1))
        months = frozenset({start.month}) if frequency is ANNUALLY else frozenset[int]()
        rule = Rule(rule.unit, rule.interval, month_days=days, months=months, places=frozenset({-1}))
    first, last = start + timedelta(later), start + timedelta(4_000)
    found = Schedule(start=start, frequency=frequency, end=last).days(first)
    assert list(found) == [each for each in by_dateutil(rule, start, last) if each >= first]


@few
@given(rules(), starts, calendars, st.sampled_from(DayOff), st.integers(0, 1_000))
def test_each_is_on_a_day_of_its_own_and_they_are_in_order(
    rule: Rule, start: date, calendar: Calendar, day_off: DayOff, later: int
) -> None:
    recurring = Schedule(start=start, frequency=RULE, rule=rule, day_off=day_off)
    coming = list(islice(recurring.coming(start, calendar), 60))
    on = [each.on for each in coming]
    assert on == sorted(set(on))
    for each in coming:
        if day_off is EXACT or calendar.works_on(each.day):
            assert each.on == each.day
        else:
            # The nearest one that is worked on, to that side.
            days_off = abs((each.on - each.day).days)
            step = timedelta(1 if day_off is AFTER else -1)
            assert each.on == each.day + step * days_off
            assert calendar.works_on(each.on)
            assert not any(calendar.works_on(each.day + step * number) for number in range(days_off))
    # Every day of the rule is on one of them, and one begins to look wherever one likes.
    known = {recurring.day_on(each, calendar) for each in islice(recurring.days(start), 60)}
    assert known <= set(on) | ({max(known)} if known else set())
    first = start + timedelta(later)
    left = [each for each in coming if each.day >= first]
    assert list(islice(recurring.coming(first, calendar), len(left))) == left


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=5",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;COUNT=1001",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=3661",
        "FREQ=WEEKLY;INTERVAL=521",
        "FREQ=YEARLY;INTERVAL=11",
        "FREQ=DAILY;UNTIL=20270101",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=YEARLY;BYYEARDAY=1",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=54MO",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=",
        "FREQ=MONTHLY;BYMONTH=-1",
        "FREQ=MONTHLY;BYMONTH=13",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1",
        "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 200),
        "INTERVAL=2",
        "MONTHLY",
        "",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "FREQ=DAILY;INTERVAL=\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_a_rule_that_is_none_or_goes_too_far_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        rule_of(normal(text))
    assert refused.value.path == ("rule",)


def test_a_rule_is_read_as_people_write_it() -> None:
    assert normal(" rrule:freq=monthly;byday=-1fr; ") == "FREQ=MONTHLY;BYDAY=-1FR"
    assert rule_of("FREQ=DAILY") == rule_of("FREQ=DAILY;INTERVAL=1")


def test_a_rule_that_never_holds_ends() -> None:
    for text in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29"):
        assert list(schedule("2026-01-01", text).days(date.min)) == []
    for frequency in _AS_RULES:
        assert len(list(schedule("9999-12-30", frequency).days(date.min))) <= 2
