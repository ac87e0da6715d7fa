"""What each thread of a server has spent: the first is the event loop, and what must not hold it up runs beside it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.process import Served

_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the processors: of the event loop's thread, and of each other one, of which one hashes and one reads
    documents; and the seconds that the event loop could have run, and had no processor."""

    loop: float
    others: Mapping[int, float]
    kept_waiting: float = 0.0

    @property
    def beside(self) -> float:
        """Of all other threads together."""
        return sum(self.others.values())

    @property
    def busiest(self) -> float:
        """Of that of the others which took the most."""
        return max(self.others.values(), default=0.0)

    def since(self, earlier: "Spent") -> "Spent":
        """What was spent in between."""
        others = {thread: ran - earlier.others.get(thread, 0.0) for thread, ran in self.others.items()}
        return Spent(self.loop - earlier.loop, others, self.kept_waiting - earlier.kept_waiting)

    def a_second(self, lasted: float) -> "Spent":
        """Of each second, when it was spent in so many."""
        others = {thread: ran / lasted for thread, ran in self.others.items()}
        return Spent(self.loop / lasted, others, self.kept_waiting / lasted)


def spent_by(server: Served) -> Spent:
    """By the scheduler's own account, in nanoseconds (/proc/<pid>/task/<tid>/schedstat). A thread that has ended is no
    longer in it; those of a server stay."""
    threads = {int(task.name): _seconds(task) for task in Path(f"/proc/{server.pid}/task").iterdir()}
    loop, kept_waiting = threads.pop(server.pid)
    return Spent(loop, {thread: ran for thread, (ran, _) in threads.items()}, kept_waiting)


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
