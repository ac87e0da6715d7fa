"""What a field of an event may hold, and how the log has it: each is read back as what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from models.ids import AnyId, Kind
from models.money import Money

#: Column: (before, after), as JSON has them. `models.changed_fields` reads them as what the columns hold.
Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A text, a whole number, whether; a day, a moment, an exact number, money; an id, which says of what kind; one of
    an enum. One of them, one or None, or a tuple of them."""

    of: type
    kind: Kind | None = None
    optional: bool = False
    many: bool = False

    @classmethod
    def of_hint(cls, hint: Any) -> FieldType:
        """The type of an annotation. `TypeError` for what cannot be read back from the log, or shown."""
        if hint == Changes:
            return CHANGES
        origin, args = get_origin(hint), get_args(hint)
        if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
            return cls(*_one(args[0]), many=True)
        if origin in (Union, UnionType) and len(args) == 2 and NoneType in args:
            return cls(*_one(args[args[0] is NoneType]), optional=True)
        return cls(*_one(hint))

    @classmethod
    def of_id(cls, kind: Kind, *, optional: bool = False) -> FieldType:
        """The type of the ids of a kind."""
        return cls(UUID, kind, optional=optional)

    def write(self, value: Any) -> Any:
        """The value as JSON has it. `TypeError` or `ValueError` for one that could not be read back."""
        if self.many:
            if not isinstance(value, tuple):
                raise TypeError(f"a tuple is needed, and not a {type(value).__name__}")
            return [self._write(each) for each in value]
        return None if value is None and self.optional else self._write(value)

    def _write(self, value: Any) -> Any:
        # A moment is a day to Python, and whether is a number: neither would be read back as what it was.
        odd = (self.of is date and isinstance(value, datetime)) or (self.of is int and isinstance(value, bool))
        if odd or not isinstance(value, self.of):
            raise TypeError(f"a {self.of.__name__} is needed, and not a {type(value).__name__}")
        return _FORMS[self.of].write(value) if self.of in _FORMS else str(value)

    def read(self, data: Any) -> Any:
        """The value that was written. `ValueError`, `TypeError` or `LookupError` for what was not."""
        if self.many:
            return tuple(self._read(each) for each in data)
        return None if data is None and self.optional else self._read(data)

    def _read(self, data: Any) -> Any:
        read = _FORMS[self.of].read if self.of in _FORMS else self.of
        return read(data)


@dataclass(frozen=True, slots=True)
class _Form:
    """How JSON has the values of a type."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


def _write_moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.isoformat()


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("a number is needed")
    return str(value)


def _read_decimal(data: str) -> Decimal:
    try:
        return Decimal(data)
    except InvalidOperation:
        raise ValueError("This is not a number.") from None


def _write_money(value: Money) -> dict[str, str]:
    return {"amount": _write_decimal(value.amount), "currency": value.currency}


def _read_money(data: Mapping[str, str]) -> Money:
    return Money(_read_decimal(data["amount"]), data["currency"])


def _read_changes(data: Mapping[str, Any]) -> Changes:
    return {name: tuple(pair) for name, pair in data.items()}


_FORMS: dict[type, _Form] = {
    str: _Form(_as_it_is, _as_it_is),
    int: _Form(_as_it_is, _as_it_is),
    bool: _Form(_as_it_is, _as_it_is),
    # Whatever JSON is.
    object: _Form(_as_it_is, _as_it_is),
    date: _Form(date.isoformat, date.fromisoformat),
    datetime: _Form(_write_moment, datetime.fromisoformat),
    Decimal: _Form(_write_decimal, _read_decimal),
    Money: _Form(_write_money, _read_money),
    UUID: _Form(str, UUID),
    Mapping: _Form(dict, _read_changes),
}
#: What an annotation may name, besides enums and ids that say of what kind they are.
NAMED = (str, int, bool, date, datetime, Decimal, Money)
CHANGES = FieldType(Mapping)
JSON = FieldType(object, optional=True)


def _one(hint: Any) -> tuple[type, Kind | None]:
    if hint in NAMED or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return hint, None
    if get_origin(hint) is Annotated and get_args(hint)[0] is UUID:
        kind = next((extra for extra in hint.__metadata__ if isinstance(extra, Kind)), None)
        if kind is not None or hint == AnyId:
            return UUID, kind
    if hint is UUID:
        raise TypeError("an id says of what kind it is: `JobId`")
    named = ", ".join(each.__name__ for each in NAMED)
    raise TypeError(f"the log cannot hold {hint}, but {named}, ids, enums, each of these or None, and tuples of them")


def plain(value: Any) -> Any:
    """A value of a column as JSON has it, by what it is."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    # A moment is a day to Python, so the closest class is what counts.
    of = next((cls for cls in type(value).__mro__ if cls in _FORMS and cls is not object), object)
    return _FORMS[of].write(value)
