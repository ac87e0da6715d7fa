"""Fields of settings that show the things that these point to."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from models.ids import Kind
from schema.types.base import loaded


def several(kind: Kind, by: str, description: str) -> Any:
    """The things of this kind whose ids the settings hold; those that are there still, and in sight."""
    ids = attrgetter(by)

    def load(settings: Any, context: Any) -> Any:
        return context.load.several(kind, ids(settings))

    return loaded(load, f"{description}; those that are there still.", size=2)


def maybe_one(kind: Kind, by: str, description: str) -> Any:
    """The thing of this kind whose id the settings hold; null for none."""
    id = attrgetter(by)

    def load(settings: Any, context: Any) -> Any:
        return None if id(settings) is None or not context.holds(1) else context.load.one(kind, id(settings))

    return loaded(load, f"{description} Null where it was deleted.")
