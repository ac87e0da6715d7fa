"""What a value must look like to be stored. Each check returns the value as it is kept, or raises `Invalid` with the
name of the input at fault."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import time_zones
from models.errors import Invalid

T = TypeVar("T")

MOST_MINUTES = 60 * 24 * 366 * 10
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")


def name(value: str, field: str = "name", *, most: int = 200) -> str:
    """A line of text that is not blank, without the spaces around it."""
    value = _clean(value, field).strip()
    if not value:
        raise Invalid("This must not be blank.", field)
    return _at_most(value, most, field)


def text(value: str, field: str = "description", *, most: int = 20_000) -> str:
    """A text of any number of lines, which may be empty."""
    return _at_most(_clean(value, field), most, field)


def _clean(value: str, field: str) -> str:
    # PostgreSQL cannot store it, and nobody types it.
    if "\0" in value:
        raise Invalid("This must not contain the character NUL.", field)
    return value


def _at_most(value: str, most: int, field: str) -> str:
    if len(value) > most:
        raise Invalid(f"This has {len(value):,} characters; at most {most:,} are allowed.", field)
    return value


def minutes(value: int, field: str, *, least: int = 0, most: int = MOST_MINUTES) -> int:
    """A number of minutes."""
    if not least <= value <= most:
        raise Invalid(f"This must be from {least:,} to {most:,} minutes, and is {value:,}.", field)
    return value


def color(value: str, field: str = "color") -> str:
    """A colour as #rrggbb."""
    if not _COLOR.fullmatch(value):
        raise Invalid("A colour is written as #rrggbb, for example #2f80ed.", field)
    return value.lower()


def email(value: str, field: str = "email") -> str:
    """An e-mail address, in lower case."""
    value = _clean(value, field).strip().lower()
    if len(value) > 254 or not _EMAIL.fullmatch(value):
        raise Invalid("This is not an e-mail address.", field)
    return value


def time_zone(value: str, field: str = "time_zone") -> str:
    """The name of a time zone in the IANA database (https://www.iana.org/time-zones)."""
    if value not in time_zones.names():
        raise Invalid("This is not the name of an IANA time zone, such as America/New_York.", field)
    return value


def money(value: Decimal, field: str) -> Decimal:
    """An amount that is not negative, with at most two decimals."""
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** 10 or value != value.quantize(Decimal("0.01")):
        raise Invalid("This must be an amount of at least 0 with at most two decimals.", field)
    return value


def dates(start: date | None, due: date | None) -> None:
    """A start date is not after the due date."""
    if start is not None and due is not None and due < start:
        raise Invalid(f"The due date {due} is before the start date {start}.", "due_date")


def several(values: Sequence[T], field: str, *, most: int = 200) -> list[T]:
    """At least one and at most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    if not once or len(once) > most:
        raise Invalid(f"Name from 1 to {most} different {field}, not {len(once)}.", field)
    return once


def at_most(values: Sequence[T], field: str, *, most: int = 100) -> list[T]:
    """At most `most` values, each once, in their order."""
    once = list(dict.fromkeys(values))
    if len(once) > most:
        raise Invalid(f"Name at most {most} different ones; these are {len(once)}.", field)
    return once
