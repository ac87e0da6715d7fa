"""Editing, assigning and deleting jobs. How one is opened is in models/templates/jobs.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bulk import Bulk
from models.command import Change, command
from models.command_steps import each, expect_active, known_members
from models.commands.wanted_jobs import JOB_RULES
from models.database import sql
from models.errors import RuleBroken
from models.events import (
    JobAssigneesChanged,
    JobClientStatusChanged,
    JobDeleted,
    JobUpdated,
    changes_of,
)
from models.gathered import Gathered, Rules, checked
from models.items.item import unlink_all
from models.mail.outbox import withdraw_of_jobs
from models.reasons import Reason
from models.relations import before_deletion, hold_with_related, tell_deletion
from models.rights import EVERY_MEMBER, Right, Role
from models.rows import (
    ClientStatus,
    Job,
    JobAssignee,
    Member,
    Priority,
)
from models.storing import store_all
from models.targets import Target, several
from models.texts import CLIENT_TEXT, LABEL


class JobFields(TypedDict, total=False):
    """What `update_job` may change; what is left out stays."""

    name: str
    description: str
    priority: Priority
    start_date: date | None
    due_date: date | None
    deadline: date | None
    period: str | None


@command("updateJob", EVERY_MEMBER)
async def update_job(
    change: Change, *, job_id: UUID, expected_version: int | None = None, **fields: Unpack[JobFields]
) -> Job:
    """Change a job's name, description, priority, dates, deadline or period."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    with Gathered() as check:
        changed = job.change_to(check.each(job.differing(fields), JOB_RULES))
        if changed.keys() & {"start_date", "due_date"}:
            check(checks.dates, job.start_date, job.due_date, changed)
        if changed.keys() & {"due_date", "deadline"}:
            check(checks.deadline, job.due_date, job.deadline, change.today, changed)
    return await _updated(change, job, changed)


@command("setJobBudget", Right.MANAGE_TIME_BUDGETS)
async def set_job_budget(
    change: Change, *, job_id: UUID, budget: int | None, expected_version: int | None = None
) -> Job:
    """Set how long a job may take.

    In minutes, or None for no budget."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    return await _updated(change, job, job.change_to(checked(job.differing({"budget": budget}), JOB_RULES)))


async def _updated(change: Change, job: Job, changed: dict[str, tuple[Any, Any]]) -> Job:
    if changed:
        await job.store(*changed)
        change.record(
            JobUpdated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, changes=changes_of(changed))
        )
    return job


@command("assignJob", EVERY_MEMBER)
async def assign_job(
    change: Change, *, job_id: UUID, member_ids: Sequence[UUID], expected_version: int | None = None
) -> Job:
    """Make just these members the assignees of a job."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    wanted = checks.at_most(member_ids, "member_ids")
    team = await _team_of(change, [job.id], wanted)
    team.check(job)
    await _assign(change, [job], team)
    return job


@command("assignJobs", EVERY_MEMBER)
async def assign_jobs(
    change: Change, *, jobs: Sequence[Target], member_ids: Sequence[UUID], atomic: bool = True
) -> Bulk[Job]:
    """Make just these members the assignees of jobs, in one revision."""
    with Gathered() as check:
        targets = check(several, jobs, "jobs")
        wanted = check(checks.at_most, member_ids, "member_ids")
    await known_members(change, wanted, "member_ids")
    locked = await change.scope.rows(Job).lock_many(target.id for target in targets)
    team = await _team_of(change, list(locked), wanted)
    done = each(targets, "jobs", atomic, lambda target: team.check(target.among(locked)))
    await _assign(change, done.rows, team)
    return done


@dataclass(frozen=True, slots=True)
class _Team:
    """The members who are to be assigned to jobs, and those who are."""

    wanted: Sequence[UUID]
    members: Mapping[UUID, Member]
    present: Mapping[UUID, set[UUID]]

    def added(self, job: Job) -> tuple[UUID, ...]:
        """Who is assigned newly."""
        return tuple(id for id in self.wanted if id not in self.present[job.id])

    def removed(self, job: Job) -> tuple[UUID, ...]:
        """Who is taken off."""
        return tuple(sorted(self.present[job.id] - set(self.wanted)))

    def check(self, job: Job) -> Job:
        """`RuleBroken` where somebody would be assigned who has been deactivated."""
        # Whoever was so since stays assigned.
        expect_active((self.members[id] for id in self.added(job)), "member_ids")
        return job


async def _team_of(change: Change, job_ids: Sequence[UUID], wanted: Sequence[UUID]) -> _Team:
    present: dict[UUID, set[UUID]] = {id: set() for id in job_ids}
    for job_id, member_id in await JobAssignee.filter(job_id__in=job_ids).values_list("job_id", "member_id"):
        present[job_id].add(member_id)
    return _Team(wanted, await known_members(change, wanted, "member_ids"), present)


async def _assign(change: Change, jobs: Sequence[Job], team: _Team) -> None:
    await reassign(change, [(job, team.added(job), team.removed(job)) for job in jobs])


#: A job, who is assigned to it newly, and who is taken off.
Reassigned = tuple[Job, tuple[UUID, ...], tuple[UUID, ...]]


async def reassign(change: Change, wanted: Sequence[Reassigned]) -> None:
    """Assign members to jobs, which the transaction holds, and take others off: in as many statements however many
    there are."""
    changed = [(job, added, removed) for job, added, removed in wanted if added or removed]
    if not changed:
        return
    new = [(job.id, member) for job, added, _ in changed for member in added]
    old = [(job.id, member) for job, _, removed in changed for member in removed]
    await sql(
        "INSERT INTO job_assignee (job_id, member_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])",
        [job for job, _ in new],
        [member for _, member in new],
    )
    await sql(
        "DELETE FROM job_assignee WHERE (job_id, member_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))",
        [job for job, _ in old],
        [member for _, member in old],
    )
    await store_all([job for job, _, _ in changed])
    for job, added, removed in changed:
        told = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
        change.record(JobAssigneesChanged(**told, added=added, removed=removed))


#: What the columns of a job's own copy begin with.
_TOLD = "client_status_"
_TOLD_COLUMNS = tuple(f"{_TOLD}{field}" for field in ("visible", "name", "color", "description", "changed_at"))


_TOLD_RULES: Rules = {"name": LABEL.check, "color": checks.color, "description": CLIENT_TEXT.check}


class ClientStatusFields(TypedDict, total=False):
    """A job's own copy of what the client is told; what is left out stays."""

    name: str | None
    color: str | None
    description: str


@command("setJobClientStatus", EVERY_MEMBER)
async def set_job_client_status(
    change: Change,
    *,
    job_id: UUID,
    visible: bool | None = None,
    client_status_id: UUID | None = None,
    expected_version: int | None = None,
    **fields: Unpack[ClientStatusFields],
) -> Job:
    """Say what the client is told about a job, and whether.

    From a template, then edited."""
    job = await change.scope.rows(Job).lock(job_id, "job_id")
    job.expect(expected_version)
    told: dict[str, Any] = {}
    if client_status_id is not None:
        template = await change.scope.rows(ClientStatus).get(client_status_id, "client_status_id")
        told = {"name": template.name, "color": template.color, "description": template.description}
    new = job.differing({f"{_TOLD}{field}": value for field, value in fields.items()})
    told |= fields
    told |= checked({field: value for field, value in fields.items() if f"{_TOLD}{field}" in new}, _TOLD_RULES)
    if visible is not None:
        told["visible"] = visible
    before = job.read(_TOLD_COLUMNS)
    changed = job.change_to({f"{_TOLD}{field}": value for field, value in told.items()})
    shown = changed.keys() & {"client_status_visible", "client_status_name"}
    if shown and job.client_status_visible and job.client_status_name is None:
        at_fault = "visible" if "client_status_visible" in changed else "name"
        told_nothing = "There is nothing to show yet. Give a client status or a name."
        raise RuleBroken(told_nothing, at_fault, reason=Reason.NOTHING_TO_SHOW)
    if changed:
        job.client_status_changed_at = change.now
        await job.store(*changed, "client_status_changed_at")
        change.record(
            JobClientStatusChanged(
                job=job.id,
                account=job.account_id,
                pipeline=job.pipeline_id,
                visible=job.client_status_visible,
                name=job.client_status_name,
                kept=changes_of(job.changed_from(before)),
            )
        )
    return job


@command("deleteJob", Role.ADMIN)
async def delete_job(change: Change, *, job_id: UUID, expected_version: int | None = None) -> Job:
    """Delete a job for good. Its tasks and time stay with the account, its history in the log. The answer has what it
    was."""
    rows = change.scope.rows(Job)
    await hold_with_related(rows, [job_id])
    job = await rows.lock(job_id, "job_id")
    job.expect(expected_version)
    await _delete(change, [job])
    return job


@command("deleteJobs", Role.ADMIN)
async def delete_jobs(change: Change, *, jobs: Sequence[Target], atomic: bool = True) -> Bulk[Job]:
    """Delete jobs for good, in one revision."""
    targets, rows = several(jobs, "jobs"), change.scope.rows(Job)
    ids = [target.id for target in targets]
    await hold_with_related(rows, ids)
    locked = await rows.lock_many(ids)
    done = each(targets, "jobs", atomic, lambda target: target.among(locked))
    await _delete(change, done.rows)
    return done


async def _delete(change: Change, jobs: Sequence[Job]) -> None:
    await withdraw_of_jobs(change, [job.id for job in jobs])
    told = await unlink_all(change, jobs)
    leaving = await before_deletion(jobs)
    await sql("DELETE FROM job WHERE id = ANY($1)", list(told))
    for job in jobs:
        for event in told[job.id]:
            change.record(event)
        change.record(JobDeleted(job=job.id, account=job.account_id, pipeline=job.pipeline_id, name=job.name))
    await tell_deletion(change, leaving)
