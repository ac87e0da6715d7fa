"""What is foreseen of a move equals what then happens, and nothing of it is done."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from models.actor import Actor
from models.automation.facts import decisions
from models.automation.preview import Preview, dry_run, preview_change, preview_move
from models.automation.quota import FOLLOWER
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.commands.moves import move_job, set_job_status
from models.commands.stages import update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag, delete_tag
from models.commands.tasks import create_task, set_task_state
from models.errors import Invalid, NotFound, RuleBroken
from models.followers.cursors import Progress, advance
from models.items.links import OpenItems
from models.reasons import Reason
from models.rows import (
    AccountTag,
    AutomationRun,
    AutomationState,
    Category,
    Job,
    RunReason,
    RunState,
    Status,
    Tag,
    TaskState,
)
from models.templates.job_tasks import JobTask
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


async def a_tag(owner: Actor) -> Tag:
    return (await create_tag(owner, name="Ready", color="#112233")).value


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


async def test_what_a_move_leaves_out_and_dismisses_is_foreseen(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    job, (_, second, _) = await world.job(), await world.stages()
    for stage in await world.stages():
        await update_stage(owner, stage_id=stage.id, automove=True)
    asks, puts = TaskSettings(tasks=(JobTask("Call"),)), TagSettings(add_tag_ids=((await a_tag(owner)).id,))
    asking, putting = await automation(world, create_tasks=asks), await automation(world, update_tags=puts)
    await create_task(owner, name="To do", job_id=job.id)
    await go_on_to_the_end(following)
    for skipped, open_items, waits in (
        ([], OpenItems.KEEP, ["OPEN_ITEM", "OPEN_ITEM"]),
        ([], OpenItems.DISMISS, ["OPEN_ITEM"]),
        ([asking.id], OpenItems.DISMISS, ["NO_ACTION_ITEM"]),
    ):
        given: dict[str, Any] = {"skip_automations": skipped, "open_items": open_items}
        foreseen = await preview_change(owner, job_id=job.id, stage_id=second.id, **given)
        assert [why.reason for why in foreseen.waiting] == waits
    await move_job(owner, job_id=job.id, stage_id=second.id, **given)
    await go_on_to_the_end(following)
    assert told(foreseen.runs) == told(await runs_of(job))
    assert {run.name for run in foreseen.runs if run.reason is RunReason.SKIPPED_BY_MOVER} == {asking.name}
    assert putting.id in {run.automation_id for run in foreseen.runs if run.state is RunState.DONE}
    # As the move is refused, so is the preview.
    (first, *_) = await world.stages()
    with pytest.raises(RuleBroken) as refused:
        await preview_change(owner, job_id=job.id, stage_id=first.id, skip_automations=[asking.id])
    assert (refused.value.reason, refused.value.path) == (Reason.ELSEWHERE, ("skip_automations",))


async def test_another_status_is_foreseen_with_its_automations(world: World) -> None:
    following, owner, job = await begin(), world.acting(world.owner), await world.job()
    held = (await create_status(owner, pipeline_id=world.pipeline.id, name="Held", color="#112233")).value
    asks = TaskSettings(tasks=(JobTask("Call"),))
    await automation(world, name="Asks", trigger_status_id=held.id, create_tasks=asks)
    await go_on_to_the_end(following)
    before = await snapshot(world)
    foreseen = await preview_change(owner, job_id=job.id, status_id=held.id)
    assert await snapshot(world) == before
    await set_job_status(owner, job_id=job.id, status_id=held.id)
    await go_on_to_the_end(following)
    assert told(foreseen.runs) == told(await runs_of(job)) == [("Asks", RunState.DONE, None, None, 1)]
    assert (foreseen.stage_ids, foreseen.stage_id, foreseen.status_id) == ([], job.stage_id, held.id)
    assert [why.reason for why in foreseen.waiting] == ["STATUS", "OPEN_ITEM"]
    # It is for who may give the job that status, and is refused as that is.
    with pytest.raises(NotFound):
        await preview_change(world.acting(world.stranger), job_id=job.id, status_id=held.id)
    elsewhere = await Status.get(pipeline_id=(await world.new_pipeline("Other")).id, category=Category.ACTIVE)
    with pytest.raises(RuleBroken) as refused:
        await preview_change(owner, job_id=job.id, status_id=elsewhere.id)
    assert refused.value.reason is Reason.ELSEWHERE


async def test_a_preview_is_of_one_change_and_of_what_belongs_to_it(world: World) -> None:
    owner, job, (_, second, _) = world.acting(world.owner), await world.job(), await world.stages()
    cases: list[tuple[dict[str, Any], list[tuple[tuple[str, ...], Reason]]]] = [
        ({}, [(("stage_id",), Reason.MISSING)]),
        ({"stage_id": second.id, "status_id": job.status_id}, [(("status_id",), Reason.ONLY_ONE)]),
        (
            {"status_id": job.status_id, "open_items": OpenItems.KEEP, "skip_automations": []},
            [(("open_items",), Reason.ONLY_ONE), (("skip_automations",), Reason.ONLY_ONE)],
        ),
    ]
    for given, wanted in cases:
        with pytest.raises(Invalid) as refused:
            await preview_change(owner, job_id=job.id, **given)
        assert [(each.path, each.reason) for each in refused.value.all] == wanted


async def test_what_workers_have_still_to_do_is_not_foreseen_and_that_is_said(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    job, other, (first, second, _) = await world.job(), await world.job(), await world.stages()
    await automation(world, update_tags=TagSettings(add_tag_ids=((await a_tag(owner)).id,)))
    await go_on_to_the_end(following)

    async def complete(job: Job) -> list[bool]:
        (of_all,) = [each for each in (await dry_run(owner, pipeline_id=job.pipeline_id)).jobs if each.job_id == job.id]
        return [of_all.complete, (await preview_move(owner, job_id=job.id, stage_id=first.id)).complete]

    await move_job(owner, job_id=job.id, stage_id=second.id)
    # Nobody has heard of it; then it is planned, and then done.
    for planned, wanted in ((False, [False, False]), (True, [False, False])):
        if planned:
            await advance(following.followers[FOLLOWER], world.firm.id, datetime.now(UTC))
        assert (await complete(job), await complete(other)) == (wanted, [True, True])
    await go_on_to_the_end(following)
    assert await complete(job) == [True, True]
    # A move that is planned is one of these things.
    await update_stage(owner, stage_id=second.id, automove=True)
    task = (await create_task(owner, name="To do", job_id=job.id)).value
    await set_task_state(owner, task_id=task.id, state=TaskState.COMPLETED)
    while await advance(following.followers[FOLLOWER], world.firm.id, datetime.now(UTC)) is Progress.MOVED:
        pass
    assert (await complete(job), await complete(other)) == ([False, False], [True, True])


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
