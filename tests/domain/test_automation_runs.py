"""What automations have to do: planned once, done once, by the commands that people call, and told of."""

from datetime import UTC, datetime

import pytest

from models.actor import Actor
from models.automation.automations import update_automation
from models.automation.automove import WaitingReason
from models.automation.facts import decisions_with
from models.automation.quota import MINUTE, Quota, waiting_until
from models.automation.run_events import AutomationFailed, AutomationRan
from models.automation.running import MOST_HOPS
from models.automation.runs import dismiss_automation_run, retry_automation_run, retry_automation_runs
from models.automation.tag_settings import TagSettings
from models.commands.imports import NewJob, import_jobs
from models.commands.moves import move_job, move_jobs, set_job_status
from models.commands.stages import delete_stage, update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag, delete_tag
from models.commands.tasks import create_task, set_task_state
from models.errors import NotFound, RuleBroken
from models.events import AutomationUpdated
from models.ids import Kind
from models.items.reads import outstanding
from models.reasons import Reason
from models.rows import (
    AccountTag,
    AutomaticActions,
    Automation,
    AutomationRun,
    AutomationState,
    AutomationTrigger,
    Job,
    RunReason,
    RunState,
    Tag,
    TaskState,
)
from models.targets import Target
from tests.domain.automating import automation, begin, runs_of
from tests.domain.following import go_on_to_the_end
from tests.world import World


@pytest.fixture
async def world(followed: World) -> World:
    return followed


async def a_tag(world: World, name: str) -> Tag:
    return (await create_tag(world.acting(world.owner), name=name, color="#112233")).value


async def test_a_job_that_enters_a_stage_sets_off_its_automations_once(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag, off = await a_tag(world, "A"), await a_tag(world, "Off")
    on = await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    await automation(world, state=AutomationState.OFF, update_tags=TagSettings(add_tag_ids=(off.id,)))
    await automation(world, state=AutomationState.DRAFT, update_tags=TagSettings(add_tag_ids=(off.id,)))
    job, (_, second, _) = await world.job(), await world.stages()
    moved = await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    done, skipped = await runs_of(job)
    assert (done.automation_id, done.state, done.reason, done.stay, done.cause) == (
        on.id,
        RunState.DONE,
        None,
        2,
        moved.revision,
    )
    assert (skipped.state, skipped.reason) == (RunState.SKIPPED, RunReason.SWITCHED_OFF)
    assert await AccountTag.filter(account_id=job.account_id).values_list("tag_id", flat=True) == [tag.id]
    told = await world.events(moved.revision)
    assert [type(logged.event).__name__ for logged in told] == ["AccountTagsChanged", "AutomationRan"]
    for logged in told:
        assert (logged.cause, logged.hops, logged.actor["kind"], logged.actor["label"]) == (
            moved.revision,
            1,
            "AUTOMATION",
            "Robot",
        )
        assert logged.actor["causer"] == {"kind": "MEMBER", "id": str(world.owner.id), "label": None}
    assert isinstance(told[1].event, AutomationRan)
    # Another place among the cards of its stage is no entry.
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert len(await runs_of(job)) == 2


async def test_what_no_worker_has_heard_of_is_still_to_run(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    _, second, _ = await world.stages()
    held = (await create_status(owner, pipeline_id=world.pipeline.id, name="Held", color="#112233")).value
    puts = TagSettings(add_tag_ids=((await a_tag(world, "A")).id,))
    on_stage = await automation(world, name="On the stage", update_tags=puts)
    await automation(world, name="Under the status", trigger_status_id=held.id, update_tags=puts)
    await automation(world, name="Created", trigger_pipeline_id=world.pipeline.id, update_tags=puts)
    await automation(world, name="Off", state=AutomationState.OFF, update_tags=puts)
    await update_stage(owner, stage_id=second.id, automove=True)

    async def waits(job: Job) -> list[str]:
        told = (await decisions_with([job.id], await outstanding([job.id])))[job.id]
        return [why.text.split("'")[1] for why in told.reasons if why.reason is WaitingReason.AUTOMATION_PENDING]

    created = await world.job(stage_id=second.id)
    assert await waits(created) == ["Created", "On the stage"]
    await go_on_to_the_end(following)
    # What was to be done is done: but for what is still to run, they were ready.
    jobs = [await world.job(), await world.job()]
    await go_on_to_the_end(following)
    for job, left_out in zip(jobs, ([], [on_stage.id]), strict=True):
        task = (await create_task(owner, name="To do", job_id=job.id)).value
        await move_job(owner, job_id=job.id, stage_id=second.id, skip_automations=left_out)
        await set_task_state(owner, task_id=task.id, state=TaskState.COMPLETED)
    assert [await waits(job) for job in jobs] == [["On the stage"], []]
    # Another place among the cards is no entry, and what is heard is as it was.
    await move_job(owner, job_id=created.id, stage_id=second.id)
    await set_job_status(owner, job_id=created.id, status_id=held.id)
    assert await waits(created) == ["Under the status"]
    await go_on_to_the_end(following)
    assert [await waits(job) for job in (created, *jobs)] == [[], [], []]
    # Nothing acts for what is put elsewhere because its stage goes.
    moved = await world.job()
    await go_on_to_the_end(following)
    (first, *_) = await world.stages()
    await delete_stage(owner, stage_id=first.id, replacement_stage_id=second.id)
    assert await waits(moved) == []


async def test_what_an_automation_may_not_do_fails_and_holds_the_job(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag = await a_tag(world, "A")
    await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    await delete_tag(owner, tag_id=tag.id)
    job, (_, second, _) = await world.job(), await world.stages()
    moved = await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    (run,) = await runs_of(job)
    assert (run.state, run.reason, run.attempts) == (RunState.FAILED, RunReason.REFUSED, 1)
    (failed,) = await world.events(moved.revision)
    assert isinstance(failed.event, AutomationFailed)
    assert failed.event.explanation == run.message == "There is no such tag, or you may not see it."


async def test_what_failed_is_tried_again_or_dismissed(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag, other = await a_tag(world, "A"), await a_tag(world, "B")
    robot = await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    await delete_tag(owner, tag_id=tag.id)
    _, second, _ = await world.stages()
    jobs = [await world.job(), await world.job()]
    await move_jobs(owner, jobs=[Target(job.id) for job in jobs], stage_id=second.id)
    await go_on_to_the_end(following)
    runs = [(await runs_of(job))[0] for job in jobs]
    targets = [Target(run.id, kind=Kind.AUTOMATION_RUN) for run in runs]
    # Each in what it says: one that is not there, one that has not failed.
    with pytest.raises(NotFound):
        await retry_automation_run(world.acting(world.stranger), automation_run_id=runs[0].id)
    await dismiss_automation_run(owner, automation_run_id=runs[1].id)
    dismissed = await AutomationRun.get(id=runs[1].id)
    assert (dismissed.state, dismissed.reason, dismissed.message) == (
        RunState.SKIPPED,
        RunReason.DISMISSED,
        runs[1].message,
    )
    refused = await retry_automation_runs(owner, automation_runs=targets, atomic=False)
    assert [refusal.reason for refusal in refused.value.refused] == [Reason.WRONG_STATE]
    await go_on_to_the_end(following)
    again = await AutomationRun.get(id=runs[0].id)
    assert (again.state, again.attempts) == (RunState.FAILED, 2)
    # It does what it is set up to do by then, and once.
    await update_automation(owner, automation_id=robot.id, update_tags=TagSettings(add_tag_ids=(other.id,)))
    retried = await retry_automation_run(owner, automation_run_id=runs[0].id)
    await go_on_to_the_end(following)
    done = await AutomationRun.get(id=runs[0].id)
    assert (done.state, done.reason, done.message, done.attempts) == (RunState.DONE, None, None, 3)
    assert await AccountTag.filter(account_id=jobs[0].account_id).values_list("tag_id", flat=True) == [other.id]
    assert [(logged.hops, logged.cause) for logged in await world.events(retried.revision)] == [
        (1, retried.revision)
    ] * 2
    with pytest.raises(RuleBroken):
        await dismiss_automation_run(owner, automation_run_id=runs[0].id)


async def test_an_automation_that_fails_on_five_jobs_in_a_row_pauses_itself(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag = await a_tag(world, "A")
    robot = await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    await delete_tag(owner, tag_id=tag.id)
    first, second, _ = await world.stages()
    jobs = [await world.job(f"{number}") for number in range(6)]
    for stage in (second, first, second):  # The same job again counts once.
        await move_job(owner, job_id=jobs[0].id, stage_id=stage.id)
        await go_on_to_the_end(following)
    for job in jobs[1:4]:
        await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert (await Automation.get(id=robot.id)).state is AutomationState.ON
    await move_jobs(owner, jobs=[Target(job.id) for job in jobs[4:]], stage_id=second.id)
    await go_on_to_the_end(following)
    paused = await Automation.get(id=robot.id)
    assert paused.state is AutomationState.PAUSED
    assert paused.paused_reason is not None
    assert paused.paused_reason.startswith("It failed on 5 jobs in a row, at last: There is no such tag")
    (left,) = await runs_of(jobs[5])
    assert (left.state, left.reason) == (RunState.SKIPPED, RunReason.PAUSED)
    told = [logged.event for logged in await world.events() if isinstance(logged.event, AutomationUpdated)]
    assert [event.changes["state"] for event in told] == [("ON", "PAUSED")]


async def test_a_chain_of_automatic_steps_ends(world: World) -> None:
    following = await begin()
    tag = await a_tag(world, "A")
    await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    job, (_, second, _) = await world.job(), await world.stages()
    robot = Actor.automation(world.firm.id, "Robot", 1, MOST_HOPS, {"kind": "SCHEDULE", "id": None, "label": "S"})
    await move_job(robot, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    (run,) = await runs_of(job)
    assert (run.state, run.reason, run.hops) == (RunState.FAILED, RunReason.CHAIN_TOO_LONG, MOST_HOPS + 1)
    assert run.causer["label"] == "S"
    # Whoever tries it again begins another chain.
    await retry_automation_run(world.acting(world.owner), automation_run_id=run.id)
    await go_on_to_the_end(following)
    assert (await AutomationRun.get(id=run.id)).state is RunState.DONE


async def test_what_goes_beyond_the_quota_waits(world: World) -> None:
    following, owner = await begin(quota=Quota(2)), world.acting(world.owner)
    tag = await a_tag(world, "A")
    await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    _, second, _ = await world.stages()
    jobs = [await world.job(f"{number}") for number in range(3)]
    await move_jobs(owner, jobs=[Target(job.id) for job in jobs], stage_id=second.id)
    await go_on_to_the_end(following)
    states = [(await runs_of(job))[0].state for job in jobs]
    assert states == [RunState.DONE, RunState.DONE, RunState.PENDING]
    now = datetime.now(UTC)
    until = await waiting_until(world.firm.id, now)
    assert until is not None and now < until <= now + MINUTE
    # Others do not wait.
    other = await World.build(f"{world.tag}o")
    assert await waiting_until(other.firm.id, now) is None
    # The minute is over.
    await AutomaticActions.filter(firm_id=world.firm.id).update(since=now - MINUTE)
    again = await begin(quota=Quota(2))
    await go_on_to_the_end(again)
    assert (await runs_of(jobs[2]))[0].state is RunState.DONE
    assert await waiting_until(world.firm.id, now) is None


async def test_what_is_taken_over_from_elsewhere_sets_off_nothing(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag = await a_tag(world, "A")
    put = TagSettings(add_tag_ids=(tag.id,))
    first, *_ = await world.stages()
    await automation(world, first.id, update_tags=put)
    created = await automation(world, trigger_pipeline_id=world.pipeline.id, update_tags=put)
    old = NewJob(account_id=world.account.id, pipeline_id=world.pipeline.id, stage_id=first.id, name="Old")
    await import_jobs(owner, jobs=[old])
    await go_on_to_the_end(following)
    assert await AutomationRun.filter(firm_id=world.firm.id).count() == 0
    # As created by somebody: what is set off by that first.
    job = await world.job()
    await go_on_to_the_end(following)
    assert [(run.trigger, run.state) for run in await runs_of(job)] == [
        (AutomationTrigger.CREATION, RunState.DONE),
        (AutomationTrigger.STAGE, RunState.DONE),
    ]
    assert (await runs_of(job))[0].automation_id == created.id
