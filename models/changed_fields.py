"""Of what type a changed field is: as the row of the thing declares it, whatever it is called."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from tortoise import fields
from tortoise.fields.base import Field

from models.events import Event, field_types, kind_of_thing
from models.events.values import CHANGES, JSON, Changes, FieldType
from models.ids import Kind
from models.kinds import modules_in
from models.rows import Row, model_of

#: What the columns of the ORM hold. Those of enums say so themselves.
_COLUMNS: dict[type[Field[Any]], type] = {
    fields.BooleanField: bool,
    fields.IntField: int,
    fields.BigIntField: int,
    fields.CharField: str,
    fields.TextField: str,
    fields.DateField: date,
    fields.DatetimeField: datetime,
    fields.DecimalField: Decimal,
}


def changed_type(kind: Kind, field: str) -> FieldType | None:
    """What a changed field of such a thing holds; None for what no thing of the kind has, or has no longer."""
    return _types(model_of(kind)).get(field)


@cache
def _types(model: type[Row]) -> Mapping[str, FieldType]:
    """The fields of a row: its columns, and what it says of itself that is none."""
    modules_in("models")  # Of each of them the rows are known.
    meta = model._meta
    columns = {name: of for name in meta.fields_map if (of := _column_type(meta.fields_map[name])) is not None}
    kinds = {model_of(kind).__name__: kind for kind in Kind}
    # So the ORM calls the column of a reference.
    references = {
        f"{name}_id": FieldType.of_id(kind, optional=True)
        for name in meta.fk_fields
        if (kind := kinds.get(_referred_to(meta.fields_map[name]))) is not None
    }
    further = {name: FieldType.of_hint(hint) for name, hint in model.also_changes.items()}
    return columns | references | further


def _column_type(field: Field[Any]) -> FieldType | None:
    if enum := getattr(field, "enum_type", None):
        return FieldType(enum, optional=True)
    if isinstance(field, fields.JSONField):
        return JSON
    of = next((of for column, of in _COLUMNS.items() if isinstance(field, column)), None)
    return None if of is None else FieldType(of, optional=True)


def _referred_to(field: Any) -> str:
    """The name of the class of rows that a reference points to."""
    return str(field.model_name).rpartition(".")[2]


def changes_in(event: Event) -> Changes:
    """What an event says has changed, in values of the types of the columns. What is no field of the thing any more, or
    holds something else by now, is as the log has it."""
    kind = kind_of_thing(type(event))
    read: dict[str, tuple[Any, Any]] = {}
    for field, pair in _changes(event).items():
        _, read[field] = read_change(kind, field, pair)
    return read


def read_change(kind: Kind, field: str, pair: tuple[Any, Any]) -> tuple[FieldType | None, tuple[Any, Any]]:
    """The type of a changed field and what it was and became; no type where the log has something that is none of it:
    an older version wrote that, and had another field of this name."""
    of = changed_type(kind, field)
    if of is None:
        return None, pair
    try:
        before, after = (None if value is None else of.read(value) for value in pair)
        for value in (before, after):
            of.write(value)
    except (LookupError, TypeError, ValueError):
        return None, pair
    return of, (before, after)


def check_changes(event: Event) -> None:
    """`TypeError` when an event says of something that it changed which is no field of the thing, or not of its type:
    nobody could tell how to read it."""
    kind = kind_of_thing(type(event))
    for field, pair in _changes(event).items():
        if read_change(kind, field, pair)[0] is None:
            row = model_of(kind).__name__
            raise TypeError(
                f"{type(event).__name__} says that {field} changed: {row} has no such column, nor is it among its "
                "`also_changes`, or the value is none of it."
            )


def _changes(event: Event) -> Changes:
    return {
        field: pair
        for name, of in field_types(type(event)).items()
        if of is CHANGES
        for field, pair in getattr(event, name).items()
    }
