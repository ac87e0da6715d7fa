"""What people do at random to a real firm and to its reference alike, with each move and each other status foreseen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.automation.automations import delete_automation, set_automation_state, update_automation
from models.automation.preview import Preview, preview_change
from models.automation.runs import dismiss_automation_run, retry_automation_run
from models.commands.accounts import set_account_tags
from models.commands.moves import archive_job, complete_job, move_job, move_jobs, restore_job, set_job_status
from models.commands.stages import create_stage, delete_stage, move_stage, update_stage
from models.commands.statuses import delete_status
from models.commands.tasks import create_task, delete_task, link_task, set_task_state, unlink_task
from models.errors import RuleBroken
from models.ids import Kind
from models.items.client_requests import (
    ClientRequest,
    ClientRequestState,
    create_client_request,
    delete_client_request,
    link_client_request,
    reopen_client_request,
    submit_client_request,
    unlink_client_request,
)
from models.items.links import OpenItems
from models.reasons import Reason
from models.rows import AutomationRun, AutomationState, AutomationTrigger, JobItem, RunState, TaskState
from models.targets import Target
from tests.domain.automove.founding import ENTRY, new_robot, settings_of
from tests.domain.automove.reference import Event, Job, Pipeline, Reference
from tests.world import World


@dataclass(frozen=True)
class Foreseen:
    """What was foreseen of a change of a job that was then made; from which revision on that is to be compared."""

    job: Job
    preview: Preview
    revision: int
    #: Whether nothing had still to be done by then, so that it equals what happens.
    alone: bool


@dataclass
class Firm:
    """A real firm and its reference."""

    world: World
    dice: random.Random
    reference: Reference
    tags: Sequence[UUID]
    template: UUID
    foreseen: list[Foreseen] = field(default_factory=list)
    #: The items of automations that the reference knows by their ids; how often each step was taken.
    named: set[UUID] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def owner(self) -> Actor:
        """Whoever does it."""
        return self.world.acting(self.world.owner)

    async def step(self) -> None:
        """One of the steps, if there is something for it."""
        (step,) = self.dice.choices(list(STEPS), list(STEPS.values()))
        if told := await step(self):
            self.reference.unheard.append(list(told))
            self.done[step.__name__] += 1

    def a_job(self) -> Job:
        return self.dice.choice(list(self.reference.jobs.values()))

    def a_pipeline(self) -> Pipeline:
        return self.dice.choice(self.reference.pipelines)

    def mostly(self, likes: Callable[[UUID], Any], places: Sequence[UUID]) -> UUID:
        """One of these places: mostly one where something is."""
        liked = [place for place in places if likes(place)]
        return self.dice.choice(liked if liked and self.dice.random() < 0.6 else places)

    def some_tags(self) -> list[UUID]:
        return self.dice.sample(self.tags, self.dice.randrange(len(self.tags) + 1))

    def an_item(self, open_first: float = 0) -> UUID | None:
        """An item of jobs that are not archived; with this probability one that is open."""
        items = [
            item
            for item in self.reference.open
            if (jobs := self.reference.linked(item)) and all(job.category != "ARCHIVED" for job in jobs)
        ]
        still = [item for item in items if self.reference.open[item]]
        if still and self.dice.random() < open_first:
            items = still
        return self.dice.choice(items) if items else None

    async def foresee(self, job: Job, does: Callable[..., Awaitable[Any]], **given: Any) -> bool:
        """Do it after it was foreseen; or neither is done. Whether it was."""
        before, alone = await self.world.revision(), not self.reference.unheard
        if job.category == "ARCHIVED":
            for each in (preview_change, does):
                with pytest.raises(RuleBroken) as refused:
                    await each(self.owner, job_id=job.id, **given)
                assert refused.value.reason is Reason.ARCHIVED
            return False
        preview = await preview_change(self.owner, job_id=job.id, **given)
        assert await self.world.revision() == before
        await does(self.owner, job_id=job.id, **given)
        self.foreseen.append(Foreseen(job, preview, before, alone))
        return True


Told = Sequence[Event] | None


def key_of(run: AutomationRun) -> tuple[str, bool, int]:
    """What tells a run of a job from its others, as its reference has it."""
    of_status = run.trigger is AutomationTrigger.STATUS
    return run.name, of_status, run.status_stay if of_status else run.stay


async def move(firm: Firm) -> Told:
    job = firm.a_job()
    pipeline = job.pipeline if firm.dice.random() < 0.7 else firm.a_pipeline()
    stage, items = firm.mostly(firm.reference.at, pipeline.stages), firm.dice.choice(list(OpenItems))
    skipped = [robot.id for robot in firm.reference.at(stage) if firm.dice.random() < 0.4]
    given = {"stage_id": stage, "open_items": items, "skip_automations": skipped}
    if await firm.foresee(job, move_job, **given):
        return firm.reference.moved(job, stage, items is OpenItems.DISMISS, left_out=skipped)
    return None


async def move_several(firm: Firm) -> Told:
    jobs = [job for job in firm.reference.jobs.values() if job.category != "ARCHIVED" and firm.dice.random() < 0.6]
    stage = firm.mostly(firm.reference.at, firm.a_pipeline().stages)
    items = firm.dice.choice(list(OpenItems))
    if not jobs:
        return None
    await move_jobs(firm.owner, jobs=[Target(job.id) for job in jobs], stage_id=stage, open_items=items)
    moved = [firm.reference.moved(job, stage, items is OpenItems.DISMISS) for job in jobs]
    return [event for events in moved for event in events]


async def status(firm: Firm) -> Told:
    job = firm.a_job()
    to = firm.dice.choice([id for id, category in job.pipeline.statuses.items() if category != "ARCHIVED"])
    return firm.reference.gave(job, to) if await firm.foresee(job, set_job_status, status_id=to) else None


async def end(firm: Firm) -> Told:
    """Complete it, archive it, or restore it."""
    job = firm.a_job()
    if job.category == "ARCHIVED":
        does, to = restore_job, "COMPLETED" if job.completed else "ACTIVE"
    else:
        does, to = firm.dice.choice([(complete_job, "COMPLETED"), (archive_job, "ARCHIVED")])
    await does(firm.owner, job_id=job.id)
    return firm.reference.gave(job, job.pipeline.of(to))


async def add_task(firm: Firm) -> Told:
    job = firm.a_job()
    if job.category == "ARCHIVED":
        return None
    task = (await create_task(firm.owner, job_id=job.id, name="Call")).value.id
    return firm.reference.new_item(task, [job])


async def ask_client(firm: Firm) -> Told:
    """For all jobs of an account that are not archived."""
    account = firm.a_job().account
    jobs = [job for job in firm.reference.jobs.values() if job.account is account and job.category != "ARCHIVED"]
    if not jobs:
        return None
    asked = create_client_request(firm.owner, job_id=jobs[0].id, title="Your W-2", entries=[ENTRY])
    request = (await asked).value.id
    told = firm.reference.new_item(request, jobs[:1])
    for job in jobs[1:]:
        firm.reference.unheard.append(told)
        await link_client_request(firm.owner, client_request_id=request, job_id=job.id)
        told = firm.reference.link(request, job)
    return told


async def turn_item(firm: Firm) -> Told:
    """Done, or sometimes to be done again."""
    if (item := firm.an_item(open_first=0.7)) is None:
        return None
    was_open, kind = firm.reference.open[item], await kind_of(item)
    if kind is Kind.TASK:
        to = TaskState.COMPLETED if was_open else TaskState.PLANNED
        await set_task_state(firm.owner, task_id=item, state=to)
    else:
        if await _is_withdrawn(item):
            return None
        turn = submit_client_request if was_open else reopen_client_request
        await turn(firm.owner, client_request_id=item)
    if not was_open:
        return firm.reference.opened(item)
    firm.reference.open[item] = False
    return firm.reference.touched(item)


async def _is_withdrawn(item: UUID) -> bool:
    """Whether a client request is still to be sent, as the mail that told of it went no further than its job."""
    return bool(await ClientRequest.filter(id=item, state=ClientRequestState.WITHDRAWN).exists())


async def kind_of(item: UUID) -> Kind:
    return (await JobItem.filter(item=item).first()).kind  # type: ignore[union-attr]


async def relink(firm: Firm) -> Told:
    """Off a job, and mostly on it again."""
    if (item := firm.an_item()) is None:
        return None
    job, kind = firm.dice.choice(firm.reference.linked(item)), await kind_of(item)
    named: dict[str, Any] = {f"{kind}_id": item, "job_id": job.id}
    if kind is Kind.TASK:
        await unlink_task(firm.owner, task_id=item)
    else:
        await unlink_client_request(firm.owner, **named)
    job.items.discard(item)
    if firm.dice.random() < 0.3:
        return [Event(job)]
    firm.reference.unheard.append([Event(job)])
    await (link_task if kind is Kind.TASK else link_client_request)(firm.owner, **named)
    return firm.reference.link(item, job)


async def delete_item(firm: Firm) -> Told:
    if (item := firm.an_item()) is None:
        return None
    if await kind_of(item) is Kind.TASK:
        await delete_task(firm.owner, task_id=item)
    elif firm.reference.open[item] and not await _is_withdrawn(item):
        await delete_client_request(firm.owner, client_request_id=item)
    else:
        return None
    return firm.reference.deleted(item)


async def tag(firm: Firm) -> Told:
    account = firm.a_job().account
    account.tags = set(firm.some_tags())
    await set_account_tags(firm.owner, account_id=account.id, tag_ids=list(account.tags))
    return None


async def switch(firm: Firm) -> Told:
    """Automove of a stage."""
    stage = firm.dice.choice(firm.a_pipeline().stages)
    firm.reference.automove ^= {stage}
    is_on = stage in firm.reference.automove
    await update_stage(firm.owner, stage_id=stage, automove=is_on)
    return [Event(job) for job in firm.reference.jobs.values() if job.stage == stage and is_on]


async def condition(firm: Firm) -> Told:
    stage, wanted = firm.dice.choice(firm.a_pipeline().stages[1:-1] or [None]), firm.some_tags()
    if stage is not None:
        await update_stage(firm.owner, stage_id=stage, conditional_tag_ids=wanted)
        firm.reference.conditions[stage] = set(wanted)
    return None


async def reorder(firm: Firm) -> Told:
    pipeline = firm.a_pipeline()
    stage, beside = firm.dice.sample(pipeline.stages, 2)
    order = [other for other in pipeline.stages if other != stage]
    order.insert(order.index(beside), stage)
    return await _ordered(firm, pipeline, order, move_stage(firm.owner, stage_id=stage, before_stage_id=beside))


async def drop_stage(firm: Firm) -> Told:
    """With its automations; its jobs go elsewhere, where none act for them."""
    pipeline = firm.a_pipeline()
    if len(pipeline.stages) < 3:
        return None
    present = {job.stage for job in firm.reference.jobs.values()}
    stage = firm.mostly(present.__contains__, pipeline.stages)
    replacement = firm.mostly(firm.reference.at, [other for other in pipeline.stages if other != stage])
    order = [other for other in pipeline.stages if other != stage]
    given: dict[str, Any] = {"replacement_stage_id": replacement, "delete_automations": True}
    jobs = [job for job in firm.reference.jobs.values() if job.stage == stage]
    told = await _ordered(firm, pipeline, order, delete_stage(firm.owner, stage_id=stage, **given))
    if told is None:
        return None
    firm.reference.robots = [robot for robot in firm.reference.robots if robot.at != stage]
    for job in jobs:
        firm.reference.moved(job, replacement, fires=False)
    return told


async def add_stage(firm: Firm) -> Told:
    pipeline = firm.a_pipeline()
    if len(pipeline.stages) > 5 or any(firm.reference.conditions.get(end) for end in (pipeline.stages[-1],)):
        return None
    stage = (await create_stage(firm.owner, pipeline_id=pipeline.id, name="New", automove=True)).value.id
    pipeline.stages.append(stage)
    firm.reference.automove.add(stage)
    return [Event(job) for job in firm.reference.jobs.values() if job.pipeline is pipeline]


async def _ordered(firm: Firm, pipeline: Pipeline, order: list[UUID], does: Awaitable[Any]) -> Told:
    """Do what leaves these stages, in this order; refused where one at an end is not for everybody."""
    if any(firm.reference.conditions.get(end) for end in (order[0], order[-1])):
        with pytest.raises(RuleBroken):
            await does
        return None
    await does
    pipeline.stages = order
    return [Event(job) for job in firm.reference.jobs.values() if job.pipeline is pipeline]


async def drop_status(firm: Firm) -> Told:
    """With its automations; those that would give it to jobs fail from then on."""
    pipeline = firm.a_pipeline()
    custom = [id for id, category in pipeline.statuses.items() if category == "CUSTOM"]
    if len(custom) < 2:
        return None
    present = {job.status for job in firm.reference.jobs.values()}
    old = firm.mostly(present.__contains__, custom)
    others = [id for id, category in pipeline.statuses.items() if id != old and category != "ARCHIVED"]
    new = firm.mostly(firm.reference.at, others)
    await delete_status(firm.owner, status_id=old, replacement_status_id=new, delete_automations=True)
    jobs = [job for job in firm.reference.jobs.values() if job.status == old]
    told = [event for job in jobs for event in firm.reference.gave(job, new, fires=False)]
    del pipeline.statuses[old]
    firm.reference.robots = [robot for robot in firm.reference.robots if robot.at != old]
    return told


async def set_robot(firm: Firm) -> Told:
    """On, off, or a draft; sometimes it goes."""
    if not firm.reference.robots:
        return None
    robot = firm.dice.choice(firm.reference.robots)
    if firm.dice.random() < 0.2:
        await delete_automation(firm.owner, automation_id=robot.id)
        firm.reference.robots.remove(robot)
        return None
    to = firm.dice.choice(["ON", "ON", "OFF", "DRAFT"])
    await set_automation_state(firm.owner, automation_id=robot.id, state=AutomationState(to))
    if to != robot.state:
        robot.state, robot.failures = to, 0
    return None


async def mend_robot(firm: Firm) -> Told:
    """What an automation of tags does otherwise from now on."""
    robots = [robot for robot in firm.reference.robots if robot.does == "TAGS"]
    if robots:
        robot = firm.dice.choice(robots)
        robot.add, robot.remove = firm.dice.sample(firm.tags, 2)
        await update_automation(firm.owner, automation_id=robot.id, **settings_of(robot, firm.template))
    return None


async def add_robot(firm: Firm) -> Told:
    if len(firm.reference.robots) < 16:
        await new_robot(firm.world, firm.dice, firm.reference, firm.tags, firm.template)
    return None


async def retry(firm: Firm) -> Told:
    return await _of_failed(firm, again=True)


async def dismiss(firm: Firm) -> Told:
    return await _of_failed(firm, again=False)


async def _of_failed(firm: Firm, *, again: bool) -> Told:
    failed = [(job, run) for job in firm.reference.jobs.values() for run in job.runs if run.result[0] == "FAILED"]
    if not failed or firm.reference.unheard:
        return None
    job, run = firm.dice.choice(failed)
    rows = await AutomationRun.filter(job_id=job.id, state=RunState.FAILED)
    named: dict[str, Any] = {"automation_run_id": next(row.id for row in rows if key_of(row) == run.key)}
    if not again or run.robot is None:
        await (retry_automation_run if again and job.category != "ARCHIVED" else dismiss_automation_run)(
            firm.owner, **named
        )
        run.result = ("SKIPPED", "DISMISSED")
        return [Event(job)]
    if job.category == "ARCHIVED" or run.robot not in firm.reference.robots or run.robot.state != "ON":
        with pytest.raises(RuleBroken):
            await retry_automation_run(firm.owner, **named)
        return None
    await retry_automation_run(firm.owner, **named)
    run.result = ("PENDING", None)
    return [Event(job, again=run)]


async def open_job(firm: Firm) -> Told:
    if len(firm.reference.jobs) >= 8:
        return None
    account, pipeline = firm.a_job().account, firm.a_pipeline()
    stage = firm.dice.choice(pipeline.stages)
    row = await firm.world.job(account_id=account.id, pipeline_id=pipeline.id, stage_id=stage)
    job = Job(row.id, account, pipeline, stage, row.status_id)
    firm.reference.jobs[job.id] = job
    return firm.reference.came(job)


#: How often each comes.
STEPS: dict[Callable[[Firm], Awaitable[Told]], int] = {
    turn_item: 22,
    move: 10,
    status: 8,
    add_task: 6,
    ask_client: 2,
    end: 3,
    move_several: 2,
    relink: 2,
    delete_item: 1,
    tag: 2,
    switch: 3,
    condition: 2,
    reorder: 1,
    add_stage: 1,
    drop_stage: 2,
    drop_status: 1,
    set_robot: 3,
    mend_robot: 1,
    add_robot: 1,
    retry: 3,
    dismiss: 2,
    open_job: 1,
}
