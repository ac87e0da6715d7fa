"""What a worker takes that has nothing to do, where there are many firms and jobs, beside an empty database.

`python -m bench.idle`
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from bench.conveyor import Conveyor
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.log import new_database
from bench.measure import heading, table
from bench.process import cpu_of
from bench.tap import Tap, tapped
from bench.workers import working
from models.connection import credentials
from models.followers.cursors import register

FIRMS, QUICK_FIRMS = 10_000, 1_000
JOBS_OF_A_FIRM = 10
#: In seconds: how long they are watched, and how long they have before to do what is done at a start.
SECONDS, QUICK_SECONDS, START = 600, 30, 15
GOAL = 1.1
_COPIED = ("firm", "member", "account", "pipeline", "stage", "status", "job")
_COLUMNS = """
SELECT column_name AS name, data_type AS type FROM information_schema.columns
WHERE table_name = $1 AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


async def benchmark(house: House) -> None:
    """Two workers at the same time, each on a database of its own."""
    firms, seconds = (QUICK_FIRMS, QUICK_SECONDS) if house.quick else (FIRMS, SECONDS)
    empty = replace(
        house, database_url=await new_database(house, "idle"), redis_url=house.redis_url.replace("?db=0", "?db=1")
    )
    await _fill(house, firms)
    async with AsyncExitStack() as stack:
        workers = [await _begun(stack, each) for each in (house, empty)]
        await asyncio.sleep(START)
        before = [worker.taken() for worker in workers]
        await asyncio.sleep(seconds)
        full, bare = [
            Taken(*(later - earlier for earlier, later in zip(old, worker.taken(), strict=True)))
            for old, worker in zip(before, workers, strict=True)
        ]
    name = f"{firms:,} firms, {firms * JOBS_OF_A_FIRM:,} jobs"
    heading(f"A worker that has nothing to do, {seconds} seconds")
    rows = [(name, full), ("an empty database", bare)]
    table(["", "CPU ms", "statements"], [(what, taken.cpu * 1000, taken.statements) for what, taken in rows])
    house.goals.append(Goal(f"CPU of an idle worker, {name} ÷ an empty database", full.cpu / bare.cpu, GOAL))
    over = full.statements / bare.statements
    house.goals.append(Goal(f"statements of an idle worker, {name} ÷ an empty database", over, GOAL))


class Taken(NamedTuple):
    """Seconds of a processor, and statements."""

    cpu: float
    statements: float


@dataclass(frozen=True, slots=True)
class Idle:
    """A worker, and the way from it to its database."""

    pid: int
    tap: Tap

    def taken(self) -> Taken:
        """What it has taken so far."""
        return Taken(cpu_of(self.pid), self.tap.statements)


async def _begun(stack: AsyncExitStack, house: House) -> Idle:
    tap = await stack.enter_async_context(tapped(house))
    (pid,) = await stack.enter_async_context(working(tap.house, 1, house.redis_url))
    return Idle(pid, tap)


async def _fill(house: House, firms: int) -> None:
    firm = await build_firm(jobs=JOBS_OF_A_FIRM)
    connection = await asyncpg.connect(**credentials(house.database_url))
    # What triggers would work out is no matter of an idle worker.
    await connection.execute("SET session_replication_role = replica")
    for name in _COPIED:
        await _copy(connection, name, firm.id, firms)
    await connection.execute("SET session_replication_role = origin")
    await register([Conveyor.name], datetime.now(UTC))
    await connection.execute("UPDATE firm SET behind_since = NULL")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _copy(connection: asyncpg.Connection, name: str, firm_id: UUID, number: int) -> None:
    """The rows of a firm, so many times over, each time with other ids and addresses."""
    columns = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, name)}
    values = {
        column: f"md5(t.{column}::text || n)::uuid" if of == "uuid" else f"t.{column}" for column, of in columns.items()
    }
    values |= {column: f"n || t.{column}" for column in columns if column.startswith("email")}
    of_firm = "id" if name == "firm" else "firm_id"
    await connection.execute(
        f"INSERT INTO {name} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM {name} AS t, generate_series(2, {int(number)}) AS n WHERE t.{of_firm} = '{firm_id}'"
    )


if __name__ == "__main__":
    run(benchmark)
