"""How far the followers have come in the firms' logs, and who is behind."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from tortoise.transactions import in_transaction

from models.command import shielded
from models.database import sql
from models.followers.follower import Follower, Planned
from models.followers.runs import add_runs
from models.log import Committed, Extent, LogPage, Unreadable, read_log

#: So many events are read at a time, or as many as one revision has.
PAGE = 1_000

# A follower that is not known yet begins at the present end of each log.
_REGISTER = """
WITH added AS (
    INSERT INTO follower (name, created_at) SELECT name, $2 FROM unnest($1::text[]) AS given(name) ORDER BY name
    ON CONFLICT DO NOTHING RETURNING name
), begun AS (
    INSERT INTO follower_cursor (follower_id, firm_id, revision, moved_at)
    SELECT added.name, firm.id, firm.revision, $2 FROM added, firm
)
SELECT name FROM added ORDER BY name
"""
#: The followers that are not at the end of the log of `firm`.
BEHIND = """
follower f LEFT JOIN follower_cursor c ON c.follower_id = f.name AND c.firm_id = firm.id
WHERE COALESCE(c.revision, 0) < firm.revision
"""
# What was committed while a follower was being registered, or by a server of a version that knows of no followers.
_MARK = f"UPDATE firm SET behind_since = $1 WHERE behind_since IS NULL AND EXISTS (SELECT FROM {BEHIND})"
_IS_ASKED = "f.name = ANY($1) AND (f.name, firm.id) NOT IN (SELECT * FROM unnest($2::text[], $3::uuid[]))"
# Only the firms that are marked are looked at. `served` are the followers that are asked for and do not wait; a firm
# that nobody is behind in has lost its mark's reason.
_QUESTION = f"""
SELECT firm.id AS firm_id, found.served, found.revisions
FROM firm, LATERAL (
    SELECT count(*) AS number, array_agg(f.name ORDER BY f.name) FILTER (WHERE {_IS_ASKED}) AS served,
        array_agg(COALESCE(c.revision, 0) ORDER BY f.name) FILTER (WHERE {_IS_ASKED}) AS revisions
    FROM {BEHIND}
) found
WHERE firm.behind_since IS NOT NULL AND (found.number = 0 OR found.served IS NOT NULL)
ORDER BY firm.behind_since LIMIT $4
"""
_UNMARK = f"UPDATE firm SET behind_since = NULL WHERE id = $1 AND NOT EXISTS (SELECT FROM {BEHIND}) RETURNING id"
# Not of a follower that is being released.
_TAKE = """
SELECT c.id, c.revision
FROM follower f JOIN follower_cursor c ON c.follower_id = f.name
WHERE f.name = $1 AND c.firm_id = $2 FOR KEY SHARE OF f SKIP LOCKED FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_BEGIN = """
INSERT INTO follower_cursor (follower_id, firm_id, revision, moved_at)
SELECT f.name, $2, 0, $3 FROM follower f
WHERE f.name = $1 AND NOT EXISTS (SELECT FROM follower_cursor WHERE follower_id = $1 AND firm_id = $2)
ON CONFLICT DO NOTHING RETURNING id
"""
_MOVE = "UPDATE follower_cursor SET revision = $2, moved_at = $3, stopped_by = NULL WHERE id = $1"
_STOP = "UPDATE follower_cursor SET stopped_by = left($3, 300) WHERE follower_id = $1 AND firm_id = $2"


@dataclass(frozen=True, slots=True)
class FirmBehind:
    """A firm whose log is marked as not followed to its end, who is to follow it, and how far they are; nobody when the
    mark is to go."""

    firm_id: UUID
    followers: Sequence[str]
    revisions: tuple[int, ...] = ()


class Progress(Enum):
    """How a follower came on in a firm's log."""

    #: There may be more to read.
    MOVED = auto()
    AT_THE_END = auto()
    #: Another process is at it, or the follower has been released.
    TAKEN = auto()


class Stopped(Exception):
    """A follower cannot go on in a firm's log, and why. What it could not read or plan is never skipped."""


async def register(names: Iterable[str], now: datetime) -> list[str]:
    """See to it that these followers are known, and that the logs are kept for them. Returns those that are new."""
    rows = await sql(_REGISTER, list(names), now)
    await sql(_MARK, now)
    return [row["name"] for row in rows]


async def behind(names: Iterable[str], *, but: Collection[tuple[str, UUID]] = (), limit: int) -> list[FirmBehind]:
    """The firms in which one of these followers is behind, longest first; `but` leaves out pairs of a follower and a
    firm. The cost depends on how many firms somebody is behind in, and not on how many there are."""
    waiting = [name for name, _ in but], [firm_id for _, firm_id in but]
    rows = await sql(_QUESTION, list(names), *waiting, limit)
    return [FirmBehind(row["firm_id"], row["served"] or (), tuple(row["revisions"] or ())) for row in rows]


async def advance(follower: Follower, firm_id: UUID, now: datetime) -> Progress:
    """Let the follower plan what comes next in the firm's log, and move its cursor, in one transaction. Of several
    processes one does it. `Stopped` when it cannot go on; what comes before that is done."""
    try:
        return await shielded(_advance(follower, firm_id, now))
    except _PlanFailed as failed:
        if not failed.is_first:
            return await shielded(_advance(follower, firm_id, now, before=failed.revision))
        raise Stopped(str(failed)) from failed.__cause__
    except Unreadable as unknown:
        raise Stopped(f"This version does not know the event {unknown}.") from unknown


async def settle(firm_id: UUID) -> bool:
    """Take the firm's mark away if everybody has come to the end of its log. Whether it is gone."""
    async with in_transaction():
        # Whoever holds the firm raises its revision. And in two statements: the second sees who else has come to the
        # end, or was registered, while nobody can raise it.
        marked = "SELECT FROM firm WHERE id = $1 AND behind_since IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED"
        return bool(await sql(marked, firm_id)) and bool(await sql(_UNMARK, firm_id))


async def stop(name: str, firm_id: UUID, reason: str) -> None:
    """Say on the cursor why it does not move."""
    await sql(_STOP, name, firm_id, reason)


class _PlanFailed(Exception):
    def __init__(self, revision: int, *, is_first: bool) -> None:
        super().__init__(f"What revision {revision} causes could not be planned.")
        self.revision = revision
        self.is_first = is_first


async def _advance(follower: Follower, firm_id: UUID, now: datetime, before: int | None = None) -> Progress:
    async with in_transaction():
        if taken := await sql(_TAKE, follower.name, firm_id):
            return await _follow(follower, firm_id, now, before, taken[0]["id"], taken[0]["revision"])
    # The firm was founded after the follower was registered; or else somebody is at it.
    return Progress.MOVED if await sql(_BEGIN, follower.name, firm_id, now) else Progress.TAKEN


async def _follow(
    follower: Follower, firm_id: UUID, now: datetime, before: int | None, id: int, revision: int
) -> Progress:
    page, is_all = await _read(firm_id, revision)
    if page.extent is Extent.CUT_OFF:
        raise Stopped(f"The log is cut off after revision {revision}.")
    if page.extent is Extent.NOTHING_NEW:
        return Progress.AT_THE_END
    revisions = [committed for committed in page.revisions if before is None or committed.revision < before]
    planned = [(committed, await _plan(follower, committed, revisions[0])) for committed in revisions]
    await add_runs(follower.name, planned)
    await sql(_MOVE, id, revisions[-1].revision, now)
    return Progress.AT_THE_END if is_all and before is None else Progress.MOVED


async def _read(firm_id: UUID, after: int) -> tuple[LogPage, bool]:
    """The next revisions that this version knows, at least one of them whole; and whether there are no more."""
    limit = PAGE
    try:
        while (page := await read_log(firm_id, after, limit=limit)).full and not page.revisions:
            limit *= 2
    except Unreadable as unknown:
        if not unknown.before:
            raise
        return LogPage(firm_id, Extent.UP_TO_HERE, unknown.before), False
    return page, not page.full


async def _plan(follower: Follower, committed: Committed, first: Committed) -> Sequence[Planned]:
    try:
        return await follower.plan(committed)
    except Exception as error:  # whatever it is, the next revisions wait for it
        raise _PlanFailed(committed.revision, is_first=committed is first) from error
