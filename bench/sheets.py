"""Sheets of 1,000,000 time entries: what they take of the server's memory, beside one of a tenth of the rows; and how
fast they are, beside the same rows as PostgreSQL copies them out, and as a client reads them page by page.

`python -m bench.sheets`
"""

import asyncio
import csv
import io
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from uuid import UUID

import aiohttp
import asyncpg

from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, table
from bench.process import Served, served
from models.connection import credentials
from models.sign_in import issue_for

ROWS, QUICK_ROWS = 1_000_000, 20_000
PAGES = 100
FIRST_DAY, DAYS = date(2024, 1, 1), 700
#: In MiB: what a sheet may take, however many rows it has.
MOST_MEMORY = 64
LOOK = 0.02
MIB = 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = "day minutes billable note member { name } createdAt"
SHEET = f"""query Worked($last: Date) {{
  timeEntries(first: 100, filter: {{ day: {{ before: $last }} }}) {{ nodes {{ {_COLUMNS} }} }} }}"""
PAGE = f"""query Page($c: String) {{
  timeEntries(first: 100, after: $c) {{ nodes {{ {_COLUMNS} }} pageInfo {{ endCursor }} }} }}"""

# Evenly over the days.
_ENTRIES = """
WITH members AS (SELECT id, row_number() OVER () AS n FROM member WHERE firm_id = $1)
INSERT INTO time_entry
  (id, version, firm_id, account_id, member_id, day, minutes, note, billable, rate, flags, created_at)
SELECT uuidv7(), 1, $1, $2, members.id, $3::date + (e::bigint * $4::int / $5::int)::int, 1 + e % 240,
  'What was done for the client in piece ' || e, e % 3 > 0, 120, '[]', now()
FROM generate_series(0, $5::int - 1) AS e JOIN members ON members.n = 1 + e % (SELECT count(*) FROM members)
"""
_COPY = """
SELECT e.day, e.minutes, e.billable, e.note, m.name, e.created_at
FROM time_entry AS e JOIN member AS m ON m.id = e.member_id WHERE e.firm_id = $1 ORDER BY e.day DESC, e.id
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One sheet: its rows and what they add up to, its bytes, seconds, and what the server held more meanwhile than
    before the first one."""

    rows: int
    minutes: int
    size: int
    seconds: float
    memory: float
    cpu: float


@asynccontextmanager
async def _watched(server: Served) -> AsyncIterator[list[int]]:
    """The memory that the server holds: the most that was seen comes last."""
    seen = [server.memory]

    async def look() -> None:
        while True:
            seen.append(max(seen[-1], server.memory))
            await asyncio.sleep(LOOK)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()


async def _sheet(
    http: aiohttp.ClientSession, server: Served, media: str, before: int, variables: dict[str, Any]
) -> Measured:
    """Ask for one, and read it as it comes. `before` is what the server held before it had made any."""
    cpu, started = server.cpu, time.perf_counter()
    with tempfile.TemporaryFile() as kept:
        async with _watched(server) as seen:
            body = {"query": SHEET, "variables": variables}
            async with http.post(server.url, json=body, headers={"accept": media}) as answer:
                if answer.status != 200:
                    raise SystemExit(await answer.text())
                async for piece in answer.content.iter_any():
                    kept.write(piece)
        seconds, size = time.perf_counter() - started, kept.tell()
        rows, minutes = _read(kept, media)
    return Measured(rows, minutes, size, seconds, (seen[-1] - before) / MIB, server.cpu - cpu)


def _read(kept: IO[bytes], media: str) -> tuple[int, int]:
    kept.seek(0)
    if media == XLSX:
        return _read_xlsx(kept)
    rows = minutes = 0
    for row in csv.DictReader(io.TextIOWrapper(kept, "utf-8-sig", newline="")):
        rows, minutes = rows + 1, minutes + int(row["Minutes"])
    return rows, minutes


def _read_xlsx(kept: IO[bytes]) -> tuple[int, int]:
    """The rows of a file that is too large to be opened as a whole: by its text, in which each cell names its place."""
    rows = minutes = 0
    with zipfile.ZipFile(kept) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        rest = b""
        while piece := sheet.read(MIB):
            *whole, rest = (rest + piece).split(b"</row>")
            for row in whole:
                place = row.find(b'<c r="B')
                value = row[place:].partition(b"<v>")[2].partition(b"</v>")[0]
                if value.isdigit():
                    rows, minutes = rows + 1, minutes + int(value)
    return rows, minutes


async def _fill(house: House, rows: int) -> BenchFirm:
    firm = await build_firm(jobs=10)
    # A connection of its own: those of the product end what takes long.
    connection = await asyncpg.connect(**credentials(house.database_url))
    await connection.execute(_ENTRIES, firm.id, firm.accounts[0].id, FIRST_DAY, DAYS, rows)
    await connection.execute("VACUUM ANALYZE time_entry")
    await connection.close()
    return firm


async def _copied(house: House, firm_id: UUID) -> tuple[float, int]:
    """Seconds and bytes of the same rows, as PostgreSQL writes them."""
    connection = await asyncpg.connect(**credentials(house.database_url))
    size = 0

    async def take(piece: bytes) -> None:
        nonlocal size
        size += len(piece)

    started = time.perf_counter()
    await connection.copy_from_query(_COPY, firm_id, output=take, format="csv")
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds, size


async def _paged(http: aiohttp.ClientSession, server: Served) -> float:
    """Seconds that a client takes for a page."""
    cursor, started = None, time.perf_counter()
    for _ in range(PAGES):
        async with http.post(server.url, json={"query": PAGE, "variables": {"c": cursor}}) as answer:
            cursor = (await answer.json())["data"]["timeEntries"]["pageInfo"]["endCursor"]
    return (time.perf_counter() - started) / PAGES


async def benchmark(house: House) -> None:
    """Seconds, and MiB of memory."""
    rows = QUICK_ROWS if house.quick else ROWS
    firm = await _fill(house, rows)
    token = await issue_for(firm.members[0].id, 24)
    tenth = date.fromordinal(FIRST_DAY.toordinal() + DAYS // 10).isoformat()
    expected = sum(1 + e % 240 for e in range(rows))
    timeout = aiohttp.ClientTimeout(3_600)
    found: list[tuple[str, Measured]] = []
    async with served("unpaced", house) as server:
        headers = {"authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            page = await _paged(http, server)
            before = server.memory
            for name, media in (("CSV", "text/csv"), ("XLSX", XLSX)):
                small = await _sheet(http, server, media, before, {"last": tenth})
                whole = await _sheet(http, server, media, before, {})
                if (whole.rows, whole.minutes) != (rows, expected) or small.rows != rows // 10:
                    raise SystemExit(f"The sheet in {name} is not whole: {whole.rows:,} rows.")
                found += [(f"{name}, a tenth", small), (name, whole)]
    copied, size = await _copied(house, firm.id)
    heading(f"A sheet of {rows:,} time entries, and of a tenth of them")
    lines = [(name, m.rows, m.size / MIB, m.seconds, m.cpu, m.memory) for name, m in found]
    lines.append(("COPY, in PostgreSQL", rows, size / MIB, copied, 0.0, 0.0))
    table(["", "rows", "MiB", "s", "CPU s", "memory, MiB"], lines)
    print(f"As pages, one after the other, they would take {page * rows / 100:,.0f} s.", flush=True)
    most = max(measured.memory for _, measured in found)
    house.goals.append(Goal(f"memory that a sheet of {rows:,} rows takes", most, MOST_MEMORY, unit=" MiB"))


if __name__ == "__main__":
    run(benchmark)
