"""Which statements went to PostgreSQL, as asyncpg sent them: nothing reaches the database without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import asyncpg.connection
from tortoise.connection import get_connection

from bench.house import POOL


class Statement(NamedTuple):
    """A statement, and how many seconds passed until its answer was here."""

    text: str
    seconds: float

    @property
    def summary(self) -> str:
        """Its beginning, on one line."""
        line = " ".join(self.text.replace('"', "").split())
        if "SELECT" in line[:7] and " FROM " in line:
            line = f"SELECT … {line[line.index(' FROM ') + 1 :]}" if line.index(" FROM ") > 40 else line
        return line if len(line) <= 90 else f"{line[:89]}…"


@asynccontextmanager
async def counted() -> AsyncIterator[list[Statement]]:
    """Collects the statements that this process sends inside the block, in order. Entered before anything else uses
    the connections: it opens all that the pool may have."""
    found: list[Statement] = []

    def note(query: asyncpg.connection.LoggedQuery) -> None:
        found.append(Statement(query.query, query.elapsed))

    connections = await _all_connections()
    for connection in connections:
        connection.add_query_logger(note)
    try:
        yield found
        await asyncio.sleep(0)  # asyncpg calls its loggers one step later
    finally:
        for connection in connections:
            connection.remove_query_logger(note)


async def _all_connections() -> list[asyncpg.Connection]:
    """Every connection of the pool. They are the pool's again when this returns, and remain what they are."""
    async with AsyncExitStack() as stack:
        entered = [await stack.enter_async_context(get_connection("default").acquire_connection()) for _ in range(POOL)]
        # What the pool lends is a proxy that ends with the loan: this asks it for what it stands for.
        return [proxy._con for proxy in entered]
