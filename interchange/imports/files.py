"""A file of whichever form, by what it begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interchange.imports.csv_files import CsvFile
from interchange.imports.faults import FileRefused
from interchange.imports.tables import size_of
from interchange.imports.xlsx_files import XlsxFile

_ARCHIVE = b"PK\x03\x04"
#: What spreadsheets wrote until 2003, and write for a workbook with a password.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def opened(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Iterator[CsvFile | XlsxFile]:
    """The file as a table, for as long as the block takes. `FileRefused` where it is none that is read."""
    size_of(path)
    with path.open("rb") as file:
        begins = file.read(len(_COMPOUND))
    if begins.startswith(_COMPOUND):
        raise FileRefused("This is an old or protected workbook. Save it as XLSX without a password, or as CSV.")
    if begins.startswith(_ARCHIVE):
        if encoding is not None or delimiter is not None:
            raise FileRefused("This is a workbook: it has no encoding and no delimiter to be said.")
        table: CsvFile | XlsxFile = XlsxFile(path, sheet)
    else:
        if sheet is not None:
            raise FileRefused("This is no workbook (XLSX): there is no sheet to choose.")
        table = CsvFile(path, encoding, delimiter)
    try:
        yield table
    finally:
        table.close()
