"""What each thread of a server has spent: the first is the event loop, and what must not hold it up runs beside it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bench.process import Served

_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the processors: of the event loop's thread, and of all others together, of which one hashes."""

    loop: float
    beside: float

    def since(self, earlier: "Spent") -> "Spent":
        """What was spent in between."""
        return Spent(self.loop - earlier.loop, self.beside - earlier.beside)


def spent_by(server: Served) -> Spent:
    """By the scheduler's own account, in nanoseconds (/proc/<pid>/task/<tid>/schedstat). A thread that has ended is no
    longer in it; those of a server stay."""
    threads = {int(task.name): _seconds(task) for task in Path(f"/proc/{server.pid}/task").iterdir()}
    return Spent(threads.pop(server.pid), sum(threads.values()))


async def spent_at_rest(server: Served) -> Spent:
    """The same, when it has nothing more to do."""
    await server.cpu_at_rest()
    # A thread's account is brought up to date when it is next looked at by the scheduler.
    await asyncio.sleep(0)
    return spent_by(server)


def _seconds(task: Path) -> float:
    try:
        return int((task / "schedstat").read_text().split()[0]) * _NANO
    except FileNotFoundError:
        return 0.0
