"""A server in a process of its own, for the length of a block."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.house import House

#: A server that works for less than a tenth of so many seconds is at rest.
_LOOK = 0.005
_MOST_LOOKS = 2_000


def cpu_of(pid: int) -> float:
    """The seconds that a process has spent on the processors so far, in all of its threads. By the clock that
    clock_getcpuclockid(3) names: it counts nanoseconds, where /proc counts hundredths."""
    return time.clock_gettime((~pid << 3) | 2)


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens, and what it is to the system."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its GraphQL."""
        return self.at("/graphql")

    def at(self, path: str) -> str:
        """The address of something else there."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def cpu(self) -> float:
        """The seconds that it has spent on the processors so far, in all of its threads."""
        return cpu_of(self.pid)

    async def cpu_at_rest(self) -> float:
        """The same, when it has nothing more to do: what it does after the last frame is part of the work."""
        before = self.cpu
        for _ in range(_MOST_LOOKS):
            await asyncio.sleep(_LOOK)
            if (now := self.cpu) - before < _LOOK / 10:
                return now
            before = now
        return before

    @property
    def memory(self) -> int:
        """The bytes of memory that it holds now."""
        fields = Path(f"/proc/{self.pid}/status").read_text().split()
        return int(fields[fields.index("VmRSS:") + 1]) * 1024


@asynccontextmanager
async def served(kind: str, house: House, **settings: object) -> AsyncIterator[Served]:
    """`python -m bench.serve`: "ours" is the product, "proxied" the same behind a proxy that says for whom it asks,
    "unpaced" the same where nobody runs out of points, "bare" a websocket that only passes on, "stock" what
    Strawberry's documentation shows. `settings` are the product's. It ends when its standard input does, so also when
    this process is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.serve",
        kind,
        house.database_url,
        house.redis_url,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {f"JOBWIRE_{name.upper()}": str(value) for name, value in settings.items()},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = await process.stdout.readline()
        if not said:
            raise SystemExit(f"The server ({kind}) did not start.")
        yield Served(int(said), process.pid)
    finally:
        process.stdin.close()
        await process.wait()
