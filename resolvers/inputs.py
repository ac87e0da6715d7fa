"""From a mutation's input to the values that its command takes, and from a refusal to what the caller reads."""

from __future__ import annotations

import dataclasses
from typing import Any

from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from models.errors import Forbidden, Invalid, LimitReached, Refusal
from models.ids import Kind, decode
from schema.inputs.base import CLEARS, KIND, LEFT_OUT, NULL, REFUSED
from schema.payloads import UserError


def values_of(given: Any) -> dict[str, Any]:
    """The fields of an input that were given, as the domain has them: ids decoded, inner inputs built."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(given):
        value = getattr(given, field.name)
        if value is UNSET:
            if field.metadata.get(LEFT_OUT) == REFUSED:
                raise Invalid("This must be given. Null takes away what is there.", field.name)
            continue
        if value is None:
            if field.metadata.get(NULL) == REFUSED:
                raise Invalid("This cannot be null. Leave it out to keep what is there.", field.name)
            if field.metadata.get(NULL) != CLEARS:
                continue
        values[field.name] = _value(value, field)
    return values


def _value(value: Any, field: dataclasses.Field[Any]) -> Any:
    kind = field.metadata.get(KIND)
    if isinstance(value, list):
        return [_item(item, kind, field.name, place) for place, item in enumerate(value)]
    return value if kind is None or value is None else _decoded(kind, value, field.name)


def _item(item: Any, kind: Kind | None, name: str, place: int) -> Any:
    if kind is not None:
        return _decoded(kind, item, name, place)
    if not dataclasses.is_dataclass(item):
        return item
    try:
        build: Any = type(item).build  # type: ignore[union-attr]
        return build(**values_of(item))
    except Refusal as refusal:
        refusal.path = (name, place, *refusal.path)
        raise


def _decoded(kind: Kind, text: str, *path: str | int) -> Any:
    try:
        return decode(kind, text)
    except Invalid as refusal:
        refusal.path = path
        raise


def spoken(refusal: Refusal) -> UserError:
    """A refusal in the API's words."""
    return UserError(
        code=refusal.code,
        message=refusal.message,
        path=["input", *(to_camel_case(str(step)) for step in refusal.path)],
        right=refusal.right if isinstance(refusal, Forbidden) else None,
        role=refusal.role if isinstance(refusal, Forbidden) else None,
        retry_after=refusal.retry_after if isinstance(refusal, LimitReached) else None,
    )
