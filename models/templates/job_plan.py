"""The job and the tasks that a template comes to, worked out from what is known when they are made. It is all pure."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from models.commands.wanted_jobs import WantedJob
from models.commands.wanted_tasks import WantedTask
from models.errors import Refusal
from models.gathered import Gathered
from models.templates.content import filled_in
from models.templates.job_content import JobContent, LeftOut
from models.templates.job_dates import JobDates, TaskDates
from models.templates.job_people import People
from models.templates.job_tasks import JobTask
from models.templates.shortcodes import Facts, JobFacts


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job that is to be opened, and the tasks that are then added to it, in their order."""

    job: WantedJob
    tasks: tuple[WantedTask, ...]

    def checked(self, today: date, given: Container[str]) -> Self:
        """The same as they are kept, or all that is wrong with them: of the job's dates one that was `given`, if it can
        be."""
        with Gathered() as check:
            job = check(self.job.checked, today, given)
            tasks = [check(_checked, task, place) for place, task in enumerate(self.tasks)]
        return replace(self, job=job, tasks=tuple(tasks))


def _checked(task: WantedTask, place: int) -> WantedTask:
    try:
        return task.checked()
    except Refusal as refusal:
        raise refusal.within("task", place) from None


def job_facts(dates: JobDates, pipeline: str) -> JobFacts:
    """What shortcodes may tell of the job before it is known what it is called."""
    return JobFacts(
        name="",
        pipeline=pipeline,
        start_date=dates.start_date,
        due_date=dates.due_date,
        deadline=dates.deadline,
    )


def with_texts(content: JobContent, facts: Facts, *, name: str | None, period: str | None) -> JobContent:
    """The content with its shortcodes filled in. Its period is told to its name, and both to the rest; whoever makes
    the job may have given either of them."""
    assert facts.job is not None
    job = facts.job
    if period is None and content.period is not None:
        period = filled_in(JobContent(name="", period=content.period), facts, "template_id").period
    job = replace(job, period=period)
    if name is None:
        name = filled_in(JobContent(name=content.name), replace(facts, job=job), "template_id").name
    told = replace(facts, job=replace(job, name=name))
    rest: JobContent = filled_in(replace(content, name="", period=None), told, "template_id")
    return replace(rest, name=name, period=period)


def plan(content: JobContent, dates: JobDates, people: People) -> JobPlan:
    """What is to be made of a content whose texts are filled in."""
    assert not isinstance(content.budget, LeftOut)
    job = WantedJob(
        name=content.name,
        description=content.description,
        priority=content.priority,
        start_date=dates.start_date,
        due_date=dates.due_date,
        deadline=dates.deadline,
        period=content.period,
        budget=content.budget,
        assignee_ids=people.assigned(content),
    )
    tasks = (_task(task, of_it, people) for task, of_it in zip(content.tasks, dates.tasks, strict=True))
    return JobPlan(job, tuple(tasks))


def _task(task: JobTask, dates: TaskDates, people: People) -> WantedTask:
    return WantedTask(
        name=task.name,
        description=task.description,
        priority=task.priority,
        start_date=dates.start_date,
        due_date=dates.due_date,
        estimate=task.estimate,
        assignee_ids=people.assigned(task),
        checklist=task.checklist,
    )
