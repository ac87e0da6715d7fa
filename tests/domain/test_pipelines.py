"""Making, sharing and deleting pipelines."""

import asyncio
from typing import Any

import pytest

from models.actor import Actor
from models.commands.moves import archive_job
from models.commands.pipelines import create_pipeline, delete_pipeline, set_pipeline_members, update_pipeline
from models.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound, Refusal, RuleBroken
from models.events import PipelineMembersChanged
from models.ids import new_id
from models.rights import Right, Role
from models.rows import CardField, Category, JobOrder, Member, Pipeline, PipelineMember, Stage, Status
from models.templates.jobs import create_job
from tests.domain.refusal import refused, told
from tests.world import World


@pytest.fixture
async def manager(world: World) -> Member:
    """An employee who may manage pipelines, and sees the world's one."""
    member = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    return member


async def members_of(pipeline: Pipeline) -> set[object]:
    return set(await PipelineMember.filter(pipeline_id=pipeline.id).values_list("member_id", flat=True))


async def test_a_new_pipeline_has_its_stages_and_the_built_in_statuses(world: World) -> None:
    before = await world.revision()
    outcome = await create_pipeline(world.acting(world.admin), name=" Payroll ", stages=("Collect", "Run"))
    pipeline = outcome.value
    assert (pipeline.name, outcome.revision) == ("Payroll", before + 1)
    assert [stage.name for stage in await world.stages(pipeline)] == ["Collect", "Run"]
    statuses = await Status.filter(pipeline_id=pipeline.id)
    assert {(status.name, status.category) for status in statuses} == {
        ("Active", Category.ACTIVE),
        ("Completed", Category.COMPLETED),
        ("Archived", Category.ARCHIVED),
    }
    assert await told(world, before) == ["PipelineCreated"] + ["StageCreated"] * 2 + ["StatusCreated"] * 3
    assert (await world.job(pipeline_id=pipeline.id)).pipeline_id == pipeline.id


async def test_an_employee_who_makes_a_pipeline_sees_it(world: World, manager: Member) -> None:
    before = await world.revision()
    actor = world.acting(manager)
    pipeline = (await create_pipeline(actor, name="Mine", member_ids=[world.employee.id])).value
    assert await members_of(pipeline) == {manager.id, world.employee.id}
    event = (await world.events(before))[-1].event
    assert isinstance(event, PipelineMembersChanged)
    assert event.rescoped == {manager.id, world.employee.id}
    assert (await update_pipeline(actor, pipeline_id=pipeline.id, name="Still mine")).value.name == "Still mine"


async def test_an_automation_makes_a_pipeline_that_belongs_to_nobody(world: World) -> None:
    outcome = await create_pipeline(Actor.automation(world.firm.id, "Set-up", 1), name="P")
    assert await members_of(outcome.value) == set()


async def test_an_id_sent_again_returns_the_first_pipeline(world: World) -> None:
    id, admin = new_id(), world.acting(world.admin)
    calls = [create_pipeline(admin, name="Once", id=id) for _ in range(3)]
    outcomes = await asyncio.gather(*calls)
    assert {(outcome.value.id, outcome.revision) for outcome in outcomes} == {(id, await world.revision())}
    assert await Stage.filter(pipeline_id=id).count() == 3


@pytest.mark.parametrize(
    ("kind", "path", "asked"),
    [
        (Invalid, "name", {"name": " "}),
        (Invalid, "stages", {"name": "P", "stages": ()}),
        (Invalid, ("stages", 1), {"name": "P", "stages": ("ok", " ")}),
        (LimitReached, "stages", {"name": "P", "stages": ("s",) * 51}),
        (NotFound, "member_ids", {"name": "P", "member_ids": [new_id()]}),
    ],
)
async def test_what_is_no_pipeline(world: World, kind: type[Refusal], path: Any, asked: dict[str, object]) -> None:
    async with refused(world, kind, *((path,) if isinstance(path, str) else path)):
        await create_pipeline(world.acting(world.admin), **asked)  # type: ignore[arg-type]


async def test_only_who_may_manage_pipelines_and_sees_this_one(world: World, manager: Member) -> None:
    unseen = await world.new_pipeline("Unseen")
    for who, kind, pipeline in [
        (world.employee, Forbidden, world.pipeline),
        (manager, NotFound, unseen),
        ((await World.build(f"{world.tag}other")).owner, NotFound, unseen),
    ]:
        actor = world.acting(who)
        async with refused(world, kind):
            await update_pipeline(actor, pipeline_id=pipeline.id, name="Taken")
        async with refused(world, kind):
            await set_pipeline_members(actor, pipeline_id=pipeline.id, member_ids=[who.id])
        async with refused(world, kind):
            await delete_pipeline(actor, pipeline_id=pipeline.id)


async def test_an_update_says_what_changed_and_no_change_is_no_revision(world: World) -> None:
    admin, before = world.acting(world.admin), await world.revision()
    fields = [CardField.TAGS, CardField.ACCOUNT, CardField.TAGS]
    for _ in range(2):
        outcome = await update_pipeline(
            admin, pipeline_id=world.pipeline.id, card_fields=fields, job_order=JobOrder.DUE_DATE
        )
    assert (outcome.value.version, outcome.revision) == (2, before + 1)
    (logged,) = await world.events(before)
    assert logged.event.changes == {  # type: ignore[attr-defined]
        "card_fields": ([], ["TAGS", "ACCOUNT"]),
        "job_order": ("MANUAL", "DUE_DATE"),
    }
    async with refused(world, Conflict, "expected_version"):
        await update_pipeline(admin, pipeline_id=world.pipeline.id, name="Late", expected_version=1)


async def test_availability_rescopes_who_gets_it_and_who_loses_it(world: World) -> None:
    before = await world.revision()
    admin = world.acting(world.admin)
    for _ in range(2):
        outcome = await set_pipeline_members(admin, pipeline_id=world.pipeline.id, member_ids=[world.stranger.id])
    assert (outcome.value.version, outcome.revision) == (2, before + 1)
    (logged,) = await world.events(before)
    assert logged.event.rescoped == {world.stranger.id, world.employee.id}
    with pytest.raises(NotFound):
        await create_job(
            world.acting(world.employee), account_id=world.account.id, pipeline_id=world.pipeline.id, name="Too late"
        )


async def test_a_deactivated_member_may_stay_but_not_be_added(world: World) -> None:
    admin = world.acting(world.admin)
    await Member.filter(id__in=[world.employee.id, world.stranger.id]).update(active=False)
    async with refused(world, RuleBroken, "member_ids", match="deactivated"):
        await set_pipeline_members(admin, pipeline_id=world.pipeline.id, member_ids=[world.stranger.id])
    wanted = [world.employee.id, world.admin.id]
    await set_pipeline_members(admin, pipeline_id=world.pipeline.id, member_ids=wanted)
    assert await members_of(world.pipeline) == set(wanted)


async def test_a_pipeline_with_jobs_stays(world: World) -> None:
    owner = world.acting(world.owner)
    await world.job()
    await archive_job(owner, job_id=(await world.job()).id)
    async with refused(world, RuleBroken, "pipeline_id", match="included: 2"):
        await delete_pipeline(owner, pipeline_id=world.pipeline.id)


async def test_a_deleted_pipeline_takes_its_parts_along(world: World) -> None:
    before = await world.revision()
    await delete_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, expected_version=1)
    assert await told(world, before) == ["PipelineMembersChanged", "PipelineDeleted"]
    assert (await world.events(before))[0].event.rescoped == {world.employee.id}
    assert not await Stage.exists(pipeline_id=world.pipeline.id)
    assert not await Status.exists(pipeline_id=world.pipeline.id)
    async with refused(world, NotFound, "pipeline_id"):
        await delete_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id)


@pytest.mark.parametrize("named", [True, False])
async def test_deleting_while_jobs_are_opened_leaves_one_or_the_other(world: World, named: bool) -> None:
    owner = world.acting(world.owner)
    for round in range(6):
        pipeline = await world.new_pipeline(f"P{round}")
        stage_id = (await world.stages(pipeline))[0].id if named else None
        outcomes = await asyncio.gather(
            *(
                create_job(owner, account_id=world.account.id, pipeline_id=pipeline.id, name="J", stage_id=stage_id)
                for _ in range(2)
            ),
            delete_pipeline(owner, pipeline_id=pipeline.id),
            return_exceptions=True,
        )
        *opened, deleted = [not isinstance(outcome, BaseException) for outcome in outcomes]
        assert deleted is not any(opened)
        assert all(isinstance(outcome, Refusal) for outcome in outcomes if isinstance(outcome, BaseException))
