"""Writing a whole firm that was read elsewhere: all of it in one transaction, or nothing."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from models.command import shielded
from models.database import sql
from models.portable import whole
from models.portable.faults import Unrestorable
from models.portable.renaming import FARTHEST, Rename, moved_by, rename_in_event, rename_in_row, unmoved
from models.portable.tables import EVENT_COLUMNS, OF_THE_LOG, PortableTable, portable_tables
from models.rows.base import known_models
from models.search_entries import keep_entries
from models.texts import sameness

#: So many rows are read at a time to be found in searches.
_AT_A_TIME = 1_000

#: Some rows of a table, or events: as many as one statement is to write.
Rows = list[dict[str, Any]]


class Source(Protocol):
    """A firm as an archive has it: what is in it has been looked at before."""

    @property
    def firm_id(self) -> UUID: ...

    def rows(self, table: PortableTable) -> Iterator[Rows]:
        """The rows of a table."""

    def events(self) -> Iterator[Rows]:
        """The log."""

    def segments(self) -> Iterator[Rows]:
        """Where in the store the bytes of the files were put: of each segment its file, where in this it begins, its
        size and its key."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The firm that is there now, and how many rows and events it has."""

    id: UUID
    name: str
    revision: int
    rows: int
    events: int


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called where they are restored: what their ids become, and the word in the addresses of a
    copy."""

    rename: Rename
    copy: str | None


async def restore(source: Source, names: Names) -> Restored:
    """Write the firm. `Unrestorable` where that cannot be, and nothing is changed."""
    return await shielded(_restore(source, names))


async def _restore(source: Source, names: Names) -> Restored:
    async with in_transaction():
        await sql("SET LOCAL statement_timeout = 0")
        await sql("SET LOCAL timezone = 'UTC'")
        await whole.begin_naming()
        writing = _Writing(source, names.rename, names.copy)
        rows = await writing.rows()
        await writing.segments()
        events = await writing.events()
        await writing.stays()
        firm_id = names.rename(source.firm_id)
        await whole.expect_whole(firm_id, rows)
        with _told("What things are found by"):
            await _make_anew(firm_id)
        (firm,) = await sql("SELECT name, revision FROM firm WHERE id = $1", firm_id)
    return Restored(firm_id, firm["name"], firm["revision"], sum(rows.values()), events)


async def names_for(firm_id: UUID, copy: str | None) -> Names:
    """A firm's own ids; or, with a word for a `copy`, new ones, beside the firm that has these, and the word in its
    members' addresses. `Unrestorable` where the firm is there and this is no copy."""
    if copy is None:
        if await _is_there(firm_id):
            raise Unrestorable(
                "This firm is here already. To have it once more beside that one, give a word for the copy (--copy)."
            )
        return Names(unmoved, None)
    while True:
        rename = moved_by(1 + secrets.randbelow(FARTHEST - 1))
        # Where the firm's is free, all are: those of an earlier copy are as far away as its firm's.
        if not await _is_there(rename(firm_id)):
            return Names(rename, copy)


async def _is_there(firm_id: UUID) -> bool:
    return bool(await sql("SELECT FROM firm WHERE id = $1", firm_id))


@dataclass(frozen=True, slots=True)
class _Writing:
    source: Source
    rename: Rename
    copy: str | None
    #: What was named since it was last noted.
    named: set[UUID] = field(default_factory=set)

    async def rows(self) -> dict[str, int]:
        """Write the rows of all tables. How many each has."""
        written = {}
        for table in portable_tables():
            if table.name not in OF_THE_LOG:
                written[table.name] = await self._table(table)
        return written

    async def segments(self) -> None:
        """Write where the bytes of files are, and how much room they take."""
        for rows in self.source.segments():
            await sql(_INSERT_SEGMENTS, orjson.dumps(rows).decode())
        await sql(_ADD_UP, self.rename(self.source.firm_id))

    async def stays(self) -> None:
        """Write what is kept of the log, in place of what the log itself has just told: that began with its first
        event, and may have been cut off before."""
        for table in portable_tables():
            if table.name in OF_THE_LOG:
                await sql(f"DELETE FROM {table.name} WHERE firm_id = $1", self.rename(self.source.firm_id))
                await self._table(table)

    async def _table(self, table: PortableTable) -> int:
        # What is within another row may come before it: such rows are written with one statement.
        into = await _staged(table) if table.within_itself else table.name
        statement, number = _insert(table, into), 0
        for rows in self.source.rows(table):
            with _told(_lines(table.part, number, len(rows))):
                made = [self._made(table, row) for row in rows]
                if table.name == "member":
                    await _expect_free([row["email"] for row in made], self.copy)
                await sql(statement, orjson.dumps(made).decode())
            await self._note_named()
            number += len(rows)
        if table.within_itself:
            with _told(_lines(table.part, 0, number)):
                await sql(f"INSERT INTO {table.name} SELECT * FROM {into}")
        return number

    def _made(self, table: PortableTable, row: dict[str, Any]) -> dict[str, Any]:
        """A row as it is written."""
        rename_in_row(table.name, table.ids, row, self._name)
        if table.name == "member" and self.copy is not None:
            row["email"] = _readdressed(row["email"], self.copy)
        if table.name == "personal_token" and row["revoked_at"] is None:
            row["revoked_at"] = datetime.now(UTC).isoformat()
        row |= {name: anew.make(row) for name, anew in table.anew.items()}
        for name, of in table.made.items():
            source = row[of.source]
            row[name] = None if source is None else of.make(source)
        return row

    async def events(self) -> int:
        """Write the log. How many events there are."""
        firm_id, number = self.rename(self.source.firm_id), 0
        for rows in self.source.events():
            with _told(_lines("the log", number, len(rows))):
                for row in rows:
                    rename_in_event(row, self._name)
                # What the log tells of a job is kept by the job's id, whosever it is.
                if await sql(_OTHERS_STAYS, [row["job"] for row in rows if row["job"]], firm_id):
                    raise Unrestorable("The log names a job of another firm.")
                await sql(_INSERT_EVENTS, orjson.dumps(rows).decode(), firm_id)
            await self._note_named()
            number += len(rows)
        return number

    def _name(self, id: UUID) -> UUID:
        """What an id becomes: each that the firm names comes by here."""
        became = self.rename(id)
        self.named.add(became)
        return became

    async def _note_named(self) -> None:
        await whole.note_named(self.named)
        self.named.clear()


async def _staged(table: PortableTable) -> str:
    """A table as it is, that holds its rows to nothing."""
    await sql(f"CREATE TEMPORARY TABLE staged_{table.name} (LIKE {table.name}) ON COMMIT DROP")
    return f"staged_{table.name}"


def _insert(table: PortableTable, into: str) -> str:
    columns = ", ".join(f'"{name}"' for name in [*table.columns, *table.anew, *table.made])
    # In the order of the lines: what has no id of its own is numbered in it.
    return f"INSERT INTO {into} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table.name}, $1)"


_EVENT = ", ".join(f'"{name}"' for name in EVENT_COLUMNS)
_INSERT_EVENTS = (
    f"INSERT INTO event (firm_id, {_EVENT}) SELECT $2, {_EVENT} FROM jsonb_to_recordset($1::jsonb) AS e("
    + ", ".join(f'"{column.name}" {column.sql_type}' for column in EVENT_COLUMNS.values())
    + ")"
)
_INSERT_SEGMENTS = (
    "INSERT INTO file_segment (file_id, begins, size, key) SELECT file_id, begins, size, key "
    "FROM jsonb_to_recordset($1::jsonb) AS s(file_id uuid, begins bigint, size bigint, key text)"
)
_ADD_UP = (
    "INSERT INTO file_total (firm_id, size) SELECT firm_id, sum(size) FROM file WHERE firm_id = $1 GROUP BY firm_id"
)
_OTHERS_STAYS = "SELECT FROM stay WHERE job = ANY($1::uuid[]) AND until = 'infinity' AND firm_id <> $2 LIMIT 1"


#: Errors of the database that are the doing of what is written: values, constraints, and what is too long for an index.
_OF_THE_DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


def _lines(part: str, before: int, number: int) -> str:
    return f"{part}, lines {before + 1} to {before + number}"


@contextmanager
def _told(where: str) -> Iterator[None]:
    """What cannot be written is told with where it stands."""
    try:
        yield
    except (AttributeError, RecursionError, TypeError, ValueError):
        raise Unrestorable(f"{where}: something in it has a form that nothing here has.") from None
    except (IntegrityError, OperationalError, asyncpg.ProgramLimitExceededError) as error:
        # The ORM has errors of its own for some of those of the database.
        why = error.args[0] if isinstance(error, OperationalError) and error.args else error
        if not isinstance(why, _OF_THE_DATA):
            raise
        raise Unrestorable(f"{where}: {_first_line(why)}.") from None


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _readdressed(address: str, word: str) -> str:
    """With a word behind what stands before the @, as most mail servers let people have it (RFC 5233)."""
    local, at, domain = address.rpartition("@")
    return f"{local}+{word}{at}{domain}"


async def _expect_free(addresses: Sequence[str], copy: str | None) -> None:
    taken = await sql("SELECT email FROM member WHERE email_key = ANY($1)", [sameness(each) for each in addresses])
    if taken:
        remedy = "Take another word" if copy else "Give a word for the copy (--copy), which is put into the addresses"
        raise Unrestorable(f"Somebody signs in as {taken[0]['email']} already. {remedy}.")


async def _make_anew(firm_id: UUID) -> None:
    """What follows from the rows, and is in no archive."""
    await sql(
        "UPDATE account_contact AS at SET contact_order = name_order FROM contact "
        "WHERE contact.id = at.contact_id AND at.firm_id = $1",
        firm_id,
    )
    # What is in the log has been followed where it was made: mail is not sent twice.
    await sql(
        "INSERT INTO follower_cursor (follower_id, firm_id, revision, moved_at) "
        "SELECT follower.name, firm.id, firm.revision, now() FROM follower, firm WHERE firm.id = $1",
        firm_id,
    )
    for model in _searched():
        after: UUID | None = None
        while rows := await _next_rows(model, firm_id, after):
            await keep_entries(rows)
            after = rows[-1].id


def _searched() -> list[Any]:
    """The classes of what is searched for, that which others are found by before these."""
    return sorted(
        (model for model in known_models().values() if model.searched is not None),
        key=lambda model: (model.searched.of is not None, model.kind),
    )


async def _next_rows(model: Any, firm_id: UUID, after: UUID | None) -> list[Any]:
    rows = model.filter(firm_id=firm_id) if after is None else model.filter(firm_id=firm_id, id__gt=after)
    found: list[Any] = await rows.order_by("id").limit(_AT_A_TIME)
    return found
