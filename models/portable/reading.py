"""Reading a whole firm, as of one moment: its rows and its log as lines of JSON, streamed from the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.database import copy_lines, sql
from models.errors import Refusal
from models.ids import Kind, decode, encode
from models.migrating import newest_migration
from models.portable.tables import EVENT_COLUMNS, Column, PortableTable
from models.snapshot import snapshot

#: Takes some lines, which end with a newline each.
Output = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FirmAsOf:
    """A firm at a moment: what it is called, and up to where its log goes. `migration` is the version of the tables."""

    id: UUID
    name: str
    revision: int
    epoch: UUID
    migration: str

    @property
    def spoken_id(self) -> str:
        """Its id as the API and the command line have it."""
        return encode(Kind.FIRM, self.id)


async def firms_called(wanted: str) -> list[FirmAsOf]:
    """The firms with this id, or else with just this name."""
    try:
        condition, value = "id = $1", decode(Kind.FIRM, wanted)
    except Refusal:
        condition, value = "name = $1", wanted  # type: ignore[assignment]
    rows = await sql(f"SELECT id, name, revision, epoch FROM firm WHERE {condition} ORDER BY id", value)
    return [FirmAsOf(**row, migration=newest_migration()) for row in rows]


@asynccontextmanager
async def one_moment() -> AsyncIterator[None]:
    """Inside the block everything is read as of one moment, however long that takes."""
    async with snapshot():
        await sql("SET LOCAL statement_timeout = 0")
        await sql("SET LOCAL timezone = 'UTC'")
        yield


async def read_rows(table: PortableTable, firm_id: UUID, output: Output) -> None:
    """The rows of a firm in a table, a line each, in the order in which they were made."""
    columns = ", ".join(map(_selected, table.columns.values()))
    rows = f"SELECT {columns} FROM {table.name} WHERE {table.condition} ORDER BY {table.order}"
    await copy_lines(f"SELECT row_to_json(line) FROM ({rows}) AS line", firm_id, output=output)


async def months_of_log(firm_id: UUID) -> list[datetime]:
    """The beginnings of the months, in UTC, of which the log of a firm has something."""
    months = "SELECT DISTINCT date_trunc('month', at, 'UTC') AS month FROM event WHERE firm_id = $1 ORDER BY month"
    return [row["month"] for row in await sql(months, firm_id)]


async def read_log_of_month(firm_id: UUID, month: datetime, output: Output) -> None:
    """The events of a firm's log in a month, a line each, in their order."""
    columns = ", ".join(f'"{name}"' for name in EVENT_COLUMNS)
    events = (
        f"SELECT {columns} FROM event WHERE firm_id = $1 "
        "AND at >= $2::timestamptz AND at < $2::timestamptz + interval '1 month' ORDER BY revision, index"
    )
    await copy_lines(f"SELECT row_to_json(line) FROM ({events}) AS line", firm_id, month, output=output)


def _selected(column: Column) -> str:
    return f'"{column.name}"::text AS "{column.name}"' if column.exact else f'"{column.name}"'
