"""The follower of the logs that lets automations act, and jobs move on by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.actions import Command
from models.actor import Actor
from models.automation.as_if import as_if_on
from models.automation.automove import Decision, Move, ReturnToActive, Waiting
from models.automation.facts import HAD_ITEM, MADE_UNDER_STATUS, decisions
from models.automation.moving import Stays, move_on, return_to_active
from models.automation.planning import plan_runs
from models.automation.quota import FOLLOWER, Quota
from models.automation.running import act_on_run
from models.command import Outcome
from models.database import sql
from models.events import Event, StageCreated, StageDeleted, StageMoved, StageUpdated
from models.followers.follower import Planned, Run
from models.items.sums import Sum
from models.log import Committed

#: In whose name the log has what automove does.
AUTOMOVE = "Automove"


@dataclass(frozen=True, slots=True)
class Automations:
    """Hears of each revision, lets automations act that it set off, and the jobs move on that it made ready.

    What is planned is decided anew when it is done: then by what holds of the job, which is held."""

    quota: Quota = field(default_factory=Quota)
    name: str = FOLLOWER

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """What automations have to do, and then each job that is to move on, or to return to Active. What is taken back
        sets nothing off."""
        if committed.events[0].is_undo:
            return []
        return [*await plan_runs(committed), *await self._plan_moves(committed)]

    async def _plan_moves(self, committed: Committed) -> Sequence[Planned]:
        found = await _that_may_be_ready(committed)
        decided = await decisions([row["id"] for row in found]) if found else {}
        return [
            Planned(AUTOMOVE, _said(row, decision))
            for row in found
            if not isinstance(decision := decided.get(row["id"], _GONE), Waiting)
        ]

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """Do what an automation has to do; or move the job on, or let it return to Active, if that is still so."""
        if "run" in run.data:
            return await act_on_run(actor, UUID(run.data["run"]), self.quota)
        does, values = evaluation(run.data)
        outcome: Outcome[Any] = await does(actor, **values, quota=self.quota)
        return outcome


def evaluation(data: Mapping[str, Any]) -> tuple[Command[..., Any], dict[str, Any]]:
    """The command that lets a job move on, or return to Active, as it was planned, and what it takes."""
    stays = Stays(data["stay"], data["status_stay"])
    does = return_to_active if data["does"] == _RETURN else move_on
    return does, {"job_id": UUID(data["job"]), "stays": stays}


#: What is planned for a job, as it is kept.
_RETURN = "return"
_DOES = {Move: "move on", ReturnToActive: _RETURN}
_GONE = Waiting(())


def _said(job: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    stays = {name: job[name] for name in ("stay", "status_stay")}
    return {"job": str(job["id"]), "does": _DOES[type(decision)], **stays}


# Those that nothing holds, on a stage from which jobs move on, or under a custom status that they return from. What has
# to be looked at closely is then little, also where a switch concerns all jobs of a pipeline. And none to which
# something has happened since, which is still to be heard: it may have come elsewhere, where automations come first.
_MAY_BE_READY = f"""
WITH asked AS MATERIALIZED (
    SELECT id FROM job WHERE firm_id = $1 AND id = ANY($2)
    UNION SELECT job.id FROM job JOIN stage ON stage.id = job.stage_id WHERE stage.firm_id = $1 AND stage.id = ANY($3)
    UNION SELECT id FROM job WHERE firm_id = $1 AND pipeline_id = ANY($4)
)
SELECT job.id, job.stay, job.status_stay FROM asked JOIN job ON job.id = asked.id
JOIN stage ON stage.id = job.stage_id JOIN status ON status.id = job.status_id
WHERE job.archived_at IS NULL AND job.completed_at IS NULL AND (
    status.category = 'ACTIVE' AND (stage.automove OR $6::boolean)
    AND EXISTS (SELECT FROM job_item AS link WHERE link.job_id = job.id AND {HAD_ITEM})
    AND NOT EXISTS (SELECT FROM job_item WHERE job_id = job.id AND unlinked_at IS NULL AND {Sum.HOLDING.of_links})
    OR status.category = 'CUSTOM' AND EXISTS (
        SELECT FROM automation_run AS run, jsonb_array_elements(run.made) AS made(of)
        WHERE run.job_id = job.id AND {MADE_UNDER_STATUS}
    )
) AND NOT EXISTS (SELECT FROM event WHERE event.firm_id = $1 AND event.job = job.id AND event.revision > $5)
ORDER BY job.id
"""


async def _that_may_be_ready(committed: Committed) -> list[dict[str, Any]]:
    events = [logged.event for logged in committed.events]
    jobs = {event.subject_job for event in events if event.subject_job is not None}
    stages, pipelines = set(_switched_on(events)), set(_reordered(events))
    if not (jobs or stages or pipelines):
        return []
    asked = [list(ids) for ids in (jobs, stages, pipelines)]
    return await sql(_MAY_BE_READY, committed.firm_id, *asked, committed.revision, as_if_on())


def _switched_on(events: Sequence[Event]) -> Iterator[UUID]:
    for event in events:
        if isinstance(event, StageUpdated) and event.changes.get("automove") == (False, True):
            yield event.stage


def _reordered(events: Sequence[Event]) -> Iterator[UUID]:
    # The stage that was the last one is none any more.
    for event in events:
        if isinstance(event, StageCreated | StageMoved | StageDeleted):
            yield event.pipeline
