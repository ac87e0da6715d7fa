"""An input as the client sent it in variables, made of what was read."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

from strawberry import UNSET
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from schema.scalars import write_datetime


def as_sent(value: Any) -> Any:
    """JSON that is read as the same value. What asks for nothing is left out."""
    definition = get_object_definition(value)
    if definition is not None:
        given = {field: getattr(value, field.python_name) for field in definition.fields}
        return {
            field.graphql_name or to_camel_case(field.python_name): as_sent(part)
            for field, part in given.items()
            if part is not UNSET and part is not None
        }
    if isinstance(value, list):
        return [as_sent(part) for part in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return write_datetime(value)
    return value.isoformat() if isinstance(value, date) else value
