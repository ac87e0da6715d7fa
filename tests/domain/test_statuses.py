"""The job statuses of a pipeline: built in and custom."""

import asyncio
from typing import Any

import pytest

from models.commands.moves import archive_job, complete_job, move_job, restore_job, set_job_status
from models.commands.statuses import MOST_CUSTOM_STATUSES, create_status, delete_status, update_status
from models.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound, Refusal, RuleBroken
from models.events import JobStatusChanged
from models.ids import new_id
from models.rights import Right, Role
from models.rows import Category, Job, Status
from tests.domain.refusal import counted, refused, told
from tests.world import World


async def new_status(world: World, name: str = "Missing docs") -> Status:
    return (
        await create_status(world.acting(world.admin), pipeline_id=world.pipeline.id, name=name, color="#F2994A")
    ).value


async def test_a_new_status_is_custom(world: World) -> None:
    before = await world.revision()
    status = await new_status(world, " Missing docs ")
    assert (status.name, status.color, status.category) == ("Missing docs", "#f2994a", Category.CUSTOM)
    assert not status.can_be_overdue
    assert await told(world, before) == ["StatusCreated"]
    job = await world.job()
    held = await set_job_status(world.acting(world.employee), job_id=job.id, status_id=status.id)
    assert held.value.status_id == status.id


async def test_an_id_sent_again_returns_the_first_status(world: World) -> None:
    id, admin = new_id(), world.acting(world.admin)
    asked = [create_status(admin, pipeline_id=world.pipeline.id, name="Once", color="#000000", id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("name", {"name": "", "color": "#000000"}),
        ("name", {"name": "x" * 101, "color": "#000000"}),
        ("color", {"name": "S", "color": "red"}),
    ],
)
async def test_what_is_no_status(world: World, path: str, asked: dict[str, Any]) -> None:
    async with refused(world, Invalid, path):
        await create_status(world.acting(world.admin), pipeline_id=world.pipeline.id, **asked)


async def test_there_is_an_end_to_custom_statuses_even_when_they_come_at_once(world: World) -> None:
    await Status.bulk_create(
        Status(
            firm_id=world.firm.id,
            pipeline_id=world.pipeline.id,
            name="S",
            color="#000000",
            category=Category.CUSTOM,
        )
        for _ in range(MOST_CUSTOM_STATUSES - 2)
    )
    outcomes = await asyncio.gather(*(new_status(world) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 2
    async with refused(world, LimitReached, "pipeline_id"):
        await new_status(world)


async def test_of_a_built_in_status_only_the_colour_changes(world: World) -> None:
    admin, active = world.acting(world.admin), await world.status(Category.ACTIVE)
    custom = await new_status(world)
    recoloured = await update_status(admin, status_id=active.id, color="#ABCDEF", name=active.name)
    assert (recoloured.value.color, recoloured.value.version) == ("#abcdef", 2)
    async with refused(world, RuleBroken, "name"):
        await update_status(admin, status_id=active.id, color="#000000", name="Going")
    completed = await world.status(Category.COMPLETED)
    for built_in in (active, completed):
        async with refused(world, RuleBroken, "counts_as_overdue"):
            await update_status(admin, status_id=built_in.id, counts_as_overdue=not built_in.can_be_overdue)
    async with refused(world, RuleBroken, "status_id"):
        await delete_status(admin, status_id=active.id, replacement_status_id=custom.id)


async def test_a_custom_status_changes_and_no_change_is_no_revision(world: World) -> None:
    status, admin = await new_status(world), world.acting(world.admin)
    before = await world.revision()
    for _ in range(2):
        outcome = await update_status(admin, status_id=status.id, name="Waiting", counts_as_overdue=True)
    assert outcome.value.can_be_overdue
    assert await told(world, before) == ["StatusUpdated"]
    async with refused(world, Conflict, "expected_version"):
        await update_status(admin, status_id=status.id, name="Late", expected_version=1)


async def test_who_may_not_touch_statuses(world: World) -> None:
    status = await new_status(world)
    manager = await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    for who, kind in [(world.employee, Forbidden), (manager, NotFound)]:
        actor = world.acting(who)
        async with refused(world, kind):
            await create_status(actor, pipeline_id=world.pipeline.id, name="S", color="#000000")
        async with refused(world, kind):
            await update_status(actor, status_id=status.id, name="S")
        async with refused(world, kind):
            await delete_status(actor, status_id=status.id)


async def test_a_deleted_statuss_jobs_get_the_replacement(world: World) -> None:
    owner, completed = world.acting(world.owner), await world.status(Category.COMPLETED)
    first, second = await new_status(world), await new_status(world, "Needs review")
    jobs = [await world.job(name) for name in "ab"]
    for job in jobs:
        await set_job_status(owner, job_id=job.id, status_id=first.id)
    before = await world.revision()
    await delete_status(owner, status_id=first.id, replacement_status_id=second.id)
    assert await told(world, before) == ["JobStatusChanged"] * 2 + ["StatusDeleted"]
    events = [logged.event for logged in await world.events(before)]
    changed = [event for event in events if isinstance(event, JobStatusChanged)]
    assert [(event.fires_automations, event.status_stay) for event in changed] == [(False, 3), (False, 3)]
    job = await world.row(Job, jobs[0].id)
    assert (job.status_id, job.version, job.completed_at, job.status_stay) == (second.id, 3, None, 3)
    await delete_status(owner, status_id=second.id, replacement_status_id=completed.id)
    job = await world.row(Job, jobs[0].id)
    assert job.status_id == completed.id
    assert job.completed_at is not None
    assert job.stage_id == jobs[0].stage_id


async def test_a_job_counts_its_times_under_statuses(world: World) -> None:
    owner, custom = world.acting(world.owner), await new_status(world)
    elsewhere = (await world.stages(await world.new_pipeline("Other")))[0]
    job = await world.job()

    async def under(status: Category | Status) -> None:
        id = status.id if isinstance(status, Status) else (await world.status(status)).id
        await set_job_status(owner, job_id=job.id, status_id=id)

    ways = [
        (under(custom), 2),
        (under(custom), 2),
        (under(Category.ACTIVE), 3),
        (complete_job(owner, job_id=job.id), 4),
        (archive_job(owner, job_id=job.id), 5),
        (restore_job(owner, job_id=job.id), 6),
        # Active over there is another status.
        (move_job(owner, job_id=job.id, stage_id=elsewhere.id), 7),
        (move_job(owner, job_id=job.id, stage_id=elsewhere.id), 7),
    ]
    for way, number in ways:
        before = await world.revision()
        await way
        assert (await world.row(Job, job.id)).status_stay == number
        events = [logged.event for logged in await world.events(before)]
        assert all(event.status_stay == number for event in events if isinstance(event, JobStatusChanged))


async def test_a_status_in_use_needs_a_replacement_of_its_pipeline(world: World) -> None:
    admin, status = world.acting(world.admin), await new_status(world)
    await set_job_status(admin, job_id=(await world.job()).id, status_id=status.id)
    other = await world.status(Category.ACTIVE, await world.new_pipeline("Other"))
    archived = await world.status(Category.ARCHIVED)
    for kind, replacement in [
        (RuleBroken, None),
        (RuleBroken, status.id),
        (RuleBroken, other.id),
        (RuleBroken, archived.id),
        (NotFound, new_id()),
    ]:
        async with refused(world, kind, "replacement_status_id"):
            await delete_status(admin, status_id=status.id, replacement_status_id=replacement)


async def test_an_unused_status_goes_without_a_replacement(world: World) -> None:
    status, before = await new_status(world), await world.revision()
    await delete_status(world.acting(world.admin), status_id=status.id, expected_version=1)
    assert await told(world, before) == ["StatusDeleted"]


async def test_more_jobs_take_no_more_statements(world: World, caplog: pytest.LogCaptureFixture) -> None:
    admin, active, counts = world.acting(world.admin), await world.status(Category.ACTIVE), []
    for count in (1, 8):
        status = await new_status(world)
        for _ in range(count):
            await set_job_status(admin, job_id=(await world.job()).id, status_id=status.id)
        with counted(caplog) as statements:
            await delete_status(admin, status_id=status.id, replacement_status_id=active.id)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_job_that_gets_the_status_during_its_deletion_is_not_stranded(world: World) -> None:
    owner, active = world.acting(world.owner), await world.status(Category.ACTIVE)
    for _ in range(6):
        status, jobs = await new_status(world), [await world.job() for _ in range(3)]
        await set_job_status(owner, job_id=jobs[2].id, status_id=status.id)
        outcomes = await asyncio.gather(
            *(set_job_status(owner, job_id=job.id, status_id=status.id) for job in jobs[:2]),
            complete_job(owner, job_id=jobs[2].id),
            delete_status(owner, status_id=status.id, replacement_status_id=active.id),
            return_exceptions=True,
        )
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert all(isinstance(error, Refusal) for error in errors), errors
        assert not await Status.exists(id=status.id)
