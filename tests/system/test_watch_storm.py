"""What a client of the stream knows is what a fresh query says, whatever happened: the oracle, on random commands."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from models.actor import Actor
from models.commands import accounts, jobs, members, moves, pipelines, stages, statuses, tags, tasks, time, timers
from models.errors import Refusal
from models.rights import Right, Role
from models.rows import Account, Category, Job, Member, Pipeline, Stage, Status, Tag, Task, TimeEntry
from models.rows.jobs import Priority, TaskState
from models.targets import Target
from models.templates.jobs import create_job
from tests.links import job_of
from tests.serving import Api
from tests.system.watching import Relay, following, fresh, until
from tests.world import World
from watch.client import Client

#: So many steps are gone in any case, and more, up to the second, until most kinds of deeds were done.
COMMANDS, MOST = 220, 2000
Call = Callable[[], Awaitable[Any]]


class Nothing(Exception):
    """There is nothing of the kind to choose from yet."""


@dataclass
class Storm:
    """Random commands by several members at once. What is refused is part of life."""

    world: World
    dice: random.Random
    actors: list[Member]
    done: dict[str, int] = field(default_factory=dict)
    #: What is still to be done, before all of it is shuffled anew.
    deck: list[Any] = field(default_factory=list)

    async def row(self, model: Any, **conditions: Any) -> Any:
        rows = await model.filter(firm_id=self.world.firm.id, **conditions).order_by("id")
        if not rows:
            raise Nothing
        return self.dice.choice(rows)

    async def some(self, model: Any, **conditions: Any) -> Any:
        return (await self.row(model, **conditions)).id

    async def few(self, model: Any, most: int = 3, **conditions: Any) -> list[Any]:
        rows = await model.filter(firm_id=self.world.firm.id, **conditions).order_by("id")
        return [row.id for row in self.dice.sample(rows, min(len(rows), self.dice.randint(0, most)))]

    def name(self) -> str:
        return self.dice.choice(["Äpfel", "acme", "Zebra", "1040", "a", "Z"]) + f" {self.dice.randint(1, 99)}"

    def chance(self, one_in: int) -> bool:
        return self.dice.randrange(one_in) == 0

    async def step(self) -> None:
        actor = self.world.acting(self.dice.choice(self.actors))
        # What there is nothing for yet is no step: in a firm without a job that would be most.
        for _ in range(len(DEEDS)):
            deed = self._deal()
            try:
                if await deed(self, actor) is not None:
                    self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
            except Refusal:
                pass
            except Nothing:
                continue
            return

    @property
    def various(self) -> bool:
        """Whether most kinds of deeds were done at least once."""
        return len(self.done) > len(set(DEEDS)) * 3 / 4

    def _deal(self) -> Any:
        if not self.deck:
            self.deck = self.dice.sample(DEEDS, len(DEEDS))
        return self.deck.pop()

    async def job(self, actor: Actor) -> Any:
        due = date.today() + timedelta(days=self.dice.randint(-5, 5))
        pipeline = await self.some(Pipeline)
        return await create_job(
            actor, account_id=await self.some(Account), pipeline_id=pipeline, name=self.name(),
            stage_id=await self.some(Stage, pipeline_id=pipeline), due_date=due, budget=None,
            assignee_ids=await self.few(Member),
        )  # fmt: skip

    async def move(self, actor: Actor) -> Any:
        stage = await self.some(Stage)
        beside = {}
        if self.chance(2):
            beside = {self.dice.choice(["before_job_id", "after_job_id"]): await self.some(Job, stage_id=stage)}
        return await moves.move_job(actor, job_id=await self.some(Job), stage_id=stage, **beside)

    async def move_several(self, actor: Actor) -> Any:
        targets = [Target(id) for id in await self.few(Job, 5)]
        return await moves.move_jobs(actor, jobs=targets, stage_id=await self.some(Stage), atomic=False)

    async def change_job(self, actor: Actor) -> Any:
        priority = self.dice.choice(list(Priority))
        return await jobs.update_job(actor, job_id=await self.some(Job), name=self.name(), priority=priority)

    async def budget(self, actor: Actor) -> Any:
        return await jobs.set_job_budget(actor, job_id=await self.some(Job), budget=self.dice.choice([None, 60, 600]))

    async def assign(self, actor: Actor) -> Any:
        return await jobs.assign_job(actor, job_id=await self.some(Job), member_ids=await self.few(Member))

    async def status_of_job(self, actor: Actor) -> Any:
        job = await self.row(Job)
        return await moves.set_job_status(
            actor, job_id=job.id, status_id=await self.some(Status, pipeline_id=job.pipeline_id)
        )

    async def archive(self, actor: Actor) -> Any:
        return await moves.archive_job(actor, job_id=await self.some(Job))

    async def restore(self, actor: Actor) -> Any:
        return await moves.restore_job(actor, job_id=await self.some(Job, archived_at__isnull=False))

    async def complete(self, actor: Actor) -> Any:
        return await moves.complete_job(actor, job_id=await self.some(Job))

    async def delete(self, actor: Actor) -> Any:
        return await jobs.delete_job(actor, job_id=await self.some(Job))

    async def task(self, actor: Actor) -> Any:
        return await tasks.create_task(actor, name=self.name(), job_id=await self.some(Job))

    async def task_state(self, actor: Actor) -> Any:
        return await tasks.set_task_state(actor, task_id=await self.some(Task), state=self.dice.choice(list(TaskState)))

    async def relink(self, actor: Actor) -> Any:
        task = await self.row(Task)
        if await job_of(task) is not None:
            await tasks.unlink_task(actor, task_id=task.id)
        return await tasks.link_task(actor, task_id=task.id, job_id=await self.some(Job, account_id=task.account_id))

    async def delete_task(self, actor: Actor) -> Any:
        return await tasks.delete_task(actor, task_id=await self.some(Task))

    async def log(self, actor: Actor) -> Any:
        return await time.log_time(actor, minutes=self.dice.randint(1, 90), job_id=await self.some(Job))

    async def relog(self, actor: Actor) -> Any:
        entry = await self.row(TimeEntry)
        job = self.dice.choice([None, await self.some(Job, account_id=entry.account_id)])
        return await time.update_time_entry(actor, time_entry_id=entry.id, job_id=job)

    async def unlog(self, actor: Actor) -> Any:
        return await time.delete_time_entry(actor, time_entry_id=await self.some(TimeEntry))

    async def timer(self, actor: Actor) -> Any:
        return await (
            timers.stop_timer(actor) if self.chance(2) else timers.start_timer(actor, job_id=await self.some(Job))
        )

    async def stage(self, actor: Actor) -> Any:
        pipeline = await self.some(Pipeline)
        return await stages.create_stage(actor, pipeline_id=pipeline, name=self.name())

    async def move_stage(self, actor: Actor) -> Any:
        stage = await self.row(Stage)
        other = await self.some(Stage, pipeline_id=stage.pipeline_id)
        return await stages.move_stage(actor, stage_id=stage.id, after_stage_id=other)

    async def change_stage(self, actor: Actor) -> Any:
        return await stages.update_stage(actor, stage_id=await self.some(Stage), name=self.name(), time_limit=60)

    async def delete_stage(self, actor: Actor) -> Any:
        stage = await self.row(Stage)
        other = await self.some(Stage, pipeline_id=stage.pipeline_id)
        return await stages.delete_stage(actor, stage_id=stage.id, replacement_stage_id=other)

    async def status(self, actor: Actor) -> Any:
        return await statuses.create_status(
            actor, pipeline_id=await self.some(Pipeline), name=self.name(), color="#aabbcc", counts_as_overdue=True
        )

    async def change_status(self, actor: Actor) -> Any:
        status = await self.some(Status, category=Category.CUSTOM)
        return await statuses.update_status(actor, status_id=status, name=self.name())

    async def delete_status(self, actor: Actor) -> Any:
        status = await self.row(Status, category=Category.CUSTOM)
        other = await self.some(Status, pipeline_id=status.pipeline_id)
        return await statuses.delete_status(actor, status_id=status.id, replacement_status_id=other)

    async def pipeline(self, actor: Actor) -> Any:
        return await pipelines.update_pipeline(actor, pipeline_id=await self.some(Pipeline), name=self.name())

    async def share(self, actor: Actor) -> Any:
        found = await self.some(Pipeline)
        return await pipelines.set_pipeline_members(actor, pipeline_id=found, member_ids=await self.few(Member, 5))

    async def account(self, actor: Actor) -> Any:
        return await accounts.update_account(actor, account_id=await self.some(Account), name=self.name())

    async def team(self, actor: Actor) -> Any:
        return await accounts.set_account_team(
            actor, account_id=await self.some(Account), member_ids=await self.few(Member, 5)
        )

    async def tag(self, actor: Actor) -> Any:
        made = await tags.create_tag(actor, name=self.name(), color="#112233")
        return await accounts.set_account_tags(
            actor, account_id=await self.some(Account), tag_ids=[made.value.id, *await self.few(Tag)]
        )

    async def change_tag(self, actor: Actor) -> Any:
        return await tags.update_tag(actor, tag_id=await self.some(Tag), name=self.name())

    async def delete_tag(self, actor: Actor) -> Any:
        return await tags.delete_tag(actor, tag_id=await self.some(Tag))

    async def member(self, actor: Actor) -> Any:
        return await members.update_member(actor, member_id=await self.some(Member), name=self.name())

    async def rights(self, actor: Actor) -> Any:
        given = self.dice.sample([Right.VIEW_ALL_ACCOUNTS, Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES], 2)
        employee = await self.some(Member, role=Role.EMPLOYEE)
        return await members.set_member_rights(actor, member_id=employee, rights=given)


_OFTEN = (Storm.job, Storm.move, Storm.move, Storm.move, Storm.relink, Storm.relog, Storm.task, Storm.log)
_RARE = (Storm.delete, Storm.delete_stage, Storm.share, Storm.team, Storm.rights)
_ALL = [deed for deed in vars(Storm).values() if getattr(deed, "__annotations__", {}).get("actor") is Actor]
DEEDS = [*_OFTEN, *_OFTEN, *_RARE] + 2 * [deed for deed in _ALL if deed not in _RARE]


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_the_clients_know_is_what_a_query_says(world: World, api: Api, seed: int) -> None:
    print("seed", seed)
    lead = await world.member("Lea Lead", Role.EMPLOYEE, Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES)
    await world.new_account("Bolt", lead, world.employee)
    other = await world.new_pipeline("Payroll", lead)
    await pipelines.set_pipeline_members(
        world.acting(world.owner), pipeline_id=world.pipeline.id, member_ids=[lead.id, world.employee.id]
    )
    storm = Storm(world, random.Random(seed), [world.owner, world.admin, lead, world.employee])
    watchers = [(member, world.pipeline) for member in (world.admin, lead, world.employee)] + [(lead, other)]
    async with Relay(api.url) as relay, AsyncExitStack() as stack:
        # The first two stay connected; the others lose their connection again and again.
        urls = [api.url, api.url, relay.url, relay.url, relay.url, relay.url]
        watchers = [(world.admin, world.pipeline), (lead, world.pipeline)] + watchers
        clients = [
            (await stack.enter_async_context(following(url, api, *who)))[0]
            for url, who in zip(urls, watchers, strict=True)
        ]
        gone = 0
        # What members may do changes on the way, and steps are often refused: how many it takes is a matter of luck.
        while gone < COMMANDS or not storm.various:
            assert gone < MOST, storm.done
            at_once = storm.dice.randint(1, 6)
            await asyncio.gather(*(storm.step() for _ in range(at_once)))
            gone += at_once
            if storm.chance(8):
                await relay.cut()
                await asyncio.gather(*(storm.step() for _ in range(10)))
                gone += 10
                relay.mend()
        # Everybody is told of this one, so that every cursor gets to the end.
        last = await members.update_member(world.acting(world.owner), member_id=world.owner.id, name="Last Word")
        for client, (member, pipeline) in zip(clients, watchers, strict=True):
            await _compare(api, client, member, pipeline, last.revision)


async def _compare(api: Api, client: Client, member: Member, pipeline: Pipeline, revision: int) -> None:
    rights = (await api.ask(member, "{ viewer { rights } }"))["viewer"]["rights"]
    there = await fresh(api, member, pipeline, budgets="MANAGE_TIME_BUDGETS" in rights)

    def at_the_end() -> bool:
        # Who came back to a pipeline that is not available any more is told nothing, and has nothing.
        shut_out = there is None and client.store.board(client.pipeline) is None
        return shut_out or int(client.store.cursor or 0) >= revision

    await until(at_the_end, "the client has been told of everything")
    here = client.store.board(client.pipeline)
    assert (here and here["stages"]) == (there and there["stages"])
    assert here == there
