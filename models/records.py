"""Rows as they are read to be shown: asyncpg's own records, with the attributes of their model.

An instance of the ORM costs more than reading it does: each value goes through its field, and each row keeps what it
takes to be stored again. A record is what the driver made, and nothing is done to a value before somebody looks at it.
"""

from functools import cache
from inspect import isfunction
from operator import itemgetter
from typing import Any, TypeVar

import asyncpg
from tortoise import fields
from tortoise.fields.base import Field

from models.database import fetch
from models.ids import Kind
from models.rows.base import Row

R = TypeVar("R", bound=Row)

#: Their values are in Python what they are for asyncpg.
_AS_READ = (
    fields.BigIntField,
    fields.BooleanField,
    fields.CharField,
    fields.DateField,
    fields.DatetimeField,
    fields.IntField,
    fields.TextField,
    fields.UUIDField,
)


class Record(asyncpg.Record):  # type: ignore[misc]
    """What all records share. Two are equal when they are of the same row, as two instances are."""

    __slots__ = ()

    kind: Kind

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self["id"] == other["id"])

    def __hash__(self) -> int:
        return hash(self["id"])


@cache
def record_class(model: type[Row]) -> type[Record]:
    """The records of a model's rows: its columns, and the properties and methods that the model defines, or what it
    is made from below `Row`. There is nothing to change or store one with."""
    body: dict[str, Any] = {"__slots__": (), "__doc__": model.__doc__, "__module__": __name__, "kind": model.kind}
    body |= {column: _attribute(column, model._meta.fields_map[column]) for column in _columns(model)}
    body |= {
        name: member
        for defined in reversed(model.__mro__)
        if defined is not Row and issubclass(defined, Row)
        for name, member in vars(defined).items()
        if not name.startswith("_")
        and name not in model._meta.fields_map
        and (isinstance(member, property) or isfunction(member))
    }
    return type(f"{model.__name__}Record", (Record,), body)


def _attribute(column: str, field: Field[Any]) -> property:
    read = itemgetter(column)
    if enum := getattr(field, "enum_type", None):
        members = {None: None} | {member.value: member for member in enum}
        return property(lambda record: members[record[column]])
    return property(read if isinstance(field, _AS_READ) else lambda record: field.to_python_value(record[column]))


@cache
def columns(model: type[Row], row: str) -> str:
    """All columns of a model, for the SELECT of a statement that calls its rows so."""
    # By name: a column that the next version adds must not change what a prepared statement returns.
    return ", ".join(f"{row}.{column}" for column in _columns(model))


def _columns(model: type[Row]) -> list[str]:
    # Those that references are made of are known once the ORM is connected, so not while modules are imported.
    return list(model._meta.fields_db_projection)


async def read(model: type[R], statement: str, *values: Any) -> list[R]:
    """The rows that a statement of ours selects all `columns` of, as records. To whoever checks types they are rows:
    all that can be read of those can be read of them."""
    records: list[R] = await fetch(statement, *values, record_class=record_class(model))
    return records
