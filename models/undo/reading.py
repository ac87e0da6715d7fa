"""What a revision did, and what automations did because of it, as the log has it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from models.bounds import UNDONE
from models.database import sql
from models.errors import LimitReached, NotFound
from models.events import Event
from models.log import EVENT_COLUMNS, Logged, logged_of
from models.reasons import Reason
from models.scope import Scope, Viewer
from models.undone import Undos
from models.visibility import own, shown

# By what caused it, from one to the next. What was taken back has effects, too, which are left out afterwards.
_EFFECTS = f"""
WITH RECURSIVE effect (revision) AS (
    SELECT $2::bigint UNION SELECT caused.revision FROM effect
    JOIN event AS caused ON caused.firm_id = $1 AND caused.cause = effect.revision AND caused.hops > 0
)
SELECT {EVENT_COLUMNS} FROM event WHERE firm_id = $1 AND revision IN (SELECT revision FROM effect)
ORDER BY revision, index LIMIT $3
"""


async def effects_of(seen: Scope | Viewer, revision: int, undos: Undos) -> list[Logged]:
    """All that a revision did, and that automations did because of it, oldest first; but what was taken back by itself.

    `NotFound` where there is no such revision, or something of it is out of sight: the two are never told apart.
    `LimitReached` where it is more than one call takes back."""
    logged = logged_of(await sql(_EFFECTS, _scope(seen).firm_id, revision, UNDONE.most + 1))
    standing = {revision}
    for each in logged:
        if each.cause in standing and undos.of(each.revision) is None:
            standing.add(each.revision)
    left = [each for each in logged if each.revision in standing]
    if not left or not all(_is_seen(each.event, seen) for each in logged):
        raise no_such_revision(revision)
    if len(logged) > UNDONE.most:
        raise LimitReached(
            f"With what automations did because of it, this revision has more than {UNDONE.most:,} events: it is not "
            "taken back at once. Take back what they did first.",
            "revision",
            reason=Reason.TOO_MANY,
            maximum=UNDONE.most,
            actual=len(logged),
        )
    return left


def no_such_revision(revision: int) -> NotFound:
    """The refusal of a revision that there is not, or of which something is out of sight."""
    told = "There is no such revision, or you do not see all that it did."
    return NotFound(told, "revision", reason=Reason.NOT_FOUND, kind="revision", id=str(revision))


_READ = f"""
SELECT {EVENT_COLUMNS} FROM event WHERE firm_id = $1 AND revision = ANY($2) ORDER BY revision, index
"""


async def read_revisions(seen: Scope | Viewer, revisions: Collection[int]) -> list[Logged]:
    """The events of revisions, as far as they may be seen, oldest first."""
    logged = logged_of(await sql(_READ, _scope(seen).firm_id, list(revisions)))
    return [each for each in logged if _is_seen(each.event, seen)]


_SINCE = """
SELECT DISTINCT revision, type, subject, job FROM event
WHERE firm_id = $1 AND revision > $2 AND (subject = ANY($3) OR job = ANY($3))
"""


async def told_since(seen: Scope | Viewer, revision: int, things: Sequence[UUID]) -> list[dict[str, Any]]:
    """What happened to things after a revision, or on them where they are jobs: each kind of event once a revision."""
    return await sql(_SINCE, _scope(seen).firm_id, revision, list(things)) if things else []


def _scope(seen: Scope | Viewer) -> Scope:
    return seen if isinstance(seen, Scope) else seen.scope


def _is_seen(event: Event, seen: Scope | Viewer) -> bool:
    """Whether it is told, as itself: not that its thing left somebody's sight by it."""
    told = shown(event, _scope(seen))
    if told is None and isinstance(seen, Viewer):
        told = own(event, seen.member_id, seen.scope)
    return type(told) is type(event)
