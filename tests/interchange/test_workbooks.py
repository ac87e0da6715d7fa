"""Workbooks: looked at before they are unpacked, and read as they are shown."""

import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import xlsxwriter

from interchange.imports import archives, sheets
from interchange.imports.faults import FileRefused
from interchange.imports.files import opened
from interchange.imports.tables import Row
from tests.interchange.importing import workbook


def rows_of(path: Path, **how: str) -> list[Row]:
    """The lines of a workbook below its header."""
    with opened(path, **how) as table:
        return list(table.rows())


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook, with a part that says something else."""
    other = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as copy:
        for each in archive.namelist():
            text = archive.read(each)
            copy.writestr(each, change(text) if each == part else text)
    return other


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_are_what_the_spreadsheet_has(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, days = book.add_worksheet("Clients"), book.add_format({"num_format": "dd.mm.yyyy"})
        # Neither the first row nor the first column has anything.
        for column, name in enumerate(["Name", "Day", "Time", "Sum", "Yes", "Text"], 2):
            sheet.write(3, column, name)
        sheet.write(5, 2, "Blue")
        sheet.write_datetime(5, 3, datetime(2026, 1, 31), days)
        sheet.write_number(5, 4, 1.0625, book.add_format({"num_format": "[h]:mm"}))
        sheet.write_formula(5, 5, "=1+1.5", None, 2.5)
        sheet.write_boolean(5, 6, True)
        sheet.write_string(5, 7, "=1+1")
    with opened(path) as table:
        assert table.columns == ["Name", "Day", "Time", "Sum", "Yes", "Text"]
        (row,) = table.rows()
        assert table.reached() == 1
    assert row.number == 6
    assert row.cells == ["Blue", date(2026, 1, 31), timedelta(hours=25, minutes=30), 2.5, True, "=1+1"]


def test_a_formula_without_a_value_is_refused_and_so_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Sum"])
        sheet.write_row(1, 0, ["Fine", 1])
        sheet.write(2, 0, "Never worked out")
        sheet.write_formula(2, 1, "=A1", None, "")
        sheet.write(3, 0, "Wrong")
        sheet.write_formula(3, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(4, 1, "=A1", None, "")
        sheet.write_row(5, 0, ["Fine", 2])
    wrong = "There is a formula with an error, or without a value, in: Sum. Write what it is to be."
    assert [(row.number, row.wrong) for row in rows_of(path)] == [
        (2, None),
        (3, wrong),
        (4, wrong),
        (5, wrong),
        (6, None),
    ]


def test_which_sheet_is_said_where_there_are_several(tmp_path: Path) -> None:
    path = workbook(tmp_path / "file.xlsx", ["Name"], ["Blue"], sheets=("Clients", "Notes"))
    with pytest.raises(
        FileRefused, match=r"Say which --sheet of the workbook is to be read\. There is: Clients, Notes"
    ):
        rows_of(path)
    with pytest.raises(FileRefused, match=r"There is no sheet 'Jobs'\. There is: Clients, Notes"):
        rows_of(path, sheet="Jobs")
    assert [row.cells for row in rows_of(path, sheet="Clients")] == [["Blue"]]
    with pytest.raises(FileRefused, match="The file is empty"):
        rows_of(path, sheet="Notes")
    with pytest.raises(FileRefused, match="no encoding and no delimiter"):
        rows_of(path, encoding="utf-8")


def test_a_sheet_reaches_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = workbook(tmp_path / "wide.xlsx", [f"c{number}" for number in range(201)])
    with pytest.raises(FileRefused, match="reaches to column 201; at most 200"):
        rows_of(wide)
    for far, told in (
        ("XFD1048576", "column 16,384"),
        ("B1048576", "row 1,048,576"),
        ("ZZZZZZ1", "column 321,272,406"),
    ):
        path = workbook(tmp_path / f"{far}.xlsx", ["Name"], ["Blue"])
        end = b"</row></sheetData>"
        more = f'<c r="{far}"><v>1</v></c>'.encode() + end
        with pytest.raises(FileRefused, match=told):
            rows_of(changed(path, SHEET, partial(_replaced, end, more)))
    monkeypatch.setattr(sheets, "MOST_CELLS", 5)
    with pytest.raises(FileRefused, match="at most 200,000 lines and 5 cells"):
        rows_of(workbook(tmp_path / "many.xlsx", ["A", "B"], [1, 2], [3, 4]))


def _replaced(was: bytes, now: bytes, text: bytes) -> bytes:
    return text.replace(was, now)


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 4_000_000)
    path = workbook(tmp_path / "file.xlsx", ["Name"], ["Blue"])
    assert rows_of(path)
    bomb = changed(path, "docProps/app.xml", lambda text: text + b" " * 5_000_000)
    assert bomb.stat().st_size < 50_000
    with pytest.raises(FileRefused, match="unpacks to more than 4,000,000 bytes"):
        rows_of(bomb)
    # It says that it is small.
    lying = tmp_path / "lying.xlsx"
    data = bytearray(bomb.read_bytes())
    size = (5_000_000 + len(zipfile.ZipFile(path).read("docProps/app.xml"))).to_bytes(4, "little")
    assert data.count(size) >= 2
    lying.write_bytes(bytes(data).replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(FileRefused, match=r"unpacks to more than|not as long as it says"):
        rows_of(lying)


@pytest.mark.parametrize(
    ("part", "change", "told"),
    [
        (SHEET, lambda text: text[: len(text) // 2], "cannot be read"),
        (
            SHEET,
            lambda text: b'<!DOCTYPE x [<!ENTITY a "b">]>' + text.partition(b"?>")[2],
            "declares what no spreadsheet",
        ),
        ("xl/workbook.xml", lambda text: text.replace(b"Sheet1", b"&#0;"), "cannot be read|does not say which sheets"),
        (
            "xl/_rels/workbook.xml.rels",
            lambda text: text.replace(b"sheet1.xml", b"../../etc/passwd"),
            "is not where|cannot",
        ),
        (SHEET, lambda text: text.replace(b"UTF-8", b"UJF-8"), "cannot be read"),
        ("xl/workbook.xml", lambda text: text.replace(b"UTF-8", b"UJF-8"), "cannot be read|does not say which sheets"),
        ("xl/_rels/workbook.xml.rels", lambda text: b"", "cannot be read|does not say|is not where"),
        ("xl/sharedStrings.xml", lambda text: b"<", "cannot be read"),
    ],
)
def test_a_workbook_that_is_broken_says_so(
    tmp_path: Path, part: str, change: Callable[[bytes], bytes], told: str
) -> None:
    path = changed(workbook(tmp_path / "file.xlsx", ["Name"], ["Blue"]), part, change)
    with pytest.raises(FileRefused, match=told):
        rows_of(path)


def test_an_archive_that_is_broken_or_another_says_so(tmp_path: Path) -> None:
    path = workbook(tmp_path / "file.xlsx", ["Name"], ["Blue"])
    whole = path.read_bytes()
    for length in (4, 100, len(whole) // 2, len(whole) - 10):
        cut = tmp_path / f"cut-{length}.xlsx"
        cut.write_bytes(whole[:length])
        with pytest.raises(FileRefused, match="cut off, or is none"):
            rows_of(cut)
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "Hello")
    with pytest.raises(FileRefused, match="cannot be read"):
        rows_of(other)
    packed = tmp_path / "packed.xlsx"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("readme.txt", "Hello" * 100)
    with pytest.raises(FileRefused, match="packed in a way"):
        rows_of(packed)
    # What stands behind the end of a part might be read by another program.
    longer = tmp_path / "longer.xlsx"
    with zipfile.ZipFile(longer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", zlib.compress(b"x", wbits=-15) + b"more")
    longer.write_bytes(_deflated(longer.read_bytes()))
    with pytest.raises(FileRefused, match="not as long as it says"):
        rows_of(longer)


def _deflated(archive: bytes) -> bytes:
    """The archive, whose only part is said to be packed."""
    local, central = archive.index(b"PK\x03\x04"), archive.index(b"PK\x01\x02")
    changed = bytearray(archive)
    changed[local + 8] = changed[central + 10] = zipfile.ZIP_DEFLATED
    return bytes(changed)


def test_parts_are_counted_and_none_is_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "file.xlsx", ["Name"], ["Blue"])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, "<x/>")
    with pytest.raises(FileRefused, match="two parts of the same name"):
        rows_of(path)
    monkeypatch.setattr(archives, "MOST_PARTS", 3)
    with pytest.raises(FileRefused, match="at most 3"):
        rows_of(path)
