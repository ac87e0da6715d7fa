"""What operators see of the followers, and what they can do about one that stands still."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.transactions import in_transaction

from models.database import sql

#: A follower that has not moved for so long, though there was something to read, is told of.
STANDS_STILL_AFTER = timedelta(hours=1)

# When the revision was made that a follower reads next. Nothing is known of one that is gone.
_UNREAD = "SELECT at FROM event WHERE firm_id = firm.id AND revision = COALESCE(c.revision, 0) + 1 LIMIT 1"
_STANDING = f"""
SELECT f.name FROM follower f WHERE EXISTS (
    SELECT FROM firm LEFT JOIN follower_cursor c ON c.follower_id = f.name AND c.firm_id = firm.id
    WHERE firm.behind_since <= $1 AND COALESCE(c.revision, 0) < firm.revision
      AND COALESCE(c.moved_at, f.created_at) <= $1 AND COALESCE(({_UNREAD}) <= $1, true)
) ORDER BY f.name
"""
# Only of firms in which somebody is behind: the others have no reason to stand still.
_STOPPED = """
SELECT f.name, count(c.id) AS firms FROM follower f LEFT JOIN LATERAL (
    SELECT c.id FROM firm JOIN follower_cursor c ON c.firm_id = firm.id
    WHERE firm.behind_since IS NOT NULL AND c.follower_id = f.name AND c.stopped_by IS NOT NULL
) c ON true GROUP BY f.name
"""
_ALL = f"""
SELECT f.name, count(late.firm_id) AS behind, min(late.since) AS since, min(late.stopped_by) AS reason,
    (SELECT count(*) FROM follower_run WHERE follower_id = f.name AND state = 'PENDING') AS pending,
    (SELECT count(*) FROM follower_run WHERE follower_id = f.name AND state = 'FAILED') AS failed
FROM follower f LEFT JOIN LATERAL (
    SELECT firm.id AS firm_id, GREATEST(f.created_at, c.moved_at, ({_UNREAD})) AS since, c.stopped_by
    FROM firm LEFT JOIN follower_cursor c ON c.follower_id = f.name AND c.firm_id = firm.id
    WHERE firm.behind_since IS NOT NULL AND COALESCE(c.revision, 0) < firm.revision
) late ON true
GROUP BY f.name ORDER BY f.name
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with a follower: in how many firms it is behind, since when in the worst of them, why if it says so,
    and how many runs it has still to do, and could not do."""

    name: str
    behind: int
    since: datetime | None
    reason: str | None
    pending: int
    failed: int

    def stands_still(self, now: datetime) -> bool:
        """Whether that is told of."""
        return self.since is not None and self.since <= now - STANDS_STILL_AFTER


async def followers() -> list[Standing]:
    """All that the logs are kept for."""
    return [Standing(**row) for row in await sql(_ALL)]


async def standing_still(now: datetime) -> list[str]:
    """The followers that stand still in some firm."""
    return [row["name"] for row in await sql(_STANDING, now - STANDS_STILL_AFTER)]


async def stopped() -> dict[str, int]:
    """Of each follower, in how many firms it has just now said that it cannot go on."""
    return {row["name"]: row["firms"] for row in await sql(_STOPPED)}


async def release(name: str) -> int | None:
    """Forget a follower: the logs are not kept for it any more. Returns how many runs are dropped that it had still to
    do; None when there is no such follower."""
    async with in_transaction():
        await sql("SET LOCAL statement_timeout = 0")
        if not await sql("SELECT FROM follower WHERE name = $1 FOR UPDATE", name):
            return None
        (row,) = await sql(
            "SELECT count(*) AS number FROM follower_run WHERE follower_id = $1 AND state = 'PENDING'", name
        )
        await sql("DELETE FROM follower WHERE name = $1", name)
    dropped: int = row["number"]
    return dropped
