"""A file as a table: a header, and lines of cells that are read one after the other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from interchange.imports.bounds import MOST_BYTES, MOST_COLUMNS, MOST_IN_CELL, MOST_ROWS
from interchange.imports.faults import FileRefused
from models.texts import sameness

#: What stands in a cell: a text, or what a spreadsheet makes of one.
Cell = str | int | float | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file: the number of the line that it begins on (of a workbook that of its row), its cells as they
    stand there, at least as many as the header has, and what is wrong with it as a line."""

    number: int
    cells: Sequence[Cell]
    wrong: str | None = None


class Table(Protocol):
    """A file that was opened, and whose header was read."""

    @property
    def columns(self) -> Sequence[str]:
        """As they stand in the header; each is there once, but for empty ones."""

    @property
    def notes(self) -> Sequence[str]:
        """How it was read, for whoever imports it."""

    def rows(self) -> Iterator[Row]:
        """Its lines below the header that are not empty, each as long as the header."""

    def reached(self) -> float:
        """How much of it has been read, from 0 to 1."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(slots=True)
class Header:
    """The first line of a file that is not empty, which names the columns."""

    columns: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Header":
        """The header in these cells. `FileRefused` unless it names each column once."""
        columns = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
        while columns and not columns[-1]:
            columns.pop()
        if not columns:
            raise FileRefused("The file is empty: its first line should name the columns.")
        if len(columns) > MOST_COLUMNS:
            raise FileRefused(f"The file has {len(columns):,} columns; at most {MOST_COLUMNS} are read.")
        if long := [column for column in columns if len(column) > MOST_IN_CELL]:
            raise FileRefused(f"A column's name has {len(long[0]):,} characters. Is the first line the header?")
        times = Counter(map(sameness, columns))
        twice = dict.fromkeys(column for column in columns if column and times[sameness(column)] > 1)
        if twice:
            raise FileRefused(f"The header has columns of the same name: {', '.join(twice)}. Name each otherwise.")
        return cls(columns)

    def row(self, number: int, cells: Sequence[Cell]) -> Row | None:
        """A line below the header; None for an empty one."""
        if all(map(_empty, cells)):
            return None
        width = len(self.columns)
        cells = [*cells, *[None] * (width - len(cells))]
        if any(isinstance(cell, str) and len(cell) > MOST_IN_CELL for cell in cells):
            return Row(number, cells, f"A cell has more than {MOST_IN_CELL:,} characters.")
        if not all(map(_empty, cells[width:])):
            told = f"The line has {len(cells)} cells, and the header {width}. Does a text with a delimiter lack quotes?"
            return Row(number, cells, told)
        return Row(number, cells[:width])


def _empty(cell: Cell) -> bool:
    return cell is None or cell == "" or (isinstance(cell, str) and not cell.strip())


def counted(rows: Iterator[Row]) -> Iterator[Row]:
    """These rows, as long as they are not too many."""
    for place, row in enumerate(rows):
        if place == MOST_ROWS:
            raise FileRefused(f"The file has more than {MOST_ROWS:,} lines. Import it in parts.")
        yield row


def size_of(path: Path) -> int:
    """The bytes of a file that is there and may be read; `FileRefused` where it is none, or too large."""
    try:
        if not path.is_file():
            raise FileRefused(f"There is no file {path}.")
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from None
    if not size:
        raise FileRefused("The file is empty: its first line should name the columns.")
    if size > MOST_BYTES:
        raise FileRefused(f"The file has {size:,} bytes; at most {MOST_BYTES:,} are read. Import it in parts.")
    return size
