"""Queries of a scope, as the rooms above narrow and read them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.fields.base import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

from models.records import read
from models.rows import Row

__all__ = ["Q", "QuerySet", "column_value", "is_nullable", "read_query", "sql_of"]

R = TypeVar("R", bound=Row)


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


def sql_of(query: QuerySet[R]) -> tuple[str, list[Any]]:
    """A query of the ORM in SQL, with its values."""
    # As awaiting it does, up to where it would be sent.
    query._choose_db_if_not_chosen()
    query._make_query()
    statement, values = query.query.get_parameterized_sql()
    return statement, list(values)


async def read_query(query: QuerySet[R]) -> list[R]:
    """What a query of the ORM finds, as records."""
    statement, values = sql_of(query)
    return await read(query.model, statement, *values)
