"""Workbooks (XLSX). What unpacks them reads a sheet as a whole, so it is looked at before (archives.py, sheets.py)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from interchange.imports.archives import expect_sound
from interchange.imports.faults import FileRefused
from interchange.imports.sheets import look_at
from interchange.imports.tables import Cell, Header, Row, counted, size_of


class XlsxFile:
    """A table in a sheet of a workbook."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        size_of(path)
        expect_sound(path)
        try:
            self._workbook = CalamineWorkbook.from_path(path)
        except (CalamineError, OSError) as error:
            raise FileRefused(f"The workbook cannot be read: {error}. Save it anew as XLSX, or as CSV.") from None
        self.sheet = _chosen(self._workbook, sheet)
        self._looked = look_at(path, self.sheet)
        try:
            found: CalamineSheet = self._workbook.get_sheet_by_name(self.sheet)
        except CalamineError as error:
            raise FileRefused(f"The sheet {self.sheet!r} cannot be read: {error}. Save the workbook anew.") from None
        # It gives all rows from the first on, but of these only the columns from the first that has something.
        self._indent = found.start[1] if found.start is not None else 0
        self._read, self._height = 0, max(1, found.total_height)
        self._cells = enumerate(found.iter_rows(), 1)
        self.notes = [f"Read from the sheet {self.sheet!r}."]
        self._header = Header.of(next((cells for _, cells in self._records() if any(map(_holds, cells))), ()))
        self.columns = self._header.columns

    def _records(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        for number, cells in self._cells:
            self._read = number
            yield number, cells

    def rows(self) -> Iterator[Row]:
        """The lines below the header."""
        return counted(row for number, cells in self._records() if (row := self._row(number, cells)) is not None)

    def _row(self, number: int, cells: Sequence[Cell]) -> Row | None:
        row = self._header.row(number, cells)
        places = [column - 1 - self._indent for column in self._looked.unreadable.get(number, ())]
        if not places:
            return row
        names = ", ".join(self.columns[place] or "?" for place in places if place < len(self.columns)) or "?"
        told = f"There is a formula with an error, or without a value, in: {names}. Write what it is to be."
        return Row(number, [*cells, *[None] * len(self.columns)][: len(self.columns)], told)

    def reached(self) -> float:
        """How much of it has been read, from 0 to 1."""
        return min(1.0, self._read / self._height)

    def close(self) -> None:
        """Let go of the file."""
        self._workbook.close()


def _holds(cell: Cell) -> bool:
    return cell is not None and cell != ""


def _chosen(workbook: CalamineWorkbook, sheet: str | None) -> str:
    """The sheet that is asked for, or the only one that there is to see."""
    shown = [
        each.name
        for each in workbook.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ]
    if sheet is not None:
        if sheet not in workbook.sheet_names:
            raise FileRefused(f"There is no sheet {sheet!r}. There is: {', '.join(workbook.sheet_names)}.")
        return sheet
    if len(shown) != 1:
        named = ", ".join(shown) or "none that is shown"
        raise FileRefused(f"Say which --sheet of the workbook is to be read. There is: {named}.")
    return shown[0]
