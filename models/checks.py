"""What a value must look like to be stored. Each check returns the value as it is kept, or raises `Invalid` with the
name of the input at fault."""

import re
from collections.abc import Container, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from common import time_zones
from models.bounds import BULK, LINKED, Bounds
from models.countries import regions_of
from models.errors import Invalid
from models.money import MOST_DECIMALS, is_currency, minor_units, rounded, shortest
from models.periods import period_of
from models.reasons import Reason
from models.texts import LABEL

T = TypeVar("T")

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def minutes(value: int, field: str, bounds: Bounds) -> int:
    """A number of minutes."""
    return _within(value, field, bounds, "minutes")


def things(value: int, field: str, bounds: Bounds) -> int:
    """How many there are of something."""
    return _within(value, field, bounds, "things")


def days(value: int, field: str, bounds: Bounds) -> int:
    """A number of days."""
    return _within(value, field, bounds, "days")


def _within(value: int, field: str, bounds: Bounds, unit: str) -> int:
    if value not in bounds:
        raise Invalid(
            f"This must be from {bounds} {unit}, and is {value:,}.",
            field,
            reason=Reason.OUT_OF_RANGE,
            minimum=bounds.least,
            maximum=bounds.most,
            unit=unit.upper(),
        )
    return value


def _format(told: str, field: str, format: str) -> Invalid:
    return Invalid(told, field, reason=Reason.FORMAT, format=format)


def color(value: str, field: str = "color") -> str:
    """A colour as #rrggbb."""
    if not _COLOR.fullmatch(value):
        raise _format("A colour is written as #rrggbb, for example #2f80ed.", field, "COLOR")
    return value.lower()


def time_zone(value: str, field: str = "time_zone") -> str:
    """The name of a time zone in the IANA database (https://www.iana.org/time-zones)."""
    if value not in time_zones.names():
        raise _format("This is not the name of an IANA time zone, such as America/New_York.", field, "TIME_ZONE")
    return value


#: By how many minor units a currency has.
_DECIMALS = (
    "without decimals",
    "with at most one decimal",
    "with at most two decimals",
    "with at most three decimals",
    "with at most four decimals",
)


def currency(value: str, field: str = "currency") -> str:
    """The code of a currency in ISO 4217."""
    if not is_currency(value):
        raise _format("A currency is its ISO 4217 code: three capital letters, such as USD.", field, "CURRENCY")
    return value


def country(value: str, field: str = "country") -> str:
    """The code of a country in ISO 3166-1 alpha-2."""
    if regions_of(value) is None:
        raise _format("A country is its ISO 3166-1 alpha-2 code: two capital letters, such as US.", field, "COUNTRY")
    return value


#: So many regions are named to whoever named another.
_NAMED_REGIONS = 30


def region(value: str, country: str, field: str = "region") -> str:
    """One of a country's regions."""
    regions = regions_of(country) or ()
    if value in regions:
        return value
    if not regions:
        told = f"{country} has no regions here: leave this out, or send null."
        raise Invalid(told, field, reason=Reason.NOT_ONE_OF, values=())
    more = len(regions) - _NAMED_REGIONS
    named = ", ".join(regions[:_NAMED_REGIONS]) + (f" and {more} more" if more > 0 else "")
    raise Invalid(
        f"This is not a region of {country}. Those are: {named}.", field, reason=Reason.NOT_ONE_OF, values=regions
    )


#: What the column holds.
LARGEST_AMOUNT = Decimal(10) ** 10 - Decimal(1).scaleb(-MOST_DECIMALS)


def money(value: Decimal, currency: str, field: str) -> Decimal:
    """An amount that is not negative, with just the decimals of its currency."""
    told = f"This must be an amount of at least 0 {_DECIMALS[minor_units(currency)]}."
    if not value.is_finite() or not 0 <= value <= LARGEST_AMOUNT:
        most = rounded(LARGEST_AMOUNT, currency)
        raise Invalid(told, field, reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit=currency)
    if value != rounded(value, currency):
        raise Invalid(told, field, reason=Reason.DECIMALS, maximum=minor_units(currency))
    return rounded(value, currency)


def payment(value: Decimal, currency: str, field: str) -> Decimal:
    """An amount that somebody pays or is spared: as `money`, and something."""
    amount = money(value, currency, field)
    if not amount:
        least, most = Decimal(1).scaleb(-minor_units(currency)), rounded(LARGEST_AMOUNT, currency)
        told = f"This must be at least {least:f} {currency}."
        raise Invalid(told, field, reason=Reason.OUT_OF_RANGE, minimum=least, maximum=most, unit=currency)
    return amount


def number(value: Decimal, field: str, bounds: Bounds, decimals: int, unit: str) -> Decimal:
    """An exact number with at most so many decimals, written without zeros that say nothing."""
    if not value.is_finite() or not bounds.least <= value <= bounds.most:
        raise Invalid(
            f"This must be from {bounds}, with at most {decimals} decimals.",
            field,
            reason=Reason.OUT_OF_RANGE,
            minimum=bounds.least,
            maximum=bounds.most,
            unit=unit,
        )
    plain = shortest(value)
    if -int(plain.as_tuple().exponent) > decimals:
        told = f"This must have at most {decimals} decimals."
        raise Invalid(told, field, reason=Reason.DECIMALS, maximum=decimals)
    return plain


def dates(start: date | None, due: date | None, changed: Container[str] = ("due_date",)) -> None:
    """A start date is not after the due date. Of `changed` one is at fault: the due date, if it is among them."""
    if start is not None and due is not None and due < start:
        at_fault = "due_date" if "due_date" in changed else "start_date"
        raise Invalid(
            f"The due date {due} is before the start date {start}.",
            at_fault,
            reason=Reason.DATE_ORDER,
            earlier="start_date",
            earlier_day=start,
            later="due_date",
            later_day=due,
        )


def deadline(due: date | None, deadline: date | None, today: date, changed: Container[str] = ("due_date",)) -> None:
    """Work is not planned for after a deadline that is still to come. Of `changed` one is at fault, as of `dates`."""
    if due is not None and deadline is not None and today <= deadline < due:
        at_fault = "due_date" if "due_date" in changed else "deadline"
        raise Invalid(
            f"The due date {due} is after the deadline {deadline}. If that was extended, change the deadline as well.",
            at_fault,
            reason=Reason.DATE_ORDER,
            earlier="due_date",
            earlier_day=due,
            later="deadline",
            later_day=deadline,
        )


def period(value: str | None, field: str = "period") -> str | None:
    """The time that work is about, as it is written; None for none."""
    return None if value is None else period_of(LABEL.check(value, field)).text


def several(values: Sequence[T], field: str, *, most: int = BULK.most) -> list[T]:
    """At least one and at most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    told = f"Name from 1 to {most} different {field}, not {len(once)}."
    if not once:
        raise Invalid(told, field, reason=Reason.TOO_FEW, minimum=1, actual=0)
    if len(once) > most:
        raise Invalid(told, field, reason=Reason.TOO_MANY, maximum=most, actual=len(once))
    return once


def at_most(values: Sequence[T], field: str, *, most: int = LINKED.most) -> list[T]:
    """At most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    if len(once) > most:
        told = f"Name at most {most} different ones; these are {len(once)}."
        raise Invalid(told, field, reason=Reason.TOO_MANY, maximum=most, actual=len(once))
    return once


def count_of(values: Sequence[T], bounds: Bounds, called: str, *path: str | int) -> Sequence[T]:
    """As many values as there may be, whatever they are; `called` is what they are."""
    found = len(values)
    told = f"Give from {bounds} {called}, not {found:,}."
    if found < bounds.least:
        raise Invalid(told, *path, reason=Reason.TOO_FEW, minimum=bounds.least, actual=found)
    if found > bounds.most:
        raise Invalid(told, *path, reason=Reason.TOO_MANY, maximum=bounds.most, actual=found)
    return values


#: More digits are no amount, and no count of anything.
_DIGITS, _DECIMALS_OF_NUMBER = 15, 6


def any_number(value: Decimal, *path: str | int) -> Decimal:
    """A number of whatever it is: of at most 15 digits before the point, and 6 after it."""
    most = Decimal(10) ** _DIGITS - Decimal(1).scaleb(-_DECIMALS_OF_NUMBER)
    if not value.is_finite() or not -most <= value <= most:
        told = f"A number has at most {_DIGITS} digits before its point."
        raise Invalid(told, *path, reason=Reason.OUT_OF_RANGE, minimum=-most, maximum=most, unit="THINGS")
    if value != value.quantize(Decimal(1).scaleb(-_DECIMALS_OF_NUMBER)):
        told = f"A number has at most {_DECIMALS_OF_NUMBER} digits after its point."
        raise Invalid(told, *path, reason=Reason.DECIMALS, maximum=_DECIMALS_OF_NUMBER)
    return value
