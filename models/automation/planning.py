"""What automations have to do because of a revision: a run for each automation of each trigger that a job met in it.

It is written down inside the transaction in which the follower moves on, so that each is there once, whatever crashes.
See docs/decisions/0090-runs-of-automations.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from models.actor import causer_of
from models.automation.as_if import as_if_on
from models.automation.run_events import AutomationRetried
from models.database import sql
from models.events import Event, JobCreated, JobMoved, JobStatusChanged
from models.followers.follower import Planned
from models.ids import new_id
from models.log import Committed
from models.rows import AutomationState, AutomationTrigger, RunReason, RunState


@dataclass(frozen=True, slots=True)
class Met:
    """A job met a trigger: it entered this stage, or came under this status, or with neither it was created in the
    pipeline. `stay` is the number of its time there; None where a log from before it was noted does not say."""

    job: UUID
    trigger: AutomationTrigger
    pipeline: UUID
    stage: UUID | None = None
    status: UUID | None = None
    stay: int | None = None
    #: The automations that whoever moved it left out.
    left_out: Collection[UUID] = ()


def triggers_met(committed: Committed) -> list[Met]:
    """What jobs met in a revision, in its order. What is put elsewhere because its stage or status was deleted meets
    nothing, nor does what is restored, nor what only gets another place among its cards."""
    return [met for logged in committed.events for met in _met(logged.event)]


def _met(event: Event) -> Iterator[Met]:
    if isinstance(event, JobCreated) and event.fires_automations:
        yield Met(event.job, AutomationTrigger.CREATION, event.pipeline, stay=1)
        yield Met(event.job, AutomationTrigger.STAGE, event.pipeline, stage=event.stage, stay=1)
    elif isinstance(event, JobMoved) and event.fires_automations and event.from_stage != event.to_stage:
        yield Met(
            event.job,
            AutomationTrigger.STAGE,
            event.pipeline,
            stage=event.to_stage,
            stay=event.stay or None,
            left_out=event.skipped_automations,
        )
    elif isinstance(event, JobStatusChanged) and event.fires_automations:
        # Only custom ones have automations.
        yield Met(
            event.job, AutomationTrigger.STATUS, event.pipeline, status=event.to_status, stay=event.status_stay or None
        )


# In one statement however many jobs met however many triggers: the automations that there are by now, but for drafts,
# and what was planned of this before. Jobs that are archived by now are left alone.
_FOUND = """
SELECT met.place, job.id AS job, job.account_id AS account, job.stay, job.status_stay, automation.id AS automation,
    automation.name, automation.type, automation.state
FROM jsonb_to_recordset($2::jsonb) AS met(place int, job uuid, pipeline uuid, stage uuid, status uuid)
JOIN job ON job.id = met.job AND job.firm_id = $1 AND job.archived_at IS NULL
JOIN automation ON automation.pipeline_id = met.pipeline AND (automation.state <> 'DRAFT' OR $3::boolean)
    AND automation.stage_id IS NOT DISTINCT FROM met.stage AND automation.status_id IS NOT DISTINCT FROM met.status
ORDER BY met.place, automation.type <> 'UPDATE_TAGS', automation.position, automation.id
"""
# What one stay has caused already it does not cause again.
_ADD = """
INSERT INTO automation_run (id, version, created_at, updated_at, firm_id, account_id, job_id, automation_id, name, type,
    trigger, stay, status_stay, place, state, reason, message, cause, causer, hops, made, attempts, ended_at)
SELECT run.id, 1, $2::timestamptz, $2, $1::uuid, run.account, run.job, run.automation, run.name, run.type, run.trigger,
    run.stay, run.status_stay, run.place, run.state, run.reason, run.message, $3::bigint, $4::jsonb, $5::int, '[]', 0,
    CASE WHEN run.state <> 'PENDING' THEN $2 END
FROM jsonb_to_recordset($6::jsonb) AS run(id uuid, account uuid, job uuid, automation uuid, name text, type text,
    trigger text, stay int, status_stay int, place int, state text, reason text, message text)
ON CONFLICT DO NOTHING RETURNING id
"""


async def plan_runs(committed: Committed) -> list[Planned]:
    """Write down what automations have to do because of a revision, in two statements at most, and return what is to be
    done now, in order: of each job tags first, since conditions of others ask for them."""
    again = [_again(logged.event) for logged in committed.events if isinstance(logged.event, AutomationRetried)]
    met = triggers_met(committed)
    if not met:
        return again
    asked = orjson.dumps([_asked(*each) for each in enumerate(met)]).decode()
    found = await sql(_FOUND, committed.firm_id, asked, as_if_on())
    runs = [_run(place, row, met[row["place"]]) for place, row in enumerate(found)]
    added = await _add(committed, runs) if runs else set()
    pending = (run for run in runs if run["id"] in added and run["state"] == RunState.PENDING)
    return [*again, *(Planned(run["name"], {"run": run["id"]}) for run in pending)]


def _again(event: AutomationRetried) -> Planned:
    return Planned(event.automation_name, {"run": str(event.automation_run)})


def _asked(place: int, met: Met) -> dict[str, Any]:
    named = {"job": met.job, "pipeline": met.pipeline, "stage": met.stage, "status": met.status}
    return {"place": place, **{name: id and str(id) for name, id in named.items()}}


def _run(place: int, row: dict[str, Any], met: Met) -> dict[str, Any]:
    reason, message = _left_undone(row, met)
    of_status = met.trigger is AutomationTrigger.STATUS
    return {
        "id": str(new_id()),
        "account": str(row["account"]),
        "job": str(row["job"]),
        "automation": str(row["automation"]),
        "name": row["name"],
        "type": row["type"],
        "trigger": met.trigger.value,
        "stay": row["stay"] if met.stay is None or of_status else met.stay,
        "status_stay": row["status_stay"] if met.stay is None or not of_status else met.stay,
        "place": place,
        "state": RunState.PENDING if reason is None else RunState.SKIPPED,
        "reason": reason,
        "message": message,
    }


def _left_undone(row: dict[str, Any], met: Met) -> tuple[RunReason | None, str | None]:
    if row["automation"] in met.left_out:
        return RunReason.SKIPPED_BY_MOVER, "Whoever moved the job left it out."
    return not_on(AutomationState(row["state"]))


def not_on(state: AutomationState) -> tuple[RunReason | None, str | None]:
    """Why an automation in this state does nothing, and what people read of that; None and None where it is on."""
    if as_if_on():
        return None, None
    match state:
        case AutomationState.ON:
            return None, None
        case AutomationState.PAUSED:
            return RunReason.PAUSED, "The automation has paused itself."
        case _:
            return RunReason.SWITCHED_OFF, "The automation is switched off."


async def _add(committed: Committed, runs: Sequence[dict[str, Any]]) -> set[str]:
    (first, *_) = committed.events
    causer = causer_of(first.actor, first.hops)
    rows = await sql(
        _ADD,
        committed.firm_id,
        first.at,
        committed.revision,
        orjson.dumps(causer).decode(),
        first.hops + 1,
        orjson.dumps(runs).decode(),
    )
    return {str(row["id"]) for row in rows}
