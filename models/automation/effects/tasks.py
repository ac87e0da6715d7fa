"""Tasks that automations add."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from models.automation.effects.effect import Effect, Made, Occasion, does
from models.automation.effects.making import known_of
from models.automation.effects.people import said_of
from models.automation.task_settings import TaskSettings
from models.command import Change
from models.command_steps import active_members
from models.commands.wanted_tasks import WantedTask
from models.gathered import Gathered
from models.templates.content import filled_in
from models.templates.job_opening import add_tasks
from models.templates.job_people import people_of
from models.templates.job_tasks import JobTask
from models.templates.making import Known, content_for
from models.templates.task_content import TaskContent


@does(TaskSettings)
async def create_tasks(change: Change, occasion: Occasion, settings: TaskSettings) -> Effect:
    """Tasks are added to the job, of templates and as they are said, in as many statements however many there are.
    Roles become those who hold them at the account."""
    job, known = occasion.job, await known_of(change, occasion)
    of_templates = [_task(await content_for(change, TaskContent, id)) for id in settings.template_ids]
    tasks: list[JobTask] = [filled_in(task, known.facts) for task in (*of_templates, *settings.tasks)]
    await active_members(change, [id for task in tasks for id in task.assignee_ids])
    people = await people_of(tasks, job.account_id)
    wanted = [await _wanted(task, people.assigned(task), known) for task in tasks]
    with Gathered() as check:
        checked = [check(task.checked) for task in wanted]
    made, unheld = await add_tasks(change, job, checked), people.unfilled(tasks)
    return Effect(Made.of(*made), unheld, await said_of(change, unheld))


def _task(content: TaskContent) -> JobTask:
    return JobTask(**{each.name: getattr(content, each.name) for each in fields(TaskContent)})


async def _wanted(task: JobTask, assignees: list[UUID], known: Known) -> WantedTask:
    same: dict[str, Any] = {
        name: getattr(task, name) for name in ("name", "description", "priority", "estimate", "checklist")
    }
    starts, due = [await known.day(getattr(task, name), name) for name in ("start_date", "due_date")]
    return WantedTask(**same, assignee_ids=assignees, start_date=starts, due_date=due)
