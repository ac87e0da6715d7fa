"""Reports on how work flows, how old it is and what needs attention, of 100,000 jobs and a log of 600,000
events, beside SQL that gives the same by hand.

`python -m bench.flow`
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.reports import FACTOR, MORE_MS, MOST_MS, clock, fill_places, partly, print_plan
from models.connection import credentials
from models.database import fetch
from models.partitions import make_partitions
from models.queries import Q
from models.reports.ages import age_report
from models.reports.attention import Wanted as Minded
from models.reports.attention import attention_report
from models.reports.flow import FlowFilter, flow_report, stage_time_report, throughput_report
from models.reports.frame import Wanted
from models.reports.sight import Asker
from models.rows import Category, Firm, Status
from models.scope import Scope

JOBS, QUICK_JOBS = 100_000, 10_000
#: Over how many days jobs were opened, and of how many the reports are.
DAYS, LOOKED_AT = 365, 90
ROUNDS = 5
ROWS = 1_000

_JOBS = """
WITH accounts AS (SELECT id, row_number() OVER () AS n FROM account WHERE firm_id = $1 AND name LIKE 'Account %'),
opened AS (SELECT j, $5::timestamptz + make_interval(secs => j * $6::float * 86400 / $7::int) AS at
  FROM generate_series(1, $7::int) AS j)
INSERT INTO job (id, version, firm_id, account_id, pipeline_id, stage_id, status_id, name, name_order, description,
  priority, position, stage_entered_at, stay, client_status_visible, client_status_description, created_at, updated_at,
  due_date, deadline)
SELECT uuidv7(), 1, $1, accounts.id, $2, $3, $4, 'Job ' || j, 'job ' || j, '', 'MEDIUM', lpad(j::text, 8, '0'), at, 1,
  false, '', at, at, CASE WHEN j % 3 > 0 THEN at::date + 20 + j % 30 END, CASE WHEN j % 5 = 0 THEN at::date + 60 END
FROM opened JOIN accounts ON accounts.n = 1 + j * 31 % (SELECT count(*) FROM accounts)
"""
# Every job goes through all stages, in a time of its own, and is completed at the end; one of ten is then deleted.
# As much of that as has happened by now is in the log.
_EVENTS = """
WITH steps AS (
  SELECT job.id, job.account_id, job.pipeline_id, n,
    job.created_at + make_interval(hours => n * (60 + abs(hashtext(job.id::text)) % 60)) AS at
  FROM job, generate_series(0, $3::int + 1) AS n WHERE job.firm_id = $1 AND job.name_order LIKE 'job %'
    AND (n <= $3::int OR hashtext(job.id::text) % 10 = 0)
), told AS (
  SELECT id, at, CASE WHEN n = 0 THEN 'JobCreated' WHEN n < $3::int THEN 'JobMoved'
      WHEN n = $3::int THEN 'JobStatusChanged' ELSE 'JobDeleted' END AS type,
    jsonb_build_object('job', id, 'account', account_id, 'pipeline', pipeline_id) || CASE
      WHEN n = 0 THEN jsonb_build_object('stage', ($2::text[])[1])
      WHEN n < $3::int THEN jsonb_build_object(
        'from_pipeline', pipeline_id, 'from_stage', ($2::text[])[n], 'to_stage', ($2::text[])[n + 1])
      WHEN n = $3::int THEN jsonb_build_object('from_status', $4::text, 'to_status', $5::text)
      ELSE jsonb_build_object('name', 'Job') END AS data
  FROM steps WHERE at < now()
)
INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, at)
SELECT $1, (SELECT revision FROM firm WHERE id = $1) + row_number() OVER (ORDER BY at, id), 0, type, data, id, id,
  '{"kind": "SCHEDULE"}', at FROM told
"""
_ENDS = (
    "UPDATE job SET status_id = $2, completed_at = event.at, updated_at = event.at FROM event "
    "WHERE event.job = job.id AND event.type = 'JobStatusChanged' AND job.firm_id = $1",
    "DELETE FROM job USING event WHERE event.job = job.id AND event.type = 'JobDeleted' AND job.firm_id = $1 "
    "AND $2::uuid IS NOT NULL",
)

_TURNS = """
SELECT job, data->>'account' AS account, data->>'pipeline' AS pipeline,
  coalesce(data->>'to_stage', data->>'stage')::uuid AS stage, at,
  lead(at) OVER (PARTITION BY job ORDER BY revision, index) AS until
FROM event WHERE firm_id = $1 AND type IN ('JobCreated', 'JobMoved', 'JobDeleted')
"""
_SEEN = "account::uuid IN (SELECT unnest($4::uuid[])) AND pipeline::uuid IN (SELECT unnest($5::uuid[]))"
_TIMES = """count(*) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM until - at)) AS median,
  percentile_cont(0.85) WITHIN GROUP (ORDER BY extract(epoch FROM until - at)) AS high"""
#: What somebody would write: the first figure of each row, in the report's order.
BY_HAND = {
    "cards by day and stage": f"""
    WITH turns AS MATERIALIZED (SELECT * FROM ({_TURNS}) AS t WHERE stage IS NOT NULL AND {{seen}}), changes AS (
      SELECT stage, greatest(at::date, $2) AS day, 1 AS n FROM turns WHERE at::date <= $3 UNION ALL
      SELECT stage, greatest(until::date, $2), -1 FROM turns WHERE until::date <= $3 UNION ALL
      SELECT stage, day::date, 0 FROM (SELECT DISTINCT stage FROM turns) AS stages,
        generate_series($2::timestamp, $3::timestamp, interval '1 day') AS day
    )
    SELECT day, stage, sum(sum(n)) OVER (PARTITION BY stage ORDER BY day) AS number FROM changes GROUP BY day, stage
    """,
    "time by stage": f"""
    SELECT stage, {_TIMES} FROM ({_TURNS}) AS turns
    WHERE stage IS NOT NULL AND until::date BETWEEN $2 AND $3 AND {{seen}} GROUP BY stage
    """,
    "throughput by week": f"""
    SELECT date_trunc('week', until)::date AS week, {_TIMES} FROM (
      SELECT e.data->>'account' AS account, e.data->>'pipeline' AS pipeline, e.at AS until, coalesce(job.created_at, (
        SELECT at FROM event WHERE subject = e.job AND type = 'JobCreated')) AS at
      FROM event AS e JOIN status ON status.id = (e.data->>'to_status')::uuid LEFT JOIN job ON job.id = e.job
      WHERE e.firm_id = $1 AND e.type = 'JobStatusChanged' AND status.category = 'COMPLETED' AND e.at >= $2::date - 1
    ) AS done WHERE until::date BETWEEN $2 AND $3 AND {{seen}} GROUP BY week
    """,
    "age by stage": """
    SELECT stage_id, count(*) AS number, max(age) AS oldest, percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median,
      percentile_cont(0.85) WITHIN GROUP (ORDER BY age) AS high,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY on_stage) AS median_on,
      percentile_cont(0.85) WITHIN GROUP (ORDER BY on_stage) AS high_on
    FROM (SELECT *, account_id AS account, pipeline_id AS pipeline, $3::date - created_at::date AS age,
      $3::date - stage_entered_at::date AS on_stage FROM job) AS job JOIN status ON status.id = job.status_id
    WHERE job.firm_id = $1 AND category IN ('ACTIVE', 'CUSTOM') AND $2::date IS NOT NULL AND {seen} GROUP BY stage_id
    """,
    "attention": """
    WITH minded AS MATERIALIZED (
      SELECT job.id, due_date, deadline, stage_entered_at, job.created_at, job.updated_at, due_date < $3 AS late,
        deadline <= $3 + 7 AS near,
        stage_entered_at + make_interval(mins => stage.time_limit) < now() AS over,
        NOT EXISTS (SELECT FROM job_assignee WHERE job_id = job.id) AS free,
        job.updated_at < now() - interval '14 days' AND NOT EXISTS (
          SELECT FROM event WHERE event.job = job.id AND event.at >= now() - interval '14 days') AS idle
      FROM (SELECT *, account_id AS account, pipeline_id AS pipeline FROM job) AS job
        JOIN status ON status.id = job.status_id JOIN stage ON stage.id = job.stage_id
      WHERE job.firm_id = $1 AND category IN ('ACTIVE', 'CUSTOM') AND $2::date IS NOT NULL AND {seen}
    )
    SELECT * FROM (VALUES
      ((SELECT count(*) FROM minded WHERE late),
        ARRAY(SELECT id FROM minded WHERE late ORDER BY due_date, id LIMIT 10)),
      ((SELECT count(*) FROM minded WHERE near),
        ARRAY(SELECT id FROM minded WHERE near ORDER BY deadline, id LIMIT 10)),
      ((SELECT count(*) FROM minded WHERE over),
        ARRAY(SELECT id FROM minded WHERE over ORDER BY stage_entered_at, id LIMIT 10)),
      ((SELECT count(*) FROM minded WHERE free),
        ARRAY(SELECT id FROM minded WHERE free ORDER BY created_at, id LIMIT 10)),
      ((SELECT count(*) FROM minded WHERE idle),
        ARRAY(SELECT id FROM minded WHERE idle ORDER BY updated_at, id LIMIT 10))
    ) AS found(number, ids) WHERE number > 0
    """,
}


@dataclass(frozen=True, slots=True)
class Office:
    """A firm with a long log, and what somebody sees of it."""

    firm_id: UUID
    scope: Scope
    today: date
    now: datetime

    async def report(self, called: str) -> list[int]:
        """As the API makes it: the first figure of each row."""

        async def today() -> date:
            return self.today

        if called == "attention":
            told = await attention_report(self, Q(), Minded(None, 7, 14, 10))
            return sorted(row.count for row in told.rows)
        asker, days = Asker(self.scope, lambda: self.firm_id), FlowFilter(self._first, self.today)
        of_log: dict[str, tuple[Callable[..., Awaitable[Any]], tuple[str, ...]]] = {
            "cards by day and stage": (flow_report, ("day", "stage")),
            "time by stage": (stage_time_report, ("stage",)),
            "throughput by week": (throughput_report, ("week",)),
        }
        if called in of_log:
            make, group_by = of_log[called]
            summary = await make(asker, days, Wanted(group_by, None, ROWS), today)
        else:
            summary = await age_report(asker, None, Wanted(("stage",), None, ROWS), today)
        return sorted(next(iter(row.sums.values())) for row in summary.rows)

    async def bare(self, called: str) -> list[int]:
        """By hand."""
        sight = [] if self.scope.accounts is None else [self.scope.accounts, self.scope.pipelines]
        statement = BY_HAND[called].format(seen=_SEEN if sight else "true")
        rows = await fetch(statement, self.firm_id, self._first, self.today, *sight)
        return sorted(int(row["number"]) for row in rows if row["number"])

    @property
    def _first(self) -> date:
        return self.today - timedelta(LOOKED_AT - 1)


async def _fill(house: House, jobs: int) -> BenchFirm:
    firm, now = await build_firm(jobs=0), datetime.now(UTC)
    # The days of the SQL by hand.
    await Firm.filter(id=firm.id).update(time_zone="UTC")
    began = now - timedelta(DAYS)
    for days in range(0, DAYS, 28):
        await make_partitions(began + timedelta(days))
    statuses = {status.category: status.id for status in await Status.filter(pipeline_id=firm.pipeline.id)}
    active, completed = statuses[Category.ACTIVE], statuses[Category.COMPLETED]
    stages: Sequence[UUID] = [stage.id for stage in firm.stages]
    # A connection of its own: those of the product end what takes long.
    connection = await asyncpg.connect(**credentials(house.database_url))
    await fill_places(connection, firm)
    await connection.execute(_JOBS, firm.id, firm.pipeline.id, stages[0], active, began, DAYS, jobs)
    told = [str(stage) for stage in stages]
    await connection.execute(_EVENTS, firm.id, told, len(stages), str(active), str(completed))
    for statement in _ENDS:
        await connection.execute(statement, firm.id, completed)
    for name in ("event", "job", "account", "account_tag", "status", "stage"):
        await connection.execute(f"VACUUM ANALYZE {name}")
    await connection.close()
    return firm


async def benchmark(house: House) -> None:
    """Milliseconds from the question to the figures."""
    jobs = QUICK_JOBS if house.quick else JOBS
    firm = await _fill(house, jobs)
    half = await partly(firm)
    assert half.pipelines is not None
    now = datetime.now(UTC)
    sights = {
        "all of it": Scope.whole(firm.id),
        "half of it": Scope(firm.id, half.audience, half.rights, half.accounts, half.pipelines | {firm.pipeline.id}),
    }
    (log,) = await fetch("SELECT count(*) FROM event WHERE firm_id = $1", firm.id)
    heading(f"{jobs:,} jobs, {log[0]:,} events, {LOOKED_AT} days, ms (median of {ROUNDS} rounds)")
    rows: list[tuple[str, float, float, float]] = []
    for sight, scope in sights.items():
        office = Office(firm.id, scope, now.date(), now)
        for called in BY_HAND:
            if await office.report(called) != await office.bare(called):
                raise SystemExit(f"{called}: they do not say the same.")
            variants = {
                "ours": clock(lambda office=office, called=called: office.report(called)),  # type: ignore[misc]
                "bare": clock(lambda office=office, called=called: office.bare(called)),  # type: ignore[misc]
            }
            found = await taking_turns(variants, ROUNDS)
            ours, bare = median(found["ours"]), median(found["bare"])
            rows.append((f"{called}; {sight}", ours, bare, ratio(found["ours"], found["bare"])))
    table(["report; who sees", "report", "bare SQL", "÷"], rows)
    whole = Office(firm.id, sights["all of it"], now.date(), now)
    for called in ("cards by day and stage", "throughput by week"):
        await print_plan(lambda called=called: whole.report(called), f"on {called}", "JobStatusChanged")  # type: ignore[misc]
    worst = max((row[3] for row in rows if row[1] > row[2] + MORE_MS), default=1.0)
    house.goals.append(Goal("a report on flow, ms", max(row[1] for row in rows), MOST_MS, unit=" ms"))
    house.goals.append(Goal(f"a report on flow ÷ bare SQL, where it is {MORE_MS} ms more", worst, FACTOR))


if __name__ == "__main__":
    run(benchmark)
