"""Reports on a firm of 100,000 jobs and 1,000,000 time entries, beside SQL that gives the same by hand.

`python -m bench.reports`
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench.capacity import AHEAD, PAST, Planning, give_work
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from models.audiences import Audience
from models.connection import credentials
from models.database import fetch, fetch_planned, sql
from models.reports.frame import Summary, Wanted
from models.reports.sight import Asker
from models.reports.time import TimeFilter, time_report
from models.rights import ALL_RIGHTS
from models.scope import Scope

JOBS, ENTRIES = 100_000, 1_000_000
QUICK_JOBS, QUICK_ENTRIES = 10_000, 100_000
ACCOUNTS, MEMBERS, PIPELINES, TAGS = 2_000, 50, 20, 10
FIRST_DAY, DAYS = date(2024, 11, 26), 730
TODAY = FIRST_DAY + timedelta(DAYS)
ROUNDS = 7
ROWS = 100
#: What a report may take more than bare SQL, as a factor or in milliseconds, and at most.
FACTOR, MORE_MS, MOST_MS = 1.3, 5, 1_000

_PLACES = (
    "INSERT INTO account (id, version, firm_id, name, name_order, type, created_at) "
    "SELECT uuidv7(), 1, $1, 'Account ' || n, 'account ' || n, 'COMPANY', now() FROM generate_series(1, $2::int) AS n",
    "INSERT INTO pipeline (id, version, firm_id, name, name_order, card_fields, job_order, created_at) "
    "SELECT uuidv7(), 1, $1, 'Line ' || n, 'line ' || n, '[]', 'MANUAL', now() FROM generate_series(1, $2::int) AS n",
    "INSERT INTO tag (id, version, firm_id, name, name_key, name_order, color) "
    "SELECT uuidv7(), 1, $1, 'Tag ' || n, 'tag ' || n, 'tag ' || n, '#ffffff' FROM generate_series(1, $2::int) AS n",
)
_TAGGED = """
INSERT INTO account_tag (account_id, tag_id)
SELECT account.id, tag.id FROM account JOIN tag ON tag.firm_id = account.firm_id
WHERE account.firm_id = $1 AND hashtext(account.id::text || tag.id::text) % 5 = 0
"""
_JOBS = """
WITH accounts AS (SELECT id, row_number() OVER () AS n FROM account WHERE firm_id = $1 AND name LIKE 'Account %'),
pipelines AS (SELECT id, row_number() OVER () AS n FROM pipeline WHERE firm_id = $1 AND name LIKE 'Line %')
INSERT INTO job (id, version, firm_id, account_id, pipeline_id, stage_id, status_id, name, name_order, description,
  priority, position, stage_entered_at, stay, client_status_visible, client_status_description, created_at)
SELECT uuidv7(), 1, $1, accounts.id, pipelines.id, $4, $5, 'Job ' || j, 'job ' || j, '', 'MEDIUM',
  lpad(j::text, 8, '0'), now(), 1, false, '', now()
FROM generate_series(1, $6::int) AS j
JOIN accounts ON accounts.n = 1 + j * 31 % $2::int JOIN pipelines ON pipelines.n = 1 + j * 7 % $3::int
"""
# In the order of their days, as they are written.
_ENTRIES = """
WITH jobs AS (SELECT id, account_id, row_number() OVER () AS n FROM job WHERE firm_id = $1),
members AS (SELECT id, row_number() OVER () AS n FROM member WHERE firm_id = $1),
made AS (
  INSERT INTO time_entry
    (id, version, firm_id, account_id, member_id, day, minutes, note, billable, rate, flags, created_at,
     on_job)
  SELECT uuidv7(), 1, $1, jobs.account_id, members.id, $2::date + (e::bigint * $3::int / $4::int)::int, 1 + e % 240,
    '', e % 3 > 0, 120, '[]', now(), jobs.id
  FROM generate_series(0, $4::int - 1) AS e
  JOIN jobs ON jobs.n = 1 + e * 7919::bigint % (SELECT count(*) FROM jobs)
  JOIN members ON members.n = 1 + e % (SELECT count(*) FROM members)
  ORDER BY e
  RETURNING id, firm_id, on_job AS job_id, minutes
)
INSERT INTO job_item (firm_id, job_id, kind, item, open, stays, minutes, linked_at)
SELECT firm_id, job_id, 'time_entry', id, false, '{}', minutes, now() FROM made
"""

_IN_PIPELINES = "LEFT JOIN job AS j ON j.id = e.on_job"
_MONTH = "date_trunc('month', e.day::timestamp)::date"
#: By what a report is grouped: the joins and the columns that somebody would write for it.
CASES: dict[tuple[str, ...], tuple[str, str]] = {
    ("account",): ("", "e.account_id"),
    ("month",): ("", _MONTH),
    ("member", "month"): ("", f"e.member_id, {_MONTH}"),
    ("account", "month"): ("", f"e.account_id, {_MONTH}"),
    ("account", "day"): ("", "e.account_id, e.day"),
    ("pipeline", "month"): (_IN_PIPELINES, f"j.pipeline_id, {_MONTH}"),
    ("job",): ("", "e.on_job"),
}
_SEEN = (
    "e.account_id IN (SELECT unnest($4::uuid[])) "
    "AND (j.pipeline_id IS NULL OR j.pipeline_id IN (SELECT unnest($5::uuid[])))"
)


def by_hand(group_by: tuple[str, ...], *, partly: bool) -> str:
    """What somebody would write: the first rows, each with what everything adds up to and how many rows there are."""
    joins, columns = CASES[group_by]
    keys = len(group_by)
    return f"""
    WITH g AS MATERIALIZED (
      SELECT {columns}, {_SEEN if partly else "true"},
        sum(e.minutes), sum(e.minutes) FILTER (WHERE e.billable), count(*)
      FROM time_entry AS e {_IN_PIPELINES if partly else joins}
      WHERE e.firm_id = $1 AND e.day BETWEEN $2 AND $3 AND e.started_at IS NULL
      GROUP BY {", ".join(str(n) for n in range(1, keys + 2))}
    ), named ({", ".join(f"k{n}" for n in range(keys))}, seen, minutes, billable, entries) AS (SELECT * FROM g)
    SELECT *, (SELECT sum(minutes) FROM named) AS everything, (SELECT count(*) FROM named WHERE seen) AS groups
    FROM named WHERE seen ORDER BY {"k0" if group_by[0] == "month" else "minutes DESC"} LIMIT {ROWS}
    """


@dataclass(frozen=True, slots=True)
class Office:
    """A firm with a long past, and what somebody sees of it."""

    firm: BenchFirm
    scope: Scope

    @property
    def last_day(self) -> date:
        """The end of its past."""
        return TODAY

    async def report(self, group_by: tuple[str, ...]) -> Summary:
        """As the API makes it, without amounts."""

        async def today() -> date:
            return self.last_day

        asker = Asker(self.scope, lambda: self.firm.members[0].id)
        wanted = Wanted(group_by, None, ROWS, frozenset({"amounts"}))
        return await time_report(asker, TimeFilter(FIRST_DAY, self.last_day), wanted, today)

    async def bare(self, group_by: tuple[str, ...]) -> list[Any]:
        """By hand."""
        sight = [] if self.scope.accounts is None else [self.scope.accounts, self.scope.pipelines]
        statement = by_hand(group_by, partly=bool(sight))
        return await fetch_planned(statement, self.firm.id, FIRST_DAY, self.last_day, *sight)

    async def check(self, group_by: tuple[str, ...]) -> None:
        """Stops where they do not say the same."""
        ours, bare = await self.report(group_by), await self.bare(group_by)
        told = [row.sums["minutes"] for row in ours.rows]
        totals = (ours.total.sums["minutes"], len(ours.rows) + ours.cut.rows)
        if told != [row["minutes"] for row in bare] or totals != (bare[0]["everything"], bare[0]["groups"]):
            raise SystemExit(f"By {', '.join(group_by)} they do not say the same.")


async def _fill(house: House, jobs: int, entries: int) -> BenchFirm:
    firm = await build_firm(jobs=10, members=MEMBERS)
    job = firm.jobs[0]
    # A connection of its own: those of the product end what takes long.
    connection = await asyncpg.connect(**credentials(house.database_url))
    await fill_places(connection, firm)
    await connection.execute(_JOBS, firm.id, ACCOUNTS, PIPELINES, job.stage_id, job.status_id, jobs)
    await connection.execute(_ENTRIES, firm.id, FIRST_DAY, DAYS, entries)
    await give_work(connection, firm.id, TODAY)
    for name in ("time_entry", "job_item", "job", "account", "account_tag"):
        await connection.execute(f"VACUUM ANALYZE {name}")
    await connection.close()
    return firm


async def fill_places(connection: asyncpg.Connection, firm: BenchFirm) -> None:
    """Accounts, pipelines and tags, and which accounts have which tags."""
    for statement, number in zip(_PLACES, (ACCOUNTS, PIPELINES, TAGS), strict=True):
        await connection.execute(statement, firm.id, number)
    await connection.execute(_TAGGED, firm.id)


async def partly(firm: BenchFirm) -> Scope:
    """What an employee sees who has half of the accounts and of the pipelines."""

    async def half(of: str) -> frozenset[UUID]:
        rows = await sql(f"SELECT id FROM {of} WHERE firm_id = $1 AND hashtext(id::text) % 2 = 0", firm.id)
        return frozenset(row["id"] for row in rows)

    return Scope(firm.id, Audience.TEAM, ALL_RIGHTS, await half("account"), await half("pipeline"))


def clock(act: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[float]]:
    """How many milliseconds it takes."""

    async def measure() -> float:
        started = time.perf_counter()
        await act()
        return (time.perf_counter() - started) * 1000

    return measure


class _Sent(logging.Handler):
    """Keeps the statements that are sent, with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[tuple[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple):
            query, values = record.args
            self.statements.append((str(query), values))


async def print_plan(ask: Callable[[], Awaitable[object]], called: str, text: str) -> None:
    """How PostgreSQL goes about it: the nodes of the plan that its own statement gets, the one that has this text."""
    handler, logger = _Sent(), logging.getLogger("tortoise.db_client")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    await ask()
    logger.removeHandler(handler)
    logger.setLevel(logging.WARNING)
    query, values = next(sent for sent in handler.statements if text in sent[0])
    print(f"\nThe plan of {called}:")
    for line in await fetch(f"EXPLAIN (COSTS OFF) {query}", *values):
        print(f"  {line[0]}", flush=True)


def _measured(what: str, found: Mapping[str, list[float]]) -> tuple[str, float, float, float]:
    return what, median(found["ours"]), median(found["bare"]), ratio(found["ours"], found["bare"])


async def benchmark(house: House) -> None:
    """Milliseconds from the question to the sums."""
    jobs, entries = (QUICK_JOBS, QUICK_ENTRIES) if house.quick else (JOBS, ENTRIES)
    firm = await _fill(house, jobs, entries)
    sights = {"all of it": Scope.whole(firm.id), "half of it": await partly(firm)}
    heading(f"{jobs:,} jobs, {entries:,} time entries, ms (median of {ROUNDS} rounds)")
    rows: list[tuple[str, float, float, float]] = []
    for sight, scope in sights.items():
        office = Office(firm, scope)
        for group_by in CASES:
            await office.check(group_by)
            variants = {
                "ours": clock(lambda office=office, by=group_by: office.report(by)),  # type: ignore[misc]
                "bare": clock(lambda office=office, by=group_by: office.bare(by)),  # type: ignore[misc]
            }
            found = await taking_turns(variants, ROUNDS)
            rows.append(_measured(f"{', '.join(group_by)}; {sight}", found))
        for weeks in (AHEAD, PAST):
            planning = Planning(firm.id, firm.members[0].id, scope, TODAY, weeks)
            await planning.check()
            variants = {name: clock(act) for name, act in planning.variants().items()}
            rows.append(_measured(f"capacity, {weeks}; {sight}", await taking_turns(variants, ROUNDS)))
    table(["by; who sees", "report", "bare SQL", "÷"], rows)
    for sight, group_by in (("all of it", ("account", "month")), ("half of it", ("pipeline", "month"))):
        office = Office(firm, sights[sight])
        await print_plan(
            lambda office=office, by=group_by: office.report(by),  # type: ignore[misc]
            f"the report by {', '.join(group_by)}",
            "time_entry",
        )
    worst = max((row[3] for row in rows if row[1] > row[2] + MORE_MS), default=1.0)
    house.goals.append(Goal("a report over all entries, ms", max(row[1] for row in rows), MOST_MS, unit=" ms"))
    house.goals.append(Goal(f"a report ÷ bare SQL, where it is {MORE_MS} ms more", worst, FACTOR))


if __name__ == "__main__":
    run(benchmark)
