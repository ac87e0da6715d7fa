"""Kinds of things that are one module in each room: models/items has its row, its events and its commands, schema/items
its type, its inputs, its mutations and its list. A new one is a name here, and a line in `models.ids.Kind`."""

from importlib import import_module
from types import ModuleType

#: `notes` for models/items/notes.py and schema/items/notes.py.
MODULES: tuple[str, ...] = ("notes",)


def modules_in(room: str) -> list[ModuleType]:
    """Their modules in a room, `models` or `schema`."""
    return [import_module(f"{room}.items.{name}") for name in MODULES]
