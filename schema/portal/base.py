"""How the portal's types are made of rows. None of them is a type of the team's schema: what is not said here is not
there, whatever is added to a row, to its type for members, or to a loader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry

from models.audiences import Audience
from models.ids import Kind
from models.seen import named
from schema.types.base import is_of_kind

T = TypeVar("T", bound=type)

#: The portal's type of the rows of each kind of which clients see any.
SHOWN: dict[Kind, type] = {}


def shown(kind: Kind) -> Callable[[T], T]:
    """A type of the portal whose objects are rows of this kind. The class's docstring is the type's description.
    `TypeError` where clients see no such rows."""
    if Audience.CLIENT not in named(kind).policy.of(Audience.CLIENT).audiences:
        raise TypeError(f"Clients see no {kind.spoken}: say in its policy which ones they do.")

    def make(cls: T) -> T:
        cls.is_type_of = is_of_kind(kind)  # type: ignore[attr-defined]
        made: T = strawberry.type(cls, description=cls.__doc__)
        SHOWN[kind] = made
        return made

    return make
