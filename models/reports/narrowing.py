"""What narrows a report: the days that it is of, and the things that its filter names."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from models.bounds import REPORT_DAYS
from models.errors import Invalid
from models.reasons import Reason
from models.reports.sight import Today, require_seen
from models.reports.values import Values
from models.rows import Account, Member, Pipeline, Row, Tag
from models.scope import Scope

#: The first day that Python has and the last one are no days to PostgreSQL, which is told of them as of infinity
#: (https://magicstack.github.io/asyncpg/current/usage.html#type-conversion).
EARLIEST, LATEST = date(1900, 1, 1), date(9999, 12, 30)
#: What a filter may name, by the names of its fields. None asks for nothing; nothing is among none of some ids.
_CHOSEN: Mapping[str, type[Row]] = {"pipeline": Pipeline, "account": Account, "tag": Tag, "member": Member}


class OfDays(Protocol):
    """A filter that says from which day to which, both included; None for the usual ones."""

    @property
    def first_day(self) -> date | None:
        """The first."""

    @property
    def last_day(self) -> date | None:
        """The last."""


async def days_asked(filter: OfDays, today: Today, usual: int) -> tuple[date, date]:
    """The first day and the last one: so many up to the firm's present one, where nothing else was asked for."""
    last = filter.last_day or await today()
    if (filter.first_day or last) < EARLIEST or last > LATEST:
        raise Invalid(
            f"A report is of days from {EARLIEST} to {LATEST}.",
            "filter",
            reason=Reason.OUT_OF_RANGE,
            minimum=EARLIEST,
            maximum=LATEST,
            unit="DATE",
        )
    first = filter.first_day or last - timedelta(usual - 1)
    if (number := (last - first).days + 1) not in REPORT_DAYS:
        raise Invalid(
            f"A report is of {REPORT_DAYS} days, and from {first} to {last} there are {max(0, number):,}.",
            "filter",
            reason=Reason.OUT_OF_RANGE,
            minimum=REPORT_DAYS.least,
            maximum=REPORT_DAYS.most,
            unit="DAYS",
        )
    return first, last


async def require_chosen(scope: Scope, filter: object) -> None:
    """`NotFound` unless all that the filter names is visible."""
    for name, model in _CHOSEN.items():
        if ids := _named(filter, name):
            await require_seen(scope, model, ids, name)


def names_things(filter: object) -> bool:
    """Whether it names any, be it none of them: what is out of sight would then be the sum of one of them."""
    return any(_named(filter, name) is not None for name in _CHOSEN)


def among(filter: object, columns: Mapping[str, str], values: Values) -> list[str]:
    """What holds for rows of the things that the filter names: SQL over these columns, that of a tag its account's."""
    conditions = []
    for name, column in columns.items():
        if (ids := _named(filter, name)) is not None:
            place = f"ANY({values.place(ids)}::uuid[])"
            tagged = f"{column} IN (SELECT account_id FROM account_tag WHERE tag_id = {place})"
            conditions.append(tagged if name == "tag" else f"{column} = {place}")
    return conditions


def _named(filter: object, name: str) -> Sequence[UUID] | None:
    ids: Sequence[UUID] | None = getattr(filter, name, None)
    return ids
