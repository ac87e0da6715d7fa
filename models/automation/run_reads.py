"""What is read of runs of automations, for any number of jobs in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from models.bounds import FAILED_RUNS
from models.database import fetch
from models.records import columns, read
from models.rows import AutomationRun


@cache
def _failed_statement() -> str:
    return f"""
    SELECT run.* FROM unnest($1::uuid[]) AS asked(job), LATERAL (
        SELECT {columns(AutomationRun, "failed")} FROM automation_run AS failed
        WHERE failed.job_id = asked.job AND failed.state = 'FAILED' ORDER BY failed.created_at, failed.id LIMIT $2
    ) AS run ORDER BY run.created_at, run.id
    """


async def failed_runs_of_jobs(jobs: Sequence[UUID]) -> dict[UUID, list[AutomationRun]]:
    """What automations could not do for each job, and nobody has dismissed, the oldest first. Whoever sees the job sees
    that."""
    found: dict[UUID, list[AutomationRun]] = defaultdict(list)
    rows: list[Any] = await read(AutomationRun, _failed_statement(), jobs, FAILED_RUNS.most)
    for row in rows:
        found[row.job_id].append(row)
    return found


# All events of a revision are of the time at which its runs ended: so one partition of the log is looked into.
_REVISIONS = """
SELECT asked.run, (
    SELECT revision FROM event WHERE firm_id = $1 AND job = asked.job AND at = asked.at
    AND type IN ('AutomationRan', 'AutomationSkipped', 'AutomationFailed')
    AND data ->> 'automation_run' = asked.run::text
) AS revision
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS asked(run, job, at)
"""


async def revisions_of_runs(firm_id: UUID, runs: Sequence[AutomationRun]) -> dict[AutomationRun, int]:
    """The revision in which each of these runs ended, as far as the log has it still."""
    ended = [run for run in runs if run.ended_at is not None]
    asked = [run.id for run in ended], [run.job_id for run in ended], [run.ended_at for run in ended]
    found = {row["run"]: row["revision"] for row in await fetch(_REVISIONS, firm_id, *asked)} if ended else {}
    return {run: found[run.id] for run in ended if found.get(run.id) is not None}
