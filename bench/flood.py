"""Callers in processes of their own, who follow a script."""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson

from bench.outcome import ANSWERED, CUT_OFF, REFUSED
from bench.process import Served
from bench.script import Script

#: Each order has numbers of its own, so that nothing is ever said twice.
_NUMBERS = itertools.count(1_000_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Said:
    """What became of it all, and the seconds until then."""

    outcomes: Counter[str]
    waits: dict[str, list[float]]

    @property
    def total(self) -> int:
        """How often something was said."""
        return self.outcomes.total()

    @property
    def seconds(self) -> list[float]:
        """All waits."""
        return [seconds for waits in self.waits.values() for seconds in waits]

    @property
    def usual(self) -> str:
        """What became of most of it."""
        return self.outcomes.most_common(1)[0][0]

    def share(self, outcome: str) -> float:
        """Of all, in percent."""
        return 100 * self.outcomes[outcome] / self.total if self.total else 0.0

    @property
    def shares(self) -> tuple[float, float, float]:
        """Answered, refused, and cut off by a budget, in percent."""
        return self.share(ANSWERED), self.share(REFUSED), self.share(CUT_OFF)

    def __add__(self, other: "Said") -> "Said":
        waits = {
            outcome: self.waits.get(outcome, []) + other.waits.get(outcome, []) for outcome in self.waits | other.waits
        }
        return Said(self.outcomes + other.outcomes, waits)


@dataclass(frozen=True, slots=True)
class Flooder:
    """One such process."""

    server: Served
    process: asyncio.subprocess.Process

    async def follow(
        self,
        script: Script,
        *,
        tokens: Sequence[str] = (),
        count: int | None = None,
        seconds: float | None = None,
        rate: float | None = None,
        at_once: int = 1,
        network: int | None = None,
        punctual: bool = False,
    ) -> Said:
        """So often, or for so long; at most so many times a second, on so many connections at once. Without a network
        each time is from another one. When punctual, a wait begins when the turn was due, however late it was."""
        order = {
            "port": self.server.port,
            "script": script.plain(),
            "tokens": list(tokens),
            "count": count,
            "seconds": seconds,
            "rate": rate,
            "at_once": at_once,
            "network": network,
            "punctual": punctual,
            "first": next(_NUMBERS),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps(order) + b"\n")
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        if not line:
            raise SystemExit("A process that sends requests has ended.")
        report = orjson.loads(line)
        return Said(Counter(report["outcomes"]), report["waits"])


@asynccontextmanager
async def flooder(server: Served, *, nice: int = 0) -> AsyncIterator[Flooder]:
    """One that ends with this process, however that ends. The nicer, the less it takes from others on the machine."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.flooder"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 28,
    )
    assert process.stdin is not None
    try:
        if nice:
            process.stdin.write(orjson.dumps({"nice": nice}) + b"\n")
        yield Flooder(server, process)
    finally:
        process.stdin.close()
        await process.wait()
