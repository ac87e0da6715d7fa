"""Names of the rows' classes, which nothing can be reached by: see models/seen.py."""

from typing import Any

#: What may be known of a class of rows without asking for any.
_DECLARED = ("kind", "policy", "untold", "withheld")


def name_of(model: type[Any]) -> type[Any]:
    """The name of a class of rows, with what the class declares."""
    declared = {name: getattr(model, name) for name in _DECLARED if hasattr(model, name)}
    return type(model.__name__, (), {"__slots__": (), "__doc__": model.__doc__, "_row_class": model, **declared})


def row_class(name: type[Any]) -> type[Any]:
    """The class of rows that has this name; a class itself is its own."""
    found: type[Any] = getattr(name, "_row_class", name)
    return found
