"""Random pipelines, tags, automations, items, statuses and events: what the worker makes of the jobs is what a small
reference makes of them, which knows the seven rules and nothing of how they are kept."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from models.automation.automove import Waiting
from models.automation.facts import decisions
from models.automation.tag_settings import TagSettings
from models.commands.accounts import set_account_tags
from models.commands.moves import archive_job, complete_job, move_job, restore_job, set_job_status
from models.commands.stages import move_stage, update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.commands.tasks import create_task, delete_task, link_task, set_task_state, unlink_task
from models.errors import RuleBroken
from models.events import JobMoved
from models.items.links import OpenItems
from models.rows import AccountTag, AutomationTrigger, Category, Job, RunState, TaskState
from tests.domain.automating import automation
from tests.domain.following import go_on_to_the_end
from tests.domain.test_automove import following, run_of
from tests.world import World

JOBS, STEPS = 4, 110


@dataclass
class Kept:
    """A job, as the reference keeps it."""

    stage: UUID
    account: UUID
    status: str = "Active"
    #: Of its account.
    tags: set[UUID] = field(default_factory=set)
    #: Which tasks are open, by their ids; those that hold the job no longer; those that have held it on this stay.
    open: dict[UUID, bool] = field(default_factory=dict)
    dismissed: set[UUID] = field(default_factory=set)
    had: set[UUID] = field(default_factory=set)
    #: What the automations of the present status made.
    made: set[UUID] | None = None
    #: The stays on which it has moved by itself.
    moves: int = 0

    @property
    def holding(self) -> set[UUID]:
        return {task for task, is_open in self.open.items() if is_open and task not in self.dismissed}

    def opened(self, task: UUID) -> None:
        self.open[task] = True
        self.dismissed.discard(task)
        self.had.add(task)

    def enter(self, stage: UUID) -> bool:
        """Whether it came from elsewhere."""
        if stage == self.stage:
            return False
        self.stage, self.had = stage, set(self.holding)
        return True

    def give(self, status: str) -> None:
        if status != self.status:
            self.status, self.made = status, None


@dataclass
class Reference:
    """The firm: stages in their order, each with its switch, its tags and its automation; the jobs."""

    stages: list[UUID]
    automove: set[UUID] = field(default_factory=set)
    conditions: dict[UUID, set[UUID]] = field(default_factory=dict)
    #: The automation of a stage, the tag that it puts on the account, and the one that it takes off.
    automations: dict[UUID, tuple[UUID, UUID, UUID]] = field(default_factory=dict)
    jobs: dict[UUID, Kept] = field(default_factory=dict)

    def next(self, job: Kept) -> UUID | str | None:
        """Where the job goes by itself."""
        if job.status == "Held":
            return "Active" if job.made and not job.made & job.holding else None
        if job.status != "Active" or job.stage not in self.automove or job.stage == self.stages[-1]:
            return None
        if not job.had or job.holding:
            return None
        later = self.stages[self.stages.index(job.stage) + 1 :]
        return next(stage for stage in later if stage == later[-1] or self.conditions.get(stage, set()) <= job.tags)

    def arrive(self, job: Kept) -> None:
        """Let the automation of its stage act."""
        if job.stage in self.automations:
            _, added, removed = self.automations[job.stage]
            job.tags = (job.tags | {added}) - {removed}

    def settle(self) -> None:
        """Let all jobs go where they go by themselves."""
        for job in self.jobs.values():
            for _ in range(100):
                match self.next(job):
                    case None:
                        break
                    case str(active):
                        job.give(active)
                    case stage:
                        job.enter(stage)
                        job.moves += 1
                        self.arrive(job)
            else:
                raise AssertionError("A job goes on for ever.")


class Firm:
    """The same done to the real firm and to the reference."""

    def __init__(self, world: World, dice: random.Random, reference: Reference, tags: list[UUID], held: UUID) -> None:
        self.world, self.dice, self.reference, self.tags, self.held = world, dice, reference, tags, held
        self.owner = world.acting(world.owner)

    async def step(self) -> None:
        """Something happens, or is refused."""
        steps: dict[Callable[[], Awaitable[None]], int] = {
            self.add_task: 8,
            self.turn_task: 20,
            self.move: 4,
            self.hold: 3,
            self.status: 4,
            self.tag: 2,
            self.switch: 3,
            self.condition: 2,
            self.reorder: 1,
            self.link: 2,
            self.drop: 1,
        }
        (step,) = self.dice.choices(list(steps), list(steps.values()))
        await step()

    def a_job(self) -> tuple[UUID, Kept]:
        return self.dice.choice(list(self.reference.jobs.items()))

    def a_task(self) -> tuple[UUID, Kept, UUID] | None:
        id, job = self.a_job()
        return (id, job, self.dice.choice(list(job.open))) if job.open else None

    async def add_task(self) -> None:
        id, job = self.a_job()
        if job.status != "Archived":
            job.opened((await create_task(self.owner, job_id=id, name="Call")).value.id)

    async def turn_task(self) -> None:
        if found := self.a_task():
            _, job, task = found
            if job.status == "Archived":
                return
            was_open = job.open[task]
            to = TaskState.COMPLETED if was_open else TaskState.PLANNED
            await set_task_state(self.owner, task_id=task, state=to)
            if was_open:
                job.open[task] = False
            else:
                job.opened(task)

    async def link(self) -> None:
        """Off the job, and on it again."""
        if found := self.a_task():
            id, job, task = found
            if job.status == "Archived":
                return
            await unlink_task(self.owner, task_id=task)
            job.dismissed.discard(task)
            await link_task(self.owner, task_id=task, job_id=id)
            if job.open[task]:
                job.opened(task)

    async def drop(self) -> None:
        if found := self.a_task():
            _, job, task = found
            if job.status == "Archived":
                return
            await delete_task(self.owner, task_id=task)
            del job.open[task]
            # As if it had never been, wherever it was linked.
            for each in self.reference.jobs.values():
                each.had.discard(task)

    async def move(self) -> None:
        id, job = self.a_job()
        stage, items = self.dice.choice(self.reference.stages), self.dice.choice(list(OpenItems))
        if job.status == "Archived":
            return
        skips = stage in self.reference.automations and self.dice.random() < 0.3
        skipped = [self.reference.automations[stage][0]] if skips else []
        await move_job(self.owner, job_id=id, stage_id=stage, open_items=items, skip_automations=skipped)
        if items is OpenItems.DISMISS:
            job.dismissed |= job.holding
        if job.enter(stage) and not skips:
            self.reference.arrive(job)

    async def hold(self) -> None:
        """Put it under the custom status, whose automation then asks for something."""
        id, job = self.a_job()
        if job.status in ("Archived", "Held"):
            return
        await set_job_status(self.owner, job_id=id, status_id=self.held)
        job.give("Held")
        if self.dice.random() < 0.7:
            task = (await create_task(self.owner, job_id=id, name="Send us your W-2")).value.id
            made = [{"kind": "task", "id": str(task)}]
            await run_of(self.world, await Job.get(id=id), AutomationTrigger.STATUS, RunState.DONE, made=made)
            job.opened(task)
            job.made = {task}

    async def status(self) -> None:
        id, job = self.a_job()
        if job.status == "Archived":
            completed = (await Job.get(id=id)).completed_at is not None
            await restore_job(self.owner, job_id=id)
            job.give("Completed" if completed else "Active")
            return
        ways = [(complete_job, "Completed"), (archive_job, "Archived"), *[(None, "Active")] * 4]
        command, to = self.dice.choice(ways)
        if command is not None:
            await command(self.owner, job_id=id)
        else:
            await set_job_status(self.owner, job_id=id, status_id=(await self.world.status(Category.ACTIVE)).id)
        job.give(to)

    async def tag(self) -> None:
        _, job = self.a_job()
        job.tags = set(self.dice.sample(self.tags, self.dice.randrange(len(self.tags) + 1)))
        await set_account_tags(self.owner, account_id=job.account, tag_ids=list(job.tags))

    async def switch(self) -> None:
        stage = self.dice.choice(self.reference.stages)
        self.reference.automove ^= {stage}
        await update_stage(self.owner, stage_id=stage, automove=stage in self.reference.automove)

    async def condition(self) -> None:
        stage = self.dice.choice(self.reference.stages[1:-1])
        wanted = set(self.dice.sample(self.tags, self.dice.randrange(len(self.tags) + 1)))
        await update_stage(self.owner, stage_id=stage, conditional_tag_ids=list(wanted))
        self.reference.conditions[stage] = wanted

    async def reorder(self) -> None:
        stage, beside = self.dice.sample(self.reference.stages, 2)
        order = [other for other in self.reference.stages if other != stage]
        order.insert(order.index(beside), stage)
        try:
            await move_stage(self.owner, stage_id=stage, before_stage_id=beside)
        except RuleBroken:
            assert any(self.reference.conditions.get(end) for end in (order[0], order[-1]))
        else:
            self.reference.stages = order


async def found_firm(world: World, dice: random.Random) -> Firm:
    owner = world.acting(world.owner)
    pipeline = await world.new_pipeline("Random", stages=tuple(f"Stage {n}" for n in range(dice.randint(3, 6))))
    stages = [stage.id for stage in await world.stages(pipeline)]
    world.pipeline = pipeline
    tags = [(await create_tag(owner, name=f"Tag {n}", color="#2f80ed")).value.id for n in range(2)]
    held = await create_status(owner, pipeline_id=pipeline.id, name="Held", color="#112233")
    reference = Reference(stages)
    for stage in stages:
        if dice.random() < 0.8:
            reference.automove.add(stage)
            await update_stage(owner, stage_id=stage, automove=True)
        if dice.random() < 0.5:
            added, removed = dice.sample(tags, 2)
            settings = TagSettings(add_tag_ids=(added,), remove_tag_ids=(removed,))
            made = await automation(world, stage, update_tags=settings)
            reference.automations[stage] = (made.id, added, removed)
    for number in range(JOBS):
        account = (await world.new_account(f"Account {number}")).id
        job = await world.job(account_id=account, pipeline_id=pipeline.id, stage_id=dice.choice(stages))
        reference.jobs[job.id] = Kept(job.stage_id, account)
        reference.arrive(reference.jobs[job.id])
    return Firm(world, dice, reference, tags, held.value.id)


async def compare(firm: Firm, statuses: dict[UUID, str]) -> None:
    """Whether who is about to move is known, and then where everybody is."""
    reference = firm.reference
    decided = await decisions(list(reference.jobs))
    for id, job in reference.jobs.items():
        assert isinstance(decided[id], Waiting) == (reference.next(job) is None), (job, decided[id])
        assert bool(decided[id].reasons) == (reference.next(job) is None)
    await go_on_to_the_end(following())
    reference.settle()
    for row in await Job.filter(id__in=list(reference.jobs)):
        job = reference.jobs[row.id]
        assert (row.stage_id, statuses[row.status_id]) == (job.stage, job.status), job
        carried = await AccountTag.filter(account_id=row.account_id).values_list("tag_id", flat=True)
        assert set(carried) == job.tags, job


@pytest.mark.parametrize("seed", range(3))
async def test_what_the_worker_does_is_what_the_rules_say(followed: World, seed: int) -> None:
    dice = random.Random(seed)
    await following().register()
    firm = await found_firm(followed, dice)
    statuses: dict[UUID, str] = {firm.held: "Held"}
    for category in (Category.ACTIVE, Category.COMPLETED, Category.ARCHIVED):
        statuses[(await followed.status(category)).id] = category.capitalize()
    for _ in range(STEPS):
        await firm.step()
        await compare(firm, statuses)
    moves = [
        (logged.event.job, logged.event.stay)
        for logged in await followed.events()
        if isinstance(logged.event, JobMoved) and logged.actor["kind"] == "AUTOMATION"
    ]
    assert len(set(moves)) == len(moves)
    assert Counter(job for job, _ in moves) == Counter(
        {id: job.moves for id, job in firm.reference.jobs.items() if job.moves}
    )
    assert moves
