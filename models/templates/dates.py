"""Dates of what is made of a template: counted from the day that it is made, or from one of its job's."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from models import checks
from models.bounds import OFFSET
from models.errors import Invalid, RuleBroken
from models.reasons import Reason
from models.templates.relative_dates import Anchor, Calendar, DayUnit, NoAnchor, RelativeDate, resolved
from models.templates.shortcodes import Facts


def stored_date(relative: RelativeDate | None) -> dict[str, Any] | None:
    """As it is kept."""
    return None if relative is None else asdict(relative)


def date_in(stored: Mapping[str, Any] | None) -> RelativeDate | None:
    """What is kept."""
    if stored is None:
        return None
    return RelativeDate(Anchor(stored["anchor"]), stored["offset"], DayUnit(stored["unit"]))


def checked_date(relative: RelativeDate | None, field: str) -> RelativeDate | None:
    """As it is to be kept, or `Invalid`."""
    if relative is not None:
        try:
            checks.days(relative.offset, "offset", OFFSET)
        except Invalid as refusal:
            raise refusal.within(field) from None
    return relative


def expect_in_order(start: RelativeDate | None, due: RelativeDate | None) -> None:
    """`Invalid` where the start date is after the due date whatever the day is that both are counted from."""
    if start is None or due is None or (start.anchor, start.unit) != (due.anchor, due.unit):
        return
    if start.offset > due.offset:
        told = f"The start date is counted from the same day, and would be after this. Give {start.offset} at least."
        path, least = ("due_date", "offset"), start.offset
        raise Invalid(told, *path, reason=Reason.OUT_OF_RANGE, minimum=least, maximum=OFFSET.most, unit="DAYS")


def since(made: date, day: date | None) -> RelativeDate | None:
    """A date of an existing thing, counted from the day that the thing was made."""
    return None if day is None else RelativeDate(Anchor.CREATED, (day - made).days)


def days_of(facts: Facts) -> dict[Anchor, date]:
    """The days that are known to count from."""
    days = {Anchor.CREATED: facts.day}
    if facts.job is not None:
        told = {anchor: getattr(facts.job, anchor.field) for anchor in Anchor if anchor is not Anchor.CREATED}
        days |= {anchor: day for anchor, day in told.items() if day is not None}
    return days


async def day_of(
    relative: RelativeDate | None, facts: Facts, calendar: Calendar, field: str, *path: str
) -> date | None:
    """The day that is meant. `RuleBroken`, naming the date that is then to be given, where there is no day to count
    from."""
    if relative is None:
        return None
    called = field.replace("_", " ")
    try:
        if relative.unit is DayUnit.DAYS:
            return resolved(relative, days_of(facts), calendar)
        # On a thread: it may import a calendar.
        return await to_thread(resolved, relative, days_of(facts), calendar)
    except NoAnchor as error:
        counted = error.anchor.field.replace("_", " ")
        told = f"The {called} is counted from the job's {counted}, and there is none. Give the {called}."
    except OverflowError:
        told = f"The {called} would be beyond the last day that there is. Give the {called}."
    raise RuleBroken(told, *path, reason=Reason.MISSING, field=field)
