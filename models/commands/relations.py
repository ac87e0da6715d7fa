"""What jobs are to each other: one relates to another, or blocks it."""

from uuid import UUID

from models.bounds import BLOCKED_SEARCHED, RELATIONS
from models.command import Change, command
from models.database import hold_names, sql
from models.errors import Invalid, RuleBroken
from models.ids import Kind
from models.reasons import Reason
from models.relations import standing, tell_blocked, tell_related
from models.rights import EVERY_MEMBER
from models.rows import Job, JobRelation, Relation


@command("relateJob", EVERY_MEMBER)
async def relate_job(
    change: Change, *, job_id: UUID, other_job_id: UUID, relation: Relation, expected_version: int | None = None
) -> Job:
    """Say what a job is to another one, of whichever account: it relates to it, blocks it, or is blocked by it. That
    takes the place of what it was to it. No job blocks what blocks it, by however many between them."""
    job, other = await _lock(change, job_id, other_job_id, expected_version)
    present = await _between(job, other)
    was = None if present is None else _as_seen_from(job, present)
    if was is relation:
        return job
    before = await standing((job.id, other.id))
    if present is not None:
        await present.delete()
    else:
        for each, path in ((job, "job_id"), (other, "other_job_id")):
            await _expect_room(each, path)
    if relation is not Relation.RELATES:
        blocking, blocked = (job, other) if relation is Relation.BLOCKS else (other, job)
        await _expect_no_circle(change, blocking, blocked)
    await _keep(change, job, other, relation)
    tell_related(change, before[job.id], before[other.id], was, relation)
    await tell_blocked(change, before)
    return job


@command("unrelateJob", EVERY_MEMBER)
async def unrelate_job(change: Change, *, job_id: UUID, other_job_id: UUID, expected_version: int | None = None) -> Job:
    """Say that a job is nothing to another one any more."""
    job, other = await _lock(change, job_id, other_job_id, expected_version)
    present = await _between(job, other)
    if present is not None:
        before = await standing((job.id, other.id))
        await present.delete()
        tell_related(change, before[job.id], before[other.id], _as_seen_from(job, present), None)
        await tell_blocked(change, before)
    return job


async def _lock(change: Change, job_id: UUID, other_id: UUID, expected_version: int | None) -> tuple[Job, Job]:
    """Both jobs, held: so no two say at once what the one is to the other."""
    if job_id == other_id:
        told = "A job is nothing to itself. Choose another one."
        raise Invalid(told, "other_job_id", reason=Reason.ITSELF)
    rows = change.scope.rows(Job)
    held = await rows.lock_many((job_id, other_id))
    for id, path in ((job_id, "job_id"), (other_id, "other_job_id")):
        if id not in held:
            await rows.get(id, path)
    held[job_id].expect(expected_version)
    return held[job_id], held[other_id]


async def _between(job: Job, other: Job) -> JobRelation | None:
    ids = [job.id, other.id]
    return await JobRelation.filter(job_id__in=ids, other_id__in=ids).first()


def _as_seen_from(job: Job, kept: JobRelation) -> Relation:
    return kept.relation if kept.job_id == job.id else kept.relation.inverse


async def _expect_room(job: Job, path: str) -> None:
    (found,) = await sql("SELECT count(*) FROM job_relation WHERE job_id = $1 OR other_id = $1", job.id)
    if found["count"] >= RELATIONS.most:
        raise RuleBroken(
            f"A job is something to {RELATIONS.most} others at most, be they in your sight or not. Take one off first.",
            path,
            reason=Reason.FULL,
            kind=Kind.JOB.value,
            maximum=RELATIONS.most,
        )


# Each job once, so it ends; and no further than it takes to know that there are too many.
_WAITING = """
WITH RECURSIVE waiting (id) AS (
    SELECT $1::uuid
    UNION SELECT relation.other_id FROM waiting
    JOIN job_relation AS relation ON relation.job_id = waiting.id AND relation.relation = 'BLOCKS'
)
SELECT id FROM waiting LIMIT $2
"""


async def _expect_no_circle(change: Change, blocking: Job, blocked: Job) -> None:
    """`RuleBroken` where the one that is to be blocked blocks the other already, by however many between them."""
    # One after another: two of a firm's at once could close a circle together, of which neither sees the other half.
    await hold_names(f"blocks {change.actor.firm_id}")
    waiting = {row["id"] for row in await sql(_WAITING, blocked.id, BLOCKED_SEARCHED.most + 1)}
    if blocking.id in waiting:
        told = "These jobs would wait for each other for ever: the one blocks the other already, maybe by others."
        raise RuleBroken(told, "other_job_id", reason=Reason.CIRCLE)
    if len(waiting) > BLOCKED_SEARCHED.most:
        raise RuleBroken(
            f"More than {BLOCKED_SEARCHED.most:,} jobs would wait for one, by others. Take some blocks off first.",
            "other_job_id",
            reason=Reason.FULL,
            kind=Kind.JOB.value,
            maximum=BLOCKED_SEARCHED.most,
        )


async def _keep(change: Change, job: Job, other: Job, relation: Relation) -> None:
    turned = relation is Relation.BLOCKED_BY or (relation is Relation.RELATES and other.id < job.id)
    first, second = (other, job) if turned else (job, other)
    await JobRelation.create(
        firm_id=change.actor.firm_id,
        job_id=first.id,
        other_id=second.id,
        relation=relation.inverse if relation is Relation.BLOCKED_BY else relation,
        related_at=change.now,
        related_by_id=change.member_id,
    )
