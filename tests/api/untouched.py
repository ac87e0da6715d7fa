"""The proof that nothing has changed, in any firm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.database import sql

#: What comes and goes without a change of any firm.
_PASSING = ["session", "sign_in_attempts", "signing_key"]

# Each version of a row that was written, and each that went: who only locked a row wrote something else. What makes or
# drops tables, or empties them, writes to the catalog of them. What was taken back does not count; what may yet be
# committed does.
_WRITTEN = """
SELECT DISTINCT relation.relname AS name
FROM pg_get_wal_block_info($1::text::pg_lsn, $2::text::pg_lsn, false) AS block
JOIN pg_class AS relation ON relation.oid = pg_filenode_relation(block.reltablespace, block.relfilenode)
WHERE block.reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
AND block.resource_manager IN ('Heap', 'Heap2')
AND block.record_type ~ '^(INSERT|MULTI_INSERT|UPDATE|HOT_UPDATE|DELETE)'
AND (relation.relnamespace = current_schema()::regnamespace OR relation.oid = 'pg_class'::regclass)
AND relation.relname <> ALL ($3)
AND pg_xact_status((
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 32 << 32 | block.xid::text::bigint
)::text::xid8) <> 'aborted'
"""


async def _now() -> str:
    """The place in PostgreSQL's log of what is written, to which it is there to be read."""
    (row,) = await sql("SELECT pg_logical_emit_message(false, 'untouched', '', true)::text AS place")
    return str(row["place"])


@asynccontextmanager
async def untouched() -> AsyncIterator[None]:
    """The block changes no row of any firm: revisions, events and idempotency keys neither. PostgreSQL's log of what is
    written says so: to look through all rows would take longer, the more of them others have made."""
    before = await _now()
    yield
    written = {row["name"] for row in await sql(_WRITTEN, before, await _now(), _PASSING)}
    assert not written
