"""What happens by itself in the oracle's firms: what is set up for that, and whether all of it was done, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.transactions import in_transaction

from models.automation.automations import create_automation
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.database import sql
from models.followers.standing import followers
from models.rows import AutomationState, Category, Pipeline, Stage, Status, Tag
from models.templates.job_tasks import JobTask
from tests.world import World
from workers.followers import FOLLOWERS

#: How long what is automatic may take after the last command, in seconds: without Valkey workers look by themselves.
DEADLINE = 60.0
GLANCE = 0.05


async def set_up(world: World, pipelines: Sequence[Pipeline], tags: Sequence[Tag]) -> None:
    """Jobs move on by themselves, but from the last stages. One stage of each pipeline gives the account a tag, and the
    next one takes it and adds a task to the job; so do the custom status, and the pipeline for jobs that are made."""
    owner, (tag, *_) = world.acting(world.owner), tags
    gives = {"update_tags": TagSettings(add_tag_ids=(tag.id,))}
    takes = {"update_tags": TagSettings(remove_tag_ids=(tag.id,))}
    adds = {"create_tasks": TaskSettings(tasks=(JobTask("[JOB_NAME]: by itself"),))}
    for pipeline in pipelines:
        _, work, check, last = await world.stages(pipeline)
        await Stage.filter(pipeline_id=pipeline.id).exclude(id=last.id).update(automove=True)
        status = await Status.get(pipeline_id=pipeline.id, category=Category.CUSTOM)
        wanted: list[dict[str, Any]] = [
            {"trigger_stage_id": work.id} | gives,
            {"trigger_stage_id": check.id} | takes,
            {"trigger_stage_id": check.id} | adds,
            {"trigger_status_id": status.id} | adds,
            {"trigger_pipeline_id": pipeline.id} | adds,
        ]
        for each in wanted:
            await create_automation(owner, name="By itself", state=AutomationState.ON, **each)


async def followed_from_now_on() -> None:
    """Wait until the workers have made their followers known."""
    names = {each.name for each in FOLLOWERS}
    async with asyncio.timeout(DEADLINE):
        while not names <= {each.name for each in await followers()}:
            await asyncio.sleep(GLANCE)


async def done() -> None:
    """Wait until all is done that follows from what members did, and from what followed from that."""
    async with asyncio.timeout(DEADLINE):
        while any(one.behind or one.pending for one in await followers()):
            await asyncio.sleep(GLANCE)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How much happened by itself, and what of it is wrong."""

    runs: int
    moves: int
    wrong: Sequence[str]

    def __str__(self) -> str:
        return f"by itself: {self.runs:,} runs of automations, {self.moves} moves; {len(self.wrong)} lost or doubled"


# What jobs met, by the log, for which there is an automation still, of jobs that were never archived: of these each has
# its run. Members may have deleted the others meanwhile, or archived the job before anybody looked.
_LOST = """
WITH met AS (
    SELECT firm_id, job, 'STAGE' AS trigger, (data->>'to_stage')::uuid AS place, (data->>'stay')::int AS stay
    FROM event
    WHERE type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' AND (data->>'fires_automations')::bool
    UNION ALL SELECT firm_id, job, 'STAGE', (data->>'stage')::uuid, 1
    FROM event WHERE type = 'JobCreated' AND (data->>'fires_automations')::bool
    UNION ALL SELECT firm_id, job, 'CREATION', (data->>'pipeline')::uuid, 1
    FROM event WHERE type = 'JobCreated' AND (data->>'fires_automations')::bool
    UNION ALL SELECT firm_id, job, 'STATUS', (data->>'to_status')::uuid, (data->>'status_stay')::int
    FROM event WHERE type = 'JobStatusChanged' AND (data->>'fires_automations')::bool
)
SELECT 'lost: ' || automation.type || ' of ' || met.job || ' by ' || met.trigger || ' ' || met.stay AS told
FROM met JOIN job ON job.id = met.job JOIN automation ON automation.firm_id = met.firm_id AND CASE met.trigger
    WHEN 'STAGE' THEN automation.stage_id = met.place WHEN 'STATUS' THEN automation.status_id = met.place
    ELSE automation.pipeline_id = met.place AND automation.stage_id IS NULL AND automation.status_id IS NULL END
WHERE NOT EXISTS (
    SELECT FROM automation_run AS run
    WHERE run.automation_id = automation.id AND run.job_id = met.job AND run.trigger = met.trigger
        AND CASE run.trigger WHEN 'STATUS' THEN run.status_stay ELSE run.stay END = met.stay
) AND NOT EXISTS (
    SELECT FROM event JOIN status ON status.id = (event.data->>'to_status')::uuid AND status.category = 'ARCHIVED'
    WHERE event.job = met.job AND event.type = 'JobStatusChanged'
)
"""
_UNDONE = "SELECT 'not done: run ' || id AS told FROM automation_run WHERE state = 'PENDING'"
_FAULTS = "SELECT 'failed: ' || name || ', ' || message AS told FROM automation_run WHERE reason = 'FAULT'"
_FAILED = "SELECT 'failed: ' || follower_id || ' of ' || cause AS told FROM follower_run WHERE state = 'FAILED'"
_RUN_TWICE = """
SELECT 'twice: run of ' || automation_id || ' for ' || job_id AS told
FROM automation_run WHERE automation_id IS NOT NULL
GROUP BY automation_id, job_id, trigger, CASE trigger WHEN 'STATUS' THEN status_stay ELSE stay END HAVING count(*) > 1
"""
_MOVED_TWICE = """
SELECT 'twice: move ' || (data->>'stay') || ' of ' || job AS told FROM event
WHERE type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' GROUP BY job, data->>'stay' HAVING count(*) > 1
"""
# Each task that an automation made is that of one run, and each of a run was made; but for those that went with a job.
_TASKS = """
WITH of_runs AS (
    SELECT (thing->>'id')::uuid AS task FROM automation_run AS run, jsonb_array_elements(run.made) AS of_run(thing)
    WHERE thing->>'kind' = 'task'
), made AS (
    SELECT subject AS task, job FROM event WHERE type = 'TaskCreated' AND actor->>'kind' = 'AUTOMATION'
)
SELECT 'twice or never: task ' || coalesce(of_runs.task, made.task) AS told
FROM (SELECT task, count(*) FROM of_runs GROUP BY task) AS of_runs
FULL JOIN (SELECT task, count(*), max(job::text)::uuid AS job FROM made GROUP BY task) AS made USING (task)
WHERE (of_runs.count, made.count) IS DISTINCT FROM (1, 1)
    AND (of_runs.task IS NOT NULL OR EXISTS (SELECT FROM job WHERE job.id = made.job))
"""


# The same move again, in the same revision.
_AGAIN = """
INSERT INTO event SELECT (jsonb_populate_record(event, jsonb_build_object('index', index + 1000))).* FROM event
WHERE type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' LIMIT 1
"""


async def it_would_be_noticed() -> None:
    """The control: runs that were never planned are told of, and a move that was made twice."""
    for spoilt, told in (("DELETE FROM automation_run", "lost"), (_AGAIN, "twice: move")):
        async with in_transaction() as transaction:
            await sql(spoilt)
            wrong = (await reckoned()).wrong
            await transaction.rollback()
        assert wrong and all(each.startswith((told, "twice or never")) for each in wrong), (spoilt, wrong)


async def reckoned() -> Reckoned:
    """By the log and the rows, once all is done."""
    wrong = [
        row["told"]
        for asked in (_LOST, _UNDONE, _FAULTS, _FAILED, _RUN_TWICE, _MOVED_TWICE, _TASKS)
        for row in await sql(asked)
    ]
    (runs,) = await sql("SELECT count(*) AS number FROM automation_run WHERE state = 'DONE'")
    (moves,) = await sql(
        "SELECT count(*) AS number FROM event WHERE type = 'JobMoved' AND actor->>'kind' = 'AUTOMATION'"
    )
    return Reckoned(runs["number"], moves["number"], wrong)
