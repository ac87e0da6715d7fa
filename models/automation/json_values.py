"""Values of settings and conditions as JSON has them, and back: by the annotations of the dataclasses they are in."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from models.templates.content import Kept

_hints: Any = cache(get_type_hints)


def written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Kept):
        return value.stored()
    if is_dataclass(value) and not isinstance(value, type):
        return fields_of(value)
    if isinstance(value, tuple):
        return [written(each) for each in value]
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON has them."""
    return {field.name: written(getattr(value, field.name)) for field in fields(value)}


def read_fields(cls: type[Any], stored: Mapping[str, Any]) -> Any:
    """A dataclass of its fields. What is not there yet has its default."""
    hints = _hints(cls)
    return cls(**{name: read_as(hints[name], value) for name, value in stored.items()})


def read_as(hint: Any, value: Any) -> Any:
    """A value of JSON as what is annotated so."""
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is tuple:
        return tuple(read_as(get_args(hint)[0], each) for each in value)
    if not isinstance(hint, type):
        raise TypeError(f"Nothing says how {hint} is read.")
    if issubclass(hint, Kept):
        return hint.of(value)
    if is_dataclass(hint):
        return read_fields(hint, value)
    return hint(value) if issubclass(hint, UUID | Enum) else value
