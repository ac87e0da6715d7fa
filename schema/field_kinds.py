"""Of what kind a changed field is, for clients, and how its values are written as texts of that kind."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import orjson

from models.events.values import FieldType
from models.ids import encode
from models.money import Money
from schema.scalars import write_datetime, write_decimal


class FieldKind(Enum):
    """How the text of a changed field is to be read."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DECIMAL = "DECIMAL"
    MONEY = "MONEY"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATE_TIME = "DATE_TIME"
    ENUM = "ENUM"
    ID = "ID"
    JSON = "JSON"


_KINDS: dict[type, FieldKind] = {
    str: FieldKind.TEXT,
    int: FieldKind.NUMBER,
    Decimal: FieldKind.DECIMAL,
    Money: FieldKind.MONEY,
    bool: FieldKind.BOOLEAN,
    date: FieldKind.DATE,
    datetime: FieldKind.DATE_TIME,
    UUID: FieldKind.ID,
}


def kind_of(of: FieldType) -> FieldKind:
    """The kind of a type."""
    if of.many:
        return FieldKind.JSON
    return FieldKind.ENUM if issubclass(of.of, StrEnum) else _KINDS.get(of.of, FieldKind.JSON)


def text_of(of: FieldType, value: Any) -> str:
    """A value of this type as a text of its kind."""
    if of.many:
        return orjson.dumps([_text(of, each) for each in value]).decode()
    return _text(of, value)


def _text(of: FieldType, value: Any) -> str:
    if of.kind is not None:
        return encode(of.kind, value)
    match value:
        case StrEnum():
            return value.name
        case str():
            return value
        case datetime():
            return write_datetime(value)
        case date():
            return value.isoformat()
        case Decimal():
            return write_decimal(value)
        case Money():
            return f"{write_decimal(value.amount)} {value.currency}"
    return orjson.dumps(value).decode()


def kind_in_log(before: Any, after: Any) -> FieldKind:
    """The kind of values that no declaration says anything of any more: what they are in the log."""
    texts = all(value is None or isinstance(value, str) for value in (before, after))
    return FieldKind.TEXT if texts else FieldKind.JSON


def text_in_log(kind: FieldKind, value: Any) -> str:
    """Such a value as a text."""
    return value if kind is FieldKind.TEXT else orjson.dumps(value).decode()
