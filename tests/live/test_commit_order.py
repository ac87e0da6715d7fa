"""Revisions are without gaps and in commit order: who polls the log with one as a cursor skips nothing.

The control does the same with a bare sequence, beside it, and does skip.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from models.connection import credentials
from models.log import read_log
from tests.system.mother import Born
from tests.world import World

ROOT = Path(__file__).parents[2]
PROCESSES, TASKS, ROUNDS = 2, 12, 20


@pytest.fixture
async def bare(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection, and the table of the control."""
    connection = await asyncpg.connect(**credentials(database))
    await connection.execute("CREATE TABLE bare_sequence (id bigserial PRIMARY KEY)")
    yield connection
    await connection.execute("DROP TABLE bare_sequence")
    await connection.close()


Read = Callable[[int], Awaitable[list[int]]]


@dataclass
class Poller:
    """Reads what is after its cursor, again and again."""

    read: Read
    seen: list[int] = field(default_factory=list)

    async def poll_until(self, over: Callable[[], bool]) -> None:
        """Read on until nobody writes any more, and once after."""
        last = False
        while not last:
            last = over()
            self.seen += await self.read(self.seen[-1] if self.seen else 0)


def log_of(firm: UUID) -> Read:
    """The revisions of a firm's log."""

    async def read(after: int) -> list[int]:
        tail = await read_log(firm, after, limit=100_000)
        return [logged.revision for logged in tail.logged if logged.index == 0]

    return read


def rows_of(bare: asyncpg.Connection) -> Read:
    """The rows of the control."""

    async def read(after: int) -> list[int]:
        rows = await bare.fetch("SELECT id FROM bare_sequence WHERE id > $1 ORDER BY id", after)
        return [row["id"] for row in rows]

    return read


@pytest.mark.parametrize("firms", [1, 3])
async def test_a_reader_of_the_log_skips_nothing(
    firms: int, world: World, database: str, bare: asyncpg.Connection
) -> None:
    worlds = [world, *[await World.build(f"{world.tag}x{number}") for number in range(firms - 1)]]
    targets = [f"{each.firm.id}:{each.owner.id}:{(await each.job(str(n))).id}" for each in worlds for n in range(8)]
    before = [await each.revision() for each in worlds]
    pollers = [Poller(log_of(each.firm.id)) for each in worlds]
    control = Poller(rows_of(bare))
    command = [sys.executable, "-m", "tests.live.writer", database, str(TASKS), str(ROUNDS), *targets]
    processes = [Born(command, cwd=ROOT) for _ in range(PROCESSES)]
    writing = [asyncio.create_task(asyncio.to_thread(process.wait)) for process in processes]
    async with asyncio.timeout(60):
        reading = [*pollers, control]
        await asyncio.gather(*(each.poll_until(lambda: all(task.done() for task in writing)) for each in reading))
    assert [task.result() for task in writing] == [0] * PROCESSES
    for each, poller in zip(worlds, pollers, strict=True):
        assert poller.seen == list(range(1, await each.revision() + 1))
    written = sum([await each.revision() for each in worlds]) - sum(before)
    assert written == PROCESSES * TASKS * ROUNDS
    # As a cursor, the numbers of a sequence lose rows in the very same run.
    assert len(control.seen) < await bare.fetchval("SELECT count(*) FROM bare_sequence")
