"""Jobs that are to be opened: the checks and the rows of createJob, for whatever opens one."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Self
from uuid import UUID

from models import checks
from models.bounds import BUDGET
from models.command import Change
from models.command_steps import replace_links
from models.commands.placing import keys_for
from models.errors import RuleBroken
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.reasons import Reason
from models.rows import Account, Category, Job, JobAssignee, Pipeline, Priority, Stage, Status
from models.texts import DESCRIPTION, NAME

JOB_RULES: Rules = {
    "name": NAME.check,
    "description": DESCRIPTION.check,
    "period": checks.period,
    "budget": partial(checks.minutes, bounds=BUDGET),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedJob:
    """A job as it is wanted."""

    name: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    start_date: date | None = None
    due_date: date | None = None
    deadline: date | None = None
    period: str | None = None
    budget: int | None = None
    assignee_ids: Sequence[UUID] = ()

    def checked(self, today: date, given: Container[str] = ("due_date",)) -> Self:
        """The job as it is kept, or all that is wrong with it. Of dates that are out of order one that was `given` is
        at fault."""
        with Gathered() as check:
            told = check.each({field: getattr(self, field) for field in JOB_RULES}, JOB_RULES)
            assignees = check(checks.at_most, self.assignee_ids, "assignee_ids")
            check(checks.dates, self.start_date, self.due_date, given)
            check(checks.deadline, self.due_date, self.deadline, today, given)
        return replace(self, **told, assignee_ids=assignees)


async def account_and_pipeline(change: Change, account_id: UUID, pipeline_id: UUID) -> tuple[Account, Pipeline]:
    """Where a job is to be opened. The account is in use: it is held, so that it is not archived meanwhile."""
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    if account.archived:
        raise archived_account()
    return account, await change.scope.rows(Pipeline).get(pipeline_id, "pipeline_id")


def archived_account() -> RuleBroken:
    """The refusal of a job for an account that is archived."""
    told = "This account is archived. Restore it before opening a job for it."
    return RuleBroken(told, "account_id", reason=Reason.ARCHIVED, kind=Kind.ACCOUNT.value)


async def open_job(
    change: Change,
    wanted: WantedJob,
    account: Account,
    pipeline: Pipeline,
    stage_id: UUID | None,
    *,
    assignees: Iterable[UUID],
    id: UUID | None = None,
    **told: Any,
) -> Job:
    """Write a job, which has been checked, as the last card of its stage: the pipeline's first one unless told
    otherwise. `told` are further columns."""
    stage = await _stage_for(change, pipeline.id, stage_id)
    job = Job(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account.id,
        pipeline_id=pipeline.id,
        stage_id=stage.id,
        status_id=(await Status.get(pipeline_id=pipeline.id, category=Category.ACTIVE)).id,
        **{field: getattr(wanted, field) for field in JOB_RULES},
        priority=wanted.priority,
        start_date=wanted.start_date,
        due_date=wanted.due_date,
        deadline=wanted.deadline,
        stage_entered_at=change.now,
        created_at=change.now,
        **told,
    )
    (job.position,) = await keys_for(change, stage, [job.id], before=None, after=None)
    await job.save(force_create=True)
    await replace_links(JobAssignee, {"job_id": job.id}, "member_id", assignees)
    return job


async def _stage_for(change: Change, pipeline_id: UUID, stage_id: UUID | None) -> Stage:
    # Locked, so that cards which arrive at once get different positions.
    if stage_id is not None:
        stage = await change.scope.rows(Stage).lock(stage_id, "stage_id")
        if stage.pipeline_id != pipeline_id:
            told = "This stage belongs to another pipeline."
            raise RuleBroken(told, "stage_id", reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
        return stage
    first = (
        await Stage.filter(pipeline_id=pipeline_id).order_by("position", "id").select_for_update(no_key=True).first()
    )
    if first is None:
        told = "This pipeline has no stage yet. Add one first."
        raise RuleBroken(told, "pipeline_id", reason=Reason.NONE_YET, kind=Kind.STAGE.value)
    return first
