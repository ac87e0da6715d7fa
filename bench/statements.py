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
        """Its beginning, on one line, without the columns of a long list."""
        line = " ".join(self.text.replace('"', "").split())
        source = _outermost(line, " FROM ")
        if line.startswith("SELECT ") and source > 40:
            line = f"SELECT … {line[source + 1 :]}"
        return line if len(line) <= 90 else f"{line[:89]}…"


def _outermost(text: str, word: str) -> int:
    """Where the word first stands outside of all brackets; -1 for nowhere."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(word, place):
            return place
    return -1


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
