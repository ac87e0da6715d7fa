"""A firm of a million time entries, and as many events, exported and restored: time and memory, beside COPY of the same
tables out and in, with no format and nothing checked.

`python -m bench.exports [ENTRIES]`
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations

from bench.commands import Taken, taken_by
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, table
from models.connection import _config, credentials
from models.database import sql
from models.ids import Kind, encode

ENTRIES, QUICK = 1_000_000, 50_000
MIB = 1 << 20
#: What a command may take beyond what it takes for next to nothing.
MOST_MORE = 64

# Each with an event, over a year; made of a job's entry each, of which there are not many.
_FILL = """
WITH made AS (
    SELECT number, (left($1::uuid::text, 24) || lpad(to_hex(number), 12, '0'))::uuid AS id,
        now() - interval '1 year' * (1 - number::float / $5) AS at FROM generate_series(1, $5::int) AS number
), entries AS (
    INSERT INTO time_entry (id, version, created_at, firm_id, account_id, member_id, created_by_id, day, minutes, note,
        billable, flags)
    SELECT id, 1, at, $1, $2, $3, $3, at::date, 15 + number % 90, 'Reconciled the accounts of month ' || number % 12,
        true, '[]' FROM made
), told AS (
    INSERT INTO event (firm_id, revision, index, type, data, subject, actor, at)
    SELECT $1, $4 + number, 0, 'TimeLogged', jsonb_build_object('entry', id, 'member', $3, 'account', $2, 'job', null,
        'pipeline', null, 'minutes', 15 + number % 90), id,
        jsonb_build_object('kind', 'MEMBER', 'id', $3, 'label', null), at FROM made
)
UPDATE firm SET revision = $4 + $5 WHERE id = $1
"""


async def _command(house: House, url: str, *words: str) -> Taken:
    """What `jobwire` with these words takes, as a process."""
    return await taken_by({"database_url": url, "redis_url": house.redis_url}, *words)


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await act()
    return time.perf_counter() - started


async def _database(house: House, name: str) -> str:
    admin = await asyncpg.connect(**credentials(house.database_url))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = house.database_url.replace("/jobwire?", f"/{name}?", 1)
    async with TortoiseContext():
        await run_migrations(config=_config(url, 2, 60), target="models.__latest__")
    return url


async def _copied_out(url: str, firm: BenchFirm, folder: Path) -> float:
    """By hand, the two tables that are nearly all of it."""
    database = await asyncpg.connect(**credentials(url))

    async def copy() -> None:
        for name in ("time_entry", "event"):
            query = f"SELECT * FROM {name} WHERE firm_id = $1"
            await database.copy_from_query(query, firm.id, output=folder / name)

    seconds = await _timed(copy)
    await database.close()
    return seconds


async def _copied_in(url: str, folder: Path) -> float:
    """The same back in, one transaction, with the tables' own keys, indexes and triggers; what they name is not there,
    so that is not looked at."""
    database = await asyncpg.connect(**credentials(url))
    await database.execute("SET session_replication_role = replica")

    async def copy() -> None:
        async with database.transaction():
            for name in ("time_entry", "event"):
                await database.copy_to_table(name, source=folder / name)

    seconds = await _timed(copy)
    await database.close()
    return seconds


async def benchmark(house: House, *, entries: int | None = None) -> None:
    """Out to a zip file and to a folder, and back in."""
    number = entries or (QUICK if house.quick else ENTRIES)
    firm = await build_firm(jobs=10)
    id, url = encode(Kind.FIRM, firm.id), house.database_url
    with tempfile.TemporaryDirectory(prefix="jobwire-bench-exports-") as place:
        folder = Path(place)
        least_out = await _command(house, url, "export", str(folder / "least"), "--firm", id)
        least_in = await _command(house, await _database(house, "least"), "restore", str(folder / "least"))
        (present,) = await sql("SELECT revision FROM firm WHERE id = $1", firm.id)
        await _fill(url, firm, present["revision"], number)
        zipped = await _command(house, url, "export", str(folder / "firm.zip"), "--firm", id)
        written = await _command(house, url, "export", str(folder / "firm"), "--firm", id)
        copied_out = await _copied_out(url, firm, folder)
        restored = await _command(house, await _database(house, "restored"), "restore", str(folder / "firm.zip"))
        copy = await _command(house, url, "restore", str(folder / "firm"), "--copy", "beside")
        copied_in = await _copied_in(await _database(house, "copied"), folder)
        size = sum(path.stat().st_size for path in (folder / "firm").rglob("*") if path.is_file()) / MIB
        packed = (folder / "firm.zip").stat().st_size / MIB
    heading(f"A firm of {number:,} time entries and as many events: {size:,.0f} MiB, {packed:,.0f} MiB in a zip file")
    table(
        ["", "seconds", "÷ COPY", "most memory, MiB", "more than for 10 jobs"],
        [
            _row("export, to a zip file", zipped, copied_out, least_out),
            _row("export, to a folder", written, copied_out, least_out),
            ("COPY of both tables to files", copied_out, 1.0, "-", "-"),
            _row("restore of the zip file, elsewhere", restored, copied_in, least_in),
            _row("restore of the folder, as a copy", copy, copied_in, least_in),
            ("COPY of both tables from files", copied_in, 1.0, "-", "-"),
        ],
    )
    most = max(zipped.memory - least_out.memory, written.memory - least_out.memory)
    most = max(most, restored.memory - least_in.memory, copy.memory - least_in.memory)
    house.goals.append(
        Goal("memory of an export or a restore, a large firm and a small one", most, MOST_MORE, unit=" MiB")
    )


async def _fill(url: str, firm: BenchFirm, revision: int, number: int) -> None:
    database = await asyncpg.connect(**credentials(url))
    await database.execute(_FILL, firm.id, firm.accounts[0].id, firm.members[0].id, revision, number)
    await database.execute("VACUUM ANALYZE")
    await database.close()


def _row(name: str, taken: Taken, control: float, least: Taken) -> tuple[object, ...]:
    return name, taken.seconds, taken.seconds / control, taken.memory, taken.memory - least.memory


async def _as_asked(house: House) -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    await benchmark(house, entries=numbers[0] if numbers else None)


if __name__ == "__main__":
    run(_as_asked)
