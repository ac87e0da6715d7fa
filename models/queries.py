"""Queries of a scope, as the rooms above narrow and read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pypika_tortoise.terms import Parameterizer
from tortoise import fields
from tortoise.expressions import Q
from tortoise.fields.base import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

from models.conditions import in_sql
from models.database import fetch
from models.records import columns, read
from models.rows import Row
from models.rows.names import row_class

__all__ = [
    "By",
    "Owned",
    "Q",
    "QuerySet",
    "Through",
    "column_value",
    "count_query",
    "count_query_of_each",
    "is_nullable",
    "read_query",
    "read_query_of_each",
    "sql_of",
    "sql_of_several",
]

R = TypeVar("R", bound=Row)


class Owned(Protocol):
    """How rows belong to the one that `read_query_of_each` asks about."""

    @property
    def condition(self) -> Q:
        """What holds for those that do."""


@dataclass(frozen=True, slots=True)
class By:
    """The row's column names its owner."""

    column: str

    @property
    def condition(self) -> Q:
        """What holds for those of the owner."""
        return in_sql(f"{{row}}.{self.column} = asked.owner")


@dataclass(frozen=True, slots=True)
class Through:
    """A row of a table of links ties the row to its owner."""

    link: type[Any]
    #: The link's columns of the row, and of its owner.
    row: str
    owner: str

    @property
    def condition(self) -> Q:
        """What holds for those of the owner."""
        table = row_class(self.link)._meta.db_table
        return in_sql(
            f"{{row}}.id IN (SELECT link.{self.row} FROM {table} AS link WHERE link.{self.owner} = asked.owner)"
        )


def is_nullable(model: type[Row], column: str) -> bool:
    """Whether the column may hold nothing."""
    return bool(model._meta.fields_map[column].null)


def column_value(model: type[Model], column: str, value: Any) -> Any:
    """What stands for a column in a cursor, as the column has it. Anybody can make a cursor up: `ValueError` unless it
    could have come out of the column."""
    field = model._meta.fields_map[column]
    if value is None and field.null:
        return None
    longest = getattr(field, "max_length", 100)
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise ValueError
    return next((read(value) for of, read in _READ if isinstance(field, of)), value)


def _read_datetime(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


#: How the text of a column of each of these classes is read. Of others it is the text itself.
_READ: tuple[tuple[type[Field[Any]], Callable[[str], Any]], ...] = (
    (fields.UUIDField, UUID),
    (fields.DateField, date.fromisoformat),
    (fields.DatetimeField, _read_datetime),
)


def sql_of(query: QuerySet[Any]) -> tuple[str, list[Any]]:
    """A query of the ORM in SQL, with its values."""
    (statement,), values = sql_of_several([query])
    return statement, values


def sql_of_several(queries: Sequence[QuerySet[Any]]) -> tuple[list[str], list[Any]]:
    """Queries of the ORM in SQL, as parts of one statement, with the values of all of them."""
    parameterizer, statements = Parameterizer(), []
    for query in queries:
        # As awaiting it does, up to where it would be sent.
        query._choose_db_if_not_chosen()
        query._make_query()
        context = query.query.QUERY_CLS.SQL_CONTEXT.copy(parameterizer=parameterizer)
        statements.append(query.query.get_sql(context))
    return statements, list(parameterizer.values)


def _sql_of_parts(parts: Sequence[QuerySet[Any]]) -> tuple[str, list[Any]]:
    """Queries that are the parts of one list, each in its order and as long as that may be, as one query of it."""
    statements, values = sql_of_several(parts)
    if len(statements) == 1:
        return statements[0], values
    numbered = (
        f"SELECT *, {number} AS of_part, row_number() OVER () AS of_row FROM ({statement}) AS part"
        for number, statement in enumerate(statements)
    )
    longest = parts[0]._limit
    of_all = f"SELECT * FROM ({' UNION ALL '.join(numbered)}) AS parts ORDER BY of_part, of_row"
    return of_all if longest is None else f"{of_all} LIMIT {int(longest)}", values


async def read_query(*parts: QuerySet[R]) -> list[R]:
    """What a query of the ORM finds, as records; or what those do that are the parts of a list.

    They are found first, and then read: as long as rows are narrow, PostgreSQL goes by an index that has their order,
    where it would else sort all that it may find."""
    model = parts[0].model
    statement, values = _sql_of_parts([part.only("id") for part in parts])
    found = f"SELECT id, row_number() OVER () AS of_place FROM ({statement}) AS ordered"
    return await read(
        model,
        f"SELECT {columns(model, 'seen')} FROM ({found}) AS found JOIN {model._meta.db_table} AS seen "
        "ON seen.id = found.id ORDER BY found.of_place",
        *values,
    )


async def read_query_of_each(parts: Sequence[QuerySet[R]], owners: Sequence[UUID]) -> dict[UUID, list[R]]:
    """What a query finds that asks about one `Owned`, or the parts of it do, of each of these owners and in its order;
    as records, in one statement: each owner's by itself, from an index, and no further than asked."""
    statement, values = _sql_of_parts(parts)
    rows: list[Any] = await read(
        parts[0].model,
        f"SELECT found.*, asked.owner AS of_owner FROM unnest(${len(values) + 1}::uuid[]) AS asked(owner), LATERAL "
        f"(SELECT *, row_number() OVER () AS of_place FROM ({statement}) AS ordered) AS found ORDER BY of_place",
        *values,
        list(owners),
    )
    found: dict[UUID, list[R]] = {owner: [] for owner in owners}
    for row in rows:
        found[row["of_owner"]].append(row)
    return found


async def count_query(query: QuerySet[Any]) -> int:
    """How many rows a query finds."""
    statement, values = sql_of(query)
    (row,) = await fetch(f"SELECT count(*) AS rows FROM ({statement}) AS counted", *values)
    rows: int = row["rows"]
    return rows


async def count_query_of_each(query: QuerySet[R], owners: Sequence[UUID]) -> dict[UUID, int]:
    """How many rows a query finds that asks about one `Owned`, of each of these owners, in one statement."""
    statement, values = sql_of(query)
    rows = await fetch(
        f"SELECT asked.owner, found.rows FROM unnest(${len(values) + 1}::uuid[]) AS asked(owner), LATERAL "
        f"(SELECT count(*) AS rows FROM ({statement}) AS counted) AS found",
        *values,
        list(owners),
    )
    return dict(rows)
