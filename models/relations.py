"""What jobs are to each other: what is read of it, and that boards hear of it when a job is blocked, or no longer.

Whether a job is blocked is the job's, the same for everyone who sees it. By which one is told to whoever sees both."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from models.command import Change
from models.database import fetch, sql
from models.events import Event, JobBlockedChanged, JobRelationChanged
from models.records import columns, read
from models.rows import Job, Relation
from models.scope import Rows, Scope

# A job that is completed or archived blocks no other.
_BLOCKED = """
SELECT DISTINCT relation.other_id FROM job_relation AS relation JOIN job AS blocking ON blocking.id = relation.job_id
WHERE relation.other_id = ANY($1) AND relation.relation = 'BLOCKS'
AND blocking.completed_at IS NULL AND blocking.archived_at IS NULL
"""


async def blocked_jobs(jobs: Sequence[UUID]) -> dict[UUID, bool]:
    """Those of the jobs that are blocked."""
    return {row["other_id"]: True for row in await fetch(_BLOCKED, jobs)}


class Related(NamedTuple):
    """What a job is to another one."""

    relation: Relation
    #: The other one.
    job: Job


#: Both ways, as each of the jobs would say it: `of_job` is the one that is asked.
_RELATIONS = """
SELECT job_id AS of_job, other_id AS to_job, relation, related_at FROM job_relation WHERE job_id = ANY($1)
UNION ALL
SELECT other_id, job_id, CASE relation WHEN 'BLOCKS' THEN 'BLOCKED_BY' ELSE relation END, related_at
FROM job_relation WHERE other_id = ANY($1)
"""


@cache
def _related_statement(condition: str) -> str:
    return f"""
    WITH asked AS MATERIALIZED ({_RELATIONS})
    SELECT {columns(Job, "job")}, asked.of_job, asked.relation AS of_relation FROM asked
    JOIN job ON job.id = asked.to_job WHERE {condition} ORDER BY asked.related_at, job.id
    """


async def related_jobs(scope: Scope, jobs: Sequence[UUID]) -> dict[UUID, list[Related]]:
    """What each of these jobs is to others that are visible, in the order in which they came to be."""
    rows = scope.rows(Job)
    found: dict[UUID, list[Related]] = defaultdict(list)
    read_rows: list[Any] = await read(Job, _related_statement(rows.condition("job", 2)), jobs, *rows.values)
    for row in read_rows:
        found[row["of_job"]].append(Related(Relation(row["of_relation"]), row))
    return found


class Standing(NamedTuple):
    """A job that the transaction holds, where it is, and whether it is blocked."""

    id: UUID
    account: UUID
    pipeline: UUID
    blocked: bool

    @property
    def told(self) -> dict[str, UUID]:
        """What each of its events says of it."""
        return {"job": self.id, "account": self.account, "pipeline": self.pipeline}


# In one statement, and so in the order of their ids, as everywhere: of two who hold a job and come for the other one's,
# each would wait for the other. None of a job that is out of sight: nobody waits for what they do not see.
_HOLD_WITH = """
WITH named AS MATERIALIZED (SELECT job.id FROM job WHERE job.id = ANY($1) AND {seen})
SELECT FROM job WHERE id IN (SELECT id FROM named UNION {others}) ORDER BY id FOR NO KEY UPDATE
"""
_THOSE_THEY_BLOCK = """
SELECT other_id FROM job_relation WHERE job_id IN (SELECT id FROM named) AND relation = 'BLOCKS'
"""
_THOSE_RELATED = """
SELECT other_id FROM job_relation WHERE job_id IN (SELECT id FROM named)
UNION SELECT job_id FROM job_relation WHERE other_id IN (SELECT id FROM named)
"""


async def hold_with_blocked(jobs: Rows[Job], ids: Collection[UUID]) -> None:
    """Hold those of the jobs that are visible, and all that they block: before it is known whether they end."""
    await _hold_with(_THOSE_THEY_BLOCK, jobs, ids)


async def hold_with_related(jobs: Rows[Job], ids: Collection[UUID]) -> None:
    """Hold those of the jobs that are visible, and all that they are something to: before items of theirs are."""
    await _hold_with(_THOSE_RELATED, jobs, ids)


async def _hold_with(others: str, jobs: Rows[Job], ids: Collection[UUID]) -> None:
    await sql(_HOLD_WITH.format(seen=jobs.condition("job", 2), others=others), list(ids), *jobs.values)


_HOLD = "SELECT id, account_id, pipeline_id FROM job WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_BLOCKED_BY = "SELECT DISTINCT other_id FROM job_relation WHERE job_id = ANY($1) AND relation = 'BLOCKS'"


async def hold_blocked_by(jobs: Collection[UUID]) -> dict[UUID, Standing]:
    """The jobs that these block, which `hold_with_blocked` has held, as they are: so of two who complete at once what
    blocks one, the second knows of the first."""
    if not jobs:
        return {}
    rows = await sql(_BLOCKED_BY, list(jobs))
    return await standing(row["other_id"] for row in rows)


async def standing(jobs: Iterable[UUID]) -> dict[UUID, Standing]:
    """These jobs, held, and whether each is blocked."""
    ids = sorted(set(jobs))
    rows = await sql(_HOLD, ids) if ids else []
    blocked = await _blocked_now(ids)
    return {row["id"]: Standing(row["id"], row["account_id"], row["pipeline_id"], row["id"] in blocked) for row in rows}


async def _blocked_now(ids: Sequence[UUID]) -> set[UUID]:
    return {row["other_id"] for row in await sql(_BLOCKED, list(ids))} if ids else set()


async def tell_blocked(change: Change, before: Mapping[UUID, Standing]) -> None:
    """Record of those jobs that are blocked now and were not, or the other way round, that they are."""
    blocked = await _blocked_now(list(before))
    for job in before.values():
        if job.blocked != (job.id in blocked):
            change.record(JobBlockedChanged(**job.told, blocked=job.id in blocked))


def tell_related(
    change: Change, job: Standing, other: Standing, before: Relation | None, after: Relation | None
) -> None:
    """Record of each of two jobs what it was and is to the other one: told to whoever sees both."""
    for one, another, was, is_now in (
        (job, other, before, after),
        (other, job, before and before.inverse, after and after.inverse),
    ):
        change.record(_changed(one, another, was, is_now))


def _changed(job: Standing, other: Standing, before: Relation | None, after: Relation | None) -> Event:
    return JobRelationChanged(
        **job.told,
        other_job=other.id,
        other_account=other.account,
        other_pipeline=other.pipeline,
        from_relation=before,
        to_relation=after,
    )


class Leaving(NamedTuple):
    """What jobs that are about to be deleted are to others, which are held."""

    others: Mapping[UUID, Standing]
    #: Each with what it is to one that goes.
    relations: Sequence[tuple[Standing, Standing, Relation]]


async def before_deletion(jobs: Sequence[Job]) -> Leaving:
    """What jobs are to others, which stay: all of them held by `hold_with_related`."""
    going = {job.id: Standing(job.id, job.account_id, job.pipeline_id, False) for job in jobs}
    rows = [row for row in await sql(_RELATIONS, list(going)) if row["to_job"] not in going]
    others = await standing(row["to_job"] for row in rows)
    relations = [(others[row["to_job"]], going[row["of_job"]], Relation(row["relation"]).inverse) for row in rows]
    return Leaving(others, relations)


async def tell_deletion(change: Change, leaving: Leaving) -> None:
    """Record of what stays that it is nothing any more to what was deleted, and is blocked no longer where it was by
    that."""
    for other, gone, relation in leaving.relations:
        change.record(_changed(other, gone, relation, None))
    await tell_blocked(change, leaving.others)
