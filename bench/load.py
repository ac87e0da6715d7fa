"""Load: so many callers at once, each doing one thing after the other for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

Act = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Load:
    """Calls `act` from `callers` tasks for `seconds`, as often as it is run; keeps how long each call took. `within` is
    what holds for all of them meanwhile."""

    act: Act
    callers: int
    seconds: float
    within: Callable[[], AbstractContextManager[object]] = nullcontext
    latencies: list[float] = field(default_factory=list)

    async def run(self) -> float:
        """How many calls a second came through."""
        started = time.perf_counter()
        before = len(self.latencies)
        with self.within():
            await asyncio.gather(*(self._caller(started + self.seconds) for _ in range(self.callers)))
        return (len(self.latencies) - before) / (time.perf_counter() - started)

    async def _caller(self, until: float) -> None:
        while (now := time.perf_counter()) < until:
            await self.act()
            self.latencies.append(time.perf_counter() - now)
