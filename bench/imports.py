"""A file of 50,000 contacts at 12,500 accounts, imported twice: time and memory of
`jobwire import`, beside the same rows written by hand, with no key, no event, no rule and nobody asked.

`python -m bench.imports [LINES]`
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.commands import Taken, taken_by
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, table
from models.connection import credentials
from models.database import sql
from models.ids import Kind, encode
from models.reading_order import order_key

LINES, QUICK = 50_000, 2_000
#: In MiB, what the whole file may take beyond one of a single line.
MOST_MORE = 128
_HEADER = ("Account key", "Account name", "Key", "Name", "Emails", "Phone", "Title")

_BARE = """
CREATE TEMPORARY TABLE line (n int, account uuid, account_name text, account_order text, contact uuid, name text,
    name_order text, email text) ON COMMIT DROP
"""
_WRITTEN = (
    "INSERT INTO account (id, version, firm_id, name, name_order, type) SELECT DISTINCT ON (account) account, 1, $1, "
    "account_name, account_order, 'COMPANY' FROM line",
    "INSERT INTO contact (id, version, firm_id, name, name_order, emails) "
    "SELECT contact, 1, $1, name, name_order, jsonb_build_array(email) FROM line",
    "INSERT INTO account_contact (id, version, firm_id, account_id, contact_id, contact_order, title, signs, "
    "gets_mail) SELECT uuidv7(), 1, $1, account, contact, name_order, 'Owner', false, false FROM line",
)


def _line(n: int, accounts: int) -> tuple[str, ...]:
    account = n % accounts
    return (f"A{account}", f"Client {account:06}", f"C{n}", f"Person {n:06}", f"p{n}@clients.org", "555 0100", "Owner")


def _write(path: Path, lines: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(_line(n, max(1, lines // 4)) for n in range(lines))
    return path


async def _import(house: House, firm: BenchFirm, path: Path, *more: str) -> Taken:
    """What `jobwire import` takes as a process."""
    words = ["import", str(path), "--firm", encode(Kind.FIRM, firm.id), "--as", firm.members[0].email]
    urls = {"database_url": house.database_url, "redis_url": house.redis_url}
    return await taken_by(urls, *words, "--what", "contacts", "--preset", "generic", *more)


async def _by_hand(house: House, firm_id: UUID, lines: int) -> float:
    """Seconds that the same rows take by COPY into a table beside, and three statements."""
    database = await asyncpg.connect(**credentials(house.database_url))
    started = time.perf_counter()
    async with database.transaction():
        await database.execute(_BARE)
        rows = []
        for n in range(lines):
            account_key, account, _, name, email, *_ = _line(n, max(1, lines // 4))
            of_account, of_contact = UUID(int=int(account_key[1:])), UUID(int=1 << 64 | n)
            rows.append((n, of_account, account, order_key(account), of_contact, name, order_key(name), email))
        await database.copy_records_to_table("line", records=rows)
        for statement in _WRITTEN:
            await database.execute(statement, firm_id)
    seconds = time.perf_counter() - started
    await database.close()
    return seconds


async def _revision(firm_id: UUID) -> int:
    (row,) = await sql("SELECT revision FROM firm WHERE id = $1", firm_id)
    revision: int = row["revision"]
    return revision


async def benchmark(house: House) -> None:
    """Measure and print."""
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    lines = given[0] if given else QUICK if house.quick else LINES
    bare, small, firm = [await build_firm(jobs=1) for _ in range(3)]
    with tempfile.TemporaryDirectory(prefix="jobwire-bench-") as name:
        folder = Path(name)
        whole, one = _write(folder / "whole.csv", lines), _write(folder / "one.csv", 1)
        by_hand = await _by_hand(house, bare.id, lines)
        start = await _import(house, small, one)
        tried = await _import(house, firm, whole, "--dry-run")
        first = await _import(house, firm, whole)
        revision = await _revision(firm.id)
        second = await _import(house, firm, whole)
        changed = await _revision(firm.id) - revision
    heading(f"Import of {lines:,} contacts at {max(1, lines // 4):,} accounts")
    rows = [("dry run", tried), ("first run", first), ("second run", second), ("one line", start)]
    table(
        ["", "seconds", "on a processor", "ms a line", "most memory (MiB)", "x by hand"],
        [
            (what, took.seconds, took.cpu, took.seconds / lines * 1_000, took.memory, took.seconds / by_hand)
            for what, took in rows[:3]
        ]
        + [("one line", start.seconds, start.cpu, "", start.memory, "")]
        + [("by hand: COPY, three INSERTs", by_hand, "", by_hand / lines * 1_000, "", 1.0)],
    )
    more = max(took.memory for _, took in rows[:3]) - start.memory
    house.goals.append(Goal(f"memory of an import of {lines:,} lines beyond one", more, MOST_MORE, unit=" MiB"))
    house.goals.append(Goal("revisions of a second import of the same file", changed, 0))


if __name__ == "__main__":
    run(benchmark)
