"""What followers have planned and still have to do: each run is a command of its own, once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from models.actor import Actor, causer_of
from models.database import sql
from models.followers.follower import Planned, Run
from models.ids import new_id
from models.log import Committed
from models.once import Earlier, Kept
from models.pruning import prune
from models.rows import RunState

#: Nobody does again what has ended: only what is PENDING is ever done. It is kept for whoever wants to see it.
RUNS_KEPT_FOR = timedelta(days=30)

_ADD = """
INSERT INTO follower_run (id, follower_id, firm_id, cause, index, hops, causer, label, data, state)
SELECT r.id, $1, r.firm, r.cause, r.index, r.hops, r.causer, r.label, r.data, 'PENDING'
FROM jsonb_to_recordset($2::jsonb)
    AS r(id uuid, firm uuid, cause bigint, index int, hops int, causer jsonb, label text, data jsonb)
"""
# Of each follower and firm the first one, as the others wait for it: from one firm to the next, however many runs there
# are in each.
_FIRST = """
SELECT follower_id, id, firm_id, cause, hops, causer, label, data FROM follower_run WHERE state = 'PENDING'
"""
_DUE = f"""
WITH RECURSIVE firsts AS (
    SELECT first.* FROM unnest($1::text[]) AS asked(name), LATERAL (
        {_FIRST} AND follower_id = asked.name ORDER BY firm_id, cause, index LIMIT 1
    ) AS first
    UNION ALL
    SELECT next.* FROM firsts, LATERAL (
        {_FIRST} AND follower_id = firsts.follower_id AND firm_id > firsts.firm_id
        ORDER BY firm_id, cause, index LIMIT 1
    ) AS next
)
SELECT * FROM firsts
WHERE (follower_id, firm_id) NOT IN (SELECT * FROM unnest($2::text[], $3::uuid[])) LIMIT $4
"""
_NEXT = """
SELECT id, firm_id, cause, hops, causer, label, data FROM follower_run
WHERE state = 'PENDING' AND follower_id = $1 AND firm_id = $2 ORDER BY cause, index LIMIT $3
"""
_CLAIM = """
SELECT state, revision, result
FROM follower_run WHERE firm_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED
"""
_DONE = """
UPDATE follower_run SET state = 'DONE', revision = raised.revision, result = $2::jsonb -> 'result', ended_at = now()
FROM raised WHERE firm_id = $1 AND id = ($2::jsonb ->> 'run')::uuid
"""
_END = """
UPDATE follower_run SET state = $2, reason = left($3, 300), ended_at = now() WHERE id = $1 AND state = 'PENDING'
"""
_END_UNCALLED = """
UPDATE follower_run SET state = $2, reason = 'No command was called for it.', ended_at = now()
WHERE id = ANY($1) AND state = 'PENDING'
"""
_PRUNE = """
WITH old AS (
    SELECT id FROM follower_run WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM follower_run r USING old WHERE r.id = old.id RETURNING r.id
)
SELECT count(*) AS number FROM gone
"""


class BeingDone(Exception):
    """Another process is at this run, or it is there no more."""


class NotYet(Exception):
    """This run waits until then, and with it what comes after it in the same firm. It is asked for again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"Not before {until:%H:%M:%S} UTC.")
        self.until = until


@dataclass(frozen=True, slots=True)
class Step:
    """A follower's step: a run that is done once. Its row is what permits it, for as long as it is PENDING."""

    run_id: UUID
    key: None = None

    async def earlier(self, firm_id: UUID, now: datetime) -> Earlier | None:
        """What it made when it was done before; None when it is to be done. `BeingDone` when another process does it:
        nobody waits for that."""
        rows = await sql(_CLAIM, firm_id, self.run_id)
        if not rows:
            raise BeingDone
        (row,) = rows
        if row["state"] == RunState.PENDING:
            return None
        return Earlier(row["revision"], None if row["result"] is None else orjson.loads(row["result"]))

    def kept(self, result: Any) -> Kept:
        """That it is done, and what it made."""
        return Kept(_DONE, {"run": str(self.run_id), "result": result})


def actor_of(run: Run) -> Actor:
    """Who does it: an automation, caused by the revision, once."""
    return replace(Actor.automation(run.firm_id, run.label, run.cause, run.hops, run.causer), once=Step(run.id))


async def add_runs(follower: str, planned: Iterable[tuple[Committed, Sequence[Planned]]]) -> None:
    """Write down what these revisions cause, in order."""
    rows = [
        {
            "id": str(new_id()),
            "firm": str(committed.firm_id),
            "cause": committed.revision,
            "index": index,
            # One more than what caused it.
            "hops": committed.events[0].hops + 1,
            "causer": causer_of(committed.events[0].actor, committed.events[0].hops),
            "label": each.label,
            "data": each.data,
        }
        for committed, caused in planned
        for index, each in enumerate(caused)
    ]
    if rows:
        await sql(_ADD, follower, orjson.dumps(rows).decode())


async def due(followers: Iterable[str], *, but: Collection[tuple[str, UUID]] = (), limit: int) -> list[tuple[str, Run]]:
    """The first run of each of these followers and each firm; `but` leaves out pairs of a follower and a firm. The cost
    depends on how many firms there are runs in, and neither on how many firms nor on how many runs there are."""
    waiting = [name for name, _ in but], [firm_id for _, firm_id in but]
    return [(row["follower_id"], _run(row)) for row in await sql(_DUE, list(followers), *waiting, limit)]


async def next_runs(follower: str, firm_id: UUID, *, limit: int) -> list[Run]:
    """The follower's next runs in this firm, in order."""
    return [_run(row) for row in await sql(_NEXT, follower, firm_id, limit)]


async def skip(run: Run) -> None:
    """End a run for which there was nothing to do any more. One that is done stays that."""
    await sql(_END, run.id, RunState.SKIPPED, None)


async def fail(run: Run, reason: str) -> None:
    """End a run that could not be done, and say why. One that is done stays that."""
    await sql(_END, run.id, RunState.FAILED, reason)


async def fail_uncalled(runs: Iterable[Run]) -> None:
    """End those of these runs that are still to be done, though whoever does them said that they are."""
    await sql(_END_UNCALLED, [run.id for run in runs], RunState.FAILED)


async def prune_runs(now: datetime) -> int:
    """Forget what ended long ago. Returns how many."""
    return await prune(_PRUNE, now - RUNS_KEPT_FOR)


def _run(row: dict[str, Any]) -> Run:
    causer = None if row["causer"] is None else orjson.loads(row["causer"])
    return Run(row["id"], row["firm_id"], row["cause"], row["hops"], row["label"], orjson.loads(row["data"]), causer)
