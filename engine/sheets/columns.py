"""The columns of a table: how each is headed, and what it shows of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from transport.engine import Cell

#: What is between the values of a list, which are one cell.
BETWEEN = "; "
#: How a value is read, by the name of its scalar. Everything else is text.
_READ: Mapping[str, Callable[[Any], Cell]] = {
    "Boolean": bool,
    "Date": date.fromisoformat,
    "DateTime": datetime.fromisoformat,
    "Decimal": Decimal,
    "Float": float,
    "Int": int,
}
#: What the values of these are in, whatever the field is called.
_UNITS = {"DateTime": "UTC"}
_BEFORE_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands at a path of response names below each row."""

    path: Path
    #: The response names that head it: not those of pages and their parts.
    called: Path
    #: The name of the scalar or enum.
    of: str
    #: What the viewer lacks to be shown it.
    lacks: str | None = None

    @property
    def header(self) -> str:
        """As people read it: "Account name"."""
        notes = [note for note in (_UNITS.get(self.of), self.lacks and f"needs {self.lacks}") if note]
        return _spoken(self.called) + "".join(f" ({note})" for note in notes)

    def cell(self, row: Any) -> Cell:
        """What it shows of a row. Of a list that holds more than one value, all of them as a text."""
        found = list(_values(row, self.path, 0))
        if len(found) > 1:
            return BETWEEN.join(map(_written, found))
        value = found[0] if found else None
        return None if value is None else _READ.get(self.of, str)(value)


def headers(columns: Sequence[Column]) -> list[str]:
    """The headers of columns, no two of which are the same."""
    taken: dict[str, int] = {}
    return [_numbered(column.header, taken) for column in columns]


def _numbered(header: str, taken: dict[str, int]) -> str:
    taken[header] = taken.get(header, 0) + 1
    return header if taken[header] == 1 else _numbered(f"{header} {taken[header]}", taken)


def _spoken(names: Path) -> str:
    words = [word for name in names for word in _BEFORE_WORD.sub(" ", name).split()]
    # A capital within a name begins a word; an abbreviation stays one.
    text = " ".join("ID" if word.lower() == "id" else word if word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def _values(value: Any, path: Path, at: int) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path, at)
    elif value is None or at == len(path):
        yield value
    else:
        # It is not there where the row is of a type that was not asked for it.
        yield from _values(value.get(path[at]), path, at + 1)


def _written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
