"""What stands in a cell, as the domain has it. Each reader returns None for a cell that says nothing, and `Invalid`
tells how it is to be written."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from interchange.imports.tables import Cell
from models.errors import Invalid
from models.reasons import Reason
from models.texts import sameness

E = TypeVar("E", bound=StrEnum)


class DateOrder(StrEnum):
    """In which order a file writes days, months and years."""

    YMD = "YMD"
    DMY = "DMY"
    MDY = "MDY"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of a file are to be read, where that is a matter of the file."""

    #: None where only dates of which nobody doubts the order are read: 2026-01-31.
    dates: DateOrder | None = None
    #: What stands before the decimals; the other one of "." and "," may stand between thousands.
    decimal: str = "."
    #: Whether a number alone is hours, where a length of time is asked for; else it is minutes.
    hours: bool = False
    #: What stands between the things of a list.
    between: str = ";,"
    #: By field, then by the text of a cell: the text that is taken in its place.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


#: A cell, the name of its field, and how the file is read.
Reader = Callable[[Cell, str, Reading], Any]


def text(cell: Cell, name: str, how: Reading) -> str | None:
    """Text, as it stands there but for the blanks around it. What begins with "=" is text like any other."""
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    found = (cell.isoformat() if isinstance(cell, date | time) else str(cell)).strip()
    return how.values.get(name, {}).get(sameness(found), found) or None


def several(cell: Cell, name: str, how: Reading) -> Sequence[str] | None:
    """The texts of a list, each as one that stands alone."""
    found = text(cell, name, how)
    if found is None:
        return None
    parts = [part.strip() for part in re.split(f"[{re.escape(how.between)}]", found)]
    return [how.values.get(name, {}).get(sameness(part), part) for part in parts if part] or None


def addresses(cell: Cell, name: str, how: Reading) -> Sequence[str] | None:
    """Mail addresses, with commas, semicolons or blanks between."""
    found = text(cell, name, how)
    return None if found is None else [part for part in re.split(r"[,;\s]+", found) if part] or None


def one_of(enum: type[E]) -> Reader:
    """A reader of the values of an enum, in any case, with blanks for underscores."""
    known = {sameness(value.replace("_", " ")): value for value in enum}

    def read(cell: Cell, name: str, how: Reading) -> E | None:
        found = text(cell, name, how)
        if found is None:
            return None
        if (value := known.get(sameness(found.replace("_", " ")))) is None:
            told = f"{found!r} is none of {', '.join(enum)}. The mapping can say which of them it is."
            raise Invalid(told, name, reason=Reason.NOT_ONE_OF, values=list(enum))
        return value

    return read


_YES, _NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0"}


def yes_or_no(cell: Cell, name: str, how: Reading) -> bool | None:
    """Yes or no."""
    found = text(cell, name, how)
    if found is None:
        return None
    if found.casefold() not in _YES | _NO:
        told = f"{found!r} is neither yes nor no. The mapping can say which of them it is."
        raise Invalid(told, name, reason=Reason.NOT_ONE_OF, values=["yes", "no"])
    return found.casefold() in _YES


_DATE = re.compile(r"(\d{1,4})[-./ ](\d{1,2})[-./ ](\d{1,4})(?:[T ]\d{1,2}:\d{2}.*)?")


def day(cell: Cell, name: str, how: Reading) -> date | None:
    """A date: of a spreadsheet, or as text in the order of the file, with the year in four digits."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = text(cell, name, how)
    if found is None:
        return None
    order = how.dates
    parts = _DATE.fullmatch(found)
    if parts is None:
        raise _no_date(found, name, order)
    first, month, last = parts.groups()
    if len(first) == 4:
        order = DateOrder.YMD
    if order is None:
        told = f"In {found!r} the day might be the month. Say --dates DMY or MDY, or write 2026-01-31."
        raise Invalid(told, name, reason=Reason.FORMAT, format="DATE")
    year, month, of_month = {
        DateOrder.YMD: (first, month, last),
        DateOrder.DMY: (last, month, first),
        DateOrder.MDY: (last, first, month),
    }[order]
    if len(year) != 4:
        raise _no_date(found, name, order)
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise _no_date(found, name, order) from None


def _no_date(found: str, name: str, order: DateOrder | None) -> Invalid:
    example = {DateOrder.DMY: "31.01.2026", DateOrder.MDY: "01/31/2026"}.get(order or DateOrder.YMD, "2026-01-31")
    return Invalid(f"{found!r} is no date. Write it as {example}.", name, reason=Reason.FORMAT, format="DATE")


_CLOCK = re.compile(r"(\d{1,5}):(\d{2})(?::00)?")
_SPOKEN = re.compile(
    r"(?:(?P<hours>\d[\d.,]*)\s*(?:h|hrs?|hours?))?\s*(?:(?P<minutes>\d[\d.,]*)\s*(?:m|mins?|minutes?))?", re.IGNORECASE
)


def minutes(cell: Cell, name: str, how: Reading) -> int | None:
    """A length of time in minutes: 90, 1:30, "1.5 h", "1 h 30 min", or what a spreadsheet has for it. Parts of a minute
    are rounded, halves up."""
    if isinstance(cell, timedelta):
        return _whole(Decimal(str(cell.total_seconds())) / 60)
    if isinstance(cell, time):
        return _whole(Decimal(cell.hour * 60 + cell.minute) + Decimal(cell.second) / 60)
    found = text(cell, name, how)
    if found is None:
        return None
    if clock := _CLOCK.fullmatch(found):
        if int(clock[2]) < 60:
            return int(clock[1]) * 60 + int(clock[2])
    elif (spoken := _SPOKEN.fullmatch(found)) and found:
        parts = [
            Decimal(0) if part is None else _decimal(part, how.decimal) for part in (spoken["hours"], spoken["minutes"])
        ]
        if None not in parts:
            return _whole((parts[0] or Decimal(0)) * 60 + (parts[1] or Decimal(0)))
    elif (number := _number(cell, found, how)) is not None and number >= 0:
        return _whole(number * 60 if how.hours else number)
    told = f"{found!r} is no length of time. Write minutes as 90, or 1:30, or 1.5 h."
    raise Invalid(told, name, reason=Reason.FORMAT, format="MINUTES")


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))


def amount(cell: Cell, name: str, how: Reading) -> Decimal | None:
    """An amount of money, without its currency: that is the firm's."""
    found = text(cell, name, how)
    if found is None:
        return None
    if (number := _number(cell, found, how)) is None:
        told = f"{found!r} is no amount. Write the number alone, as 1234{how.decimal}50: the currency is the firm's."
        raise Invalid(told, name, reason=Reason.FORMAT, format="DECIMAL")
    return number


def _number(cell: Cell, found: str, how: Reading) -> Decimal | None:
    """A number, or None. What a spreadsheet has as one is written with a point, whatever the file's texts are."""
    return _decimal(found, "." if isinstance(cell, int | float) else how.decimal)


_GROUPED = {
    ".": re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?|-?\d+(\.\d+)?"),
    ",": re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?|-?\d+(,\d+)?"),
}


def _decimal(found: str, decimal: str) -> Decimal | None:
    if not _GROUPED[decimal].fullmatch(found):
        return None
    try:
        return Decimal(found.replace("." if decimal == "," else ",", "").replace(decimal, "."))
    except InvalidOperation:
        return None
