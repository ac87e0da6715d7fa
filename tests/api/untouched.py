"""The proof that nothing has changed, in any firm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise import Tortoise

from models.database import sql

#: What comes and goes without a change of any firm.
_PASSING = {"session", "sign_in_attempts", "signing_key"}


async def checksums() -> dict[str, str]:
    """What each table's rows were written by, in a sum: no row is written, or written again, or goes, without another
    one. PostgreSQL keeps by which transaction each version of a row was written; to read the rows themselves would take
    ten times as long, a thousand times a run."""
    tables = {model._meta.db_table for model in Tortoise.apps["models"].values()} - _PASSING
    # How many transactions ago each was, from one that never changes: a sum of whole numbers, where PostgreSQL has no
    # number for a transaction but by way of a text.
    written = "count(*) * age('3'::xid)::bigint - coalesce(sum(age(xmin)), 0)"
    parts = [
        f"SELECT '{table}' AS name, count(*) || ' ' || ({written}) AS sum FROM {table}" for table in sorted(tables)
    ]
    return {row["name"]: row["sum"] for row in await sql(" UNION ALL ".join(parts))}


async def _written() -> str:
    """Which transactions have written, or may yet: the same where nothing was written between."""
    (row,) = await sql("SELECT pg_current_snapshot()::text AS taken")
    return str(row["taken"])


@asynccontextmanager
async def untouched() -> AsyncIterator[None]:
    """The block changes no row of any firm: revisions, events and idempotency keys neither."""
    written, before = await _written(), await checksums()
    yield
    if await _written() != written:
        assert await checksums() == before
