"""What a change and a return cost with a short log and a long one: in partitions, a month each, and in one table.

`python -m bench.log [EVENTS [MONTHS]]`
"""

import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations
from tortoise.transactions import in_transaction

from bench.firms import BenchFirm, build_firm
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from models.actor import Actor
from models.connection import _config, credentials
from models.database import sql
from models.events import JobMoved, to_json
from models.log import Reached, append, heads, read_histories, read_log
from models.partitions import make_partitions
from models.scope import Scope

SHORT, LONG = 10_000, 1_000_000
MONTHS = 36
QUIET_FIRMS = 99
JOBS = 10
ROUNDS = 5
#: Events of a history, at once.
PAGE = 8
#: So often in each round.
TIMES = 20
#: How the log is kept.
ONE_TABLE, BY_MONTH = "one table", "by month"
KEPT = (ONE_TABLE, BY_MONTH)
#: As it was before it was in partitions, with the columns that it has now.
_AS_ONE_TABLE = (
    "CREATE TABLE one_event (LIKE event INCLUDING ALL)",
    "ALTER SEQUENCE event_id_seq OWNED BY NONE",
    "DROP TABLE event",
    "ALTER TABLE one_event RENAME TO event",
    "ALTER TABLE event ADD FOREIGN KEY (firm_id) REFERENCES firm (id) ON DELETE RESTRICT",
)

# Half of the log is one firm's, the other half is shared out among the others; evenly over the months. The jobs that
# are there are ten weeks old, and some 30 of the busy firm's events were about each of them, however long the log. All
# others were about jobs that are gone.
_FILL = """
WITH firms AS (
  SELECT id, revision, CASE WHEN id = $1 THEN $2::int / 2 ELSE $2::int / 2 / (SELECT count(*) - 1 FROM firm) END AS goal
  FROM firm
), written AS (
  INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, at)
  SELECT f.id, g, 0, 'JobMoved', $5::jsonb, j.id, j.id, $6::jsonb, e.at
  FROM firms f, generate_series(f.revision + 1, f.goal) AS g,
       LATERAL (SELECT now() - $3::int * interval '30.4 days' * (1 - g::float / f.goal) AS at) e,
       LATERAL (SELECT GREATEST(1, f.goal * 70 / (30 * $3::int) / (32 * cardinality($4::uuid[]))) AS step) s,
       LATERAL (SELECT CASE WHEN e.at > now() - interval '70 days' AND f.id = $1 AND g % s.step = 0
                       THEN ($4::uuid[])[1 + g / s.step % cardinality($4::uuid[])]
                       ELSE md5((g % 2000)::text || f.id)::uuid END AS id) j
)
UPDATE firm SET revision = GREATEST(firm.revision, firms.goal) FROM firms WHERE firm.id = firms.id
"""
_AGE = "UPDATE job SET created_at = now() - interval '70 days'"

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Log:
    """A database, one busy firm and many quiet ones."""

    context: TortoiseContext
    busy: BenchFirm
    quiet: list[UUID]
    heads: dict[UUID, int] = field(default_factory=dict)

    async def fill(self, events: int, months: int) -> None:
        """Make the logs as long as this, in all."""
        with self.context:
            jobs = [job.id for job in self.busy.jobs]
            actor = orjson.dumps(self.busy.actor.to_json()).decode()
            await sql(_FILL, self.busy.id, events, months - 1, jobs, orjson.dumps(to_json(self.moved)).decode(), actor)
            await sql("VACUUM ANALYZE event")
            await sql("CHECKPOINT")
            found = await heads([self.busy.id, *self.quiet])
        self.heads.update((firm_id, head.revision) for firm_id, head in found.items())

    @property
    def moved(self) -> JobMoved:
        """What is written."""
        job = self.busy.jobs[0]
        return JobMoved(
            job=job.id,
            account=job.account_id,
            pipeline=job.pipeline_id,
            from_pipeline=job.pipeline_id,
            from_stage=job.stage_id,
            to_stage=job.stage_id,
        )

    def acts(self) -> dict[str, Act]:
        """What is measured."""
        chance, firms = random.Random(7), list(self.heads)
        return {
            "a change, of one firm": lambda: self.change(self.busy.id),
            "a change, of 100 firms": lambda: self.change(chance.choice(firms)),
            "back: 5 behind": lambda: self.come_back(self.busy.id, 5),
            "back: 90 behind": lambda: self.come_back(self.busy.id, 90),
            "back: 45 behind, a quiet firm": lambda: self.come_back(chance.choice(self.quiet), 45),
            "where 100 logs are": lambda: heads(firms),
            "history of a job": lambda: self.read_history(1),
            f"histories of {JOBS} jobs": lambda: self.read_history(JOBS),
        }

    async def change(self, firm_id: UUID) -> None:
        """A transaction that does nothing but tell the log."""
        async with in_transaction():
            await append(Actor.member(firm_id, self.busy.members[0].id), [self.moved], datetime.now(UTC))

    async def come_back(self, firm_id: UUID, behind: int) -> None:
        """Read what a client missed that was so many revisions behind when the log was filled."""
        tail = await read_log(firm_id, self.heads[firm_id] - behind, limit=behind)
        if len(tail.logged) != behind:
            raise SystemExit("The log does not have what was written to it.")

    async def read_history(self, jobs: int) -> None:
        """The first page of each job."""
        ids = [job.id for job in self.busy.jobs[:jobs]]
        found = await read_histories(Scope.whole(self.busy.id), ids, reached=Reached(), limit=PAGE)
        if any(len(page) != PAGE for page in found.values()):
            raise SystemExit("A history is not whole.")

    def timed(self, act: Act) -> Callable[[], Awaitable[float]]:
        """Milliseconds, the median of so many times."""

        async def measure() -> float:
            taken = []
            with self.context:
                for _ in range(TIMES):
                    started = time.perf_counter()
                    await act()
                    taken.append((time.perf_counter() - started) * 1000)
            return median(taken)

        return measure


async def benchmark(house: House, *, events: int = LONG, months: int = MONTHS) -> None:
    """The same statements of the product on each, by turns."""
    lengths = (SHORT, events)
    async with AsyncExitStack() as stack:
        logs = {
            (kept, length): await stack.enter_async_context(_log(house, kept, length, months))
            for kept in KEPT
            for length in lengths
        }
        heading(f"{months} months, {QUIET_FIRMS + 1} firms, ms (median of {ROUNDS} rounds of {TIMES})")
        short_and_long = (*(f"{length:,}" for length in lengths), "ratio")
        columns = [f"{kept} {what}" for kept in KEPT for what in short_and_long]
        last = " ÷ ".join(reversed(KEPT))
        acts = {name: log.acts() for name, log in logs.items()}
        rows = []
        for act in acts[next(iter(logs))]:
            measures = {name: log.timed(acts[name][act]) for name, log in logs.items()}
            found = await taking_turns({"|".join(map(str, name)): one for name, one in measures.items()}, ROUNDS)
            (one, one_long), (by, by_long) = [[found[f"{kept}|{length}"] for length in lengths] for kept in KEPT]
            rows.append(
                (
                    act,
                    *(median(one), median(one_long), ratio(one_long, one)),
                    *(median(by), median(by_long), ratio(by_long, by)),
                    ratio(by_long, one_long),
                )
            )
        table(["", *columns, f"{last}, long"], rows)


@asynccontextmanager
async def _log(house: House, kept: str, length: int, months: int) -> AsyncIterator[Log]:
    """A database of its own, with so many events."""
    url = await new_database(house, f"log_{kept.replace(' ', '_')}_{length}")
    context = TortoiseContext()
    await context.init(config=_config(url, 4, 600))
    try:
        with context:
            if kept == ONE_TABLE:
                for statement in _AS_ONE_TABLE:
                    await sql(statement)
            busy = await build_firm(jobs=JOBS)
            await sql(_AGE)
            quiet = [(await build_firm(jobs=0, stages=1, accounts=1, members=1)).id for _ in range(QUIET_FIRMS)]
            if kept == BY_MONTH:
                for ago in range(months):
                    await make_partitions(datetime.now(UTC) - timedelta(days=30.4 * ago))
        log = Log(context, busy, quiet)
        await log.fill(length, months)
        yield log
    finally:
        await context.close_connections()


async def new_database(house: House, name: str) -> str:
    """The URL of another database, with all migrations."""
    admin = await asyncpg.connect(**credentials(house.database_url))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = house.database_url.replace("/jobwire?", f"/{name}?", 1)
    async with TortoiseContext():
        await run_migrations(config=_config(url, 2, 60), target="models.__latest__")
    return url


async def _as_asked(house: House) -> None:
    numbers = (int(word) for word in sys.argv[1:] if word.isdecimal())
    asked = dict(zip(("events", "months"), numbers, strict=False))
    await benchmark(house, **asked)


if __name__ == "__main__":
    run(_as_asked)
