"""The partitions of the log: one for each month, made ahead, and dropped when the log is not kept for ever. Safe to
repeat, and to run in many processes at once, while changes are made.

What no month has a partition for lands in the default one. That happens only when nobody made partitions for months:
it stays there, and a month of which something is there gets no partition of its own any more.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from tortoise.transactions import in_transaction

from models.database import sql
from models.pruning import prune
from models.stays import forget_stays

#: So many months after the present one have a partition already.
MONTHS_AHEAD = 2
# Making and dropping need tables for themselves for a moment, and whoever comes later waits behind us until we have
# them. So we do not wait long, and less than PostgreSQL takes to look for a deadlock: it is always we who give up.
_LOCK_TIMEOUT = "500ms"
# "log" in ASCII: who makes or drops a partition holds this lock.
_ONE_AT_A_TIME = 0x6C6F67

# Whatever their names are: an operator may have made some.
_PARTITIONS = """
SELECT i.inhrelid::regclass::text AS name,
       COALESCE((regexp_match(bound, 'FROM \\(''(.+?)''\\)'))[1], '-infinity')::timestamptz AS since,
       COALESCE((regexp_match(bound, 'TO \\(''(.+?)''\\)'))[1], 'infinity')::timestamptz AS until
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS bound
WHERE i.inhparent = 'event'::regclass AND bound <> 'DEFAULT'
"""
_TAKEN = f"""
SELECT EXISTS (SELECT FROM ({_PARTITIONS}) p WHERE p.since < $2 AND p.until > $1)
    OR EXISTS (SELECT FROM event_default WHERE at >= $1 AND at < $2) AS taken
"""
_WHOLLY_BEFORE = f"SELECT name FROM ({_PARTITIONS}) p WHERE p.until <= $1 ORDER BY p.until"
# Where followers are behind, and up to where they have read. Every firm is looked at, and not only those that are
# marked: what is dropped is gone.
_LATE = """(
    SELECT firm.id AS firm_id, COALESCE(c.revision, 0) AS revision
    FROM follower f CROSS JOIN firm LEFT JOIN follower_cursor c ON c.follower_id = f.name AND c.firm_id = firm.id
    WHERE COALESCE(c.revision, 0) < firm.revision
) late"""
_IS_READ = f"""
SELECT NOT EXISTS (SELECT FROM {_LATE} WHERE EXISTS (
    SELECT FROM {{partition}} e WHERE e.firm_id = late.firm_id AND e.revision > late.revision
)) AS is_read
"""
_FORGET = f"""
WITH gone AS (
    DELETE FROM event_default WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM event_default e WHERE at < $1
        AND NOT EXISTS (SELECT FROM {_LATE} WHERE e.firm_id = late.firm_id AND e.revision > late.revision) LIMIT $2
    )) RETURNING 1
)
SELECT count(*) AS number FROM gone
"""
# Where what is left begins, at the latest with the first month that is kept; null where nothing can be gone.
_BEGINS = f"""
SELECT nullif(least($1, (SELECT min(p.since) FROM ({_PARTITIONS}) p), (SELECT min(at) FROM event_default)),
    '-infinity') AS since
"""


class Busy(Exception):
    """Somebody else needed the log for too long, or is at its partitions: to be tried again later."""


async def make_partitions(now: datetime) -> list[str]:
    """See to it that this month and the coming ones have their partitions. Returns the names of the new ones."""
    months = [_later(_month_of(now), ahead) for ahead in range(MONTHS_AHEAD + 1)]
    return [name for month in months if (name := await _make(month)) is not None]


async def make_past_partitions(months: Iterable[datetime], now: datetime, months_kept: int | None) -> None:
    """See to it that these months have theirs, as far as they are kept: for a past that is taken over. Where that
    cannot be just now, the default one takes it."""
    cut = None if months_kept is None else _later(_month_of(now), -months_kept)
    with suppress(Busy):
        for month in map(_month_of, months):
            if cut is None or month >= cut:
                await _make(month)


async def prune_log(now: datetime, months_kept: int) -> list[str]:
    """Drop the partitions that are wholly older than so many months before this one, the oldest first: whoever is
    further behind is told to read anew. Only followers are waited for: what one of them has not read stays, and so does
    what is younger. Returns their names."""
    cut = _later(_month_of(now), -months_kept)
    dropped = []
    for row in await sql(_WHOLLY_BEFORE, cut):
        (found,) = await sql(_IS_READ.format(partition=row["name"]))
        if not found["is_read"]:
            break
        async with _alone():
            await sql(f"DROP TABLE IF EXISTS {row['name']}")
        dropped.append(row["name"])
    await prune(_FORGET, cut)
    # Each time: the last one may have been ended between the two, or somebody dropped a month by hand.
    (begun,) = await sql(_BEGINS, cut)
    if begun["since"] is not None:
        await forget_stays(begun["since"])
    return dropped


async def log_begins(firm_id: UUID) -> datetime | None:
    """Since when the log of a firm has everything: the beginning of the oldest month that is kept, whatever happened in
    it. None where it has all that ever happened."""
    (found,) = await sql(
        f"SELECT (SELECT min(p.since) FROM ({_PARTITIONS}) p) AS since, "
        "EXISTS (SELECT FROM event WHERE firm_id = $1 AND revision = 1) AS whole",
        firm_id,
    )
    return None if found["whole"] else found["since"]


async def has_strays() -> bool:
    """Whether the default partition has something: for a while nobody made partitions, or a clock was very wrong."""
    (row,) = await sql("SELECT EXISTS (SELECT FROM event_default) AS strays")
    return bool(row["strays"])


async def _make(month: datetime) -> str | None:
    until = _later(month, 1)
    if await _is_taken(month, until):
        return None
    name = f"event_{month:%Y_%m}"
    async with _alone():
        # Who held the lock before may have made it.
        if await _is_taken(month, until):
            return None
        # Made beside the log and then attached: readers and writers of other partitions do not wait for that.
        await sql(f"CREATE TABLE {name} (LIKE event INCLUDING DEFAULTS)")
        await sql(f"ALTER TABLE event ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{until}')")
    return name


async def _is_taken(since: datetime, until: datetime) -> bool:
    (row,) = await sql(_TAKEN, since, until)
    return bool(row["taken"])


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """A transaction that is the only one at the partitions, and waits for nobody for long: `Busy` instead."""
    try:
        async with in_transaction():
            await sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            await sql("SELECT pg_advisory_xact_lock($1)", _ONE_AT_A_TIME)
            yield
    except asyncpg.LockNotAvailableError as error:
        raise Busy(str(error)) from error


def _month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _later(month: datetime, months: int) -> datetime:
    years, number = divmod(month.month - 1 + months, 12)
    return month.replace(year=month.year + years, month=number + 1)
