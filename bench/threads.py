"""What each thread of a server has spent: the first is the event loop, and what must not hold it up runs beside it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bench.process import Served

_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the processors: of the event loop's thread, and of all others together, of which one hashes; and the
    seconds that the event loop could have run, and had no processor."""

    loop: float
    beside: float
    kept_waiting: float = 0.0

    def since(self, earlier: "Spent") -> "Spent":
        """What was spent in between."""
        return Spent(self.loop - earlier.loop, self.beside - earlier.beside, self.kept_waiting - earlier.kept_waiting)


def spent_by(server: Served) -> Spent:
    """By the scheduler's own account, in nanoseconds (/proc/<pid>/task/<tid>/schedstat). A thread that has ended is no
    longer in it; those of a server stay."""
    threads = {int(task.name): _seconds(task) for task in Path(f"/proc/{server.pid}/task").iterdir()}
    loop, kept_waiting = threads.pop(server.pid)
    return Spent(loop, sum(ran for ran, _ in threads.values()), kept_waiting)


async def spent_at_rest(server: Served) -> Spent:
    """The same, when it has nothing more to do."""
    await server.cpu_at_rest()
    # A thread's account is brought up to date when it is next looked at by the scheduler.
    await asyncio.sleep(0)
    return spent_by(server)


def _seconds(task: Path) -> tuple[float, float]:
    try:
        ran, waited, _ = (task / "schedstat").read_text().split()
    except FileNotFoundError:
        return 0.0, 0.0
    return int(ran) * _NANO, int(waited) * _NANO
