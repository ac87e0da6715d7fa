"""Jobs made of templates, each with its tasks in one change."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from models.command import Change, command
from models.command_steps import made_before
from models.commands.jobs import create_job
from models.commands.wanted_jobs import JOB_RULES, account_and_pipeline, open_job
from models.commands.wanted_tasks import WantedTask
from models.database import sql
from models.events import JobCreated, TaskCreated
from models.gathered import checked
from models.items import item as items
from models.rows import ClientStatus, Firm, Job
from models.templates.job_content import JobContent
from models.templates.job_dates import dates_of
from models.templates.job_people import people_of
from models.templates.job_plan import job_facts, plan, with_texts
from models.templates.making import content_for, told_of_template
from models.templates.relative_dates import Anchor, Calendar
from models.templates.shortcodes import Facts


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
    firm = await change.scope.rows(Firm).get(change.actor.firm_id)
    days = {Anchor.START_DATE: start_date, Anchor.DUE_DATE: due_date, Anchor.DEADLINE: deadline}
    given = {anchor: day for anchor, day in days.items() if day is not None}
    # On a thread: it may import a calendar.
    calendar = Calendar(firm.country, firm.region)
    dates = await to_thread(dates_of, content, change.today, given, calendar)
    facts = Facts(day=change.today, firm=firm.name, account=account.name, job=job_facts(dates, pipeline.name))
    people = await people_of(content.all_assigned, account.id)
    planned = plan(with_texts(content, facts, **texts), dates, people)
    own = [anchor.field for anchor in given]
    with told_of_template(*own):
        planned = planned.checked(change.today, own)
    client_status = await _client_status(change, content)
    job = await open_job(
        change,
        planned.job,
        account,
        pipeline,
        stage_id,
        assignees=planned.job.assignee_ids,
        id=id,
        **_told_to_client(change, content, client_status),
    )
    change.record(
        JobCreated(
            job=job.id,
            account=job.account_id,
            pipeline=job.pipeline_id,
            stage=job.stage_id,
            template=template_id,
            unfilled_roles=people.unfilled(content.all_assigned),
            deactivated_members=people.deactivated(content.all_assigned),
            deleted_roles=people.deleted(content.all_assigned),
            client_status_deleted=content.client_status_id is not None and client_status is None,
        )
    )
    await _add_tasks(change, job, planned.tasks)
    return job


async def _client_status(change: Change, content: JobContent) -> ClientStatus | None:
    if content.client_status_id is None:
        return None
    return await change.scope.rows(ClientStatus).find(content.client_status_id)


def _told_to_client(change: Change, content: JobContent, client_status: ClientStatus | None) -> dict[str, Any]:
    """What the job says of what its client is told: without a client status there is nothing to show."""
    if client_status is None:
        return {}
    return {
        "client_status_visible": content.client_status_visible,
        "client_status_name": client_status.name,
        "client_status_color": client_status.color,
        "client_status_description": client_status.description,
        "client_status_changed_at": change.now,
    }


async def _add_tasks(change: Change, job: Job, wanted: Sequence[WantedTask]) -> None:
    """Write the tasks of a job and tell of them: in as many statements however many there are."""
    tasks = [task.row(change, job.account_id) for task in wanted]
    held = await items.create_several(change, tasks, job)
    assigned = [(task.id, id) for task, each in zip(tasks, wanted, strict=True) for id in each.assignee_ids]
    if assigned:
        await sql(
            "INSERT INTO task_assignee (task_id, member_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])",
            [task_id for task_id, _ in assigned],
            [member_id for _, member_id in assigned],
        )
    for each in held:
        items.tell(change, TaskCreated, each)
