"""A table in XLSX. It is a zip, which can be sent when it is whole: so it is made in a folder of its own, with no more
than a row of it in memory, and off the event loop."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from xlsxwriter import Workbook

from transport.engine import Cell
from transport.reply import Rejected

_PIECE = 65_536
#: Of a cell, and the digits that a number keeps (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
MOST_CHARACTERS = 32_767
_MOST_DIGITS = 15
#: Before it the calendars of spreadsheets differ.
_FIRST_DAY = date(1900, 3, 1)


class XlsxFile:
    """Texts are written as texts, numbers, days and moments as what they are."""

    def __init__(self, write: Callable[[bytes], Awaitable[None]], most_bytes: int) -> None:
        self._write = write
        self._most_bytes = most_bytes
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._book: Any = None
        self._sheet: Any = None
        self._decimals: dict[int, Any] = {}
        self._rows = 0

    async def begin(self, headers: Sequence[str]) -> None:
        """Write the headers."""
        await asyncio.to_thread(self._open, headers)

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some rows more."""
        await asyncio.to_thread(self._put, rows)

    async def finish(self) -> None:
        """Make the file whole, and write it."""
        file = await asyncio.to_thread(self._pack)
        try:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                await self._write(piece)
        finally:
            file.close()

    async def close(self) -> None:
        """Leave nothing behind."""
        await asyncio.to_thread(self._remove)

    def _open(self, headers: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="jobwire-sheet-")
        options = {"constant_memory": True, "tmpdir": self._folder.name, "remove_timezone": True}
        self._book = Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet("Rows")
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        heading = self._book.add_format({"bold": True})
        for column, header in enumerate(headers):
            self._sheet.set_column(column, column, max(10, min(40, len(header) + 2)))
        self._sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            self._sheet.write_string(0, column, header, heading)

    def _put(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            self._rows += 1
            for column, cell in enumerate(row):
                self._put_cell(column, cell)
        if self._sheet.row_data_fh.tell() > self._most_bytes:
            told = f"The sheet would be larger than {self._most_bytes:,} bytes unpacked. Ask for less, or for CSV."
            raise Rejected(400, told, "LIMIT")

    def _put_cell(self, column: int, cell: Cell) -> None:
        if cell is None:
            return
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._rows, column, cell)
        elif isinstance(cell, int | float | Decimal) and _digits(cell) <= _MOST_DIGITS:
            self._sheet.write_number(self._rows, column, cell, self._format_of(cell))
        elif isinstance(cell, datetime) and cell.date() >= _FIRST_DAY:
            self._sheet.write_datetime(self._rows, column, cell.astimezone(UTC), self._moment)
        elif isinstance(cell, date) and not isinstance(cell, datetime) and cell >= _FIRST_DAY:
            self._sheet.write_datetime(self._rows, column, cell, self._day)
        else:
            self._put_text(column, str(cell))

    def _put_text(self, column: int, text: str) -> None:
        if len(text.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
            told = f"A cell would have more than {MOST_CHARACTERS:,} characters. Ask for less in it, or for CSV."
            raise Rejected(400, told, "LIMIT")
        self._sheet.write_string(self._rows, column, text)

    def _format_of(self, number: float | Decimal) -> Any:
        places = -int(number.as_tuple().exponent) if isinstance(number, Decimal) else 0
        if places > 0 and places not in self._decimals:
            self._decimals[places] = self._book.add_format({"num_format": f"0.{'0' * places}"})
        return self._decimals.get(places)

    def _pack(self) -> BinaryIO:
        self._book.close()
        return self._path.open("rb")

    def _remove(self) -> None:
        if self._sheet is not None and not self._book.fileclosed:
            self._sheet.row_data_fh.close()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def _path(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "sheet.xlsx"


def _digits(number: float | Decimal) -> int:
    if isinstance(number, Decimal):
        return len(number.as_tuple().digits)
    return len(str(abs(number))) if isinstance(number, int) else 0
