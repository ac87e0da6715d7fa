"""The statutory day of a job, and the day that the team wants to be done."""

from datetime import date, timedelta

import pytest

from models.clock import now
from models.commands.firm import update_firm
from models.commands.imports import NewJob, import_jobs
from models.commands.jobs import update_job
from models.errors import Invalid
from models.events import JobUpdated
from models.rows import Firm, Job
from models.templates.jobs import create_job
from tests.domain.refusal import refused
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
async def today(world: World) -> date:
    """The firm's, where it is morning: no test sees two days."""
    await update_firm(world.acting(world.owner), time_zone="Etc/UTC" if now().hour < 12 else "Etc/GMT+12")
    return (await world.row(Firm, world.firm.id)).today(now())  # type: ignore[no-any-return]


async def test_a_deadline_is_set_and_taken_away(world: World) -> None:
    actor, job = world.acting(world.employee), await world.job(deadline=date(2026, 4, 15))
    before = await world.revision()
    for _ in range(2):
        await update_job(actor, job_id=job.id, deadline=None)
    (logged,) = await world.events(before)
    assert isinstance(logged.event, JobUpdated)
    assert logged.event.changes == {"deadline": ("2026-04-15", None)}


async def test_work_is_planned_until_the_deadline(world: World, today: date) -> None:
    actor, deadline = world.acting(world.employee), today + 9 * DAY
    job = await world.job(due_date=deadline, deadline=deadline)
    async with refused(world, Invalid, "due_date", match="change the deadline as well"):
        await update_job(actor, job_id=job.id, due_date=deadline + DAY)
    async with refused(world, Invalid, "deadline"):
        await update_job(actor, job_id=job.id, deadline=deadline - DAY)
    async with refused(world, Invalid, "due_date"):
        await create_job(
            actor,
            account_id=world.account.id,
            pipeline_id=world.pipeline.id,
            name="1040",
            due_date=deadline + DAY,
            deadline=deadline,
        )
    async with refused(world, Invalid, "due_date"):
        await update_job(actor, job_id=job.id, due_date=today + DAY, deadline=today)


async def test_an_extension_moves_both(world: World, today: date) -> None:
    job = await world.job(due_date=today, deadline=today)
    outcome = await update_job(
        world.acting(world.employee), job_id=job.id, due_date=today + 30 * DAY, deadline=today + 30 * DAY
    )
    assert (outcome.value.due_date, outcome.value.deadline) == (today + 30 * DAY, today + 30 * DAY)


async def test_what_missed_its_deadline_is_planned_anew(world: World, today: date) -> None:
    job = await world.job(due_date=today - 2 * DAY, deadline=today - DAY)
    outcome = await update_job(world.acting(world.employee), job_id=job.id, due_date=today + DAY)
    assert (outcome.value.due_date, outcome.value.deadline) == (today + DAY, today - DAY)


async def test_jobs_from_elsewhere_come_as_they_stand_there(world: World, today: date) -> None:
    """And whoever changes something else about them is not asked."""
    actor, late = world.acting(world.owner), today + 9 * DAY
    (to_do, *_) = await world.stages()
    wanted = NewJob(
        account_id=world.account.id,
        pipeline_id=world.pipeline.id,
        stage_id=to_do.id,
        name="1040",
        due_date=late,
        deadline=late - DAY,
        period="q1 2026",
    )
    (job,) = (await import_jobs(actor, jobs=[wanted])).value
    kept = await Job.get(id=job.id)
    assert (kept.due_date, kept.deadline, kept.period, kept.period_key) == (late, late - DAY, "2026-Q1", "2026-q1")
    await update_job(actor, job_id=job.id, name="1040 amended", due_date=late, deadline=late - DAY)
    async with refused(world, Invalid, "due_date"):
        await update_job(actor, job_id=job.id, due_date=late + DAY)
