"""Lines that were refused, written back to be mended: in a file of the same form, with the number of each, the reason,
and the key by which it is known when it comes again."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from interchange.imports.csv_files import CsvFile
from interchange.imports.faults import FileRefused
from interchange.imports.readers import KEY, LINE, OURS, REASON
from interchange.imports.tables import Cell, Row
from interchange.imports.xlsx_files import XlsxFile


class RefusedLines(Protocol):
    """A file that refused lines are written to. It is there once one was."""

    def write(self, row: Row, key: str | None, reason: str) -> None:
        """Write a line back."""

    def close(self) -> None:
        """Finish the file."""


def refused_of(table: CsvFile | XlsxFile, path: Path) -> RefusedLines:
    """The file for the refused lines of this one. `FileRefused` where something is there already."""
    if path.exists():
        raise FileRefused(f"There is {path} already. Name another file for what is refused.")
    if not path.parent.is_dir():
        raise FileRefused(f"There is no folder {path.parent} for the lines that are refused.")
    return _RefusedCsv(table, path) if isinstance(table, CsvFile) else _RefusedXlsx(table, path)


class _Kept:
    """The columns that are written back: those of the file, but for ours of an earlier time."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._ours = {place for place, column in enumerate(columns) if column in OURS}

    @property
    def header(self) -> list[str]:
        return [LINE, REASON, KEY, *self._without_ours(self._columns)]

    def line(self, row: Row, key: str | None, reason: str) -> list[Cell]:
        return [row.number, reason, key, *self._without_ours(row.cells)]

    def _without_ours(self, cells: Sequence[Any]) -> list[Any]:
        return [cell for place, cell in enumerate(cells) if place not in self._ours]


class _RefusedCsv:
    def __init__(self, table: CsvFile, path: Path) -> None:
        self._table, self._path, self._kept = table, path, _Kept(table.columns)
        self._stream: Any = None
        self._writer: Any = None

    def write(self, row: Row, key: str | None, reason: str) -> None:
        if self._writer is None:
            self._stream = self._path.open("x", encoding=self._table.encoding, newline="")
            self._writer = csv.writer(self._stream, delimiter=self._table.delimiter)
            self._writer.writerow(self._kept.header)
        # The reason may name what the file has no letters for.
        told = reason.encode(self._table.encoding, "replace").decode(self._table.encoding)
        self._writer.writerow(self._kept.line(row, key, told))

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


_FORMATS = ((datetime, "yyyy-mm-dd hh:mm:ss"), (date, "yyyy-mm-dd"), (time, "hh:mm"), (timedelta, "[h]:mm"))


class _RefusedXlsx:
    def __init__(self, table: XlsxFile, path: Path) -> None:
        self._sheet_name, self._path, self._kept = table.sheet, path, _Kept(table.columns)
        self._workbook: Any = None
        self._row = 0

    def write(self, row: Row, key: str | None, reason: str) -> None:
        if self._workbook is None:
            self._begin()
        self._write(self._kept.line(row, key, reason))

    def _begin(self) -> None:
        # Each row is written out when the next one begins. No text becomes a formula or a link.
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._workbook = xlsxwriter.Workbook(str(self._path), options)
        self._sheet = self._workbook.add_worksheet(self._sheet_name)
        self._formats = [(of, self._workbook.add_format({"num_format": format})) for of, format in _FORMATS]
        self._write(self._kept.header)

    def _write(self, cells: Sequence[Cell]) -> None:
        for column, cell in enumerate(cells):
            if cell is not None and cell != "":
                format = next((format for of, format in self._formats if isinstance(cell, of)), None)
                self._sheet.write(self._row, column, cell, *([format] if format is not None else []))
        self._row += 1

    def close(self) -> None:
        if self._workbook is not None:
            self._workbook.close()
