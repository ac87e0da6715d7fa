"""Opening, moving and ending jobs: what a firm's staff rely on."""

import pytest

from models.commands.jobs import delete_job
from models.commands.moves import archive_job, move_job, move_jobs, restore_job
from models.errors import Conflict, NotFound, RuleBroken
from models.events import JobMoved
from models.ids import new_id
from models.rows import Category
from models.targets import Target
from models.templates.jobs import create_job
from tests.world import World


async def test_a_new_job_is_active_on_the_first_stage(world: World) -> None:
    outcome = await create_job(
        world.acting(world.employee), account_id=world.account.id, pipeline_id=world.pipeline.id, name=" 1040 "
    )
    job = outcome.value
    assert job.name == "1040"
    assert job.stage_id == (await world.stages())[0].id
    assert job.status_id == (await world.status(Category.ACTIVE)).id
    assert outcome.revision == await world.revision()


async def test_a_move_puts_the_card_where_it_was_dropped(world: World) -> None:
    todo, doing, _ = await world.stages()
    first, second, third = [await world.job(name, stage_id=doing.id) for name in ("a", "b", "c")]
    moved = await world.job("moved")
    before = await world.revision()
    outcome = await move_job(world.acting(world.employee), job_id=moved.id, stage_id=doing.id, after_job_id=first.id)
    assert await world.names_on(doing) == ["a", "moved", "b", "c"]
    assert outcome.revision == before + 1
    (logged,) = await world.events(before)
    assert isinstance(logged.event, JobMoved)
    assert (logged.event.from_stage, logged.event.to_stage) == (todo.id, doing.id)
    await move_job(world.acting(world.employee), job_id=moved.id, stage_id=doing.id, before_job_id=first.id)
    await move_job(world.acting(world.employee), job_id=third.id, stage_id=doing.id, before_job_id=second.id)
    assert await world.names_on(doing) == ["moved", "a", "c", "b"]


async def test_a_stale_version_is_a_conflict_with_the_present_job(world: World) -> None:
    _, doing, done = await world.stages()
    job = await world.job()
    await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id, expected_version=1)
    before = await world.revision()
    with pytest.raises(Conflict) as refused:
        await move_job(world.acting(world.employee), job_id=job.id, stage_id=done.id, expected_version=1)
    assert refused.value.present.stage_id == doing.id
    assert await world.revision() == before


async def test_an_archived_job_does_not_move_and_comes_back_to_its_stage(world: World) -> None:
    _, doing, done = await world.stages()
    job = await world.job(stage_id=doing.id)
    owner = world.acting(world.owner)
    await archive_job(owner, job_id=job.id)
    with pytest.raises(RuleBroken):
        await move_job(owner, job_id=job.id, stage_id=done.id)
    restored = (await restore_job(owner, job_id=job.id)).value
    assert (restored.stage_id, restored.status_id) == (doing.id, (await world.status(Category.ACTIVE)).id)


async def test_many_move_in_one_revision_and_all_or_none(world: World) -> None:
    _, doing, _ = await world.stages()
    jobs = [await world.job(name) for name in "abc"]
    owner = world.acting(world.owner)
    before = await world.revision()
    with pytest.raises(NotFound):
        await move_jobs(owner, jobs=[Target(jobs[0].id), Target(new_id())], stage_id=doing.id)
    assert await world.revision() == before
    outcome = await move_jobs(
        owner, jobs=[Target(jobs[2].id), Target(new_id()), Target(jobs[0].id)], stage_id=doing.id, atomic=False
    )
    assert [job.name for job in outcome.value.rows] == ["c", "a"]
    assert [refusal.path[:2] for refusal in outcome.value.refused] == [("jobs", 1)]
    assert await world.names_on(doing) == ["c", "a"]
    assert await world.revision() == before + 1


async def test_the_same_key_twice_is_one_revision(world: World) -> None:
    _, doing, done = await world.stages()
    job = await world.job()
    actor = world.acting(world.employee)
    keyed = actor.calling("k1", "moveJob", {"stage": "doing"})
    first = await move_job(keyed, job_id=job.id, stage_id=doing.id)
    again = await move_job(keyed, job_id=job.id, stage_id=doing.id)
    assert again.revision == first.revision == await world.revision()
    assert again.value.id == job.id
    with pytest.raises(RuleBroken, match="another call"):
        await move_job(actor.calling("k1", "moveJob", {"stage": "done"}), job_id=job.id, stage_id=done.id)


async def test_a_deleted_jobs_history_stays(world: World) -> None:
    job = await world.job()
    await delete_job(world.acting(world.admin), job_id=job.id)
    assert [type(logged.event).__name__ for logged in await world.events()][-2:] == ["JobCreated", "JobDeleted"]
