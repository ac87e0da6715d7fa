"""Moving jobs: along a pipeline, to another one, through their statuses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from tortoise.expressions import Q

from models import checks
from models.bounds import AUTOMATIONS
from models.bulk import Bulk
from models.command import Change, command
from models.command_steps import each
from models.commands.placing import keys_for, one_neighbour, put
from models.errors import RuleBroken
from models.events import JobStatusChanged, changes_of
from models.gathered import Gathered
from models.ids import Kind
from models.items.links import OpenItems, dismiss
from models.mail.outbox import withdraw_of_jobs
from models.reasons import Reason
from models.relations import hold_blocked_by, hold_with_blocked, tell_blocked
from models.reminder_ends import end_reminders_of_jobs
from models.rights import EVERY_MEMBER
from models.rows import Account, Automation, Category, Job, Stage, Status
from models.scope import not_found
from models.storing import store_all
from models.targets import Target, several


@command("moveJob", EVERY_MEMBER)
async def move_job(
    change: Change,
    *,
    job_id: UUID,
    stage_id: UUID,
    before_job_id: UUID | None = None,
    after_job_id: UUID | None = None,
    open_items: OpenItems = OpenItems.KEEP,
    skip_automations: Sequence[UUID] = (),
    expected_version: int | None = None,
) -> Job:
    """Put a job on a stage, of this pipeline or another one, or elsewhere among the cards of its stage.

    Before or after a card of it, or as its last card. Items that hold the job may be dismissed: they stay linked, and
    hold it no longer. Automations of the stage may be left out."""
    with Gathered() as check:
        skipped = check(_bounded, skip_automations)
        check(one_neighbour, before_job_id, after_job_id)
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    stage = await change.scope.rows(Stage).lock(stage_id, "stage_id")
    _movable(job)
    await _expect_of_stage(change, skipped, stage)
    keys = await keys_for(change, stage, [job.id], before=before_job_id, after=after_job_id)
    dismissed = await dismiss([job.id], open_items, change.now)
    statuses = await _counterparts([job], stage)
    await put(change, [job], stage, keys, statuses, dismissed, skipped_automations=skipped)
    return job


@command("moveJobs", EVERY_MEMBER)
async def move_jobs(
    change: Change,
    *,
    jobs: Sequence[Target],
    stage_id: UUID,
    before_job_id: UUID | None = None,
    after_job_id: UUID | None = None,
    open_items: OpenItems = OpenItems.KEEP,
    skip_automations: Sequence[UUID] = (),
    atomic: bool = True,
) -> Bulk[Job]:
    """Put jobs on a stage, in one revision.

    One after the other in the order given."""
    with Gathered() as check:
        targets = check(several, jobs, "jobs")
        check(one_neighbour, before_job_id, after_job_id)
        skipped = check(_bounded, skip_automations)
    locked = await change.scope.rows(Job).lock_many(target.id for target in targets)
    stage = await change.scope.rows(Stage).lock(stage_id, "stage_id")
    await _expect_of_stage(change, skipped, stage)
    ids = [target.id for target in targets if target.id in locked]
    keys = await keys_for(change, stage, ids, before=before_job_id, after=after_job_id)
    positions = dict(zip(ids, keys, strict=True))
    done = each(targets, "jobs", atomic, lambda target: _movable(target.among(locked)))
    placed = [positions[job.id] for job in done.rows]
    dismissed = await dismiss([job.id for job in done.rows], open_items, change.now)
    statuses = await _counterparts(done.rows, stage)
    await put(change, done.rows, stage, placed, statuses, dismissed, skipped_automations=skipped)
    return done


_SKIPPED = "skip_automations"


def _bounded(ids: Sequence[UUID]) -> list[UUID]:
    return checks.at_most(ids, _SKIPPED, most=AUTOMATIONS.most)


async def _expect_of_stage(change: Change, skipped: Sequence[UUID], stage: Stage) -> None:
    """`RuleBroken` where one of these automations is not of the stage, `NotFound` where it is not seen."""
    found = await change.scope.rows(Automation).many(skipped) if skipped else {}
    for id in skipped:
        if id not in found:
            raise not_found(Kind.AUTOMATION, id, _SKIPPED)
        if found[id].stage_id != stage.id:
            told = "An automation is not of the stage that the job goes to. Choose among those of that stage."
            raise RuleBroken(told, _SKIPPED, reason=Reason.ELSEWHERE, kind=Kind.STAGE.value)


def _movable(job: Job) -> Job:
    if job.archived_at is not None:
        raise _archived("An archived job cannot move. Restore it first.", Kind.JOB)
    return job


def _archived(told: str, kind: Kind) -> RuleBroken:
    return RuleBroken(told, "job_id", reason=Reason.ARCHIVED, kind=kind.value)


async def _counterparts(jobs: Sequence[Job], stage: Stage) -> dict[UUID, UUID]:
    """The statuses that jobs of other pipelines get on this stage, by job: the built-in one of the same category, and
    Active for a custom one."""
    strangers = [job for job in jobs if job.pipeline_id != stage.pipeline_id]
    if not strangers:
        return {}
    found = await Status.filter(Q(id__in={job.status_id for job in strangers}) | Q(pipeline_id=stage.pipeline_id))
    present = {status.id: status.category for status in found}
    built_in = {status.category: status.id for status in found if status.pipeline_id == stage.pipeline_id}
    return {job.id: built_in[_BUILT_IN.get(present[job.status_id], present[job.status_id])] for job in strangers}


#: What a custom status becomes where there is none of its own.
_BUILT_IN = {Category.CUSTOM: Category.ACTIVE}

#: The status that a job is to get; and whether it may, `RuleBroken` if not.
To = Callable[[Job], Status]
May = Callable[[Job, Status], None]


@command("setJobStatus", EVERY_MEMBER)
async def set_job_status(change: Change, *, job_id: UUID, status_id: UUID, expected_version: int | None = None) -> Job:
    """Put a job under a status of its pipeline.

    The stage stays."""
    job = await _lock(change, job_id, expected_version)
    status = await change.scope.rows(Status).get(status_id, "status_id")
    return await _one(change, job, lambda job: status, _may_enter)


@command("setJobsStatus", EVERY_MEMBER)
async def set_jobs_status(change: Change, *, jobs: Sequence[Target], status_id: UUID, atomic: bool = True) -> Bulk[Job]:
    """Put jobs under a status of their pipeline, in one revision."""
    targets = several(jobs, "jobs")
    locked = await _lock_several(change, targets)
    status = await change.scope.rows(Status).get(status_id, "status_id")
    return await _several(change, targets, locked, atomic, lambda job: status, _may_enter)


async def _lock(change: Change, job_id: UUID, expected_version: int | None) -> Job:
    """A job that may end, or be taken up, held with those that wait for it."""
    jobs = change.scope.rows(Job)
    await hold_with_blocked(jobs, [job_id])
    job = await jobs.lock(job_id, "job_id")
    job.expect(expected_version)
    return job


async def _lock_several(change: Change, targets: Sequence[Target]) -> dict[UUID, Job]:
    jobs, ids = change.scope.rows(Job), [target.id for target in targets]
    await hold_with_blocked(jobs, ids)
    return await jobs.lock_many(ids)


def _may_enter(job: Job, status: Status) -> None:
    if status.pipeline_id != job.pipeline_id:
        raise others_status()
    if job.archived_at is not None and status.category is not Category.ARCHIVED:
        raise _archived("This job is archived. Restore it first.", Kind.JOB)


def others_status(field: str = "status_id") -> RuleBroken:
    """The refusal of a status for a job of another pipeline."""
    told = "This status belongs to another pipeline. Choose one of the job's own."
    return RuleBroken(told, field, reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)


async def _one(change: Change, job: Job, to: To, may: May) -> Job:
    status = to(job)
    may(job, status)
    _require_open_account(job, status, await _accounts_of(change, [job], to))
    await _put_under(change, [(job, status)])
    return job


async def _several(
    change: Change, targets: Sequence[Target], locked: Mapping[UUID, Job], atomic: bool, to: To, may: May
) -> Bulk[Job]:
    accounts = await _accounts_of(change, locked.values(), to)

    def accept(target: Target) -> tuple[Job, Status]:
        job = target.among(locked)
        status = to(job)
        may(job, status)
        _require_open_account(job, status, accounts)
        return job, status

    done = each(targets, "jobs", atomic, accept)
    await _put_under(change, done.rows)
    return Bulk([job for job, _ in done.rows], done.refused)


def _takes_up(job: Job, status: Status) -> bool:
    """Whether a job that was completed or archived is to be worked on again."""
    return not job.in_hand and status.id != job.status_id and status.category.in_hand


async def _accounts_of(change: Change, jobs: Iterable[Job], to: To) -> dict[UUID, Account]:
    # Locked, so that none is archived meanwhile: an archived one has no open jobs.
    taken_up = {job.account_id for job in jobs if _takes_up(job, to(job))}
    return await change.scope.rows(Account).lock_many(taken_up) if taken_up else {}


def _require_open_account(job: Job, status: Status, accounts: Mapping[UUID, Account]) -> None:
    if _takes_up(job, status) and accounts[job.account_id].archived:
        raise _archived("This job's account is archived. Restore the account first.", Kind.ACCOUNT)


#: What a job keeps of its status.
_STATUS = ("status_id", "status_stay", "archived_at", "completed_at")


async def _put_under(change: Change, chosen: Sequence[tuple[Job, Status]]) -> None:
    """Put jobs under these statuses, in one statement. Those that are there already stay as they are."""
    entering = [(job, status) for job, status in chosen if status.id != job.status_id]
    # Whether it is in hand is what others wait for whom it blocks.
    ending = [job.id for job, status in entering if job.in_hand != status.category.in_hand]
    blocked = await hold_blocked_by(ending)
    events = []
    for job, status in entering:
        before = job.read(_STATUS)
        job.put_under(status.id, status.category, change.now)
        events.append(
            JobStatusChanged(
                job=job.id,
                account=job.account_id,
                pipeline=job.pipeline_id,
                from_status=before["status_id"],
                to_status=status.id,
                status_stay=job.status_stay,
                kept=changes_of(job.changed_from(before)),
            )
        )
    await store_all([job for job, _ in entering], *_STATUS)
    for event in events:
        change.record(event)
    archived = [job.id for job, status in entering if status.category is Category.ARCHIVED]
    await withdraw_of_jobs(change, archived)
    await end_reminders_of_jobs(change, archived)
    await tell_blocked(change, blocked)


@command("completeJob", EVERY_MEMBER)
async def complete_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Put a job under Completed.

    It stays on the board and is never overdue."""
    return await _built_in(change, job_id, expected_version, _complete)


@command("completeJobs", EVERY_MEMBER)
async def complete_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Put jobs under Completed, in one revision."""
    return await _all_built_in(change, jobs, atomic, _complete)


@command("archiveJob", EVERY_MEMBER)
async def archive_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Take a job off the board.

    It stays searchable, on its stage. What waits in the outbox to be sent about it is withdrawn."""
    return await _built_in(change, job_id, expected_version, _archive)


@command("archiveJobs", EVERY_MEMBER)
async def archive_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Take jobs off the board, in one revision."""
    return await _all_built_in(change, jobs, atomic, _archive)


@command("restoreJob", EVERY_MEMBER)
async def restore_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Put an archived job back on its stage.

    Completed if it had been completed, else Active."""
    return await _built_in(change, job_id, expected_version, _restore, _may_be_restored)


@command("restoreJobs", EVERY_MEMBER)
async def restore_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Put archived jobs back on their stages, in one revision."""
    return await _all_built_in(change, jobs, atomic, _restore, _may_be_restored)


BuiltIn = dict[tuple[UUID, Category], Status]


def _complete(job: Job, statuses: BuiltIn) -> Status:
    return statuses[job.pipeline_id, Category.COMPLETED]


def _archive(job: Job, statuses: BuiltIn) -> Status:
    return statuses[job.pipeline_id, Category.ARCHIVED]


def _restore(job: Job, statuses: BuiltIn) -> Status:
    back_to = Category.ACTIVE if job.completed_at is None else Category.COMPLETED
    return statuses[job.pipeline_id, back_to]


def _may_be_restored(job: Job, _status: Status) -> None:
    if job.archived_at is None:
        raise RuleBroken("This job is not archived.", "job_id", reason=Reason.NOT_ARCHIVED)


async def _built_in(
    change: Change,
    job_id: UUID,
    expected_version: int | None,
    choose: Callable[[Job, BuiltIn], Status],
    may: May = _may_enter,
) -> Job:
    job = await _lock(change, job_id, expected_version)
    statuses = await _statuses_of([job])
    return await _one(change, job, lambda job: choose(job, statuses), may)


async def _all_built_in(
    change: Change,
    jobs: Sequence[Target],
    atomic: bool,
    choose: Callable[[Job, BuiltIn], Status],
    may: May = _may_enter,
) -> Bulk[Job]:
    targets = several(jobs, "jobs")
    locked = await _lock_several(change, targets)
    statuses = await _statuses_of(locked.values())
    return await _several(change, targets, locked, atomic, lambda job: choose(job, statuses), may)


async def _statuses_of(jobs: Iterable[Job]) -> BuiltIn:
    found = await Status.filter(pipeline_id__in={job.pipeline_id for job in jobs}, category__not=Category.CUSTOM)
    return {(status.pipeline_id, status.category): status for status in found}
