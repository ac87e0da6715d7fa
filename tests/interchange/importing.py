"""Files as tests write them, and what becomes of their lines."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

from interchange.imports.fields import What
from interchange.imports.files import opened
from interchange.imports.mappings import ColumnMap, generic
from interchange.imports.readers import Lines
from interchange.imports.refused import refused_of
from interchange.imports.running import Read, Summary, take_over
from models.imports.lines import Taken
from models.rows import Member
from tests.world import World


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A file of this text."""
    path.write_bytes(text.encode(encoding))
    return path


def workbook(path: Path, *rows: list[Any], sheets: tuple[str, ...] = ("Sheet1",)) -> Path:
    """A workbook whose first sheet has these rows."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"})}
        for place, name in enumerate(sheets):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows if place == 0 else []):
                for column, cell in enumerate(row):
                    if hasattr(cell, "year"):
                        sheet.write_datetime(number, column, cell, formats["date"])
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return path


@dataclass(slots=True)
class Told:
    """What became of the lines of a file: by the number of each the kinds and what was done, or why it was refused."""

    summary: Summary = field(default_factory=Summary)
    done: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def taken(self, read: Read, taken: Taken, reason: str | None) -> None:
        """Keep it."""
        if reason is not None:
            self.refused[read.row.number] = reason
            return
        self.done[read.row.number] = ", ".join(f"{each.kind} {each.done}" for each in taken.differences)
        self.changes[read.row.number] = {name: to for each in taken.differences for name, to in each.changes.items()}

    def reached(self, part: float, lines: int) -> None:
        """It goes on, and never beyond the end."""
        assert 0 <= part <= 1


async def imported(
    world: World,
    path: Path,
    what: What,
    map: ColumnMap | None = None,
    *,
    by: Member | None = None,
    dry: bool = False,
    refused: Path | None = None,
    **how: Any,
) -> Told:
    """Import a file as the owner or another member, with the generic preset or another map."""
    told = Told()
    map = map or generic(what)
    with opened(path, **how) as table:
        lines = Lines(map, table.columns)
        back = refused_of(table, refused) if refused is not None else None
        actor = world.acting(by or world.owner)

        audience = _Both(told, back)
        try:
            told.summary = await take_over(actor, table, lines, map.source, audience, dry=dry)
        finally:
            if back is not None:
                back.close()
    return told


@dataclass(slots=True)
class _Both:
    """Who keeps what is told, and what writes refused lines back."""

    told: Told
    back: Any

    def taken(self, read: Read, taken: Taken, reason: str | None) -> None:
        self.told.taken(read, taken, reason)
        if reason is not None and self.back is not None:
            self.back.write(read.row, read.key, reason)

    def reached(self, part: float, lines: int) -> None:
        self.told.reached(part, lines)
