"""Moving jobs: along a pipeline, to another one, through their statuses."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from models.bulk import Bulk
from models.command import Change, command
from models.commands.placing import keys_for
from models.commands.shared import each
from models.errors import RuleBroken
from models.events import JobMoved, JobStatusChanged
from models.rights import EVERY_MEMBER
from models.rows import Account, Category, Job, Stage, Status
from models.targets import Target, several


@command("moveJob", EVERY_MEMBER)
async def move_job(
    change: Change,
    *,
    job_id: UUID,
    stage_id: UUID,
    before_job_id: UUID | None = None,
    after_job_id: UUID | None = None,
    expected_version: int | None = None,
) -> Job:
    """Put a job on a stage, of this pipeline or another one, or elsewhere among the cards of its stage.

    Before or after a card of it, or as its last card."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    stage = await change.scope.rows(Stage).lock(stage_id, "stage_id")
    _movable(job)
    (position,) = await keys_for(change, stage, [job.id], before=before_job_id, after=after_job_id)
    return await _place(change, job, stage, position, await _statuses_of(job, stage))


@command("moveJobs", EVERY_MEMBER)
async def move_jobs(
    change: Change,
    *,
    jobs: Sequence[Target],
    stage_id: UUID,
    before_job_id: UUID | None = None,
    after_job_id: UUID | None = None,
    atomic: bool = True,
) -> Bulk[Job]:
    """Put jobs on a stage, in one revision.

    One after the other in the order given."""
    targets = several(jobs, "jobs")
    locked = await change.scope.rows(Job).lock_many(target.id for target in targets)
    stage = await change.scope.rows(Stage).lock(stage_id, "stage_id")
    ids = list(dict.fromkeys(target.id for target in targets if target.id in locked))
    keys = await keys_for(change, stage, ids, before=before_job_id, after=after_job_id)
    positions = dict(zip(ids, keys, strict=True))

    async def move(target: Target) -> Job:
        job = target.among(locked)
        _movable(job)
        return await _place(change, job, stage, positions[job.id], await _statuses_of(job, stage))

    return await each(targets, "jobs", atomic, move)


def _movable(job: Job) -> None:
    if job.archived_at is not None:
        raise RuleBroken("An archived job cannot move. Restore it first.", "job_id")


async def _statuses_of(job: Job, stage: Stage) -> dict[UUID, Status]:
    if job.pipeline_id == stage.pipeline_id:
        return {}
    found = await Status.filter(pipeline_id__in=[job.pipeline_id, stage.pipeline_id])
    return {status.id: status for status in found}


async def _place(change: Change, job: Job, stage: Stage, position: str, statuses: dict[UUID, Status]) -> Job:
    from_pipeline, from_stage, from_status = job.pipeline_id, job.stage_id, job.status_id
    columns = ["position"]
    job.position = position
    if stage.id != from_stage:
        job.stage_id, job.stage_entered_at = stage.id, change.now
        columns += ["stage_id", "stage_entered_at"]
    if stage.pipeline_id != from_pipeline:
        job.pipeline_id = stage.pipeline_id
        job.status_id = _counterpart(statuses, statuses[from_status], stage.pipeline_id).id
        columns += ["pipeline_id", "status_id"]
    await job.store(*columns)
    change.record(
        JobMoved(
            job=job.id,
            account=job.account_id,
            pipeline=job.pipeline_id,
            from_pipeline=from_pipeline,
            from_stage=from_stage,
            to_stage=stage.id,
        )
    )
    if job.status_id != from_status:
        _record_status(change, job, from_status)
    return job


def _counterpart(statuses: dict[UUID, Status], status: Status, pipeline_id: UUID) -> Status:
    """The built-in status of the same category in another pipeline; Active for a custom one."""
    category = Category.ACTIVE if status.category is Category.CUSTOM else status.category
    return next(s for s in statuses.values() if s.pipeline_id == pipeline_id and s.category is category)


def _record_status(change: Change, job: Job, from_status: UUID) -> None:
    change.record(
        JobStatusChanged(
            job=job.id,
            account=job.account_id,
            pipeline=job.pipeline_id,
            from_status=from_status,
            to_status=job.status_id,
        )
    )


@command("setJobStatus", EVERY_MEMBER)
async def set_job_status(change: Change, *, job_id: UUID, status_id: UUID, expected_version: int | None = None) -> Job:
    """Put a job under a status of its pipeline.

    The stage stays."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    return await _enter(change, job, await change.scope.rows(Status).get(status_id, "status_id"))


@command("setJobsStatus", EVERY_MEMBER)
async def set_jobs_status(change: Change, *, jobs: Sequence[Target], status_id: UUID, atomic: bool = True) -> Bulk[Job]:
    """Put jobs under a status of their pipeline, in one revision."""
    targets = several(jobs, "jobs")
    locked = await change.scope.rows(Job).lock_many(target.id for target in targets)
    status = await change.scope.rows(Status).get(status_id, "status_id")

    async def enter(target: Target) -> Job:
        return await _enter(change, target.among(locked), status)

    return await each(targets, "jobs", atomic, enter)


async def _enter(change: Change, job: Job, status: Status) -> Job:
    if status.pipeline_id != job.pipeline_id:
        raise RuleBroken("This status belongs to another pipeline. Choose one of the job's own.", "status_id")
    if job.archived_at is not None and status.category is not Category.ARCHIVED:
        raise RuleBroken("This job is archived. Restore it first.", "job_id")
    return await _under(change, job, status)


async def _require_open_account(change: Change, job: Job) -> None:
    # Locked, so that the account is not archived meanwhile: an archived one has no open jobs.
    account = await change.scope.rows(Account).lock(job.account_id)
    if account.archived:
        raise RuleBroken("This job's account is archived. Restore the account first.", "job_id")


async def _under(change: Change, job: Job, status: Status) -> Job:
    if status.id == job.status_id:
        return job
    if (job.archived_at or job.completed_at) and status.category in (Category.ACTIVE, Category.CUSTOM):
        await _require_open_account(change, job)
    from_status, job.status_id = job.status_id, status.id
    if status.category is Category.ARCHIVED:
        job.archived_at = change.now
    else:
        job.archived_at = None
        job.completed_at = (job.completed_at or change.now) if status.category is Category.COMPLETED else None
    await job.store("status_id", "archived_at", "completed_at")
    _record_status(change, job, from_status)
    return job


@command("completeJob", EVERY_MEMBER)
async def complete_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Put a job under Completed.

    It stays on the board and is never overdue."""
    return await _one(change, job_id, expected_version, _complete)


@command("completeJobs", EVERY_MEMBER)
async def complete_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Put jobs under Completed, in one revision."""
    return await _several(change, jobs, atomic, _complete)


@command("archiveJob", EVERY_MEMBER)
async def archive_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Take a job off the board.

    It stays searchable, on its stage."""
    return await _one(change, job_id, expected_version, _archive)


@command("archiveJobs", EVERY_MEMBER)
async def archive_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Take jobs off the board, in one revision."""
    return await _several(change, jobs, atomic, _archive)


@command("restoreJob", EVERY_MEMBER)
async def restore_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Put an archived job back on its stage.

    Completed if it had been completed, else Active."""
    return await _one(change, job_id, expected_version, _restore)


@command("restoreJobs", EVERY_MEMBER)
async def restore_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Put archived jobs back on their stages, in one revision."""
    return await _several(change, jobs, atomic, _restore)


BuiltIn = dict[tuple[UUID, Category], Status]
Step = Callable[[Change, Job, BuiltIn], Awaitable[Job]]


async def _complete(change: Change, job: Job, statuses: BuiltIn) -> Job:
    return await _enter(change, job, statuses[job.pipeline_id, Category.COMPLETED])


async def _archive(change: Change, job: Job, statuses: BuiltIn) -> Job:
    return await _enter(change, job, statuses[job.pipeline_id, Category.ARCHIVED])


async def _restore(change: Change, job: Job, statuses: BuiltIn) -> Job:
    if job.archived_at is None:
        raise RuleBroken("This job is not archived.", "job_id")
    back_to = Category.ACTIVE if job.completed_at is None else Category.COMPLETED
    return await _under(change, job, statuses[job.pipeline_id, back_to])


async def _one(change: Change, job_id: UUID, expected_version: int | None, step: Step) -> Job:
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    return await step(change, job, await _built_in([job]))


async def _several(change: Change, jobs: Sequence[Target], atomic: bool, step: Step) -> Bulk[Job]:
    targets = several(jobs, "jobs")
    locked = await change.scope.rows(Job).lock_many(target.id for target in targets)
    statuses = await _built_in(locked.values())

    async def act(target: Target) -> Job:
        return await step(change, target.among(locked), statuses)

    return await each(targets, "jobs", atomic, act)


async def _built_in(jobs: Iterable[Job]) -> BuiltIn:
    found = await Status.filter(pipeline_id__in={job.pipeline_id for job in jobs}, category__not=Category.CUSTOM)
    return {(status.pipeline_id, status.category): status for status in found}
