"""What is foreseen of a move equals what then happens, and nothing of it is done."""

import asyncio
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from models.automation.facts import decisions
from models.automation.preview import Preview, dry_run, preview_move
from models.automation.tag_settings import TagSettings
from models.commands.moves import move_job
from models.commands.stages import update_stage
from models.commands.tags import create_tag, delete_tag
from models.commands.tasks import create_task, set_task_state
from models.errors import NotFound, RuleBroken
from models.reasons import Reason
from models.rows import AccountTag, AutomationRun, AutomationState, Job, RunReason, RunState, TaskState
from tests.domain.automating import automation, begin, runs_of
from tests.domain.following import go_on_to_the_end
from tests.world import World


@pytest.fixture
async def world(followed: World) -> World:
    return followed


async def set_up(world: World) -> None:
    """Of the second stage one that acts, one that fails and one that is off; of the last one a draft."""
    owner = world.acting(world.owner)
    tags = [(await create_tag(owner, name=name, color="#112233")).value.id for name in ("A", "B", "Gone")]
    _, _, last = await world.stages()
    await automation(world, name="Adds", update_tags=TagSettings(add_tag_ids=(tags[0],)))
    await automation(world, name="Fails", update_tags=TagSettings(add_tag_ids=(tags[2],)))
    put = TagSettings(add_tag_ids=(tags[1],))
    await automation(world, name="Is off", state=AutomationState.OFF, update_tags=put)
    await automation(world, last.id, name="Is a draft", state=AutomationState.DRAFT, update_tags=put)
    await delete_tag(owner, tag_id=tags[2])


def told(runs: Any) -> list[tuple[Any, ...]]:
    return [(run.name, run.state, run.reason, run.message, run.hops) for run in runs]


async def snapshot(world: World) -> Any:
    jobs = await Job.filter(firm_id=world.firm.id).order_by("id").values_list("id", "version", "stage_id", "stay")
    runs = await AutomationRun.filter(firm_id=world.firm.id).count()
    tags = await AccountTag.filter(account_id=world.account.id).count()
    return await world.revision(), jobs, runs, tags


async def test_a_preview_equals_what_then_happens_and_changes_nothing(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    await set_up(world)
    job, (_, second, _) = await world.job(), await world.stages()
    await update_stage(owner, stage_id=second.id, automove=True)
    await go_on_to_the_end(following)
    before = await snapshot(world)
    foreseen = await preview_move(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert await snapshot(world) == before
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert told(foreseen.runs) == told(await runs_of(job))
    assert [run[1:3] for run in told(foreseen.runs)] == [
        (RunState.DONE, None),
        (RunState.FAILED, RunReason.REFUSED),
        (RunState.SKIPPED, RunReason.SWITCHED_OFF),
    ]
    there = await Job.get(id=job.id)
    decision = (await decisions([job.id]))[job.id]
    assert (foreseen.stage_ids, foreseen.stage_id, foreseen.status_id) == ([second.id], there.stage_id, there.status_id)
    assert [why.reason for why in foreseen.waiting] == [why.reason for why in decision.reasons]
    assert foreseen.complete


async def test_a_preview_is_for_who_may_make_the_move_and_waits_for_nobody(world: World) -> None:
    owner = world.acting(world.owner)
    job, (_, second, _) = await world.job(), await world.stages()
    with pytest.raises(NotFound):
        await preview_move(world.acting(world.stranger), job_id=job.id, stage_id=second.id)
    assert (await preview_move(world.acting(world.employee), job_id=job.id, stage_id=second.id)).stage_id == second.id
    held, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with in_transaction():
            await Job.filter(id=job.id).select_for_update()
            held.set()
            await leave.wait()

    holding = asyncio.create_task(hold())
    await held.wait()
    with pytest.raises(RuleBroken) as refused:
        await preview_move(owner, job_id=job.id, stage_id=second.id)
    assert refused.value.reason is Reason.BUSY
    leave.set()
    await holding


async def test_a_dry_run_says_of_each_job_what_would_become_of_it(world: World) -> None:
    owner = world.acting(world.owner)
    await set_up(world)
    _, second, last = await world.stages()
    ready, waits = await world.job("ready", stage_id=second.id), await world.job("waits", stage_id=second.id)
    for job in (ready, waits):
        task = (await create_task(owner, name="To do", job_id=job.id)).value
        if job is ready:
            await set_task_state(owner, task_id=task.id, state=TaskState.COMPLETED)
    before = await snapshot(world)
    found = await dry_run(owner, pipeline_id=world.pipeline.id)
    assert await snapshot(world) == before
    assert found.complete
    of: dict[Any, Preview] = {preview.job_id: preview for preview in found.jobs}
    assert (of[ready.id].stage_ids, of[ready.id].stage_id) == ([last.id], last.id)
    assert told(of[ready.id].runs) == [("Is a draft", RunState.DONE, None, None, 2)]
    assert (of[waits.id].stage_ids, of[waits.id].stage_id, of[waits.id].runs) == ((), second.id, ())
    assert [why.reason.value for why in of[waits.id].waiting] == ["OPEN_ITEM"]
    with pytest.raises(NotFound):
        await dry_run(world.acting(world.stranger), pipeline_id=world.pipeline.id)
