"""The stages of a pipeline: their order, and what becomes of their jobs."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from models.commands.moves import archive_job, move_job
from models.commands.stages import create_stage, delete_stage, move_stage, update_stage
from models.commands.tags import create_tag, delete_tag
from models.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound, Refusal, RuleBroken
from models.events import JobMoved, StageUpdated
from models.ids import new_id
from models.order import LONGEST_KEY, spread
from models.reasons import Parameter, Reason
from models.rights import Right, Role
from models.rows import Job, PipelineMember, Stage, StageTag, Tag
from models.templates.jobs import create_job
from tests.domain.refusal import counted, refused, told
from tests.world import World


async def order(world: World) -> list[str]:
    return [stage.name for stage in await Stage.filter(pipeline_id=world.pipeline.id).order_by("position", "id")]


async def test_a_stage_is_added_where_it_is_wanted(world: World) -> None:
    todo, _, _ = await world.stages()
    admin, pipeline_id, before = world.acting(world.admin), world.pipeline.id, await world.revision()
    last = await create_stage(admin, pipeline_id=pipeline_id, name=" Filed ", time_limit=60)
    await create_stage(admin, pipeline_id=pipeline_id, name="Second", after_stage_id=todo.id)
    await create_stage(admin, pipeline_id=pipeline_id, name="First", before_stage_id=todo.id)
    assert await order(world) == ["First", "To do", "Second", "Doing", "Done", "Filed"]
    assert (last.value.time_limit, last.revision) == (60, before + 1)
    assert await told(world, before) == ["StageCreated"] * 3


async def test_an_id_sent_again_returns_the_first_stage(world: World) -> None:
    id, admin = new_id(), world.acting(world.admin)
    asked = [create_stage(admin, pipeline_id=world.pipeline.id, name="Once", id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


async def test_what_is_no_stage(world: World) -> None:
    admin, pipeline_id = world.acting(world.admin), world.pipeline.id
    other = (await world.stages(await world.new_pipeline("Other")))[0]
    todo, doing, _ = await world.stages()
    async with refused(world, Invalid, "name"):
        await create_stage(admin, pipeline_id=pipeline_id, name="")
    async with refused(world, Invalid, "time_limit"):
        await create_stage(admin, pipeline_id=pipeline_id, name="S", time_limit=0)
    async with refused(world, Invalid, "before_stage_id"):
        await create_stage(admin, pipeline_id=pipeline_id, name="S", after_stage_id=todo.id, before_stage_id=doing.id)
    async with refused(world, RuleBroken, "after_stage_id"):
        await create_stage(admin, pipeline_id=pipeline_id, name="S", after_stage_id=other.id)
    async with refused(world, Invalid, "after_stage_id"):
        await move_stage(admin, stage_id=todo.id, after_stage_id=todo.id)


async def test_fifty_stages_are_enough_even_when_they_come_at_once(world: World) -> None:
    admin, pipeline = world.acting(world.admin), world.pipeline
    await Stage.bulk_create(
        Stage(firm_id=world.firm.id, pipeline_id=pipeline.id, name="S", position=f"b{key}") for key in spread(45)
    )
    asked = [create_stage(admin, pipeline_id=pipeline.id, name="More") for _ in range(4)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 2
    assert len({stage.position for stage in await world.stages()}) == 50
    async with refused(world, LimitReached, "pipeline_id"):
        await create_stage(admin, pipeline_id=pipeline.id, name="Too many")


async def test_an_update_keeps_what_is_left_out(world: World) -> None:
    admin, before = world.acting(world.admin), await world.revision()
    stage = (await world.stages())[0]
    await update_stage(admin, stage_id=stage.id, time_limit=90)
    await update_stage(admin, stage_id=stage.id, name="Inbox", time_limit=90)
    await update_stage(admin, stage_id=stage.id, name="Inbox")
    changed = await world.row(Stage, stage.id)
    assert (changed.name, changed.time_limit, changed.version) == ("Inbox", 90, 3)
    assert await told(world, before) == ["StageUpdated"] * 2
    async with refused(world, Conflict, "expected_version"):
        await update_stage(admin, stage_id=stage.id, name="Late", expected_version=1)


async def test_who_may_not_touch_stages(world: World) -> None:
    manager = await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    todo, doing, _ = await world.stages()
    for who, kind in [(world.employee, Forbidden), (manager, NotFound)]:
        actor = world.acting(who)
        async with refused(world, kind):
            await create_stage(actor, pipeline_id=world.pipeline.id, name="S")
        async with refused(world, kind):
            await update_stage(actor, stage_id=todo.id, name="S")
        async with refused(world, kind):
            await move_stage(actor, stage_id=todo.id)
        async with refused(world, kind):
            await delete_stage(actor, stage_id=todo.id, replacement_stage_id=doing.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=manager.id)
    await move_stage(world.acting(manager), stage_id=todo.id)
    assert await order(world) == ["Doing", "Done", "To do"]


async def test_stages_move_as_a_list_would(world: World) -> None:
    dice, admin = random.Random(5), world.acting(world.admin)
    expected = [stage.id for stage in await world.stages()]
    for step in range(25):
        # Keys without room between them, every now and then: they are spread anew on the way.
        if step % 6 == 5:
            await crowd(expected)
        moving, anchor = dice.sample(expected, 2)
        before = dice.choice([True, False])
        await move_stage(
            admin,
            stage_id=moving,
            before_stage_id=anchor if before else None,
            after_stage_id=None if before else anchor,
        )
        expected.remove(moving)
        expected.insert(expected.index(anchor) + (not before), moving)
        assert [stage.id for stage in await world.stages()] == expected
    assert max(len(stage.position) for stage in await world.stages()) <= LONGEST_KEY


async def crowd(ids: list[UUID]) -> None:
    """Keys in this order with almost no room between them."""
    for number, id in enumerate(ids, start=1):
        await Stage.filter(id=id).update(position="a0" + "V" * (LONGEST_KEY - 3) + str(number))


async def test_stages_without_room_are_spread_anew_and_all_are_told(world: World) -> None:
    todo, doing, done = await world.stages()
    await Stage.filter(id__in=[todo.id, doing.id, done.id]).update(position="a0")
    todo, doing, done = await Stage.filter(pipeline_id=world.pipeline.id).order_by("id")
    before = await world.revision()
    stage = await create_stage(
        world.acting(world.admin), pipeline_id=world.pipeline.id, name="Between", after_stage_id=todo.id
    )
    assert await order(world) == [todo.name, "Between", doing.name, done.name]
    assert await told(world, before) == ["StageMoved"] * 3 + ["StageCreated"]
    assert [row.version for row in await world.stages()] == [2, 1, 2, 2]
    assert stage.revision == before + 1


async def test_a_stage_that_stays_where_it_is_makes_no_revision(world: World) -> None:
    todo, doing, done = await world.stages()
    admin, before = world.acting(world.admin), await world.revision()
    await move_stage(admin, stage_id=done.id)
    await move_stage(admin, stage_id=doing.id, after_stage_id=todo.id)
    await move_stage(admin, stage_id=doing.id, before_stage_id=done.id)
    assert await world.revision() == before


async def test_a_deleted_stages_jobs_go_to_the_end_of_the_replacement(world: World) -> None:
    todo, doing, _ = await world.stages()
    admin = world.acting(world.admin)
    for name in "ab":
        await world.job(name, stage_id=doing.id)
    c, d, e = [await world.job(name) for name in "cde"]
    await move_job(admin, job_id=e.id, stage_id=todo.id, before_job_id=c.id)
    await archive_job(admin, job_id=d.id)
    before = await world.revision()
    outcome = await delete_stage(admin, stage_id=todo.id, replacement_stage_id=doing.id)
    assert await world.names_on(doing) == ["a", "b", "e", "c", "d"]
    assert outcome.revision == before + 1
    assert await told(world, before) == ["JobMoved"] * 3 + ["StageDeleted"]
    event = (await world.events(before))[0].event
    assert isinstance(event, JobMoved)
    assert (event.job, event.from_stage, event.to_stage) == (e.id, todo.id, doing.id)
    assert (event.fires_automations, event.stay) == (False, 2)
    moved = await world.row(Job, c.id)
    assert moved.version == c.version + 1
    assert moved.stage_entered_at > c.stage_entered_at


async def test_an_empty_stage_needs_no_replacement_and_one_stage_stays(world: World) -> None:
    todo, doing, done = await world.stages()
    admin, before = world.acting(world.admin), await world.revision()
    await delete_stage(admin, stage_id=todo.id, expected_version=1)
    await delete_stage(admin, stage_id=doing.id)
    assert await told(world, before) == ["StageDeleted"] * 2
    async with refused(world, RuleBroken, "stage_id", match="at least one"):
        await delete_stage(admin, stage_id=done.id)
    async with refused(world, NotFound, "stage_id"):
        await delete_stage(admin, stage_id=todo.id)


async def test_a_stage_with_jobs_needs_a_replacement_of_its_pipeline(world: World) -> None:
    todo = (await world.stages())[0]
    admin = world.acting(world.admin)
    await archive_job(admin, job_id=(await world.job()).id)
    other = (await world.stages(await world.new_pipeline("Other")))[0]
    foreign = (await world.stages((await World.build(f"{world.tag}x")).pipeline))[0]
    for kind, replacement in [
        (RuleBroken, None),
        (RuleBroken, todo.id),
        (RuleBroken, other.id),
        (NotFound, foreign.id),
        (NotFound, new_id()),
    ]:
        async with refused(world, kind, "replacement_stage_id"):
            await delete_stage(admin, stage_id=todo.id, replacement_stage_id=replacement)
    async with refused(world, Conflict, "expected_version"):
        await delete_stage(admin, stage_id=todo.id, expected_version=7)


async def test_more_jobs_take_no_more_statements(world: World, caplog: pytest.LogCaptureFixture) -> None:
    admin, counts = world.acting(world.admin), []
    *emptied, last = await world.stages()
    for stage, count in zip(emptied, (2, 500), strict=True):
        like = await world.job(stage_id=stage.id)
        fields = {field: getattr(like, field) for field in like._meta.db_fields if field not in ("id", "position")}
        await Job.bulk_create(Job(**fields, position=f"b{key}") for key in spread(count))
        with counted(caplog) as statements:
            await delete_stage(admin, stage_id=stage.id, replacement_stage_id=last.id)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert 0 < counts[0] < 20
    assert await Job.filter(stage_id=last.id).count() == 504


async def test_jobs_that_arrive_during_a_deletion_are_neither_lost_nor_stranded(world: World) -> None:
    owner, (_, doing, done) = world.acting(world.owner), await world.stages()
    for round in range(5):
        stage = (await create_stage(owner, pipeline_id=world.pipeline.id, name=f"S{round}")).value
        there, away = await world.job(stage_id=stage.id), await world.job()
        outcomes = await asyncio.gather(
            create_job(owner, account_id=world.account.id, pipeline_id=world.pipeline.id, name="J", stage_id=stage.id),
            move_job(owner, job_id=away.id, stage_id=stage.id),
            move_job(owner, job_id=there.id, stage_id=done.id),
            delete_stage(owner, stage_id=stage.id, replacement_stage_id=doing.id),
            return_exceptions=True,
        )
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert all(isinstance(error, Refusal) for error in errors), errors
        assert not await Stage.exists(id=stage.id)


async def test_two_deletions_leave_a_stage(world: World) -> None:
    owner, stages = world.acting(world.owner), await world.stages()
    asked = [delete_stage(owner, stage_id=stage.id) for stage in stages]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(outcome, RuleBroken) for outcome in outcomes) == 1
    assert len(await world.stages()) == 1


async def conditional(world: World, *tags: str) -> tuple[Stage, list[Tag]]:
    """The second stage of the pipeline, with these tags."""
    owner = world.acting(world.owner)
    made = [(await create_tag(owner, name=name, color="#2f80ed")).value for name in tags]
    stage = (await world.stages())[1]
    return (await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[tag.id for tag in made])).value, made


async def tags_of_stage(stage: Stage) -> set[UUID]:
    return {link.tag_id for link in await StageTag.filter(stage_id=stage.id)}


async def test_a_stage_says_whether_jobs_move_on_and_for_whom_it_is(world: World) -> None:
    owner, before = world.acting(world.owner), await world.revision()
    stage, (tax, audit) = await conditional(world, "Tax", "Audit")
    assert await tags_of_stage(stage) == {tax.id, audit.id}
    await update_stage(owner, stage_id=stage.id, automove=True, conditional_tag_ids=[audit.id, audit.id, tax.id])
    await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[tax.id])
    await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[tax.id])
    await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[])
    assert await tags_of_stage(stage) == set()
    updates = [logged.event for logged in await world.events(before) if isinstance(logged.event, StageUpdated)]
    assert [dict(event.changes) for event in updates] == [
        {"conditional_tag_ids": ([], [str(audit.id), str(tax.id)])},
        {"automove": (False, True)},
        {"conditional_tag_ids": ([str(audit.id), str(tax.id)], [str(tax.id)])},
        {"conditional_tag_ids": ([str(tax.id)], [])},
    ]
    made = await create_stage(
        owner,
        pipeline_id=world.pipeline.id,
        name="Audit",
        automove=True,
        conditional_tag_ids=[audit.id],
        after_stage_id=stage.id,
    )
    assert (made.value.automove, await tags_of_stage(made.value)) == (True, {audit.id})


async def test_the_ends_of_a_pipeline_are_for_every_account(world: World) -> None:
    owner, pipeline = world.acting(world.owner), world.pipeline.id
    stage, (tax,) = await conditional(world, "Tax")
    first, _, last = await world.stages()
    field, tags = "conditional_tag_ids", [tax.id]
    for end in (first, last):
        async with refused(world, RuleBroken, field):
            await update_stage(owner, stage_id=end.id, conditional_tag_ids=tags, name="Changed")
        async with refused(world, RuleBroken, "stage_id"):
            await delete_stage(owner, stage_id=end.id, replacement_stage_id=stage.id)
    places: list[dict[str, Any]] = [{}, {"before_stage_id": first.id}, {"after_stage_id": last.id}]
    for place in places:
        async with refused(world, RuleBroken, field):
            await create_stage(owner, pipeline_id=pipeline, name="S", conditional_tag_ids=tags, **place)
    ways: list[tuple[Stage, dict[str, Any]]] = [
        (stage, {}),
        (stage, {"before_stage_id": first.id}),
        (first, {}),
        (last, {"before_stage_id": stage.id}),
    ]
    for moved, beside in ways:
        async with refused(world, RuleBroken, "stage_id"):
            await move_stage(owner, stage_id=moved.id, **beside)
    async with refused(world, NotFound, field):
        await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[new_id()])
    async with refused(world, Invalid, field):
        await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[new_id() for _ in range(101)])
    # Two at once: neither finds the other one within.
    more = (await create_stage(owner, pipeline_id=pipeline, name="More", after_stage_id=stage.id)).value
    asked = [
        move_stage(owner, stage_id=last.id, before_stage_id=first.id),
        update_stage(owner, stage_id=more.id, conditional_tag_ids=tags),
    ]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Outcome", "RuleBroken"]


async def test_a_tag_that_a_stage_needs_is_not_deleted(world: World) -> None:
    owner = world.acting(world.owner)
    stage, (tax,) = await conditional(world, "Tax")
    async with refused(world, RuleBroken, "tag_id") as refusal:
        await delete_tag(owner, tag_id=tax.id)
    assert (refusal.value.reason, refusal.value.parameters) == (Reason.IN_USE, {Parameter.ACTUAL: "1"})
    manager = await world.member("Tess", Role.EMPLOYEE, Right.MANAGE_TAGS)
    async with refused(world, RuleBroken, "tag_id") as unseen:
        await delete_tag(world.acting(manager), tag_id=tax.id)
    assert stage.name not in unseen.value.message
    await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[])
    await delete_tag(owner, tag_id=tax.id)
    # Of two who come at once one is told no.
    _, (audit,) = await conditional(world, "Audit")
    await update_stage(owner, stage_id=stage.id, conditional_tag_ids=[])
    outcomes = await asyncio.gather(
        delete_tag(owner, tag_id=audit.id),
        update_stage(owner, stage_id=stage.id, conditional_tag_ids=[audit.id]),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) in (
        ["NotFound", "Outcome"],
        ["Outcome", "RuleBroken"],
    )
