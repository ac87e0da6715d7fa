"""Columns that are made of another one of their row. Nobody sets them, and nobody can forget to: they are made when the
row is written, one by one or many at once, and they are null only where that one is."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.periods import period_key
from models.reading_order import LONGEST, order_key
from models.texts import LONGEST_SAMENESS, sameness


class MadeOf(fields.CharField[str]):
    """A column that `make` makes of the column `source`."""

    def __init__(self, source: str, make: Callable[[Any], str], max_length: int, **options: Any) -> None:
        super().__init__(max_length, **options)
        self.source = source
        self.make = make

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        """As fields that hold the present time do: made anew when a row is written. Of a model it is a comparison."""
        if isinstance(instance, Model):
            source = getattr(instance, self.source)
            value = None if source is None else self.make(source)
            setattr(instance, self.model_field_name, value)
        return super().to_db_value(value, instance)


def name_order() -> Any:
    """What lists by name are sorted by, bytewise. See `models/reading_order.py`."""
    return MadeOf("name", order_key, LONGEST)


def same(source: str, *, unique: bool = False, null: bool = False) -> Any:
    """What equal texts have in common. See `models.texts.sameness`."""
    return MadeOf(source, sameness, LONGEST_SAMENESS, unique=unique, null=null)


def order_of_values(source: str, enum: type[Enum]) -> Any:
    """What a column of an enum is sorted by: the place of its value among those of the enum, and not its letters."""
    places = {member: str(place) for place, member in enumerate(enum)}
    first = places[next(iter(enum))]
    # The default is never kept; without one the database's would be.
    return MadeOf(source, lambda value: places[enum(value)], 1, default=first, db_default=first)


def same_period(source: str) -> Any:
    """What texts have in common that name the same period. See `models.periods.period_key`."""
    return MadeOf(source, period_key, LONGEST_SAMENESS, null=True)


def made_of(model: type[Model], columns: set[str]) -> set[str]:
    """The columns that have to be written with these."""
    fields_of = model._meta.fields_map
    return {name for name, field in fields_of.items() if isinstance(field, MadeOf) and field.source in columns}
