"""The facts that `models.automation.automove` decides from, read of any number of jobs in a bounded few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.automation.as_if import as_if_on
from models.automation.automove import Decision, JobFacts, RunFacts, StageFacts, decide
from models.automation.quota import FOLLOWER
from models.database import fetch
from models.ids import Kind
from models.items.kinds import item_kinds
from models.items.reads import Outstanding, outstanding
from models.items.sums import Sum
from models.rows import Category, RunState

Ids = Sequence[UUID]

#: Whether a link makes its item one that held the job on its present stay: over once, or still.
HAD_ITEM = f"(link.stays @> job.stay OR link.unlinked_at IS NULL AND {Sum.HOLDING.of_links})"

_JOBS = f"""
SELECT job.id, job.pipeline_id, job.stage_id, status.name AS status_name, status.category,
    ARRAY(SELECT tag_id FROM account_tag WHERE account_id = job.account_id) AS tags,
    EXISTS (SELECT FROM job_item AS link WHERE link.job_id = job.id AND {HAD_ITEM}) AS had_item
FROM job JOIN status ON status.id = job.status_id WHERE job.id = ANY($1)
"""
_STAGES = """
SELECT pipeline_id, id, name, automove, ARRAY(SELECT tag_id FROM stage_tag WHERE stage_id = stage.id) AS tags
FROM stage WHERE pipeline_id = ANY($1) ORDER BY position, id
"""
# Those of a status are of the job's time under it, the others of its stay on the stage.
_RUNS = """
SELECT run.job_id, run.id, run.name, run.state, run.created_at AS since, run.place
FROM automation_run AS run JOIN job ON job.id = run.job_id
WHERE run.job_id = ANY($1) AND run.state IN ('PENDING', 'FAILED')
AND CASE run.trigger WHEN 'STATUS' THEN run.status_stay = job.status_stay ELSE run.stay = job.stay END
"""
# What is to run as well, though the follower has not heard yet that the job came there. Of a firm of which it has heard
# all, that is known without looking at its jobs.
_UNPLANNED = """
SELECT job.id, NULL, automation.name, 'PENDING', event.at, 1000
FROM job JOIN firm ON firm.id = job.firm_id JOIN follower ON follower.name = $2
LEFT JOIN follower_cursor AS cursor ON cursor.follower_id = follower.name AND cursor.firm_id = firm.id
JOIN event ON event.job = job.id AND event.revision > COALESCE(cursor.revision, 0)
JOIN automation ON automation.pipeline_id = job.pipeline_id AND automation.state = 'ON' AND CASE event.type
    WHEN 'JobCreated' THEN job.stay = 1 AND automation.status_id IS NULL
        AND COALESCE(automation.stage_id = job.stage_id, true)
    WHEN 'JobMoved' THEN automation.stage_id = job.stage_id AND (event.data ->> 'stay')::int = job.stay
        AND event.data ->> 'from_stage' <> event.data ->> 'to_stage'
    WHEN 'JobStatusChanged' THEN automation.status_id = job.status_id
        AND (event.data ->> 'status_stay')::int = job.status_stay
END
WHERE job.id = ANY($1) AND job.archived_at IS NULL AND firm.revision > COALESCE(cursor.revision, 0)
AND COALESCE((event.data ->> 'fires_automations')::boolean, true)
AND NOT COALESCE(event.data -> 'skipped_automations' ? automation.id::text, false)
"""
#: What automations made for the time of a job under its status: those of the status, and whatever is paired with it.
MADE_UNDER_STATUS = """
(run.trigger = 'STATUS' AND run.status_stay = job.status_stay OR (made.of ->> 'status_stay')::int = job.status_stay)
"""
_MADE = f"""
SELECT run.job_id, made.of ->> 'kind' AS kind, (made.of ->> 'id')::uuid AS item, link.item IS NOT NULL AS there,
    COALESCE(link.open OR NOT isempty(link.stays), false) AS acted
FROM automation_run AS run JOIN job ON job.id = run.job_id CROSS JOIN jsonb_array_elements(run.made) AS made(of)
LEFT JOIN job_item AS link ON link.job_id = run.job_id AND link.item = (made.of ->> 'id')::uuid
WHERE run.job_id = ANY($1) AND {MADE_UNDER_STATUS}
"""


async def decisions(jobs: Ids) -> dict[UUID, Decision]:
    """What becomes of each of these jobs by itself, as far as the follower has heard."""
    return await _decisions(jobs, await outstanding(jobs), _RUNS)


async def decisions_with(
    jobs: Ids, open_items: Mapping[UUID, Sequence[Outstanding]], quota_until: datetime | None = None
) -> dict[UUID, Decision]:
    """What becomes of each of these jobs by itself, as people are told: by what holds them, until when automatic
    actions of the firm wait, and with what is to run once the follower has heard where they came."""
    return await _decisions(jobs, open_items, f"{_RUNS} UNION ALL {_UNPLANNED}", FOLLOWER, quota_until=quota_until)


async def _decisions(
    jobs: Ids,
    open_items: Mapping[UUID, Sequence[Outstanding]],
    of_runs: str,
    *given: Any,
    quota_until: datetime | None = None,
) -> dict[UUID, Decision]:
    rows = await fetch(_JOBS, jobs)
    stages = await _stages(list({row["pipeline_id"] for row in rows}))
    runs = await _runs(of_runs, jobs, *given)
    suspended = [row["id"] for row in rows if row["category"] == Category.CUSTOM]
    made = await _made(suspended) if suspended else {}
    return {
        row["id"]: decide(
            JobFacts(
                stage=row["stage_id"],
                status_name=row["status_name"],
                category=Category(row["category"]),
                tags=frozenset(row["tags"]),
                had_item=row["had_item"],
                open_items=open_items.get(row["id"], ()),
                runs=runs.get(row["id"], ()),
                made=made.get(row["id"], frozenset()),
                quota_until=quota_until,
            ),
            stages[row["pipeline_id"]],
        )
        for row in rows
        # It may have been deleted between the statements, where nobody holds the job: that is told of at once.
        if any(stage.id == row["stage_id"] for stage in stages[row["pipeline_id"]])
    }


async def _stages(pipelines: Ids) -> dict[UUID, list[StageFacts]]:
    stages: dict[UUID, list[StageFacts]] = defaultdict(list)
    for row in await fetch(_STAGES, pipelines):
        tags = frozenset(row["tags"])
        automove = row["automove"] or as_if_on()
        stages[row["pipeline_id"]].append(StageFacts(row["id"], row["name"], automove, tags))
    return stages


async def _runs(statement: str, *given: Any) -> dict[UUID, list[RunFacts]]:
    runs: dict[UUID, list[RunFacts]] = defaultdict(list)
    for row in await fetch(f"{statement} ORDER BY since, place, id, name", *given):
        runs[row["job_id"]].append(RunFacts(row["id"], row["name"], row["state"] == RunState.FAILED))
    return runs


async def _made(jobs: Ids) -> dict[UUID, frozenset[UUID]]:
    """The action items that automations made for the time of each job under its status."""
    made: dict[UUID, set[UUID]] = defaultdict(set)
    for row in await fetch(_MADE, jobs):
        if row["acted"] or (not row["there"] and _may_act(row)):
            made[row["job_id"]].add(row["item"])
    return {job: frozenset(items) for job, items in made.items()}


def _may_act(row: Any) -> bool:
    """Whether an item that is gone by now was one that somebody had to act on, as far as its kind says."""
    of = item_kinds().get(Kind(row["kind"]))
    return of is not None and of.may_be_open
