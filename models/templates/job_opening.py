"""Opening a job with its tasks as a content says: whether a template has it, or a recurrence, or a pipeline."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from models.command import Change
from models.commands.wanted_jobs import open_job
from models.commands.wanted_tasks import WantedTask
from models.database import sql
from models.events import JobCreated, TaskCreated
from models.items import item as items
from models.rows import Account, ClientStatus, Firm, Job, Pipeline, Task
from models.templates.job_content import JobContent
from models.templates.job_dates import JobDates, dates_of
from models.templates.job_people import people_of
from models.templates.job_plan import job_facts, plan, with_texts
from models.templates.making import told_of_template
from models.templates.relative_dates import Anchor, Calendar
from models.templates.shortcodes import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What whoever opens a job has said of it: all else the content says."""

    #: The day that it is made for, which shortcodes tell; and the one that its dates are counted from.
    day: date
    counted_from: date
    days: Mapping[Anchor, date] = field(default_factory=dict)
    name: str | None = None
    period: str | None = None


class Worked(NamedTuple):
    """A content as it is for a job: its texts filled in, its dates days."""

    content: JobContent
    dates: JobDates


class Origin(NamedTuple):
    """What a job is made of, and by."""

    template_id: UUID | None = None
    recurrence_id: UUID | None = None


def worked_out(
    content: JobContent, told: Told, calendar: Calendar, *, firm: str, account: str, pipeline: str
) -> Worked:
    """What a content comes to. `RuleBroken` where a date or a shortcode needs what nobody has told.

    It may import a calendar, which takes a while."""
    dates = dates_of(content, told.counted_from, told.days, calendar)
    facts = Facts(day=told.day, firm=firm, account=account, job=job_facts(dates, pipeline))
    return Worked(with_texts(content, facts, name=told.name, period=told.period), dates)


async def open_of_content(
    change: Change,
    content: JobContent,
    account: Account,
    pipeline: Pipeline,
    stage_id: UUID | None,
    told: Told,
    origin: Origin,
    id: UUID | None = None,
) -> Job:
    """Open a job with its tasks, in one change: Active, as the last card of its stage. Roles become the active members
    who hold them at the account.

    What the content names and has gone since is left out, and the event says so."""
    firm = await change.scope.rows(Firm).get(change.actor.firm_id)
    calendar = Calendar(firm.country, firm.region)
    names = {"firm": firm.name, "account": account.name, "pipeline": pipeline.name}
    # On a thread: it may import a calendar.
    filled, dates = await to_thread(worked_out, content, told, calendar, **names)
    people = await people_of(content.all_assigned, account.id)
    planned = plan(filled, dates, people)
    own = [anchor.field for anchor in told.days]
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
        recurrence_id=origin.recurrence_id,
        **_told_to_client(change, content, client_status),
    )
    change.record(
        JobCreated(
            job=job.id,
            account=job.account_id,
            pipeline=job.pipeline_id,
            stage=job.stage_id,
            template=origin.template_id,
            recurrence=origin.recurrence_id,
            unfilled_roles=people.unfilled(content.all_assigned),
            deactivated_members=people.deactivated(content.all_assigned),
            deleted_roles=people.deleted(content.all_assigned),
            client_status_deleted=content.client_status_id is not None and client_status is None,
        )
    )
    await add_tasks(change, job, planned.tasks)
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


async def add_tasks(change: Change, job: Job, wanted: Sequence[WantedTask]) -> list[Task]:
    """Write tasks of a job, which have been checked, and tell of them: in as many statements however many there are."""
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
    return tasks
