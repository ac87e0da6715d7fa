"""Members of a firm who work at once, at random, until a given number of commands is done."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from models.actions import Command
from models.actor import Actor
from models.errors import Refusal
from models.ids import Kind, new_id
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.templates import create_template
from tests.domain.laws import commands
from tests.world import World

T = TypeVar("T")

#: How many write at once.
WRITERS = 8
#: What is done next is nearly always done to one of the latest things: so that many do something to the same one.
_LATEST = 6


class NothingYet(Exception):
    """There is nothing to do it to."""


@dataclass
class Client:
    """An account, and what there is of it, as far as the writers know: others may have deleted it meanwhile."""

    account: UUID
    things: defaultdict[Kind, list[UUID]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Office:
    """The firm that they work for."""

    world: World
    clients: Sequence[Client]
    stages: Sequence[UUID]
    actors: Sequence[Actor]
    seed: str
    #: Of jobs.
    template: UUID
    #: The commands that were done, by their names, and the refusals, by their codes.
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _writers: list[Writer] = field(default_factory=list)

    @classmethod
    async def found(cls, world: World, seed: str) -> Office:
        """An office of a world: of three clients and two pipelines, with nothing done yet."""
        clients = [world.account, await world.new_account("Bolt", world.employee), await world.new_account("Cog")]
        another = await world.new_pipeline("Books", world.employee)
        stages = [stage.id for pipeline in (world.pipeline, another) for stage in await world.stages(pipeline)]
        # The owner and the admin more often: whoever has few rights is refused much.
        members = [world.owner] * 4 + [world.admin] * 4 + [world.employee]
        actors = [world.acting(member) for member in members]
        content = JobContent("1040", tasks=(JobTask("Call"), JobTask("File", checklist=("Sign it", "Send it"))))
        template = (await create_template(world.acting(world.owner), name="Usual", job=content)).value.id
        office = cls(world, [Client(account.id) for account in clients], stages, actors, seed, template)
        office._writers = [Writer(office, random.Random(f"{seed} {number}")) for number in range(WRITERS)]
        return office

    async def work_until(self, number: int) -> None:
        """Let them all work until so many commands are done, and finish what they do: nobody writes afterwards."""
        async with asyncio.TaskGroup() as group:
            for writer in self._writers:
                group.create_task(writer.work_until(number))

    @property
    def told(self) -> str:
        """What became of the commands."""
        return (
            f"{self.done.total():,} commands done, {self.refused.total():,} refused; "
            f"{len(+self.done)} of {len(commands.COMMANDS)} kinds; {dict(self.refused.most_common())}"
        )


@dataclass
class Writer:
    """One of those who work, and by what they choose. Between two commands they choose for whom they work, and as
    whom."""

    office: Office
    chance: random.Random
    client: Client = field(init=False)
    actor: Actor = field(init=False)

    async def work_until(self, number: int) -> None:
        office = self.office
        while office.done.total() < number:
            self.client, self.actor = self.chance.choice(office.clients), self.chance.choice(office.actors)
            name = self._next()
            try:
                await commands.COMMANDS[name].make(self)
            except NothingYet:
                continue
            except Refusal as refusal:
                office.refused[refusal.code.value] += 1
            else:
                office.done[name] += 1

    def _next(self) -> str:
        """Which command comes next: now and then one that nobody has done yet."""
        if self.often(0.2) and (never := [name for name in commands.COMMANDS if not self.office.done[name]]):
            return self.chance.choice(never)
        weights = [drawn.weight for drawn in commands.COMMANDS.values()]
        return self.chance.choices(list(commands.COMMANDS), weights)[0]

    def any(self, *values: T) -> T:
        """One of these."""
        return self.chance.choice(values)

    def often(self, part: float = 0.5) -> bool:
        """Whether, in this part of all cases."""
        return self.chance.random() < part

    def one(self, kind: Kind) -> UUID:
        """Something of the client's of a kind; now and then another client's."""
        client = self.client if self.often(0.97) else self.chance.choice(self.office.clients)
        return self.chance.choice(self._there(client, kind))

    def some(self, kind: Kind, most: int = 3) -> list[UUID]:
        """Different ones of the client's, in any order."""
        there = self._there(self.client, kind)
        return self.chance.sample(there, self.chance.randint(1, min(most, len(there))))

    def _there(self, client: Client, kind: Kind) -> list[UUID]:
        there = client.things[kind][-_LATEST:]
        if not there:
            raise NothingYet
        return there

    def place(self) -> dict[str, UUID]:
        """What something new is for: nearly always a job."""
        if self.client.things[Kind.JOB] and self.often(0.9):
            return {"job_id": self.one(Kind.JOB)}
        return {"account_id": self.client.account}

    async def make(self, kind: Kind, command: Command[..., Any], most: int = 1_000, /, **fields: Any) -> UUID:
        """Create something, unless there are so many of it."""
        if len(self.client.things[kind]) >= most:
            raise NothingYet
        client, id = self.client, new_id()
        await command(self.actor, id=id, **fields)
        client.things[kind].append(id)
        return id

    async def do(self, command: Command[..., Any], /, **fields: Any) -> None:
        """Do something, now and then to the version that it may have by now."""
        if self.often(0.1):
            fields["expected_version"] = self.chance.randint(1, 5)
        await command(self.actor, **fields)

    async def end(self, kind: Kind, command: Command[..., Any], /) -> None:
        """Delete something."""
        client, id = self.client, self.one(kind)
        await self.do(command, **{f"{kind}_id": id})
        if id in client.things[kind]:
            client.things[kind].remove(id)
