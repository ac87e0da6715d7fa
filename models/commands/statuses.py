"""Adding, editing and deleting the job statuses of a pipeline."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import CUSTOM_STATUSES
from models.command import Change, command
from models.command_steps import jobs_left, made_before, number_seen
from models.database import sql
from models.errors import LimitReached, RuleBroken
from models.events import JobStatusChanged, StatusCreated, StatusDeleted, StatusUpdated, changes_of
from models.gathered import Gathered, Rules, checked
from models.ids import Kind, new_id
from models.pointed import automations_at, delete_with_place, expect_said, tell_pointing
from models.reasons import Reason
from models.relations import hold_blocked_by, hold_with_blocked, tell_blocked
from models.rights import Right
from models.rows import Category, Job, Pipeline, Status
from models.scope import Scope
from models.stamps import raised, stamp
from models.texts import LABEL

MOST_CUSTOM_STATUSES = CUSTOM_STATUSES.most


class StatusFields(TypedDict, total=False):
    """What `update_status` may change; what is left out stays."""

    name: str
    color: str
    counts_as_overdue: bool


_RULES: Rules = {"name": LABEL.check, "color": checks.color}


@command("createStatus", Right.MANAGE_PIPELINES)
async def create_status(
    change: Change,
    *,
    pipeline_id: UUID,
    name: str,
    color: str,
    counts_as_overdue: bool = False,
    id: UUID | None = None,
) -> Status:
    """Add a custom job status to a pipeline.

    It says what holds a job, and may count as overdue."""
    if earlier := await made_before(change, Status, id, StatusCreated):
        return earlier
    told = checked({"name": name, "color": color}, _RULES)
    pipeline = await change.scope.rows(Pipeline).lock(pipeline_id, "pipeline_id")
    if await Status.filter(pipeline_id=pipeline.id, category=Category.CUSTOM).count() >= MOST_CUSTOM_STATUSES:
        raise LimitReached(
            f"A pipeline has at most {MOST_CUSTOM_STATUSES} custom statuses. Delete one first.",
            "pipeline_id",
            reason=Reason.FULL,
            kind=Kind.STATUS.value,
            maximum=MOST_CUSTOM_STATUSES,
        )
    status = Status(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        pipeline_id=pipeline.id,
        category=Category.CUSTOM,
        **told,
        counts_as_overdue=counts_as_overdue,
    )
    await status.save(force_create=True)
    change.record(StatusCreated(pipeline=pipeline.id, status=status.id))
    return status


@command("updateStatus", Right.MANAGE_PIPELINES)
async def update_status(
    change: Change, *, status_id: UUID, expected_version: int | None = None, **fields: Unpack[StatusFields]
) -> Status:
    """Change a job status.

    Its name, its colour, or whether it counts as overdue. Of a built-in one, only the colour."""
    status = await change.scope.rows(Status).lock(status_id, "status_id")
    status.expect(expected_version)
    wanted = status.differing(fields)
    if status.category is not Category.CUSTOM:
        wanted.pop("counts_as_overdue", None)
    with Gathered() as check:
        changed = status.change_to(check.each(wanted, _RULES))
        if status.category is not Category.CUSTOM:
            for field in sorted(changed.keys() - {"color"} | _otherwise(status, fields)):
                check(_refuse_built_in, field)
    if changed:
        await status.store(*changed)
        change.record(StatusUpdated(pipeline=status.pipeline_id, status=status.id, changes=changes_of(changed)))
    return status


def _refuse_built_in(field: str) -> None:
    told = "Only the colour of a built-in status can change. Add a custom status instead."
    raise RuleBroken(told, field, reason=Reason.BUILT_IN)


def _otherwise(status: Status, fields: StatusFields) -> set[str]:
    """Whether it is to count as overdue otherwise than it does: that of a built-in one follows from its category."""
    wanted = fields.get("counts_as_overdue", status.can_be_overdue)
    return set() if wanted is status.can_be_overdue else {"counts_as_overdue"}


@command("deleteStatus", Right.MANAGE_PIPELINES)
async def delete_status(
    change: Change,
    *,
    status_id: UUID,
    replacement_status_id: UUID | None = None,
    delete_automations: bool = False,
    expected_version: int | None = None,
) -> Status:
    """Delete a custom job status, with its automations; its jobs get another one in the same call.

    Their stage stays."""
    found = await change.scope.rows(Status).get(status_id, "status_id")
    if found.category is not Category.CUSTOM:
        told = "A built-in status cannot be deleted: every pipeline has it."
        raise RuleBroken(told, "status_id", reason=Reason.BUILT_IN)
    await change.scope.rows(Pipeline).lock(found.pipeline_id, "status_id")
    # Jobs before their status, as everywhere. A job that gets the status meanwhile makes the deletion start again.
    under = [row["id"] for row in await sql("SELECT id FROM job WHERE status_id = $1", status_id)]
    await hold_with_blocked(Scope.whole(change.actor.firm_id).rows(Job), under)
    jobs = await Job.filter(status_id=status_id).order_by("id").select_for_update(no_key=True)
    status = await change.scope.rows(Status).lock(status_id, "status_id")
    status.expect(expected_version)
    replacement = await _replacement(change, status, replacement_status_id)
    automations = await automations_at(status_id=status.id)
    expect_said(automations, delete_automations)
    if jobs:
        await _empty(change, jobs, replacement)
    await delete_with_place(change, automations)
    await tell_pointing(change, status.id)
    await sql("DELETE FROM status WHERE id = $1", status.id)
    change.record(StatusDeleted(pipeline=status.pipeline_id, status=status.id, name=status.name))
    return status


async def _replacement(change: Change, status: Status, id: UUID | None) -> Status | None:
    if id is None:
        return None
    replacement = await change.scope.rows(Status).get(id, "replacement_status_id")
    told = "Choose another status of the same pipeline."
    if replacement.id == status.id:
        raise RuleBroken(told, "replacement_status_id", reason=Reason.ITSELF)
    if replacement.pipeline_id != status.pipeline_id:
        raise RuleBroken(told, "replacement_status_id", reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
    if replacement.category is Category.ARCHIVED:
        raise RuleBroken(
            "Deleting a status archives no jobs. Choose another replacement, or archive them first.",
            "replacement_status_id",
            reason=Reason.ARCHIVES,
        )
    return replacement


async def _empty(change: Change, jobs: Sequence[Job], replacement: Status | None) -> None:
    if replacement is None:
        seen, remedy = number_seen(change, jobs), "Name another one for them."
        raise jobs_left(seen, "under this status", remedy, "replacement_status_id")
    blocked = {} if replacement.category.in_hand else await hold_blocked_by([job.id for job in jobs])
    await sql(
        "UPDATE job SET status_id = $2, status_stay = greatest(status_stay, undone_status_stay) + 1, "
        f"completed_at = $3, {raised(4)} WHERE id = ANY($1)",
        [job.id for job in jobs],
        replacement.id,
        change.now if replacement.category is Category.COMPLETED else None,
        *stamp(),
    )
    for job in jobs:
        change.record(
            JobStatusChanged(
                job=job.id,
                account=job.account_id,
                pipeline=job.pipeline_id,
                from_status=job.status_id,
                to_status=replacement.id,
                status_stay=max(job.status_stay, job.undone_status_stay) + 1,
                fires_automations=False,
            )
        )
    await tell_blocked(change, blocked)
