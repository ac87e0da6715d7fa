"""The log of a firm: how a change is written to it, and how it is read back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from models.actor import Actor, ActorKind
from models.database import sql
from models.events import Event, from_json, to_json
from models.once import NOTHING, Kept, kept_json
from models.position import Position, Positioned
from models.scope import Scope
from models.visibility import shown
from models.visibility_in_sql import shown_condition, shown_values


@dataclass(frozen=True, slots=True)
class Logged:
    """An event with its place in the log: when, by whom, and because of which revision. `hops` is the length of that
    chain of causes: 0 for what a person or a schedule did."""

    revision: int
    index: int
    event: Event
    actor: dict[str, Any]
    cause: int | None
    at: datetime
    hops: int = 0

    @property
    def is_undo(self) -> bool:
        """Whether it takes its cause back: a member made it, because of that."""
        return self.cause is not None and self.actor["kind"] == ActorKind.MEMBER


class ScopesChanged(Exception):
    """What some member of the firm may see has changed since a revision. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A revision that has been committed."""

    firm_id: UUID
    revision: int
    events: tuple[Logged, ...]


#: Called with each revision right after its commit. They must not block or fail: what they miss, the log still has.
_listeners: list[Callable[[Committed], None]] = []


def on_commit(listener: Callable[[Committed], None]) -> Callable[[], None]:
    """Call it after every commit of this process. Returns how to stop that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def announce(committed: Committed) -> None:
    """Tell the listeners of this process."""
    for listener in _listeners:
        listener(committed)


# One statement, so that the firm's row, which makes commit order equal revision order, is held for one round trip and
# the commit. The rows come as one JSON array: its size does not change the statement. What is kept of a command that
# happens once is a part of it.
_APPEND = """
WITH raised AS (
    UPDATE firm SET revision = revision + 1, behind_since = COALESCE(behind_since, $8),
                    scope_revision = CASE WHEN $7 THEN revision + 1 ELSE scope_revision END
    WHERE id = $1 AND ($9::bigint IS NULL OR scope_revision <= $9) RETURNING revision
), kept AS ({kept})
INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, cause, hops, idempotency_key, at)
SELECT $1, raised.revision, e.index, e.type, e.data, e.subject, e.job, $4::jsonb, $5, $10, $6, $8
FROM raised, jsonb_to_recordset($3::jsonb) AS e(index int, type text, data jsonb, subject uuid, job uuid)
RETURNING revision
"""
# The same, of several moments: a revision for each, in their order.
_APPEND_MOMENTS = (
    _APPEND.replace("revision + 1", "revision + $11")
    .replace("raised.revision, e.index", "raised.revision - $11 + e.moment, e.index")
    .replace("$6, $8", "$6, e.at")
    .replace("job uuid)", "job uuid, moment int, at timestamptz)")
)


async def append(
    actor: Actor, events: Sequence[Event], now: datetime, *, as_of: int | None = None, kept: Kept = NOTHING
) -> Committed:
    """Raise the firm's revision, write the events under it and keep what is `kept` with it: the last statement of a
    transaction. `ScopesChanged` when a member's scope has changed after the revision `as_of`."""
    rows = [_row(index, event) for index, event in enumerate(events)]
    written = await sql(_APPEND.format(kept=kept.statement), *_values(actor, rows, events, now, as_of, kept))
    return committed_as(actor, _last_revision(written), events, now)


#: When something happened, and what.
Moment = tuple[datetime, Sequence[Event]]


async def append_moments(
    actor: Actor, moments: Sequence[Moment], now: datetime, *, as_of: int | None = None, kept: Kept = NOTHING
) -> list[Committed]:
    """As `append`, of what happened at several moments, the earliest first: a past that is taken over. Each is a
    revision of its own, for all events of a revision are of one time, and are kept or pruned together."""
    events = [event for _, events in moments for event in events]
    rows = [
        {**_row(index, event), "moment": number, "at": at.isoformat()}
        for number, (at, of_moment) in enumerate(moments, start=1)
        for index, event in enumerate(of_moment)
    ]
    values = _values(actor, rows, events, now, as_of, kept)
    written = await sql(_APPEND_MOMENTS.format(kept=kept.statement), *values, len(moments))
    first = _last_revision(written) - len(moments) + 1
    return [committed_as(actor, revision, of_moment, at) for revision, (at, of_moment) in enumerate(moments, first)]


def _row(index: int, event: Event) -> dict[str, Any]:
    return {
        "index": index,
        "type": type(event).__name__,
        "data": to_json(event),
        "subject": event.thing and str(event.thing),
        "job": event.subject_job and str(event.subject_job),
    }


def _values(
    actor: Actor, rows: Sequence[Any], events: Sequence[Event], now: datetime, as_of: int | None, kept: Kept
) -> tuple[Any, ...]:
    return (
        actor.firm_id,
        kept_json(kept),
        orjson.dumps(rows).decode(),
        orjson.dumps(actor.to_json()).decode(),
        actor.cause,
        actor.once.key if actor.once else None,
        any(event.rescoped for event in events),
        now,
        as_of,
        actor.hops,
    )


def _last_revision(written: Sequence[dict[str, Any]]) -> int:
    if not written:
        raise ScopesChanged
    last: int = max(row["revision"] for row in written)
    return last


def committed_as(actor: Actor, revision: int, events: Sequence[Event], at: datetime) -> Committed:
    """These events as a revision has them."""
    acted = actor.to_json()
    logged = (Logged(revision, index, event, acted, actor.cause, at, actor.hops) for index, event in enumerate(events))
    return Committed(actor.firm_id, revision, tuple(logged))


class Extent(Enum):
    """What there is of the log after a revision."""

    #: It is the last one.
    NOTHING_NEW = auto()
    #: These events, and none is missing between.
    UP_TO_HERE = auto()
    #: Something is missing: the log was pruned.
    CUT_OFF = auto()


@dataclass(frozen=True, slots=True)
class LogPage:
    """A firm's log after a revision, as far as it was asked for. `full` when there may be more of it: also of the last
    revision."""

    firm_id: UUID
    extent: Extent
    logged: Sequence[Logged] = ()
    full: bool = False

    @property
    def revisions(self) -> list[Committed]:
        """The revisions that are wholly in it."""
        revisions = [
            Committed(self.firm_id, revision, tuple(events))
            for revision, events in groupby(self.logged, key=lambda logged: logged.revision)
        ]
        return revisions[:-1] if self.full else revisions


class Unreadable(Exception):
    """The log has an event that this version of the program does not know. `before` is what was asked for up to its
    revision."""

    def __init__(self, kind: str, revision: int, before: Sequence[Logged]) -> None:
        super().__init__(f"{kind} of revision {revision}")
        self.kind = kind
        self.revision = revision
        self.before = before


EVENT_COLUMNS = "revision, index, type, data, actor, cause, hops, at"
_READ = f"""
SELECT {EVENT_COLUMNS}, (SELECT revision FROM firm WHERE id = $1) AS head FROM event
WHERE firm_id = $1 AND revision > $2 ORDER BY revision, index LIMIT $3
"""
# The log is in partitions, a month each. A statement that names no time is planned for all of them and looks into all
# of them. Most readers are not far behind: they are spared that. Of those who are, it finds nothing.
_READ_RECENT = _READ.replace(
    "ORDER",
    """AND at >= $4 AND at < $5
  AND EXISTS (SELECT FROM event WHERE firm_id = $1 AND revision = $2 + 1 AND at >= $4 AND at < $5) ORDER""",
)
_RECENT = (timedelta(days=7), timedelta(days=100))
# The clocks of two servers differ by less than this.
_CLOCKS = timedelta(days=1)


async def read_log(firm_id: UUID, after: int, *, limit: int) -> LogPage:
    """The firm's events after a revision, oldest first, at most `limit`; or that there is none, or that the log does
    not have all of them any more."""
    now = datetime.now(UTC)
    # Revisions prove that nothing is missing. Times would not: clocks differ, and a change is as old as its beginning.
    for recent in _RECENT:
        rows = await sql(_READ_RECENT, firm_id, after, limit, now - recent, now + _CLOCKS)
        if _are_all(rows, after, limit):
            return _page(firm_id, rows, limit)
        # Mostly there is nothing further back either: somebody asked too early.
        if not rows and (await heads([firm_id]))[firm_id].revision <= after:
            return LogPage(firm_id, Extent.NOTHING_NEW)
    rows = await sql(_READ, firm_id, after, limit)
    return _page(firm_id, rows, limit) if _are_all(rows, after, limit) else LogPage(firm_id, Extent.CUT_OFF)


def _page(firm_id: UUID, rows: Sequence[dict[str, Any]], limit: int) -> LogPage:
    return LogPage(firm_id, Extent.UP_TO_HERE, logged_of(rows), full=len(rows) == limit)


def _are_all(rows: Sequence[dict[str, Any]], after: int, limit: int) -> bool:
    """Whether no revision is missing: not at the beginning, not in between, not at the end."""
    last = after
    for row in rows:
        if row["revision"] > last + 1:
            return False
        last = row["revision"]
    return bool(rows) and (len(rows) == limit or last == rows[0]["head"])


class Reached(NamedTuple):
    """How far a reader of a history has come: down to this revision, of which they have seen so many events. What they
    did not see is not counted."""

    revision: int = 2**63 - 1
    seen: int = 0


@cache
def _histories() -> str:
    # Not before somebody asks: kinds that are modules of their own need this module themselves.
    return f"""
    SELECT asked.job AS of_job, e.* FROM unnest($2::uuid[]) AS asked(job), LATERAL (
      SELECT {EVENT_COLUMNS} FROM event WHERE firm_id = $1 AND job = asked.job AND at >= $6 AND revision <= $3
      AND {shown_condition("event", 7)}
      ORDER BY revision DESC, index DESC OFFSET $4 LIMIT $5) e
    ORDER BY e.revision DESC, e.index DESC
    """


async def read_histories(
    scope: Scope, job_ids: Sequence[UUID], *, reached: Reached, limit: int
) -> dict[UUID, list[Logged]]:
    """Of the events of each job that the scope is shown the `limit` next, newest first, as far back as the log goes."""
    firm_id = scope.firm_id
    found: dict[UUID, list[Logged]] = {job_id: [] for job_id in job_ids}
    # Nothing happened to a job before it was there.
    (oldest,) = await sql(
        "SELECT min(created_at) AS job FROM job WHERE firm_id = $1 AND id = ANY($2)", firm_id, job_ids
    )
    if oldest["job"] is not None:
        since = oldest["job"] - _CLOCKS
        rows = await sql(_histories(), firm_id, job_ids, *reached, limit, since, *shown_values(scope))
        for row, logged in zip(rows, logged_of(rows), strict=True):
            event = shown(logged.event, scope)
            assert event is not None, logged
            found[row["of_job"]].append(replace(logged, event=event))
    return found


async def revision_of_creation(firm_id: UUID, subject: UUID, kind: type[Event]) -> int | None:
    """The revision that created a thing; None when the log does not have it any more."""
    rows = await sql(
        "SELECT revision FROM event WHERE subject = $1 AND type = $2 AND firm_id = $3", subject, kind.__name__, firm_id
    )
    return rows[0]["revision"] if rows else None


@dataclass(frozen=True, slots=True)
class Head(Positioned):
    """How far a firm's log is, and up to where its members' scopes have changed."""

    position: Position
    scope_revision: int


async def heads(firm_ids: Iterable[UUID]) -> dict[UUID, Head]:
    """The heads of these firms, in one statement."""
    rows = await sql("SELECT id, revision, scope_revision, epoch FROM firm WHERE id = ANY($1)", list(firm_ids))
    return {row["id"]: Head(Position(row["epoch"], row["revision"]), row["scope_revision"]) for row in rows}


def encode_committed(committed: Committed) -> dict[str, Any]:
    """A revision as the bell carries it."""
    first = committed.events[0]
    return {
        "firm": str(committed.firm_id),
        "revision": committed.revision,
        "actor": first.actor,
        "cause": first.cause,
        "hops": first.hops,
        "at": first.at.isoformat(),
        "events": [[type(logged.event).__name__, to_json(logged.event)] for logged in committed.events],
    }


def decode_committed(data: dict[str, Any]) -> Committed:
    """The revision that the bell carried."""
    revision, at = data["revision"], datetime.fromisoformat(data["at"])
    hops = data.get("hops", 0)  # A server of the version before does not say.
    return Committed(
        UUID(data["firm"]),
        revision,
        tuple(
            Logged(revision, index, from_json(kind, fields), data["actor"], data["cause"], at, hops)
            for index, (kind, fields) in enumerate(data["events"])
        ),
    )


def logged_of(rows: Iterable[dict[str, Any]]) -> list[Logged]:
    """The events of these rows; `Unreadable` at the first that is none."""
    logged: list[Logged] = []
    for row in rows:
        try:
            event = from_json(row["type"], orjson.loads(row["data"]))
        except (LookupError, TypeError, ValueError) as error:
            # A newer version of the program writes kinds of events that this one does not know.
            before = [earlier for earlier in logged if earlier.revision != row["revision"]]
            raise Unreadable(row["type"], row["revision"], before) from error
        actor = orjson.loads(row["actor"])
        logged.append(Logged(row["revision"], row["index"], event, actor, row["cause"], row["at"], row["hops"]))
    return logged
