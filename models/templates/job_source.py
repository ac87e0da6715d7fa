"""What is general about a job, for a template that is made of it: nothing of what became of just this one."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from models.boards import assignees_of_jobs, assignees_of_tasks, tasks_of_jobs
from models.clock import day_in
from models.command import Change
from models.rows import ClientStatus, Firm, Job, Member, Task, TaskState
from models.templates.job_people import Holders, as_roles, holders_of_roles
from models.templates.job_tasks import JobTask
from models.templates.relative_dates import Anchor, Calendar, RelativeDate


async def parts_of_job(change: Change, job: Job) -> dict[str, Any]:
    """What a template of such jobs says, but for the budget. Tasks that were canceled are no part of it."""
    tasks = [task for task in (await tasks_of_jobs([job.id])).get(job.id, []) if task.state is not TaskState.CANCELED]
    firm = await change.scope.rows(Firm).get(job.firm_id)
    created = day_in(change.time_zone, job.created_at)
    # On a thread: it may import a calendar.
    dates = await to_thread(_dates, job, tasks, created, Calendar(firm.country, firm.region))
    holders = await holders_of_roles(job.account_id)
    of_job = (await assignees_of_jobs([job.id])).get(job.id, [])
    of_tasks = await assignees_of_tasks([task.id for task in tasks])
    client_status = await _client_status(change, job)
    return {
        "name": job.name,
        "description": job.description,
        "priority": job.priority,
        "period": job.period,
        "client_status_id": client_status,
        "client_status_visible": client_status is not None and job.client_status_visible,
        "tasks": tuple(
            _task(task, dates_of_it, _assigned(of_tasks.get(task.id, []), holders))
            for task, dates_of_it in zip(tasks, dates[1:], strict=True)
        ),
        **dates[0],
        **_assigned(of_job, holders),
    }


def _assigned(members: Sequence[Member], holders: Holders) -> dict[str, Any]:
    """Who has been deactivated is assigned to nothing new."""
    named, roles = as_roles([member.id for member in members if member.active], holders)
    return {"assignee_ids": named, "assignee_role_ids": roles}


def _task(task: Task, dates: dict[str, Any], assigned: dict[str, Any]) -> JobTask:
    return JobTask(
        name=task.name,
        description=task.description,
        priority=task.priority,
        estimate=task.estimate,
        checklist=tuple(entry.name for entry in task.entries),
        **dates,
        **assigned,
    )


def _dates(job: Job, tasks: Sequence[Task], created: date, calendar: Calendar) -> list[dict[str, Any]]:
    """The dates of a job, and of each of its tasks: counted from its start date, or where it has none from the day on
    which it was made; in business days where both are such, else in days. It begins when it is made."""
    anchor, day = (Anchor.CREATED, created) if job.start_date is None else (Anchor.START_DATE, job.start_date)

    def counted(to: date | None) -> RelativeDate | None:
        return None if to is None else RelativeDate(anchor, *calendar.between(day, to))

    start = None if job.start_date is None else RelativeDate(Anchor.CREATED, 0)
    of_job = {"start_date": start, "due_date": counted(job.due_date), "deadline": counted(job.deadline)}
    of_tasks = [{"start_date": counted(task.start_date), "due_date": counted(task.due_date)} for task in tasks]
    return [of_job, *of_tasks]


async def _client_status(change: Change, job: Job) -> UUID | None:
    """The firm's client status that is called as the job's copy is."""
    if job.client_status_name is None:
        return None
    found = await change.scope.rows(ClientStatus).where(name=job.client_status_name).order_by("id").first()
    return None if found is None else found.id
