"""Files of texts: whatever program wrote them, they are read as they were meant, or it is said what is wrong."""

from pathlib import Path

import pytest

from interchange.imports import tables
from interchange.imports.bounds import MOST_COLUMNS, MOST_IN_CELL
from interchange.imports.csv_files import CsvFile
from interchange.imports.faults import FileRefused
from interchange.imports.files import opened
from interchange.imports.tables import Row
from tests.interchange.importing import written

TEXT = 'Name,Note\nZoë,“quoted”\nJosé,"two\r\nlines, one cell"\n'
CELLS = [["Zoë", "“quoted”"], ["José", "two\r\nlines, one cell"]]


def rows_of(path: Path, **how: str) -> list[Row]:
    """The lines of a file below its header."""
    with opened(path, **how) as table:
        return list(table.rows())


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("windows-1252", "windows-1252"),
    ],
)
def test_an_encoding_is_found_out(tmp_path: Path, encoding: str, found: str) -> None:
    path = written(tmp_path / "file.csv", TEXT, encoding)
    with opened(path) as table:
        assert isinstance(table, CsvFile)
        assert table.encoding == found
        assert table.columns == ["Name", "Note"]
        assert [row.cells for row in table.rows()] == CELLS
        assert table.reached() == 1


def test_an_encoding_may_be_said(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "Name\nŁódź\n", "iso-8859-2")
    assert [row.cells for row in rows_of(path, encoding="latin2")] == [["Łódź"]]
    for wrong, told in (("utf-8", "Line 1 or one after it is not utf-8"), ("klingon", "no encoding that is known")):
        with pytest.raises(FileRefused, match=told):
            rows_of(path, encoding=wrong)


def test_bytes_that_are_in_no_encoding_are_told(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"Name\nfine\n\x81\x8d\n")
    with pytest.raises(FileRefused, match="Say the --encoding"):
        rows_of(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    lines = [["Name", "Note", "Sum"], ["Blue, Green; Co", "a|b", '1,5 "net"'], ["Red", "", "2"]]
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    path = written(tmp_path / "file.csv", "\r\n".join(quoted))
    assert [row.cells for row in rows_of(path)] == lines[1:]


def test_a_file_may_say_its_delimiter_or_have_one_column(tmp_path: Path) -> None:
    said = written(tmp_path / "said.csv", "sep=;\nName;Note\nBlue, Green;x\n")
    assert [(row.number, row.cells) for row in rows_of(said)] == [(3, ["Blue, Green", "x"])]
    one = written(tmp_path / "one.csv", "Name\nBlue\n\n   \nGreen")
    assert [(row.number, row.cells) for row in rows_of(one)] == [(2, ["Blue"]), (5, ["Green"])]
    assert [row.cells for row in rows_of(said, delimiter="~")] != []


def test_lines_are_as_long_as_the_header(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", 'A,B,,\n1\n1,2,,\n1,2,3\n"=1+1",@x\n')
    rows = rows_of(path)
    assert [row.cells[:2] for row in rows] == [["1", None], ["1", "2"], ["1", "2"], ["=1+1", "@x"]]
    assert [row.wrong is None for row in rows] == [True, True, False, True]
    assert rows[2].wrong == "The line has 3 cells, and the header 2. Does a text with a delimiter lack quotes?"
    assert rows[2].cells == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The file is empty"),
        ("\n\n", "The file is empty"),
        (",,\n1,2,3\n", "The file is empty"),
        ("A,B,A\n1,2,3\n", "columns of the same name: A"),
        ("Name,B,NAME\n1,2,3\n", "columns of the same name: Name, NAME"),
        (",".join(f"c{number}" for number in range(MOST_COLUMNS + 1)), f"has {MOST_COLUMNS + 1} columns"),
        ("," * 1_000_000 + "x", "goes on for more than"),
        (",".join("x" * 99 for _ in range(20_000)), "goes on for more than"),
        ('A,B\n1,"' + "x\n" * 100_000, "Is a quote not closed"),
        ('A,B\n1,"never closed\n2,3\n', "Line 2 cannot be read"),
        ('A,B\n"a"b,2\n', "Line 2 cannot be read"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        rows_of(written(tmp_path / "file.csv", text))


def test_a_cell_has_a_bound(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", f"A\n{'x' * MOST_IN_CELL}\n{'x' * (MOST_IN_CELL + 1)}\nfine\n")
    assert [row.wrong is None for row in rows_of(path)] == [True, False, True]


def test_there_are_only_so_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    path = written(tmp_path / "file.csv", "A\n\n1\n2\n\n3\n")
    assert len(rows_of(path)) == 3
    with pytest.raises(FileRefused, match="more than 3 lines"):
        rows_of(written(path, "A\n1\n2\n3\n4\n"))


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="There is no file"):
        rows_of(tmp_path / "none.csv")
    with pytest.raises(FileRefused, match="There is no file"):
        rows_of(tmp_path)
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(FileRefused, match="old or protected workbook"):
        rows_of(old)
    with pytest.raises(FileRefused, match="no sheet to choose"):
        rows_of(written(tmp_path / "file.csv", "A\n1\n"), sheet="One")
