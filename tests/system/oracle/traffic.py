"""Members who work at once, until a given number of commands; what else happens on the way happens at its number."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.system.oracle.api import Api, Broken, SignedOut
from tests.system.oracle.atlas import Atlas, Person
from tests.system.oracle.commands import choose

Happening = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Worker:
    """A member at work, at one of the servers."""

    atlas: Atlas
    person: Person
    chance: random.Random
    leads: bool


@dataclass
class Traffic:
    """All of the workers."""

    api: Api
    workers: list[Worker]
    number: int = 0
    storm_until: int = 0
    #: Held by whatever else writes.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    happenings: defaultdict[int, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def until(self, number: int) -> None:
        """Let them work up to this command, and finish it: nobody writes afterwards. What else happened on the way may
        still be going on."""
        async with asyncio.TaskGroup() as group:
            for worker in self.workers:
                group.create_task(self._work(worker, number))
        async with self.writing:
            return

    def told(self) -> str:
        """What became of the commands."""
        return (
            f"{self.done.total():,} commands done, {self.refused.total():,} refused ({dict(self.refusals)}), "
            f"most of them {self.refused.most_common(5)}"
        )

    async def settle(self) -> None:
        """Wait for what happened on the way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _work(self, worker: Worker, until: int) -> None:
        while self.number < until:
            self.number += 1
            for happening in self.happenings.pop(self.number, ()):
                self._happen(happening)
            await self._command(worker, self.number)

    def _happen(self, happening: Happening) -> None:
        task = asyncio.create_task(happening())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _command(self, worker: Worker, number: int) -> None:
        storm = number <= self.storm_until
        kind, input = choose(worker.chance, worker.atlas, self.done, leads=worker.leads, storm=storm)
        # With a key, a call whose answer was lost with its server can be made again at the other one.
        keyed = {**input, "idempotencyKey": f"{worker.atlas.tag} {number}"}
        at = worker.chance.randrange(2)
        try:
            answer = await self.api.anywhere(worker.person.email, kind.document, {"input": keyed}, at)
        except SignedOut:
            self.refused[kind.mutation] += 1
            return
        except Broken as broken:
            raise Broken(f"command {number}, {kind.mutation}: {broken}") from None
        payload = answer["data"][kind.mutation]
        if payload is None or payload["revision"] is None:
            self.refused[kind.mutation] += 1
            self.refusals.update(error["code"] for error in (payload or {"errors": []})["errors"])
            return
        self.done[kind.mutation] += 1
        worker.atlas.revisions.append(payload["revision"])
        if not payload["errors"]:
            kind.learn(worker.atlas, input, payload)
