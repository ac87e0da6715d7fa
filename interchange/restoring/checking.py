"""Looking through an archive from its beginning to its end before anything is written: whether it is what its manifest
says, and whether each line is a row of its table or an event of the firm."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from interchange.manifest import MOST_BYTES, NAME, VERSION, Manifest, Part, file_part, is_file_part, month_of_part
from interchange.restoring.archives import Archive
from models.ids import Kind
from models.migrating import known_migrations, newest_migration
from models.portable.faults import Unrestorable
from models.portable.lines import check_event, check_row
from models.portable.tables import PortableTable, portable_tables
from models.portable.writing import Rows

#: In bytes: no row and no event is nearly as long.
LONGEST_LINE = 16 << 20
#: So many lines are taken at a time, and so many bytes of them: but for the last, which may be longer.
MOST_ROWS, MOST_BYTES_OF_ROWS = 1_000, 4 << 20


@dataclass(frozen=True)
class FirmArchive:
    """A firm in an archive, which is what its manifest says."""

    archive: Archive
    manifest: Manifest

    @property
    def firm_id(self) -> UUID:
        """The id that the firm has there."""
        return self.manifest.firm

    def rows(self, table: PortableTable) -> Iterator[Rows]:
        """The rows of a table, some at a time."""
        return self._some(table.part)

    def events(self) -> Iterator[Rows]:
        """The log, a month after the other, some events at a time."""
        for part in self.months:
            yield from self._some(part)

    @cached_property
    def months(self) -> dict[str, datetime]:
        """The parts of the log and the months that they are of, the oldest first."""
        return {name: month for name in sorted(self._parts) if (month := month_of_part(name)) is not None}

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {part.name: part for part in self.manifest.parts}

    def files(self) -> Iterator[dict[str, Any]]:
        """The files, as rows: the bytes of each are a part of the archive."""
        table = next(table for table in portable_tables() if table.name == Kind.FILE)
        return (file for some in self.rows(table) for file in some)

    def check(self) -> None:
        """`Unrestorable` at the first line that is none of the firm's, and where a file is not what its line says."""
        now = datetime.now(UTC)
        for table in portable_tables():
            self._check(table.part, lambda row, table=table: check_row(table, row, str(self.firm_id)))
        for name, month in self.months.items():
            # None is written of a month in which nothing happened: months are for all firms.
            if not self._parts[name].lines:
                raise Unrestorable(f"{name} has no events.")
            self._check(name, lambda row, month=month: check_event(row, self.manifest.revision, month, now))
        firms = [firm for some in self.rows(portable_tables()[0]) for firm in some]
        if len(firms) != 1 or firms[0]["revision"] != self.manifest.revision:
            raise Unrestorable("It holds another firm than its manifest says.")
        self._check_files()

    def _check_files(self) -> None:
        number = 0
        for file in self.files():
            number += 1
            name = file_part(UUID(file["id"]))
            if self.archive.sizes.get(name) != file["size"] or self._digest(name) != file["sha256"]:
                raise Unrestorable(f"{name} is not what its line in rows/file.jsonl says: it was changed, or cut off.")
        # Each of them is there, and once: so there is nothing besides.
        if number != len(self.archive.sizes) - len(self.manifest.parts) - 1:
            raise Unrestorable("It holds files that it has no lines of.")

    def _digest(self, name: str) -> str:
        with self.archive.open(name) as part:
            return hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]

    def _check(self, name: str, check: Any) -> None:
        for number, (row, _) in enumerate(self._lines(name), 1):
            try:
                check(row)
            except Unrestorable as fault:
                raise Unrestorable(f"{name}, line {number}: {fault}.") from None

    def _some(self, name: str) -> Iterator[Rows]:
        rows, size = Rows(), 0
        for row, length in self._lines(name):
            rows.append(row)
            size += length
            if len(rows) == MOST_ROWS or size > MOST_BYTES_OF_ROWS:
                yield rows
                rows, size = Rows(), 0
        if rows:
            yield rows

    def _lines(self, name: str) -> Iterator[tuple[Any, int]]:
        """What the lines of a part say, and their lengths. `Unrestorable` at its end where it is not what the manifest
        says."""
        part, digest, size, number = self._parts[name], sha256(), 0, 0
        with self.archive.open(name) as file:
            while size <= part.size and (line := file.readline(LONGEST_LINE + 1)):
                number, size = number + 1, size + len(line)
                digest.update(line)
                yield _value(name, number, line), len(line)
        if (number, size, digest.hexdigest()) != (part.lines, part.size, part.sha256):
            raise Unrestorable(f"{name} is not what the manifest says: it was changed, or cut off.")


def _value(name: str, number: int, line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        raise Unrestorable(f"{name}, line {number}: it is longer than {LONGEST_LINE:,} bytes.")
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Unrestorable(f"{name}, line {number}: it is no JSON.") from None


def checked(archive: Archive) -> FirmArchive:
    """The firm in an archive. `Unrestorable` where something in it is not as it has to be."""
    manifest = _manifest(archive)
    named = {part.name for part in manifest.parts} | {NAME}
    if others := {name for name in archive.sizes.keys() - named if not is_file_part(name)}:
        raise Unrestorable(f"It holds what its manifest does not name: {min(others)[:100]}.")
    if missing := named - archive.sizes.keys():
        raise Unrestorable(f"It lacks a part: {min(missing)}.")
    tables = {table.part for table in portable_tables()}
    if lacking := tables - named:
        raise Unrestorable(f"It lacks a part: {min(lacking)}.")
    if unknown := [part.name for part in manifest.parts if part.name not in tables and not month_of_part(part.name)]:
        raise Unrestorable(f"It has a part that is not known here: {unknown[0]}.")
    if differing := [part.name for part in manifest.parts if archive.sizes[part.name] != part.size]:
        raise Unrestorable(f"{differing[0]} is not what the manifest says: it was changed, or cut off.")
    firm = FirmArchive(archive, manifest)
    firm.check()
    return firm


def _manifest(archive: Archive) -> Manifest:
    if archive.sizes.get(NAME, MOST_BYTES + 1) > MOST_BYTES:
        raise Unrestorable(f"It has no {NAME}: it is no archive of a firm.")
    with archive.open(NAME) as file:
        written = file.read(MOST_BYTES + 1)
    try:
        told = orjson.loads(written)
        version = told["version"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise Unrestorable(f"Its {NAME} is none.") from None
    if version != VERSION:
        raise Unrestorable(f"It is of version {str(version)[:20]} of the format; this program reads version {VERSION}.")
    try:
        manifest = Manifest.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Unrestorable(f"Its {NAME} is none: {where}: {first['msg']}.") from None
    _expect_present(manifest.migration)
    return manifest


def _expect_present(migration: str) -> None:
    """The tables of the archive are those of the program."""
    if migration not in known_migrations():
        raise Unrestorable("It was written by a later version of Jobwire. Update this one first.")
    if migration != newest_migration():
        raise Unrestorable(
            f"It was written by an earlier version of Jobwire, whose last migration was {migration}. Restore it with "
            "that version, then update."
        )
