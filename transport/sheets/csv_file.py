"""A table in CSV (RFC 4180), in pieces as large as one write."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from transport.engine import Cell

_PIECE = 65_536
#: Excel takes what has none for the encoding of its country.
_BOM = "\ufeff"
#: What a spreadsheet takes for the beginning of a formula, or leaves out before one:
#: https://owasp.org/www-community/attacks/CSV_Injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


class CsvFile:
    """Texts are in quotation marks, so that none ends its cell, and begin with an apostrophe where they would be taken
    for a formula. Numbers are as they are."""

    def __init__(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        self._write = write
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, quoting=csv.QUOTE_NONNUMERIC)

    async def begin(self, headers: Sequence[str]) -> None:
        """Write the headers."""
        self._text.write(_BOM)
        self._csv.writerow(headers)

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some rows more."""
        self._csv.writerows([[_shown(cell) for cell in row] for row in rows])
        if self._text.tell() >= _PIECE:
            await self._flush()

    async def finish(self) -> None:
        """Write what is left."""
        await self._flush()

    async def close(self) -> None:
        """There is nothing to let go."""

    async def _flush(self) -> None:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        await self._write(text.encode())


def _shown(cell: Cell) -> Any:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return cell
