"""How inputs are declared, so that one translator serves them all."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry import UNSET

from models.ids import Kind
from models.texts import IDEMPOTENCY_KEY

#: Keys of a field's metadata: the kind of thing that an id names, what an explicit null means, and what it means that a
#: field was left out which GraphQL lets everybody leave out, since it may be null.
KIND = "kind"
NULL = "null"
LEFT_OUT = "left out"
CLEARS = "clears"
REFUSED = "refused"
#: And whether it is a password: hashed, and in no digest, log or message.
PASSWORD = "password"
#: And whether it is a filter or an order of a list, of which is kept what was sent.
KEPT = "kept"


T = TypeVar("T", bound=type)


@dataclass_transform(field_specifiers=(strawberry.field,))
def input_type(cls: T) -> T:
    """An input of this class. The class's docstring is its description."""
    made: T = strawberry.input(cls, description=cls.__doc__)
    return made


def needed(description: str) -> Any:
    """A field that must be given."""
    return strawberry.field(description=description, metadata={NULL: REFUSED})


def optional(description: str) -> Any:
    """A field that may be left out, or null, which is the same."""
    return strawberry.field(default=UNSET, description=description)


def password(description: str) -> Any:
    """A password that must be given."""
    return strawberry.field(description=description, metadata={NULL: REFUSED, PASSWORD: True})


def maybe_password(description: str) -> Any:
    """A password that may be left out, or null, which is the same."""
    return strawberry.field(default=UNSET, description=description, metadata={PASSWORD: True})


@functools.cache
def secrets_of(input: Hashable) -> frozenset[str]:
    """The names of the fields of an input that are passwords, as the domain has them."""
    declared = dataclasses.fields(input)  # type: ignore[arg-type]
    return frozenset(field.name for field in declared if field.metadata.get(PASSWORD))


def change(description: str) -> Any:
    """A field of an update: left out it stays, and it cannot be null."""
    return strawberry.field(default=UNSET, description=description, metadata={NULL: REFUSED})


def clearable(description: str) -> Any:
    """A field of an update: left out it stays, null takes it away."""
    return strawberry.field(default=UNSET, description=description, metadata={NULL: CLEARS})


def kept(description: str, *, default: Any = UNSET, null: str | None = None) -> Any:
    """A filter, or an order, that a list would take: what was sent is kept. `null` is what null means, if it is no way
    to leave it out."""
    return strawberry.field(default=default, description=description, metadata={KEPT: True, NULL: null})


def explicit(description: str) -> Any:
    """A field that must be given; null takes away what is there."""
    metadata = {NULL: CLEARS, LEFT_OUT: REFUSED}
    return strawberry.field(default=UNSET, description=f"{description} Must be given.", metadata=metadata)


def id_of(kind: Kind, description: str) -> Any:
    """The id of a thing, or a list of ids, that must be given."""
    return strawberry.field(description=description, metadata={KIND: kind, NULL: REFUSED})


def maybe_id_of(kind: Kind, description: str) -> Any:
    """The id of a thing, or a list of ids, that may be left out, or null, which is the same."""
    return strawberry.field(default=UNSET, description=description, metadata={KIND: kind})


def change_id_of(kind: Kind, description: str) -> Any:
    """The id of a thing, or a list of ids, in an update: left out it stays, and it cannot be null."""
    return strawberry.field(default=UNSET, description=description, metadata={KIND: kind, NULL: REFUSED})


def clearable_id_of(kind: Kind, description: str) -> Any:
    """The id of a thing in an update: left out it stays, null takes it away."""
    return strawberry.field(default=UNSET, description=description, metadata={KIND: kind, NULL: CLEARS})


def explicit_id_of(kind: Kind, description: str) -> Any:
    """The id of a thing that must be given; null takes away what is there."""
    metadata = {KIND: kind, NULL: CLEARS, LEFT_OUT: REFUSED}
    return strawberry.field(default=UNSET, description=f"{description} Must be given.", metadata=metadata)


@strawberry.input
class Keyed:
    """What every mutation takes."""

    idempotency_key: str | None = optional(
        f"{IDEMPOTENCY_KEY.bounds}, any but control characters. The call sent again with the same key changes nothing "
        "and returns the first result, for at least 24 hours; the same key with other content is refused."
    )


@strawberry.input
class Expecting(Keyed):
    """What every change of one thing takes."""

    expected_version: int | None = optional(
        "The version that you saw. If the thing has another one by now, nothing is changed and you get CONFLICT with "
        "its present state."
    )


def own_id(kind: Kind) -> Any:
    """The id that a client may bring to a create."""
    return maybe_id_of(
        kind,
        "An id of your own making, a UUIDv7 behind the prefix of its type: sent again, it returns the first result.",
    )
