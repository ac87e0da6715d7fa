"""Jobs that move on by themselves, by the worker's follower and without a process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.automation.automations import create_automation
from models.automation.automove import WaitingReason
from models.automation.facts import decisions
from models.automation.follower import AUTOMOVE, Automations
from models.automation.moving import Stays, move_on, return_to_active
from models.automation.quota import FOLLOWER, MINUTE, Quota
from models.automation.running import MOST_HOPS
from models.automation.runs import dismiss_automation_run
from models.automation.tag_settings import TagSettings
from models.command import Outcome
from models.commands.accounts import set_account_tags
from models.commands.jobs import delete_job
from models.commands.moves import archive_job, complete_job, move_job, move_jobs, restore_job, set_job_status
from models.commands.stages import create_stage, delete_stage, update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.commands.tasks import create_task, delete_task, set_task_state
from models.database import sql
from models.errors import NotFound, RuleBroken
from models.events import JobEvent, JobMoved, JobStatusChanged, TaskCreated
from models.followers.cursors import Progress, advance
from models.followers.follower import Planned, Run
from models.followers.standing import release
from models.ids import Kind, new_id
from models.items.client_requests import (
    create_client_request,
    link_client_request,
    reopen_client_request,
    submit_client_request,
    unlink_client_request,
)
from models.items.links import OpenItems
from models.items.request_entries import RequestEntry
from models.log import Committed
from models.rows import (
    AutomationRun,
    AutomationTrigger,
    Category,
    FollowerRun,
    Job,
    RunReason,
    RunState,
    Stage,
    Task,
    TaskState,
)
from models.targets import Target
from tests.domain.following import Told, go_on_to_the_end
from tests.domain.refusal import counted, refused
from tests.domain.test_followers import now
from tests.world import World
from workers.following import Following

ENTRY = RequestEntry("w2", "Your W-2", required=False)


@pytest.fixture
async def world(followed: World) -> World:
    await following().register()
    for stage in await followed.stages():
        await update_stage(followed.acting(followed.owner), stage_id=stage.id, automove=True)
    return followed


def following() -> Following:
    return Following({FOLLOWER: Automations()})


async def go_on() -> None:
    await go_on_to_the_end(following())


async def place(world: World, job: Job) -> int:
    stages = [stage.id for stage in await world.stages()]
    return stages.index((await Job.get(id=job.id)).stage_id)


async def task(world: World, job: Job) -> Task:
    return (await create_task(world.acting(world.owner), job_id=job.id, name="Call")).value


async def state(world: World, task: Task, state: TaskState = TaskState.COMPLETED) -> None:
    await set_task_state(world.acting(world.owner), task_id=task.id, state=state)


async def waits_for(job: Job) -> list[WaitingReason]:
    return [why.reason for why in (await decisions([job.id]))[job.id].reasons]


async def told(world: World, job: Job, kind: type[JobEvent]) -> list[Any]:
    return [logged for logged in await world.events() if isinstance(logged.event, kind) and logged.event.job == job.id]


async def test_a_job_moves_on_when_all_is_done_and_only_then(world: World) -> None:
    job, other = await world.job(), await world.job()
    first, second = await task(world, job), await task(world, job)
    await go_on()
    assert (await place(world, job), await waits_for(job)) == (0, [WaitingReason.OPEN_ITEM] * 2)
    await state(world, first)
    await go_on()
    assert await place(world, job) == 0
    await state(world, second, TaskState.CANCELED)
    assert await waits_for(job) == []
    cause = await world.revision()
    await go_on()
    # Nothing was to be done on the next stage, nor ever for the other one.
    assert (await place(world, job), await waits_for(job)) == (1, [WaitingReason.NO_ACTION_ITEM])
    assert (await place(world, other), await waits_for(other)) == (0, [WaitingReason.NO_ACTION_ITEM])
    (moved,) = await told(world, job, JobMoved)
    assert (moved.cause, moved.hops, moved.actor["kind"], moved.actor["label"]) == (cause, 1, "AUTOMATION", AUTOMOVE)
    await state(world, await task(world, job))
    await go_on()
    # From the last stage there is nowhere to go.
    await state(world, await task(world, job))
    await go_on()
    assert (await place(world, job), await waits_for(job)) == (2, [WaitingReason.LAST_STAGE])


async def test_what_came_along_counts_for_the_stay_and_what_was_dismissed_does_not(world: World) -> None:
    owner, (_, second, _) = world.acting(world.owner), await world.stages()
    kept, dismissed = await world.job(), await world.job()
    tasks = [await task(world, job) for job in (kept, dismissed)]
    await move_job(owner, job_id=kept.id, stage_id=second.id)
    await move_job(owner, job_id=dismissed.id, stage_id=second.id, open_items=OpenItems.DISMISS)
    await go_on()
    assert await waits_for(dismissed) == [WaitingReason.NO_ACTION_ITEM]
    for each in tasks:
        await state(world, each)
    await go_on()
    assert [await place(world, job) for job in (kept, dismissed)] == [2, 1]


async def test_an_item_of_several_jobs_moves_each_and_what_is_unlinked_or_deleted_holds_none(world: World) -> None:
    owner = world.acting(world.owner)
    jobs = [await world.job() for _ in range(3)]
    asked: dict[str, Any] = {"title": "W-2", "entries": [ENTRY]}
    shared = (await create_client_request(owner, job_id=jobs[0].id, **asked)).value
    await link_client_request(owner, client_request_id=shared.id, job_id=jobs[1].id)
    lonely = (await create_client_request(owner, job_id=jobs[2].id, **asked)).value
    await submit_client_request(owner, client_request_id=shared.id)
    await unlink_client_request(owner, client_request_id=lonely.id, job_id=jobs[2].id)
    await go_on()
    assert [await place(world, job) for job in jobs] == [1, 1, 1]
    # What is deleted has never been.
    again = await task(world, jobs[0])
    await delete_task(owner, task_id=again.id)
    # What is taken up again holds, on the stage where that is.
    await reopen_client_request(owner, client_request_id=shared.id)
    await go_on()
    assert await waits_for(jobs[0]) == [WaitingReason.OPEN_ITEM]
    await submit_client_request(owner, client_request_id=shared.id)
    await go_on()
    assert [await place(world, job) for job in jobs] == [2, 2, 1]


async def test_switches_tags_and_stages_that_change_are_heard(world: World) -> None:
    owner, (first, second, last) = world.acting(world.owner), await world.stages()
    await update_stage(owner, stage_id=first.id, automove=False)
    tag = (await create_tag(owner, name="Tax", color="#2f80ed")).value
    await update_stage(owner, stage_id=second.id, conditional_tag_ids=[tag.id])
    plain, tagged = await world.job(), await world.job(account_id=await _tagged(world, tag.id))
    for job in (plain, tagged):
        await state(world, await task(world, job))
    await go_on()
    assert await waits_for(plain) == [WaitingReason.AUTOMOVE_OFF]
    await update_stage(owner, stage_id=first.id, automove=True)
    await go_on()
    assert [await place(world, job) for job in (plain, tagged)] == [2, 1]
    at_the_end = await world.job(stage_id=last.id)
    await state(world, await task(world, at_the_end))
    await go_on()
    assert await waits_for(at_the_end) == [WaitingReason.LAST_STAGE]
    await create_stage(owner, pipeline_id=world.pipeline.id, name="Filed")
    await go_on()
    assert await place(world, at_the_end) == 3
    # Put elsewhere because its stage goes, it does not begin anew with what was done before.
    await delete_stage(owner, stage_id=second.id, replacement_stage_id=last.id)
    await go_on()
    assert await waits_for(tagged) == [WaitingReason.NO_ACTION_ITEM]


async def _tagged(world: World, tag_id: UUID) -> UUID:
    account = await world.new_account("Tagged", world.employee)
    await set_account_tags(world.acting(world.owner), account_id=account.id, tag_ids=[tag_id])
    return account.id


async def test_nothing_moves_under_a_status_and_what_is_restored_goes_on(world: World) -> None:
    owner = world.acting(world.owner)
    held = await create_status(owner, pipeline_id=world.pipeline.id, name="On hold", color="#112233")
    ways: list[Callable[[Job], Awaitable[Any]]] = [
        lambda job: set_job_status(owner, job_id=job.id, status_id=held.value.id),
        lambda job: complete_job(owner, job_id=job.id),
        lambda job: archive_job(owner, job_id=job.id),
    ]
    jobs = [await world.job() for _ in ways]
    tasks = [await task(world, job) for job in jobs]
    for job, way, each in zip(jobs, ways, tasks, strict=True):
        await way(job)
        if job is not jobs[2]:
            await state(world, each)
    await go_on()
    for job in jobs:
        assert (await place(world, job), await waits_for(job)) == (0, [WaitingReason.STATUS])
    active = (await world.status(Category.ACTIVE)).id
    for job in jobs[:2]:
        await set_job_status(owner, job_id=job.id, status_id=active)
    await restore_job(owner, job_id=jobs[2].id)
    await go_on()
    assert [await place(world, job) for job in jobs] == [1, 1, 0]
    await state(world, tasks[2])
    await go_on()
    assert await place(world, jobs[2]) == 1


async def run_of(world: World, job: Job, trigger: AutomationTrigger, state: RunState, **fields: Any) -> AutomationRun:
    """As a worker would have written it down."""
    job = await Job.get(id=job.id)
    run = AutomationRun(
        id=new_id(),
        firm_id=world.firm.id,
        account_id=job.account_id,
        job_id=job.id,
        name="Ask for documents",
        trigger=trigger,
        stay=job.stay,
        status_stay=job.status_stay,
        place=0,
        state=state,
        reason=RunReason.REFUSED if state is RunState.FAILED else None,
        cause=1,
        causer={},
        hops=1,
        ended_at=None if state is RunState.PENDING else now(),
        **fields,
    )
    await run.save(force_create=True)
    return run


@pytest.mark.parametrize("paired", [False, True])
async def test_a_custom_status_is_left_when_what_its_automations_asked_for_is_there(world: World, paired: bool) -> None:
    owner = world.acting(world.owner)
    missing = await create_status(owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#112233")
    job = await world.job()
    done, open_ = await task(world, job), await task(world, job)
    await set_job_status(owner, job_id=job.id, status_id=missing.value.id)
    made = await create_client_request(owner, job_id=job.id, title="W-2", entries=[ENTRY])
    entry: dict[str, Any] = {"kind": Kind.CLIENT_REQUEST.value, "id": str(made.value.id)}
    # Of the status itself, or of a stage's automation that put the job under it.
    trigger = AutomationTrigger.STAGE if paired else AutomationTrigger.STATUS
    if paired:
        entry["status_stay"] = 2
    await run_of(world, job, trigger, RunState.DONE, made=[entry])
    await state(world, done)
    await go_on()
    assert await waits_for(job) == [WaitingReason.STATUS, WaitingReason.OPEN_ITEM]
    await submit_client_request(owner, client_request_id=made.value.id)
    cause = await world.revision()
    await go_on()
    # On the same stage, where something else still holds it.
    assert (await place(world, job), await waits_for(job)) == (0, [WaitingReason.OPEN_ITEM])
    assert (await Job.get(id=job.id)).status_id == (await world.status(Category.ACTIVE)).id
    *_, changed = await told(world, job, JobStatusChanged)
    assert (changed.cause, changed.actor["label"]) == (cause, AUTOMOVE)
    # Of another time under it, what was asked for then says nothing: somebody put it there.
    await set_job_status(owner, job_id=job.id, status_id=missing.value.id)
    await state(world, open_)
    await go_on()
    assert await waits_for(job) == [WaitingReason.STATUS]


@pytest.mark.parametrize("left", [RunState.PENDING, RunState.FAILED])
async def test_what_automations_have_not_done_holds_the_job_on_this_stay(world: World, left: RunState) -> None:
    owner, (_, second, _) = world.acting(world.owner), await world.stages()
    job = await world.job()
    await run_of(world, job, AutomationTrigger.STAGE, left)
    await state(world, await task(world, job))
    await go_on()
    reason = WaitingReason.AUTOMATION_FAILED if left is RunState.FAILED else WaitingReason.AUTOMATION_PENDING
    assert (await place(world, job), await waits_for(job)) == (0, [reason])
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await state(world, await task(world, job))
    await go_on()
    assert await place(world, job) == 2


async def planned(world: World) -> list[FollowerRun]:
    while await advance(Automations(), world.firm.id, now()) is not Progress.AT_THE_END:
        pass
    return await FollowerRun.filter(firm_id=world.firm.id).order_by("cause", "index")


async def test_what_was_planned_is_decided_anew(world: World) -> None:
    owner, (_, second, _) = world.acting(world.owner), await world.stages()
    jobs = [await world.job() for _ in range(4)]
    tasks = [await task(world, job) for job in jobs]
    for each in tasks:
        await state(world, each)
    assert len(await planned(world)) == 4
    moved, deleted, reopened, ready = jobs
    await move_job(owner, job_id=moved.id, stage_id=second.id)
    await state(world, await task(world, moved))
    await delete_job(owner, job_id=deleted.id)
    await state(world, tasks[2], TaskState.PLANNED)
    before = await world.revision()
    actor = Actor.automation(world.firm.id, AUTOMOVE, before)
    # As on the stay for which it was planned: what automations have to do where it is now comes first.
    for job in jobs:
        await move_on(actor, job_id=job.id, stays=Stays(1, 1), quota=Quota())
        await return_to_active(actor, job_id=job.id, stays=Stays(1, 1), quota=Quota())
    assert await world.revision() == before + 1
    assert [await place(world, job) for job in (moved, reopened, ready)] == [1, 0, 1]
    await go_on()
    assert [await place(world, job) for job in (moved, reopened, ready)] == [2, 0, 1]


async def test_a_job_is_not_moved_on_before_it_was_heard_to_come(world: World) -> None:
    """What automations do where it came to is not planned yet, and comes first."""
    job, (_, second, _) = await world.job(), await world.stages()
    each = await task(world, job)
    await planned(world)
    await state(world, each)
    done = await world.revision()
    await move_job(world.acting(world.owner), job_id=job.id, stage_id=second.id)
    await state(world, await task(world, job))
    # All of it is heard when the job is ready on the second stage: the last of it makes it move.
    assert [run.cause for run in await planned(world)] == [done + 3]
    await go_on()
    assert await place(world, job) == 2
    assert len(await told(world, job, JobMoved)) == 2


async def test_a_chain_of_automatic_steps_ends_and_the_job_says_so(world: World) -> None:
    """Here somebody's program has something done on each stage that the job comes to."""
    owner, job = world.acting(world.owner), await world.job()
    for number in range(12):
        made = await create_stage(owner, pipeline_id=world.pipeline.id, name=f"Stage {number}", automove=True)
        await update_stage(owner, stage_id=made.value.id, automove=True)

    def plans(committed: Committed) -> list[Planned]:
        return [
            Planned(
                "Loop", {"create": str(event.job)} if isinstance(event, JobMoved) else {"complete": str(event.task)}
            )
            for event in (logged.event for logged in committed.events)
            if isinstance(event, JobMoved | TaskCreated)
        ]

    async def acts(actor: Actor, run: Run) -> Outcome[Any]:
        if "create" in run.data:
            return await create_task(actor, job_id=UUID(run.data["create"]), name="Again")
        return await set_task_state(actor, task_id=UUID(run.data["complete"]), state=TaskState.COMPLETED)

    loop = Told(plans, acts, name="loop").following()
    await loop.register()
    await task(world, job)
    await go_on_to_the_end(following(), loop)
    moves = await told(world, job, JobMoved)
    assert 1 < len(moves) < 12
    assert max(logged.hops for logged in moves) <= MOST_HOPS
    assert await waits_for(job) == [WaitingReason.AUTOMATION_FAILED]
    run = await AutomationRun.get(job_id=job.id)
    assert (run.state, run.reason, run.name) == (RunState.FAILED, RunReason.CHAIN_TOO_LONG, AUTOMOVE)
    assert (run.automation_id, run.stay) == (None, len(moves) + 1)
    await release("loop")
    # Whoever has looked into it lets the job go on: that is the beginning of another chain.
    await dismiss_automation_run(owner, automation_run_id=run.id)
    await go_on()
    assert len(await told(world, job, JobMoved)) == len(moves) + 1


async def test_what_is_beyond_the_quota_waits(world: World) -> None:
    jobs = [await world.job() for _ in range(2)]
    for job in jobs:
        await state(world, await task(world, job))
    await planned(world)
    slow = Following({FOLLOWER: Automations(Quota(1))})
    await go_on_to_the_end(slow)
    assert sorted([await place(world, job) for job in jobs]) == [0, 1]
    # It is not given up: when the minute is over it is done.
    await sql("UPDATE automatic_actions SET since = since - $1::interval", MINUTE)
    await go_on()
    assert [await place(world, job) for job in jobs] == [1, 1]


async def test_several_processes_move_each_job_once_a_stay(world: World) -> None:
    jobs = [await world.job() for _ in range(6)]
    tasks = [await task(world, job) for job in jobs for _ in range(2)]
    for each in tasks:
        await state(world, each)
    await asyncio.gather(*(go_on_to_the_end(following()) for _ in range(4)))
    await go_on()
    for job in jobs:
        moves = [logged.event for logged in await told(world, job, JobMoved)]
        assert [event.stay for event in moves] == [2]


async def test_more_jobs_take_no_more_statements(world: World, caplog: pytest.LogCaptureFixture) -> None:
    stages, owner = await world.stages(), world.acting(world.owner)
    counts = []
    for number in (1, 7):
        jobs = [await world.job() for _ in range(number)]
        for job in jobs:
            await state(world, await task(world, job))
        await planned(world)
        await update_stage(owner, stage_id=stages[0].id, automove=False)
        await update_stage(owner, stage_id=stages[0].id, automove=True)
        with counted(caplog) as statements:
            await planned(world)
        counts.append(len(statements))
        with counted(caplog) as read:
            await decisions([job.id for job in jobs])
        counts.append(len(read))
    assert counts[:2] == counts[2:]


async def test_who_moves_a_job_leaves_out_automations_of_the_stage(world: World) -> None:
    owner, (first, second, _) = world.acting(world.owner), await world.stages()
    made = [await _automation(world, stage) for stage in (first, second, second)]
    job, other = await world.job(), await world.job()
    skipped = [made[1], made[1], made[2]]
    await move_job(owner, job_id=job.id, stage_id=second.id, skip_automations=skipped)
    await move_jobs(owner, jobs=[Target(other.id)], stage_id=second.id, skip_automations=[made[2]])
    events = [logged.event for each in (job, other) for logged in await told(world, each, JobMoved)]
    assert [event.skipped_automations for event in events] == [tuple(made[1:]), (made[2],)]
    for kind, id in ((RuleBroken, made[0]), (NotFound, new_id())):
        async with refused(world, kind, "skip_automations"):
            await move_job(owner, job_id=job.id, stage_id=second.id, skip_automations=[id])
        async with refused(world, kind, "skip_automations"):
            await move_jobs(owner, jobs=[Target(job.id)], stage_id=second.id, skip_automations=[id])


async def _automation(world: World, stage: Stage) -> UUID:
    tag = (await create_tag(world.acting(world.owner), name=f"Tag {new_id()}", color="#2f80ed")).value
    made = await create_automation(
        world.acting(world.owner),
        name="Tag it",
        trigger_stage_id=stage.id,
        update_tags=TagSettings(add_tag_ids=(tag.id,)),
    )
    return made.value.id
