"""Opening a job: as people say, as the default template of its pipeline says besides, or as a template says whole. Its
tasks come with it, in one change."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from models.command import Change, command
from models.command_steps import active_members, made_before
from models.commands.wanted_jobs import JOB_RULES, WantedJob, account_and_pipeline, open_job
from models.events import JobCreated
from models.gathered import checked
from models.rights import EVERY_MEMBER, Right
from models.rows import Job, Priority
from models.templates.default_templates import default_of, said_over, told_of_default
from models.templates.job_content import JobContent
from models.templates.job_opening import Origin, Told, open_of_content
from models.templates.making import content_for
from models.templates.relative_dates import Anchor


@command("createJob", EVERY_MEMBER)
async def create_job(
    change: Change,
    *,
    account_id: UUID,
    pipeline_id: UUID,
    name: str,
    stage_id: UUID | None = None,
    id: UUID | None = None,
    description: str | None = None,
    priority: Priority | None = None,
    start_date: date | None = None,
    due_date: date | None = None,
    deadline: date | None = None,
    period: str | None = None,
    budget: int | None = None,
    assignee_ids: Sequence[UUID] | None = None,
    use_default_template: bool = True,
) -> Job:
    """Open a job: Active, as the last card of its stage. What is left out is as the default template of its pipeline
    says, if it has one, and the template's tasks come with it.

    On the pipeline's first stage unless told otherwise."""
    if budget is not None:
        change.require(Right.MANAGE_TIME_BUDGETS, "Setting a time budget", "budget")
    if earlier := await made_before(change, Job, id, JobCreated):
        return earlier
    fields = {
        "description": description,
        "priority": priority,
        "start_date": start_date,
        "due_date": due_date,
        "deadline": deadline,
        "period": period,
        "budget": budget,
        "assignee_ids": assignee_ids,
    }
    said: dict[str, Any] = {field: value for field, value in fields.items() if value is not None}
    wanted = WantedJob(name=name, **said).checked(change.today)
    account, pipeline = await account_and_pipeline(change, account_id, pipeline_id)
    assignees = await active_members(change, wanted.assignee_ids, "assignee_ids")
    if use_default_template and (default := await default_of(pipeline)) is not None:
        content, origin = said_over(default, wanted, said.keys()), Origin(pipeline.default_template_id)
        days = {Anchor.START_DATE: start_date, Anchor.DUE_DATE: due_date, Anchor.DEADLINE: deadline}
        told = _told(change, days, name=wanted.name, period=wanted.period)
        with told_of_default():
            return await open_of_content(change, content, account, pipeline, stage_id, told, origin, id)
    job = await open_job(change, wanted, account, pipeline, stage_id, assignees=assignees, id=id)
    change.record(JobCreated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, stage=job.stage_id))
    return job


def _told(change: Change, days: Mapping[Anchor, date | None], *, name: str | None, period: str | None) -> Told:
    """What whoever opens a job today has said of it."""
    told = {anchor: day for anchor, day in days.items() if day is not None}
    return Told(day=change.today, counted_from=change.today, days=told, name=name, period=period)


@command("createJobFromTemplate", create_job.action.needs)
async def create_job_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID,
    pipeline_id: UUID,
    stage_id: UUID | None = None,
    name: str | None = None,
    start_date: date | None = None,
    due_date: date | None = None,
    deadline: date | None = None,
    period: str | None = None,
    id: UUID | None = None,
) -> Job:
    """Open a job with its tasks as a template says, in one change: Active, as the last card of its stage. Its roles
    become the active members who hold them at the account.

    What the template names and has gone since is left out, and the event says so."""
    if earlier := await made_before(change, Job, id, JobCreated):
        return earlier
    texts = checked({"name": name, "period": period}, JOB_RULES)
    content = await content_for(change, JobContent, template_id)
    account, pipeline = await account_and_pipeline(change, account_id, pipeline_id)
    told = _told(change, {Anchor.START_DATE: start_date, Anchor.DUE_DATE: due_date, Anchor.DEADLINE: deadline}, **texts)
    return await open_of_content(change, content, account, pipeline, stage_id, told, Origin(template_id), id)
