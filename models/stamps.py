"""When and by whom rows are written: of the change that is being made, so that no command has to say it.

Whoever stores a row has the connection of the present transaction by the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import Now
from tortoise.models import Model


class Stamp(NamedTuple):
    """A moment, and the member who acted; None for an automation, a schedule, or whatever is no change of a firm's."""

    at: datetime
    by: UUID | None


_PRESENT: ContextVar[Stamp | None] = ContextVar("stamp", default=None)
#: The columns that are written whenever a row's version is raised.
UPDATED = ("updated_at", "updated_by_id")


@contextmanager
def stamping(at: datetime, by: UUID | None) -> Iterator[None]:
    """Whatever is written inside the block is written then, by this member."""
    token = _PRESENT.set(Stamp(at, by))
    try:
        yield
    finally:
        _PRESENT.reset(token)


def stamp() -> Stamp:
    """Of the change that is being made; outside of one, nobody's."""
    return _PRESENT.get() or Stamp(datetime.now(UTC), None)


def raised(first: int, row: str = "") -> str:
    """What a statement sets that raises the versions of rows. The values of `stamp` have their places from `first` on;
    `row` is what the statement calls the table, where it has several."""
    return f"version = {row and row + '.'}version + 1, updated_at = ${first}, updated_by_id = ${first + 1}"


class _UpdatedAt(fields.DatetimeField[datetime]):
    """The moment at which the row is written."""

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        if isinstance(instance, Model):
            value = _put(instance, self.model_field_name, stamp().at)
        return super().to_db_value(value, instance)


class _UpdatedBy(fields.UUIDField[UUID]):
    """The member who writes the row."""

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        if isinstance(instance, Model):
            value = _put(instance, self.model_field_name, stamp().by)
        return super().to_db_value(value, instance)


def _put(instance: type[Model] | Model, column: str, value: Any) -> Any:
    setattr(instance, column, value)
    return value


def _at() -> datetime:
    return stamp().at


def _by() -> UUID | None:
    return stamp().by


def created_at() -> Any:
    """A column that holds when the row was made."""
    return fields.DatetimeField(default=_at, db_default=Now())


def updated_at() -> Any:
    """A column that holds when the row was last changed."""
    return _UpdatedAt(default=_at, db_default=Now())


def created_by() -> Any:
    """A column that holds who made the row. No foreign key: nobody deletes a member, and each check of one would lock
    the member's row."""
    return fields.UUIDField(null=True, default=_by)


def updated_by() -> Any:
    """A column that holds who last changed the row. No foreign key, as of `created_by`."""
    return _UpdatedBy(null=True)
