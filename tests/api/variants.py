"""Inputs that differ from one in a single place, whatever its type: for what must notice every difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_required_input_field,
)

from models.ids import Kind, encode, new_id
from schema.inputs.base import CLEARS, KIND, NULL
from tests.api.samples import NoSample, Path, camel

#: A value of each scalar, and another one.
PAIRS: dict[str, tuple[Any, Any]] = {
    "String": ("some text", "another text"),
    "Int": (1, 2),
    "Boolean": (False, True),
    "Date": ("2026-03-01", "2026-03-02"),
    "DateTime": ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z"),
    "Decimal": ("12.50", "12.75"),
    "Revision": ("1", "2"),
}


def variants(type_: Any, value: Any, *, but: frozenset[str] = frozenset()) -> Iterator[tuple[Path, Any]]:
    """The input of this type, changed in one place: each field that it has, has not, or has within others."""
    yield from _variants(type_, value, but, None, ())


def _variants(
    type_: Any, value: Any, but: frozenset[str], kind: str | None, within: tuple[str, ...]
) -> Iterator[tuple[Path, Any]]:
    for name, field, declared in _fields(type_):
        if name in but:
            continue
        # Of what ids are is said where they are taken: by the field itself, or by the one that it is within.
        of = declared.metadata.get(KIND, kind)
        for path, other in _others(field.type, value.get(name, _default(field)), of, (*within, type_.name)):
            yield (name, *path), {**value, name: other}
        if value.get(name) is not None and declared.metadata.get(NULL) == CLEARS:
            yield (name, "null"), {**value, name: None}


def _fields(type_: Any) -> Iterator[tuple[str, Any, Any]]:
    of_strawberry = type_.extensions["strawberry-definition"].fields
    declared = {field.graphql_name or camel(field.python_name): field for field in of_strawberry}
    for name, field in type_.fields.items():
        yield name, field, declared[name]


def _default(field: GraphQLInputField) -> Any:
    """What is sent by who leaves it out, where that is a word."""
    if field.default_value is Undefined or not isinstance(type_ := get_named_type(field.type), GraphQLEnumType):
        return None
    return type_.serialize(field.default_value)


def _others(type_: Any, value: Any, kind: str | None, within: tuple[str, ...]) -> Iterator[tuple[Path, Any]]:
    if isinstance(type_, GraphQLNonNull):
        yield from _others(type_.of_type, value, kind, within)
    elif isinstance(type_, GraphQLList):
        for path, other in _others(type_.of_type, value[0] if value else None, kind, within):
            yield (0, *path), [other, *(value or [])[1:]]
        for _, more in _others(type_.of_type, None, kind, within):
            yield ("more",), [*(value or []), more]
            break
    elif isinstance(type_, GraphQLInputObjectType):
        # A filter within a filter of its type could go on for ever.
        if value is not None or type_.name not in within:
            yield from _variants(type_, value or _least(type_, kind, within), frozenset(), kind, within)
    else:
        yield (), _other(type_, value, kind)


def _least(type_: GraphQLInputObjectType, kind: str | None, within: tuple[str, ...]) -> dict[str, Any]:
    """What must be given of an input."""
    return {
        name: next(other for _, other in _others(field.type, None, declared.metadata.get(KIND, kind), within))
        for name, field, declared in _fields(type_)
        if is_required_input_field(field)
    }


def _other(type_: Any, value: Any, kind: str | None) -> Any:
    if type_.name == "ID":
        assert kind is not None
        return encode(Kind(kind), new_id())
    if isinstance(type_, GraphQLEnumType):
        return next(name for name in type_.values if name != value)
    if type_.name not in PAIRS:
        raise NoSample(f"Say in tests/api/variants.py, PAIRS, what two values of {type_.name} look like.")
    return next(one for one in PAIRS[type_.name] if one != value)
