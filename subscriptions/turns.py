"""Whose step is next, when there is more to tell than can be told at once."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from uuid import UUID

#: A cohort of so many members is one of the many.
MANY = 8
#: So many steps of the many are under way at once, and so many of the few.
AT_ONCE = 8
#: How long the few wait for the many that are under way, at most, in seconds.
HEAD_START = 0.02


@dataclass(eq=False, slots=True)
class _Turn:
    """One that wants to begin."""

    size: int
    begin: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    round: int = 0

    @property
    def begun(self) -> bool:
        """Whether it was let through, and not given up before."""
        return self.begin.done() and not self.begin.cancelled()


class _Gate:
    """Lets so many steps be under way, the one of the least rank first."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: list[tuple[int, int, int, _Turn]] = []
        self._numbers = itertools.count()
        self._under_way = 0

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return self._under_way > 0

    def wait(self, step: _Turn) -> None:
        """Let it begin when it is its turn: by round, then the larger, then who came first."""
        heapq.heappush(self._waiting, (step.round, -step.size, next(self._numbers), step))

    def leave(self) -> None:
        """One that had begun has ended."""
        self._under_way -= 1

    def choose(self) -> None:
        """Let as many begin as there is room for."""
        while self._waiting and self._under_way < self._at_once:
            *_, step = heapq.heappop(self._waiting)
            if not step.begin.cancelled():
                self._under_way += 1
                step.begin.set_result(None)


class Turns:
    """Lets steps begin, over all firms of a process: those of the many the largest first, those of the few each member
    in turn (round robin), and the larger first within a round. The many never wait for the few, and have a head start
    over them.

    What a few members share stands in the line of the one who waits for least. Of a line one step is under way: whoever
    alone follows many documents, or slow ones, delays themselves.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._many, self._few = _Gate(at_once), _Gate(at_once)
        #: The first of each line waits at the gate, or is under way.
        self._lines: dict[UUID, deque[_Turn]] = {}
        self._round = 0
        self._choosing = False
        #: Until when the few wait, while the many are under way.
        self._head_start = 0.0

    @property
    def busy(self) -> bool:
        """Whether anything is under way, or waits in a line."""
        return bool(self._lines) or self._many.busy or self._few.busy

    @contextlib.asynccontextmanager
    async def turn(self, members: Collection[UUID]) -> AsyncIterator[None]:
        """A step for these members, as soon as it may begin, until the end of the block."""
        step = _Turn(len(members))
        if len(members) >= MANY:
            self._wait_at(self._many, step)
            try:
                await step.begin
                yield
            finally:
                if step.begun:
                    self._many.leave()
                    self._choose_soon()
            return
        whose = min(members, key=lambda member: len(self._lines.get(member, ())))
        self._stand(whose, step)
        try:
            await step.begin
            self._round = max(self._round, step.round)
            yield
        finally:
            if step.begun:
                self._few.leave()
            self._go_on(whose, step)

    def _stand(self, whose: UUID, step: _Turn) -> None:
        line = self._lines.setdefault(whose, deque())
        line.append(step)
        if len(line) == 1:
            step.round = self._round
            self._wait_at(self._few, step)

    def _go_on(self, whose: UUID, step: _Turn) -> None:
        """It has ended, or was given up: the next one of its line, a round later."""
        line = self._lines[whose]
        was_first = line[0] is step
        line.remove(step)
        if not line:
            del self._lines[whose]
        elif was_first:
            line[0].round = max(self._round, step.round + step.begun)
            self._wait_at(self._few, line[0])
        self._choose_soon()

    def _wait_at(self, gate: _Gate, step: _Turn) -> None:
        gate.wait(step)
        self._choose_soon()

    def _choose_soon(self) -> None:
        # Not now: a change is heard by all cohorts one after the other, and who hears it first is a matter of chance.
        if not self._choosing:
            self._choosing = True
            asyncio.get_running_loop().call_soon(self._choose)

    def _choose(self) -> None:
        self._choosing = False
        loop, already = asyncio.get_running_loop(), self._many.busy
        self._many.choose()
        if self._many.busy and not already:
            self._head_start = loop.time() + HEAD_START
            # When they take longer than that.
            loop.call_at(self._head_start, self._choose_soon)
        if not self._many.busy or loop.time() >= self._head_start:
            self._few.choose()
