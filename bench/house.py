"""What every benchmark stands in: a real PostgreSQL and a real Valkey of its own, in a folder that is thrown away."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvloop

import embedded
from bench.machine import print_database, print_machine
from models.database import connected, migrate
from models.signing_keys import ensure_signing_key

#: As many connections as the most that a benchmark does at once.
POOL = 16


@dataclass(frozen=True, slots=True)
class House:
    """Where the servers of a benchmark listen. The rows of this process are connected to them."""

    database_url: str
    redis_url: str


def run(benchmark: Callable[[House], Awaitable[None]]) -> None:
    """Run one benchmark in a house of its own, on the event loop that the server uses. The servers keep what they are
    told as a firm's would: a commit is on the disk before it is one."""
    # What the product would log is not part of the figures.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with (
        tempfile.TemporaryDirectory(prefix="jobwire-bench-") as folder,
        embedded.run(Path(folder), durable=True) as servers,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_inside(House(servers.database_url, servers.redis_url), benchmark))


async def _inside(house: House, benchmark: Callable[[House], Awaitable[None]]) -> None:
    await migrate(house.database_url)
    async with connected(house.database_url, pool=POOL):
        await ensure_signing_key()
        print_machine()
        await print_database()
        await benchmark(house)
