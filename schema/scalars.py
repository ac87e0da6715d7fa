"""The scalars that GraphQL does not bring."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Revision = NewType("Revision", int)
DateTime = NewType("DateTime", datetime)
Date = NewType("Date", date)
Decimals = NewType("Decimals", Decimal)


def _refuse(what: str) -> GraphQLError:
    return GraphQLError(what)


# Python reads far more than these as numbers and dates: 4_2, Arabic digits, weeks of the year.
_REVISION = re.compile(r"[0-9]{1,19}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


def _parse_revision(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int) or not _REVISION.fullmatch(str(value)):
        raise _refuse('A Revision is a whole number as a string, such as "42".')
    number = int(value)
    # What does not fit the database's column can not be a revision of anything.
    if not 0 <= number < 2**63:
        raise _refuse("A Revision is below 2^63.")
    return number


def _parse_date(value: Any) -> date:
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise _refuse('A Date is written as "2026-04-15".') from None


def _parse_datetime(value: Any) -> datetime:
    try:
        if not isinstance(value, str) or not _DATETIME.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse('A DateTime is written as "2026-04-15T09:30:00Z", with a time zone.') from None


def write_datetime(value: datetime) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    # In quotes, to the microsecond, and to the second where nothing follows it: a third of what `isoformat` takes.
    text = orjson.dumps(moment, option=orjson.OPT_UTC_Z)
    return f"{text[1:24].decode()}Z" if b"." in text else f"{text[1:20].decode()}.000Z"


def _parse_decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise _refuse('A Decimal is written as a string, such as "125.50".')
    number = Decimal(value)
    return number if number else abs(number)  # There is no -0: nothing that is shown has a sign.


def write_decimal(value: Decimal) -> str:
    """Exact, and never with an exponent, which str() has for some."""
    return format(value, "f")


SCALARS: dict[object, ScalarDefinition] = {
    Revision: strawberry.scalar(
        name="Revision",
        description="The number of a committed change of a firm, as a string: it may pass what a JavaScript number "
        "holds. Compare by length, then by text.",
        serialize=str,
        parse_value=_parse_revision,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment, in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=write_datetime,
        parse_value=_parse_datetime,
    ),
    Date: strawberry.scalar(
        name="Date",
        description="A day in the firm's calendar, without a time or a time zone.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=date.isoformat,
        parse_value=_parse_date,
    ),
    Decimals: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string, without an exponent.",
        serialize=write_decimal,
        parse_value=_parse_decimal,
    ),
}
