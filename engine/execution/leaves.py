"""Writing the values of leaves: many of one field at once, as graphql-core completes them one by one.

Only what goes well is written here. The places of all else are handed back, for graphql-core to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import is_awaitable

#: What was written, with None in the places that were not, and these places.
Written = tuple[Sequence[Any], Sequence[int]]

#: What a built-in scalar writes unchanged. Exact types only: a bool is an int, and is not written as one.
_UNCHANGED: dict[GraphQLScalarType, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLFloat: float,
    GraphQLBoolean: bool,
}
#: Neither exceptions nor awaitables, which graphql-core looks for in every value.
_ORDINARY = {bool, int, float, str, datetime, date, Decimal, UUID}
_NONE = {NoneType}
_ORDINARY_OR_NONE = _ORDINARY | _NONE
_GREATEST_INT = 2**31 - 1


class Leaf:
    """A scalar or an enum."""

    def __init__(self, type_: GraphQLLeafType, *, nullable: bool) -> None:
        self._coerce = type_.coerce_output_value
        self._nullable = nullable
        self._sound = _SOUND.get(type_, _always)
        self._unchanged: set[type] = set()
        if type_ in _UNCHANGED:
            self._unchanged = {_UNCHANGED[type_], NoneType} if nullable else {_UNCHANGED[type_]}
        self._is_enum = isinstance(type_, GraphQLEnumType)
        self._names: dict[type, dict[Any, str | None]] = {}

    def write(self, values: Sequence[Any]) -> Written:
        """Each value of one field."""
        kinds = set(map(type, values))
        if kinds <= self._unchanged and self._sound(values):
            return values, ()
        if self._nullable and kinds == _NONE:
            return values, ()
        if self._is_enum and (names := self._names_of(kinds)):
            return [names[value] for value in values], ()
        if kinds <= (_ORDINARY_OR_NONE if self._nullable else _ORDINARY):
            try:
                written = [None if value is None else self._coerce(value) for value in values]
            except Exception:
                return self._each(values)
            # An `in` would take None for Undefined.
            if not any(value is Undefined for value in written) and written.count(None) == values.count(None):
                return written, ()
        return self._each(values)

    def _names_of(self, kinds: set[type]) -> dict[Any, str | None]:
        """Names by member, where all values are members of one Python enum, or None where that may be."""
        members = kinds - {NoneType} if self._nullable else kinds
        kind = next(iter(members), NoneType)
        if len(members) != 1 or not issubclass(kind, Enum):
            return {}
        if kind not in self._names:
            names, unwritten = self._each(list(kind))
            self._names[kind] = {} if unwritten else {**dict(zip(kind, names, strict=True)), None: None}
        return self._names[kind]

    def _each(self, values: Sequence[Any]) -> Written:
        written: list[Any] = []
        unwritten: list[int] = []
        for place, value in enumerate(values):
            result = self._one(value)
            written.append(result)
            if result is None and not (value is None and self._nullable):
                unwritten.append(place)
        return written, unwritten

    def _one(self, value: Any) -> Any:
        if type(value) not in _ORDINARY and (
            value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value)
        ):
            return None
        try:
            coerced = self._coerce(value)
        except Exception:
            return None
        return None if coerced is Undefined else coerced


#: As many types of leaves as there may be, each with and without null.
_TYPES = 1_000


@lru_cache(_TYPES)
def leaf_of(type_: GraphQLLeafType, nullable: bool) -> Leaf:
    """The same for all fields of a type, in whichever document: what the members of an enum are called is found out
    once."""
    return Leaf(type_, nullable=nullable)


@dataclass(frozen=True, slots=True)
class Leaves:
    """A list of leaves."""

    item: Leaf
    nullable: bool

    def write(self, values: Sequence[Any]) -> Written:
        """Each value of one field."""
        written: list[Any] = []
        unwritten: list[int] = []
        for place, value in enumerate(values):
            result = self._one(value)
            written.append(result)
            if result is None and not (value is None and self.nullable):
                unwritten.append(place)
        return written, unwritten

    def _one(self, value: Any) -> list[Any] | None:
        if type(value) is not list and type(value) is not tuple:
            return None
        items, unwritten = self.item.write(value)
        return None if unwritten else list(items)


def _always(values: Sequence[Any]) -> bool:
    return True


def _ints(values: Sequence[Any]) -> bool:
    there = [value for value in values if value is not None]
    return not there or (min(there) >= -_GREATEST_INT - 1 and max(there) <= _GREATEST_INT)


def _finite(values: Sequence[Any]) -> bool:
    return all(value is None or isfinite(value) for value in values)


_SOUND: dict[GraphQLLeafType, Callable[[Sequence[Any]], bool]] = {GraphQLInt: _ints, GraphQLFloat: _finite}
