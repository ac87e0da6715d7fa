"""Statements of SQL. For models/ alone, as the import linter sees to: whoever else wants rows asks a scope."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from tortoise.connection import get_connection


async def sql(query: str, *values: Any) -> list[dict[str, Any]]:
    """Run one statement on the connection of the present transaction, or else one of the pool."""
    rows: list[dict[str, Any]] = await get_connection("default").execute_query_dict(query, list(values))
    return rows


async def hold_names(*names: str, shared: bool = False) -> None:
    """Hold names, for what has no row to be held by, until the transaction ends: others who come for one wait, but that
    those who share it go beside each other. Many are held in one order, so that two cannot wait for each other."""
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    await sql(f"SELECT {lock}(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name", sorted(set(names)))


async def fetch(query: str, *values: Any, record_class: type = asyncpg.Record) -> list[Any]:
    """As `sql`, for what is read by hundreds: the rows are as asyncpg makes them, not a dictionary each."""
    client = get_connection("default")
    async with client.acquire_connection() as connection:
        client.log.debug("%s: %s", query, values)
        rows: list[Any] = await connection.fetch(query, *values, record_class=record_class)
        return rows


async def fetch_planned(query: str, *values: Any) -> list[Any]:
    """As `fetch`, for what goes through very many rows: with a plan for these very values. What a connection asks for
    the sixth time PostgreSQL plans for any values, and takes all that a firm has of two years for a few rows."""
    client = get_connection("default")
    async with client.acquire_connection() as connection:
        client.log.debug("%s: %s", query, values)
        rows: list[Any] = await (await connection.prepare(query)).fetch(*values)
        return rows


async def copy_lines(query: str, *values: Any, output: Callable[[bytes], Awaitable[None]]) -> None:
    """Stream what a query of one column of JSON finds, a line each: of the answer no more is held than what `output`
    has not taken yet."""
    client = get_connection("default")
    async with client.acquire_connection() as connection:
        client.log.debug("%s: %s", query, values)
        # As CSV, whose signs for quotes and between columns are such as JSON never has: nothing is quoted.
        await connection.copy_from_query(query, *values, output=output, format="csv", quote="\x01", delimiter="\x02")
