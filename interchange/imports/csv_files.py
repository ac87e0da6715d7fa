"""Files of texts with delimiters (https://www.rfc-editor.org/rfc/rfc4180): their encoding and their delimiter are found
out, or said."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from interchange.imports.bounds import MOST_IN_LINE
from interchange.imports.faults import FileRefused
from interchange.imports.tables import Header, Row, counted, size_of

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What is taken where the bytes are no UTF: what spreadsheets on Windows write.
_OTHERWISE = "windows-1252"
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_AT_A_TIME = 1024 * 1024
#: So much is looked at to find out the delimiter.
_LOOKED_AT = 64 * 1024
#: What spreadsheets write before the header to say what delimits.
_SAID = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


class CsvFile:
    """A table in a file of texts."""

    def __init__(self, path: Path, encoding: str | None = None, delimiter: str | None = None) -> None:
        self._size = size_of(path)
        self.encoding = _known(encoding) if encoding is not None else _encoding_of(path)
        self._stream: TextIO = path.open(encoding=self.encoding, errors="strict", newline="")
        try:
            self._begin(path, delimiter)
        except BaseException:
            self.close()
            raise

    def _begin(self, path: Path, delimiter: str | None) -> None:
        self._lines = _Lines(self._stream)
        said = self._said()
        self.delimiter = delimiter or said or _delimiter_of(path, self.encoding)
        self._cells = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        self.notes = [
            f"Read as {self.encoding}, with {_DELIMITERS.get(self.delimiter, repr(self.delimiter))} between cells."
        ]
        _, first = next(self._records(), (0, []))
        self._header = Header.of(first)
        self.columns = self._header.columns

    def _said(self) -> str | None:
        """The delimiter, where the file says it. The header is what comes next."""
        try:
            first = next(self._lines, "")
        except UnicodeDecodeError as error:
            raise _undecodable(self.encoding, 1, error) from None
        if found := _SAID.fullmatch(first):
            return found[1]
        self._lines.again(first)
        return None

    def rows(self) -> Iterator[Row]:
        """The lines below the header."""
        return counted(row for number, cells in self._records() if (row := self._header.row(number, cells)) is not None)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            number = self._lines.number + 1
            self._lines.budget = MOST_IN_LINE
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except UnicodeDecodeError as error:
                raise _undecodable(self.encoding, number, error) from None
            except csv.Error as error:
                told = f"Line {number:,} cannot be read: {error}. Is a quote not closed, or not doubled within a text?"
                raise FileRefused(told) from None
            if cells:
                yield number, cells

    def reached(self) -> float:
        """How much of it has been read, from 0 to 1."""
        return min(1.0, self._stream.buffer.tell() / self._size)

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


class _Lines:
    """The lines of a stream, none of which is read further than a record may be long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: list[str] = []
        self.number = 0
        self.budget = MOST_IN_LINE

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._stream.readline(self.budget + 1)
        if not line:
            raise StopIteration
        self.budget -= len(line)
        if self.budget < 0:
            raise FileRefused(
                f"Line {self.number + 1:,} goes on for more than {MOST_IN_LINE:,} characters. Is a quote not closed?"
            )
        self.number += 1
        return line

    def again(self, line: str) -> None:
        """Let this one, which was read, be the next."""
        if line:
            self._again.append(line)
            self.number -= 1
            self.budget += len(line)


def _known(encoding: str) -> str:
    """The usual name of an encoding of texts."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError):
        told = f"{encoding!r} is no encoding that is known here. Say utf-8, utf-16 or windows-1252, for example."
        raise FileRefused(told) from None
    # With the mark that it may begin with, or without.
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4_096)
        if marked := next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None):
            return marked
        # Texts of Latin letters in UTF-16 have a zero beside each letter.
        if (zeros := head.count(0)) > len(head) // 4:
            return "utf-16-le" if head[1::2].count(0) * 2 > zeros else "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        part = head
        try:
            while part:
                decoder.decode(part)
                part = file.read(_AT_A_TIME)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _OTHERWISE
    return "utf-8-sig"


def _undecodable(encoding: str, number: int, error: UnicodeDecodeError) -> FileRefused:
    byte = error.object[error.start : error.start + 1].hex() or "nothing"
    told = f"Line {number:,} or one after it is not {encoding}: there is no character {byte} in it. Say the --encoding."
    return FileRefused(told)


def _delimiter_of(path: Path, encoding: str) -> str:
    """What makes the most columns of the first lines, all of them of as many as the header if there is such a one."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(_LOOKED_AT)
    best, found = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter)
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if (alike, widths[0]) > best:
            best, found = (alike, widths[0]), delimiter
    return found


def _widths(sample: str, delimiter: str) -> list[int]:
    """How many cells the records have, but for the last one, which may be cut off."""
    records = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths: list[int] = []
    try:
        for record in records:
            if record:
                widths.append(len(record))
    except csv.Error:
        pass
    return widths[:-1] if len(sample) == _LOOKED_AT and len(widths) > 1 else widths
