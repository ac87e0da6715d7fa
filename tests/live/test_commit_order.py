"""Revisions are without gaps and in commit order: who polls the log with one as a cursor skips nothing.

The control does the same with a bare sequence, beside it, and does skip.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from models.database import credentials
from models.log import read_log
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


@dataclass
class Poller:
    """Reads what is after its cursor, again and again."""

    firm: UUID
    bare: asyncpg.Connection
    revisions: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    async def poll(self) -> None:
        """Read on in both."""
        after = self.revisions[-1] if self.revisions else 0
        for logged in await read_log(self.firm, after, limit=1_000):
            if logged.index == 0:
                self.revisions.append(logged.revision)
        last = self.ids[-1] if self.ids else 0
        rows = await self.bare.fetch("SELECT id FROM bare_sequence WHERE id > $1 ORDER BY id", last)
        self.ids += [row["id"] for row in rows]

    async def poll_until(self, over: Callable[[], bool]) -> None:
        """Read on until nobody writes any more, and once after."""
        while not over():
            await self.poll()
        await self.poll()


@pytest.mark.parametrize("firms", [1, 3])
async def test_a_reader_of_the_log_skips_nothing(
    firms: int, world: World, database: str, bare: asyncpg.Connection
) -> None:
    worlds = [world, *[await World.build(f"{world.tag}x{number}") for number in range(firms - 1)]]
    targets = [f"{each.firm.id}:{each.owner.id}:{(await each.job(str(n))).id}" for each in worlds for n in range(8)]
    before = [await each.revision() for each in worlds]
    pollers = [Poller(each.firm.id, bare) for each in worlds]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.live.writer", database, str(TASKS), str(ROUNDS), *targets, cwd=ROOT
        )
        for _ in range(PROCESSES)
    ]
    writing = [asyncio.create_task(process.wait()) for process in processes]
    async with asyncio.timeout(60):
        await asyncio.gather(*(poller.poll_until(lambda: all(task.done() for task in writing)) for poller in pollers))
    assert [task.result() for task in writing] == [0] * PROCESSES
    for each, poller in zip(worlds, pollers, strict=True):
        assert poller.revisions == list(range(1, await each.revision() + 1))
    written = sum([await each.revision() for each in worlds]) - sum(before)
    assert written == PROCESSES * TASKS * ROUNDS
    # As a cursor, the numbers of a sequence lose rows in the very same run.
    rows = await bare.fetchval("SELECT count(*) FROM bare_sequence")
    assert min(len(poller.ids) for poller in pollers) < rows
