"""What every benchmark stands in: a real PostgreSQL and a real Valkey of its own, in a folder that is thrown away."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvloop

import embedded
from bench.goals import Goal, print_goals
from bench.machine import print_database, print_machine
from models.connection import connected, migrate
from models.signing_keys import ensure_signing_key

#: As many connections as the most that a benchmark does at once.
POOL = 16


@dataclass(frozen=True, slots=True)
class House:
    """Where the servers of a benchmark listen. The rows of this process are connected to them."""

    database_url: str
    redis_url: str
    #: Fewer rounds and sizes.
    quick: bool = False
    #: What the benchmark finds of what is aimed at.
    goals: list[Goal] = field(default_factory=list)


Benchmark = Callable[[House], Awaitable[None]]


def run(benchmark: Benchmark) -> None:
    """Run one benchmark, and print how it stands to what is aimed at."""
    print_goals(measured(benchmark, quick="--quick" in sys.argv))


def measured(benchmark: Benchmark, *, quick: bool) -> list[Goal]:
    """Run one benchmark in a house of its own, on the event loop that the server uses. The servers keep what they are
    told as a firm's would: a commit is on the disk before it is one."""
    # What the product would log is not part of the figures.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with (
        tempfile.TemporaryDirectory(prefix="jobwire-bench-") as folder,
        embedded.run(Path(folder), durable=True) as servers,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        house = House(servers.database_url, servers.redis_url, quick)
        runner.run(_inside(house, benchmark))
    return house.goals


async def _inside(house: House, benchmark: Benchmark) -> None:
    await migrate(house.database_url)
    async with connected(house.database_url, pool=POOL):
        await ensure_signing_key()
        print_machine()
        await print_database()
        await benchmark(house)
