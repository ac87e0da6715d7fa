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
from models.money import is_currency, minor_units, rounded
from models.periods import period_of
from models.texts import LABEL

T = TypeVar("T")

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def minutes(value: int, field: str, bounds: Bounds) -> int:
    """A number of minutes."""
    if value not in bounds:
        raise Invalid(f"This must be from {bounds} minutes, and is {value:,}.", field)
    return value


def days(value: int, field: str, bounds: Bounds) -> int:
    """A number of days."""
    if value not in bounds:
        raise Invalid(f"This must be from {bounds} days, and is {value:,}.", field)
    return value


def color(value: str, field: str = "color") -> str:
    """A colour as #rrggbb."""
    if not _COLOR.fullmatch(value):
        raise Invalid("A colour is written as #rrggbb, for example #2f80ed.", field)
    return value.lower()


def time_zone(value: str, field: str = "time_zone") -> str:
    """The name of a time zone in the IANA database (https://www.iana.org/time-zones)."""
    if value not in time_zones.names():
        raise Invalid("This is not the name of an IANA time zone, such as America/New_York.", field)
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
        raise Invalid("A currency is its ISO 4217 code: three capital letters, such as USD.", field)
    return value


def country(value: str, field: str = "country") -> str:
    """The code of a country in ISO 3166-1 alpha-2."""
    if regions_of(value) is None:
        raise Invalid("A country is its ISO 3166-1 alpha-2 code: two capital letters, such as US.", field)
    return value


#: So many regions are named to whoever named another.
_NAMED_REGIONS = 30


def region(value: str, country: str, field: str = "region") -> str:
    """One of a country's regions."""
    regions = regions_of(country) or ()
    if value in regions:
        return value
    if not regions:
        raise Invalid(f"{country} has no regions here: leave this out, or send null.", field)
    more = len(regions) - _NAMED_REGIONS
    named = ", ".join(regions[:_NAMED_REGIONS]) + (f" and {more} more" if more > 0 else "")
    raise Invalid(f"This is not a region of {country}. Those are: {named}.", field)


def money(value: Decimal, currency: str, field: str) -> Decimal:
    """An amount that is not negative, with just the decimals of its currency."""
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** 10 or value != rounded(value, currency):
        raise Invalid(f"This must be an amount of at least 0 {_DECIMALS[minor_units(currency)]}.", field)
    return rounded(value, currency)


def dates(start: date | None, due: date | None, changed: Container[str] = ("due_date",)) -> None:
    """A start date is not after the due date. Of `changed` one is at fault: the due date, if it is among them."""
    if start is not None and due is not None and due < start:
        at_fault = "due_date" if "due_date" in changed else "start_date"
        raise Invalid(f"The due date {due} is before the start date {start}.", at_fault)


def deadline(due: date | None, deadline: date | None, today: date, changed: Container[str] = ("due_date",)) -> None:
    """Work is not planned for after a deadline that is still to come. Of `changed` one is at fault, as of `dates`."""
    if due is not None and deadline is not None and today <= deadline < due:
        at_fault = "due_date" if "due_date" in changed else "deadline"
        raise Invalid(
            f"The due date {due} is after the deadline {deadline}. If that was extended, change the deadline as well.",
            at_fault,
        )


def period(value: str | None, field: str = "period") -> str | None:
    """The time that work is about, as it is written; None for none."""
    return None if value is None else period_of(LABEL.check(value, field)).text


def several(values: Sequence[T], field: str, *, most: int = BULK.most) -> list[T]:
    """At least one and at most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    if not once or len(once) > most:
        raise Invalid(f"Name from 1 to {most} different {field}, not {len(once)}.", field)
    return once


def at_most(values: Sequence[T], field: str, *, most: int = LINKED.most) -> list[T]:
    """At most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    if len(once) > most:
        raise Invalid(f"Name at most {most} different ones; these are {len(once)}.", field)
    return once
