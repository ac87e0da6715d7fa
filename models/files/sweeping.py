"""What is left of files that nobody has, and of uploads that were killed: which bytes can be removed, and which rows
when they are.

Always the bytes first: there is no row without them but one that is about to go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.database import fetch, sql
from models.pruning import prune
from models.stamps import raised, stamp

#: What is given up keeps its bytes for so long, and so does what is in the store and in no row: it may be about to be.
#: A backup of the database is then of one piece with one of the store that follows it within that time.
BYTES_KEPT = timedelta(hours=24)

# What somebody is just writing or taking is left for the next time.
_EXPIRE = f"""
WITH over AS (
    SELECT id FROM file WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), given_up AS (
    UPDATE file SET kept_for_id = NULL, expires_at = NULL, given_up_at = $1, {raised(3)}
    FROM over WHERE file.id = over.id RETURNING firm_id, file.size
), freed AS (
    UPDATE file_total SET size = file_total.size - gone.size
    FROM (SELECT firm_id, sum(size)::bigint AS size FROM given_up GROUP BY firm_id) AS gone
    WHERE file_total.firm_id = gone.firm_id
)
SELECT count(*) AS number FROM given_up
"""


async def expire(now: datetime) -> int:
    """Give up the files that nothing has taken in time. Returns how many."""
    return await prune(_EXPIRE, now, *stamp())


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A file that is nobody's any more, and what its segments are called."""

    firm_id: UUID
    file_id: UUID
    keys: Sequence[str]


_GIVEN_UP = """
SELECT firm_id, id AS file_id, ARRAY(SELECT key FROM file_segment WHERE file_segment.file_id = file.id) AS keys
FROM file WHERE given_up_at < $1 ORDER BY given_up_at LIMIT $2
"""
_FORGET = """
WITH gone AS (SELECT id FROM file WHERE id = ANY($1) AND given_up_at IS NOT NULL FOR UPDATE), segments AS (
    DELETE FROM file_segment USING gone WHERE file_segment.file_id = gone.id
)
SELECT id FROM gone
"""
_FORGET_ROWS = "DELETE FROM file WHERE id = ANY($1) AND given_up_at IS NOT NULL"


async def given_up(now: datetime, most: int) -> list[GivenUp]:
    """Files whose bytes are to be removed now, at most so many."""
    return [GivenUp(**row) for row in await fetch(_GIVEN_UP, now - BYTES_KEPT, most)]


async def forget(file_ids: Sequence[UUID]) -> None:
    """Delete the rows of files whose bytes are removed."""
    await sql(_FORGET, list(file_ids))
    await sql(_FORGET_ROWS, list(file_ids))


_UNKNOWN = """
SELECT place FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS named (firm, file, segment, place)
WHERE EXISTS (SELECT FROM firm WHERE firm.id = named.firm) AND NOT EXISTS (
    SELECT FROM file_segment JOIN file ON file.id = file_id
    WHERE file_id = named.file AND key = named.segment AND file.firm_id = named.firm
)
"""


async def unknown(named: Sequence[tuple[UUID, UUID, str]]) -> list[int]:
    """Which of these segments, each named by its firm, its file and its key, are in no row: by their places. What is of
    a firm that is not here is another database's, and nothing is said of it."""
    firms, files, keys = ([each[part] for each in named] for part in range(3))
    return [row["place"] - 1 for row in await fetch(_UNKNOWN, firms, files, keys)]
