"""The default template of a pipeline: jobs are like it, whoever makes them, but for what is said of them."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.automation.automations import create_automation
from models.automation.task_settings import TaskSettings
from models.commands.pipelines import create_pipeline, update_pipeline
from models.commands.statuses import create_status
from models.errors import Forbidden, Invalid, NotFound, RuleBroken
from models.events import JobCreated, JobStatusChanged, PipelineUpdated
from models.ids import Kind, new_id
from models.imports.lines import Called, Done, JobLine
from models.reasons import Reason
from models.rows import AutomationState, Job, Pipeline, Priority
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.jobs import create_job, create_job_from_template
from models.templates.relative_dates import Anchor, RelativeDate
from models.templates.task_content import TaskContent
from models.templates.templates import Template, create_template, delete_template
from tests.domain.recurring import at, days_made, in_days, jobs_of, new_recurrence, work_at
from tests.domain.refusal import refused, told
from tests.domain.test_imported_lines import done, take
from tests.domain.test_imported_lines import refused as refused_line
from tests.domain.test_job_templates import assigned_to, new_role, new_template, tasks_of
from tests.world import World

DUE = date(2031, 4, 15)


async def defaulting(world: World, content: JobContent, name: str = "Usual") -> Template:
    """The default template of the world's pipeline from now on."""
    template = await new_template(world, content, name)
    owner = world.acting(world.owner)
    await update_pipeline(owner, pipeline_id=world.pipeline.id, default_template_id=template.id)
    return template


async def test_what_is_left_out_is_as_the_template_says_and_what_is_said_wins(world: World) -> None:
    role = await new_role(world, "Preparer", world.employee)
    content = JobContent(
        "As nobody calls it",
        "Of [ACCOUNT_NAME]",
        Priority.HIGH,
        period="2030",
        budget=90,
        due_date=RelativeDate(Anchor.DEADLINE, -5),
        deadline=RelativeDate(Anchor.START_DATE, 30),
        start_date=RelativeDate(Anchor.CREATED, 1),
        assignee_role_ids=(role,),
        tasks=(JobTask("Scan for [JOB_NAME]"), JobTask("Check", due_date=RelativeDate(Anchor.DUE_DATE, -1))),
    )
    template = await defaulting(world, content)
    # Whoever opens it needs no right for what the template says.
    place: Any = {"account_id": world.account.id, "pipeline_id": world.pipeline.id}
    employee = world.acting(world.employee)
    before = await world.revision()
    plain: Job = (await create_job(employee, **place, name="1040")).value
    assert (plain.name, plain.description, plain.priority, plain.period, plain.budget) == (
        "1040",
        "Of Acme",
        Priority.HIGH,
        "2030",
        90,
    )
    assert plain.start_date and plain.deadline and plain.due_date
    assert ((plain.deadline - plain.start_date).days, (plain.deadline - plain.due_date).days) == (30, 5)
    assert await assigned_to(plain) == {world.employee.id}
    assert [task.name for task in await tasks_of(plain)] == ["Scan for 1040", "Check"]
    assert await told(world, before) == ["JobCreated", "TaskCreated", "TaskCreated"]
    (logged, *_) = await world.events(before)
    assert isinstance(logged.event, JobCreated) and logged.event.template == template.id

    due = plain.due_date - timedelta(1)
    said: Job = (
        await create_job(
            employee,
            **place,
            name="[JOB_NAME] 1",
            description="[ACCOUNT_NAME] it is, and [NOTHING]",
            priority=Priority.LOW,
            due_date=due,
            period="2031",
            assignee_ids=(),
        )
    ).value
    # Nobody's own words are taken for a template's.
    assert (said.name, said.description) == ("[JOB_NAME] 1", "[ACCOUNT_NAME] it is, and [NOTHING]")
    assert (said.priority, said.due_date, said.period, said.budget) == (Priority.LOW, due, "2031", 90)
    assert await assigned_to(said) == set()
    assert [task.name for task in await tasks_of(said)] == ["Scan for [JOB_NAME] 1", "Check"]
    with pytest.raises(Forbidden):
        await create_job(employee, **place, name="1040", budget=1)
    owner = world.acting(world.owner)
    rich: Job = (await create_job(owner, **place, name="1040", budget=0, assignee_ids=[world.admin.id])).value
    assert (rich.budget, await assigned_to(rich)) == (0, {world.admin.id})

    bare: Job = (await create_job(employee, **place, name="Bare", use_default_template=False)).value
    assert (bare.priority, bare.due_date, bare.budget, await tasks_of(bare)) == (Priority.MEDIUM, None, None, [])
    # Of a template that is named there is nothing of the other one.
    other = await new_template(world, JobContent("Other"), "Other")
    named: Job = (await create_job_from_template(employee, template_id=other.id, **place)).value
    assert (named.name, named.period, await tasks_of(named)) == ("Other", None, [])
    # Sent again it is the first one.
    id = new_id()
    for _ in range(2):
        once = (await create_job(employee, **place, name="1040", id=id)).value
        assert len(await tasks_of(once)) == 2


async def test_what_a_template_cannot_say_is_told_and_nothing_is_made(world: World) -> None:
    owner = world.acting(world.owner)
    place: Any = {"account_id": world.account.id, "pipeline_id": world.pipeline.id}
    await defaulting(world, JobContent("A", due_date=RelativeDate(Anchor.DEADLINE, -5)))
    async with refused(world, RuleBroken, "deadline") as caught:
        await create_job(owner, **place, name="1040")
    assert caught.value.reason is Reason.MISSING
    assert (await create_job(owner, **place, name="1040", deadline=DUE)).value.due_date == date(2031, 4, 10)
    await defaulting(world, JobContent("A", tasks=(JobTask("By [DUE_DATE], of [PERIOD]"),)), "Of a day")
    async with refused(world, RuleBroken, "pipeline_id") as caught:
        await create_job(owner, **place, name="1040")
    assert "default template" in caught.value.message
    assert caught.value.reason is Reason.UNFILLED_SHORTCODE
    assert "[DUE_DATE], [PERIOD]" in caught.value.message
    await defaulting(world, JobContent("A", tasks=(JobTask("x" * 190 + "[JOB_NAME]"),)), "Long")
    async with refused(world, Invalid, "pipeline_id") as caught:
        await create_job(owner, **place, name="y" * 30)
    assert "its task 1 name" in caught.value.message


async def test_a_pipeline_s_default_is_a_template_of_jobs_and_goes_with_it(world: World) -> None:
    owner = world.acting(world.owner)
    of_tasks: Template = (await create_template(owner, name="Task", task=TaskContent("Scan"))).value
    for wrong, kind in ((of_tasks.id, RuleBroken), (new_id(), NotFound)):
        async with refused(world, kind, "default_template_id"):
            await update_pipeline(owner, pipeline_id=world.pipeline.id, default_template_id=wrong)
        async with refused(world, kind, "default_template_id"):
            await create_pipeline(owner, name="Payroll", default_template_id=wrong)
    template = await new_template(world, JobContent("Usual", tasks=(JobTask("Scan"),)))
    made: Pipeline = (await create_pipeline(owner, name="Payroll", default_template_id=template.id)).value
    assert made.default_template_id == template.id
    before = await world.revision()
    changed = (await update_pipeline(owner, pipeline_id=world.pipeline.id, default_template_id=template.id)).value
    same = (await update_pipeline(owner, pipeline_id=world.pipeline.id, default_template_id=template.id)).value
    assert (await world.revision(), changed.version, same.version) == (before + 1, 2, 2)
    (logged,) = await world.events(before)
    pair = (None, str(template.id))
    assert logged.event == PipelineUpdated(pipeline=world.pipeline.id, changes={"default_template_id": pair})

    await delete_template(owner, template_id=template.id)
    gone = [logged.event for logged in await world.events(before + 1)]
    assert [type(event).__name__ for event in gone] == ["PipelineUpdated", "PipelineUpdated", "TemplateDeleted"]
    assert {event.pipeline for event in gone[:2]} == {world.pipeline.id, made.id}  # type: ignore[attr-defined]
    assert all(event.changes == {"default_template_id": pair[::-1]} for event in gone[:2])  # type: ignore[attr-defined]
    for id, version in ((world.pipeline.id, 3), (made.id, 2)):
        row: Pipeline = await world.row(Pipeline, id)
        assert (row.default_template_id, row.version, row.updated_by_id) == (None, version, world.owner.id)
    assert await tasks_of(await world.job()) == []


async def test_jobs_of_recurrences_and_files_are_like_it_where_these_say_nothing(world: World) -> None:
    owner = world.acting(world.owner)
    usual = await defaulting(
        world, JobContent("Usual of [ACCOUNT_NAME]", priority=Priority.HIGH, tasks=(JobTask("Scan"),))
    )
    recurrence = await new_recurrence(world, job_name=None)
    await work_at(world, at(in_days(1)))
    (made,) = await jobs_of(recurrence)
    assert (made.name, made.priority, len(await tasks_of(made))) == ("Usual of Acme", Priority.HIGH, 1)
    # What is made without it says so: its occurrences are refused, and its own name is enough.
    named = await new_recurrence(world, name="Other", job_name="Books")
    await delete_template(owner, template_id=usual.id)
    await work_at(world, at(in_days(2)))
    assert (len(await days_made(recurrence)), len(await jobs_of(recurrence))) == (1, 1)
    assert [job.name for job in await jobs_of(named)] == ["Books", "Books"]
    assert [len(await tasks_of(job)) for job in await jobs_of(named)] == [0, 0]

    role = await new_role(world, "Preparer", world.employee)
    await defaulting(world, JobContent("A", priority=Priority.LOW, assignee_role_ids=(role,), tasks=(JobTask("Scan"),)))
    holding = (await create_status(owner, pipeline_id=world.pipeline.id, name="Waiting", color="#123456")).value
    settings = TaskSettings(tasks=(JobTask("By itself"),))
    for trigger in ({"trigger_pipeline_id": world.pipeline.id}, {"trigger_status_id": holding.id}):
        given: Any = {**trigger, "create_tasks": settings, "state": AutomationState.ON}
        await create_automation(owner, name="Add", **given)
    say: Any = {"account": Called(name="Acme"), "pipeline": "Tax returns"}
    lines = [
        JobLine(key="W1", **say, fields={"name": "Open"}),
        JobLine(key="W2", **say, fields={"name": "Held", "priority": Priority.URGENT}, status="Waiting"),
        JobLine(key="W3", **say, fields={"name": "Over"}, status="Completed"),
    ]
    before = await world.revision()
    assert done(await take(world, *lines)) == [[(Kind.JOB, Done.CREATED)]] * 3
    fired = [
        logged.event.fires_automations
        for logged in await world.events(before)
        if isinstance(logged.event, JobCreated | JobStatusChanged)
    ]
    # What was done by itself was done where they come from.
    assert fired == [False] * 5
    jobs = {job.name: job for job in await Job.filter(firm_id=world.firm.id, name__in=["Open", "Held", "Over"])}
    found = {name: (job.priority, len(await tasks_of(job)), await assigned_to(job)) for name, job in jobs.items()}
    assert found == {
        "Open": (Priority.LOW, 1, {world.employee.id}),
        "Held": (Priority.URGENT, 1, {world.employee.id}),
        # Of what is over nothing is to be done.
        "Over": (Priority.MEDIUM, 0, set()),
    }
    assert done(await take(world, *lines)) == [[(Kind.JOB, Done.SAME)]] * 3
    # Two lines that speak of one: who came with the template stays.
    twice = JobLine(key="W4", **say, fields={"name": "Twice"})
    more = JobLine(key="W4", **say, fields={"name": "Twice"}, assignees=[world.admin.email])
    await take(world, twice, more)
    assert await assigned_to(await Job.get(firm_id=world.firm.id, name="Twice")) == {world.employee.id, world.admin.id}
    await defaulting(world, JobContent("A", start_date=RelativeDate(Anchor.DUE_DATE, -5)), "Counted")
    (line,) = await take(world, JobLine(key="W5", **say, fields={"name": "Never due"}))
    assert refused_line(line) == (Reason.MISSING, ("due_date",))
