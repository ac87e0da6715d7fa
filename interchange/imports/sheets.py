"""What is looked at in a sheet before a library reads it as a whole: how far it reaches, and which cells have nothing
to read, as formulas have that were never worked out."""

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from interchange.imports.bounds import MOST_CELLS, MOST_COLUMNS, MOST_ROWS
from interchange.imports.faults import FileRefused

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_LINK = re.compile(r"\{.*/officeDocument/(2006/)?relationships\}id")
_AT_A_TIME = 256 * 1024
#: Of the parts that say where the sheets are.
_MOST_OF_A_LIST = 1024 * 1024
#: The name of a cell: letters for the column, digits for the row.
_NAMED = re.compile(r"([A-Z]{1,7})([0-9]{1,9})")


@dataclass(slots=True)
class Looked:
    """What was found in a sheet. Rows and columns are counted from 1."""

    rows: int = 0
    columns: int = 0
    #: The columns of a row in which a formula has no value, or an error.
    unreadable: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def look_at(path: Path, sheet: str) -> Looked:
    """What there is in the sheet of this name. `FileRefused` where it reaches further than is read."""
    with zipfile.ZipFile(path) as archive:
        found = _Looking()
        with archive.open(_part_of(archive, sheet)) as part:
            found.read(part)
        return found.looked


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the workbook that has this sheet."""
    links = {
        link.get("Id"): link.get("Target", "")
        for link in _listed(archive, "xl/_rels/workbook.xml.rels").iter(f"{_LINKS}Relationship")
    }
    for each in _listed(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet"):
        if each.get("name") == sheet:
            target = next((links.get(value, "") for name, value in each.items() if _LINK.fullmatch(name)), "")
            part = str(PurePosixPath(target.lstrip("/") if target.startswith("/") else f"xl/{target}"))
            if part in archive.namelist():
                return part
    raise FileRefused(f"The sheet {sheet!r} is not where the workbook says. Save it anew.")


def _listed(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    try:
        with archive.open(part) as file:
            text = file.read(_MOST_OF_A_LIST + 1)
        if len(text) > _MOST_OF_A_LIST or b"<!" in text:
            raise FileRefused("The workbook's list of sheets is not one that is read here. Save it anew.")
        return ElementTree.fromstring(text)
    except (LookupError, ValueError, ElementTree.ParseError):
        raise FileRefused("The workbook does not say which sheets it has. Save it anew as XLSX, or as CSV.") from None


class _Looking:
    """Goes through a sheet's XML and keeps nothing of it but how far it reaches."""

    def __init__(self) -> None:
        self.looked = Looked()
        self._row = self._column = 0
        self._type = ""
        self._formula = self._valued = self._in_value = False

    def read(self, part: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_declaration
        try:
            while text := part.read(_AT_A_TIME):
                parser.Parse(text, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise FileRefused(f"The sheet cannot be read: {error}. Save the workbook anew.") from None

    def _refuse_declaration(self, *_: object) -> None:
        raise FileRefused("The sheet declares what no spreadsheet does. Save the workbook anew.")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            said = attributes.get("r", "")
            self._row = int(said) if said.isdecimal() and len(said) < 10 else self._row + 1
            self._column = 0
        elif tag == "c":
            self._column += 1
            if found := _NAMED.fullmatch(attributes.get("r", "")):
                self._column, self._row = _number(found[1]), int(found[2])
            self._type, self._formula, self._valued = attributes.get("t", ""), False, False
        elif tag == "f":
            self._formula = True
        elif tag in ("v", "t"):
            self._in_value = True

    def _text(self, text: str) -> None:
        if self._in_value and text:
            self._valued = True

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self._in_value = False
        elif tag == "c" and (self._valued or self._formula):
            self._keep()

    def _keep(self) -> None:
        looked = self.looked
        looked.rows, looked.columns = max(looked.rows, self._row), max(looked.columns, self._column)
        if looked.columns > MOST_COLUMNS:
            raise FileRefused(f"The sheet reaches to column {looked.columns:,}; at most {MOST_COLUMNS} are read.")
        if looked.rows > MOST_ROWS + 1 or looked.rows * looked.columns > MOST_CELLS:
            raise FileRefused(
                f"The sheet reaches to row {looked.rows:,} and column {looked.columns:,}: at most {MOST_ROWS:,} lines "
                f"and {MOST_CELLS:,} cells are read. Import it in parts, or as CSV."
            )
        # A formula may say that its value is a text of no letters.
        if self._type == "e" or (not self._valued and self._type != "str"):
            looked.unreadable[self._row].append(self._column)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
