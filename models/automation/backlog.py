"""Of which jobs something is still to be done by itself that was caused before: what is foreseen of them lacks that."""

from collections.abc import Sequence
from uuid import UUID

from models.automation.quota import FOLLOWER
from models.command import Change
from models.database import sql

# What nobody has heard of yet; what automations have to do, but for what the change that is being made sets off; and
# moves that are planned.
_BEHIND = """
SELECT asked.job FROM unnest($3::uuid[]) AS asked(job) WHERE EXISTS (
    SELECT FROM follower_cursor AS cursor JOIN event ON event.job = asked.job AND event.revision > cursor.revision
    WHERE cursor.follower_id = $1 AND cursor.firm_id = $2
) OR EXISTS (
    SELECT FROM automation_run AS run WHERE run.job_id = asked.job AND run.state = 'PENDING' AND run.cause <= $4
) OR asked.job::text IN (
    SELECT data ->> 'job' FROM follower_run WHERE state = 'PENDING' AND follower_id = $1 AND firm_id = $2
)
"""


async def behind_with(change: Change, jobs: Sequence[UUID]) -> set[UUID]:
    """Those of these jobs for which workers have still to do something because of what happened before the change."""
    rows = await sql(_BEHIND, FOLLOWER, change.actor.firm_id, list(jobs), change.revision)
    return {row["job"] for row in rows}
