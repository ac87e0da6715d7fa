"""What goes wrong in a tax season: whatever can be killed or paused is, and comes back."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from models.database import sql
from tests.system.oracle.processes import Program, Server
from tests.system.season.office import PATIENCE, Office, Post
from tests.system.season.program import LEASE

#: In seconds: who is paused for so long has lost what they had in hand, and somebody else has had it.
PAUSE = LEASE * 1.5
#: In seconds: how long what was killed stays away, at most, and how long there may be no mail to die of.
AWAY, NO_MAIL = 0.5, 5.0

Treatment = Callable[[Any, random.Random], Awaitable[None]]


@dataclass
class Faults:
    """What goes wrong, at random moments: of each kind about as often. Meanwhile the others go on."""

    here: Office
    chance: random.Random
    #: How often what was done.
    done: Counter[str] = field(default_factory=Counter)
    _hurt: set[int] = field(default_factory=set)

    async def spread(self, number: int, revisions: int) -> None:
        """So many of them, over a season of so many revisions."""
        left: list[tuple[Any, Treatment]] = []
        async with asyncio.TaskGroup() as under_way:
            for place in range(number):
                await self._until(revisions * place // number)
                # At any moment: something has just been committed.
                await asyncio.sleep(self.chance.random() / 10)
                if not left:
                    left = self._all()
                    self.chance.shuffle(left)
                under_way.create_task(self._treat(*await self._next(left)))

    def _all(self) -> list[tuple[Any, Treatment]]:
        here = self.here
        ours = [(each, how) for each in (*here.workers, *here.servers) for how in (killed, paused)]
        return [
            *ours,
            *((here.post, how) for how in (killed, paused, cut)),
            *((here.valkey, how) for how in (valkey_killed, valkey_paused)),
        ]

    async def _next(self, left: list[tuple[Any, Treatment]]) -> tuple[Any, Treatment]:
        """One of these, of what nothing is wrong with just now."""
        while True:
            for place, (whom, _) in enumerate(left):
                if id(whom) not in self._hurt:
                    self._hurt.add(id(whom))
                    return left.pop(place)
            await asyncio.sleep(0.02)

    async def _treat(self, whom: Any, how: Treatment) -> None:
        await how(whom, self.chance)
        self._hurt.discard(id(whom))
        self.done[f"{how.__name__.removeprefix('valkey_')} {getattr(whom, 'name', 'valkey').rstrip(' 0123')}"] += 1

    async def _until(self, revision: int) -> None:
        while await self.here.revision() < revision and not await self.here.is_over():
            ended = [each.name for each in self.here.programs if id(each) not in self._hurt and not each.alive]
            assert not ended, f"They have ended by themselves: {ended}\n{await self.here.told()}"
            await asyncio.sleep(0.02)


async def killed(program: Program, chance: random.Random) -> None:
    """SIGKILL."""
    program.kill()
    await asyncio.sleep(chance.random() * AWAY)
    await _started(program)


async def paused(program: Program, _chance: random.Random) -> None:
    """SIGSTOP, for longer than anybody waits for it."""
    program.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(PAUSE)
    program.process.send_signal(signal.SIGCONT)


async def cut(post: Post, chance: random.Random) -> None:
    """Killed when it has the next mail, and has not answered."""
    post.process.send_signal(signal.SIGUSR1)
    try:
        async with asyncio.timeout(NO_MAIL):
            while post.alive:
                await asyncio.sleep(0.02)
    except TimeoutError:
        post.kill()
    await asyncio.sleep(chance.random() * AWAY)
    await _started(post)


async def _started(program: Program) -> None:
    program.start()
    if isinstance(program, Server | Post):
        await program.ready()


async def valkey_killed(valkey: Any, chance: random.Random) -> None:
    """With all that it knows."""
    await valkey.kill()
    await asyncio.sleep(chance.random() * AWAY)
    await valkey.start()


async def valkey_paused(valkey: Any, _chance: random.Random) -> None:
    """So that it takes connections, and answers nothing."""
    valkey.send(signal.SIGSTOP)
    await asyncio.sleep(PAUSE)
    valkey.send(signal.SIGCONT)


async def until_something_is_lost(here: Office, _chance: random.Random) -> None:
    """As soon as they have done something all workers are killed at once, until one had gone on in a log and not
    written down what follows. There is one where the two are not committed together."""
    async with asyncio.timeout(PATIENCE):
        while not await sql(_DONE):
            await asyncio.sleep(0.01)
        while True:
            # In between it is so whether anybody kills it or not.
            while not await _lost():
                await asyncio.sleep(0.005)
            for worker in here.workers:
                worker.process.send_signal(signal.SIGKILL)
            for worker in here.workers:
                worker.process.wait()
            is_lost = await _lost()
            for worker in here.workers:
                worker.start()
            if is_lost:
                return


_DONE = "SELECT FROM automation_run WHERE state = 'DONE' LIMIT 1"
# On each of its stages but the first a job has something done for it, and so it has when it is created.
_LOST = """
SELECT FROM event JOIN follower_cursor AS present ON present.firm_id = event.firm_id
WHERE present.revision >= event.revision AND event.type IN ('JobCreated', 'JobMoved')
AND NOT EXISTS (SELECT FROM automation_run AS run WHERE run.job_id = event.job AND run.cause = event.revision) LIMIT 1
"""


async def _lost() -> bool:
    return bool(await sql(_LOST))
