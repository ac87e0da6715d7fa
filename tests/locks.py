"""Holding a row on a connection of one's own, and waiting until others wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from models.connection import credentials
from models.database import sql


@asynccontextmanager
async def held(url: str, table: str, id: Any) -> AsyncIterator[asyncpg.Connection]:
    """A row that no command can lock inside the block. What is done on the connection is committed at its end."""
    connection = await asyncpg.connect(**credentials(url))
    try:
        async with connection.transaction():
            await connection.execute(f"SELECT FROM {table} WHERE id = $1 FOR NO KEY UPDATE", id)
            yield connection
    finally:
        await connection.close()


_OF_FIRM = """
SELECT relname AS name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE attname = 'firm_id' AND relkind = 'r' AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""


@asynccontextmanager
async def firm_held(url: str, firm_id: UUID) -> AsyncIterator[None]:
    """All rows of a firm, as `held`: whoever waits for one of them comes to nothing."""
    connection = await asyncpg.connect(**credentials(url))
    try:
        async with connection.transaction():
            tables = [row["name"] for row in await connection.fetch(_OF_FIRM)]
            # At once, and unprepared: of as many statements each would go to the server and back twice.
            await connection.execute(
                "; ".join(f"SELECT FROM {table} WHERE firm_id = '{firm_id}' FOR UPDATE" for table in tables)
            )
            yield
    finally:
        await connection.close()


async def rows_held(url: str, firm_id: Any, *tables: str) -> set[tuple[str, Any]]:
    """The rows of a firm that somebody holds, of these tables: each table's name with the row's id."""
    connection = await asyncpg.connect(**credentials(url))
    try:
        found: set[tuple[str, Any]] = set()
        for table in tables:
            free = f"SELECT id FROM {table} WHERE firm_id = $1 FOR UPDATE SKIP LOCKED"
            rows = await connection.fetch(
                f"WITH free AS MATERIALIZED ({free}) SELECT id FROM {table} WHERE firm_id = $1 "
                "AND id NOT IN (SELECT id FROM free)",
                firm_id,
            )
            found |= {(table, row["id"]) for row in rows}
        return found
    finally:
        await connection.close()


async def until_others_wait() -> None:
    """Wait until some connection of whoever else works in this database waits for a lock."""
    async with asyncio.timeout(60):
        while not await _waiting():
            await asyncio.sleep(0.01)


async def until_waiting(*tasks: asyncio.Task[Any]) -> None:
    """Wait until each of these tasks is over, or a connection waits for a lock in its place."""
    async with asyncio.timeout(20):
        while True:
            if await _waiting() >= sum(not task.done() for task in tasks):
                return
            await asyncio.sleep(0.01)


async def _waiting() -> int:
    (row,) = await sql(
        "SELECT count(*) AS number FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return int(row["number"])
