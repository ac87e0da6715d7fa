"""Reports on how work flows, how old it is and what needs attention, of 100,000 jobs and a log of a million events,
beside SQL that gives the same by hand.

`python -m bench.flow`
"""

from asyncio import to_thread
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
from models.database import fetch, fetch_planned
from models.forecasting import days_until_done
from models.partitions import make_partitions
from models.queries import Q
from models.reports.ages import age_report
from models.reports.attention import Wanted as Minded
from models.reports.attention import attention_report
from models.reports.flow import (
    FlowFilter,
    flow_report,
    stage_time_report,
    status_time_report,
    throughput_report,
)
from models.reports.forecast import forecast_report
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
# Every job goes through all stages, in a time of its own, and is completed at the end; one of ten is then deleted, and
# one of four was under a custom status on the first stage. As much of that as has happened by now is in the log, and
# time that was logged meanwhile.
_EVENTS = """
WITH parts AS (
  SELECT n::float AS n, n::int AS step FROM generate_series(0, $3::int + 1) AS n
  UNION ALL VALUES (0.25, -1), (0.75, -2), (0.3, -3), (1.3, -3), (2.3, -3), (3.3, -3)
), steps AS (
  SELECT job.id, job.account_id, job.pipeline_id, step AS n,
    job.created_at + make_interval(hours => (parts.n * (60 + abs(hashtext(job.id::text)) % 60))::int) AS at
  FROM job, parts WHERE job.firm_id = $1 AND job.name_order LIKE 'job %'
    AND (step <= $3::int OR hashtext(job.id::text) % 10 = 0)
    AND (step NOT IN (-1, -2) OR hashtext(job.id::text) % 4 = 0)
), told AS (
  SELECT id, at, CASE WHEN n = 0 THEN 'JobCreated' WHEN n = -3 THEN 'TimeLogged' WHEN n IN (-1, -2) THEN
      'JobStatusChanged' WHEN n < $3::int THEN 'JobMoved' WHEN n = $3::int THEN 'JobStatusChanged'
      ELSE 'JobDeleted' END AS type,
    jsonb_build_object('job', id, 'account', account_id, 'pipeline', pipeline_id) || CASE
      WHEN n = 0 THEN jsonb_build_object('stage', ($2::text[])[1])
      WHEN n = -1 THEN jsonb_build_object('from_status', $4::text, 'to_status', $6::text)
      WHEN n = -2 THEN jsonb_build_object('from_status', $6::text, 'to_status', $4::text)
      WHEN n = -3 THEN jsonb_build_object('member', id, 'minutes', 60, 'time_entry', id)
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
    "UPDATE job SET status_id = $2::uuid, completed_at = event.at, updated_at = event.at FROM event "
    "WHERE event.job = job.id AND event.type = 'JobStatusChanged' AND job.firm_id = $1 "
    "AND event.data->>'to_status' = $2::text",
    "DELETE FROM job USING event WHERE event.job = job.id AND event.type = 'JobDeleted' AND job.firm_id = $1 "
    "AND $2::text IS NOT NULL",
)

_SEEN = "account IN (SELECT unnest($4::uuid[])) AND pipeline IN (SELECT unnest($5::uuid[]))"
# A job that is in sight may have come from a pipeline that is not: nothing of what was done there is told.
_HEARD = "(data->>'account')::uuid = ANY($4) AND (data->>'pipeline')::uuid = ANY($5)"
_TIMES = """count(*) AS number,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM until - since)) AS median,
  percentile_cont(0.85) WITHIN GROUP (ORDER BY extract(epoch FROM until - since)) AS high"""
# What is out of sight in one, and what everything adds up to, are part of a report.
_STAYED = f"""
SELECT GROUPING(seen, thing) = 0 AND seen AS told, {_TIMES}
FROM (SELECT *, {{seen}} AS seen FROM stay) AS stay
WHERE firm_id = $1 AND course = '{{course}}' AND NOT away AND NOT origin AND until > since
  AND until >= $2::date - 1 AND until < $3::date + 2 AND until::date BETWEEN $2 AND $3
GROUP BY GROUPING SETS ((seen, thing), (seen), ())
"""
_IN_HAND = """
SELECT count(*) AS number FROM (SELECT *, account_id AS account, pipeline_id AS pipeline FROM job) AS job
  JOIN status ON status.id = job.status_id
WHERE job.firm_id = $1 AND category IN ('ACTIVE', 'CUSTOM') AND {seen} AND $2::date < $3::date
"""
_COMPLETED = """
SELECT until::date AS day, count(*) AS number FROM completion
WHERE firm_id = $1 AND until >= $2::date - 1 AND until < $3::date + 2 AND until::date BETWEEN $2 AND $3 AND {seen}
GROUP BY 1
"""
#: What somebody would write: the first figure of each row, in the report's order.
BY_HAND = {
    "cards by day and stage": """
    WITH stays AS MATERIALIZED (
      SELECT thing, {seen} AS seen, since::date AS since, until::date AS until FROM stay
      WHERE firm_id = $1 AND course = 'STAGE' AND NOT away AND until >= $2::date - 1 AND since < $3::date + 2
    ), changes AS MATERIALIZED (
      SELECT thing, seen, greatest(day, $2) AS day, sum(n) AS n
      FROM stays, LATERAL (VALUES (since, 1), (until, -1)) AS turn(day, n) WHERE day <= $3 GROUP BY 1, 2, 3 UNION ALL
      SELECT thing, seen, day::date, 0 FROM (SELECT DISTINCT thing, seen FROM stays) AS stages,
        generate_series($2::timestamp, $3::timestamp, interval '1 day') AS day
    )
    SELECT day, thing, seen AS told, sum(sum(n)) OVER (PARTITION BY thing, seen ORDER BY day) AS number
    FROM changes GROUP BY day, thing, seen
    """,
    "time by stage": _STAYED.replace("{course}", "STAGE"),
    "time by status": _STAYED.replace("{course}", "STATUS"),
    "throughput by week": f"""
    SELECT GROUPING(seen, week) = 0 AND seen AS told, {_TIMES}
    FROM (SELECT *, {{seen}} AS seen, date_trunc('week', until)::date AS week FROM completion) AS done
    WHERE firm_id = $1 AND until >= $2::date - 1 AND until < $3::date + 2 AND until::date BETWEEN $2 AND $3
    GROUP BY GROUPING SETS ((seen, week), (seen), ())
    """,
    "age by stage": """
    SELECT GROUPING(seen, stage_id) = 0 AND seen AS told, count(*) AS number, max(age) AS oldest,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median,
      percentile_cont(0.85) WITHIN GROUP (ORDER BY age) AS high,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY on_stage) AS median_on,
      percentile_cont(0.85) WITHIN GROUP (ORDER BY on_stage) AS high_on
    FROM (SELECT *, {seen} AS seen FROM (
      SELECT *, account_id AS account, pipeline_id AS pipeline, $3::date - created_at::date AS age,
        $3::date - stage_entered_at::date AS on_stage FROM job) AS job) AS job JOIN status ON status.id = job.status_id
    WHERE job.firm_id = $1 AND category IN ('ACTIVE', 'CUSTOM') AND $2::date IS NOT NULL
    GROUP BY GROUPING SETS ((seen, stage_id), (seen), ())
    """,
    "attention": """
    WITH minded AS MATERIALIZED (
      SELECT job.id, due_date, deadline, stage_entered_at, job.created_at, job.updated_at, due_date < $3 AS late,
        deadline <= $3 + 7 AS near,
        stage_entered_at + make_interval(mins => stage.time_limit) < now() AS over,
        NOT EXISTS (SELECT FROM job_assignee WHERE job_id = job.id) AS free,
        job.updated_at < now() - interval '14 days' AND NOT EXISTS (
          SELECT FROM event WHERE event.job = job.id AND event.at >= now() - interval '14 days' AND {heard}) AS idle
      FROM (SELECT *, account_id AS account, pipeline_id AS pipeline FROM job) AS job
        JOIN status ON status.id = job.status_id JOIN stage ON stage.id = job.stage_id
      WHERE job.firm_id = $1 AND category IN ('ACTIVE', 'CUSTOM') AND $2::date IS NOT NULL AND {seen}
    )
    SELECT true AS told, * FROM (VALUES
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

_TURNS = """
SELECT coalesce(data->>'to_stage', data->>'stage')::uuid AS stage, at,
  lead(at) OVER (PARTITION BY job ORDER BY revision, index) AS until
FROM event WHERE firm_id = $1 AND type IN ('JobCreated', 'JobMoved', 'JobDeleted')
"""
#: The same of all of it, as it would be read from the log.
FROM_LOG = {
    "cards by day and stage": f"""
    WITH turns AS MATERIALIZED (SELECT * FROM ({_TURNS}) AS t WHERE stage IS NOT NULL), changes AS (
      SELECT stage, greatest(at::date, $2) AS day, 1 AS n FROM turns WHERE at::date <= $3 UNION ALL
      SELECT stage, greatest(until::date, $2), -1 FROM turns WHERE until::date <= $3 UNION ALL
      SELECT stage, day::date, 0 FROM (SELECT DISTINCT stage FROM turns) AS stages,
        generate_series($2::timestamp, $3::timestamp, interval '1 day') AS day
    )
    SELECT true AS told, sum(sum(n)) OVER (PARTITION BY stage ORDER BY day) AS number FROM changes GROUP BY day, stage
    """,
    "time by stage": f"""
    SELECT true AS told, {_TIMES} FROM (SELECT *, at AS since FROM ({_TURNS}) AS turns) AS turns
    WHERE stage IS NOT NULL AND until::date BETWEEN $2 AND $3 GROUP BY stage
    """,
}
FORECAST = "forecast"


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
        if called == FORECAST:
            ahead = await forecast_report(asker, days, self.today)
            return [ahead.jobs, ahead.completed]
        of_log: dict[str, tuple[Callable[..., Awaitable[Any]], tuple[str, ...]]] = {
            "cards by day and stage": (flow_report, ("day", "stage")),
            "time by stage": (stage_time_report, ("stage",)),
            "time by status": (status_time_report, ("status",)),
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
        if called == FORECAST:
            (hand,), done = await self._asked(_IN_HAND), await self._asked(_COMPLETED)
            by_day = {row["day"]: row["number"] for row in done}
            past = [by_day.get(self._first + timedelta(number), 0) for number in range(LOOKED_AT)]
            await to_thread(days_until_done, hand["number"], past, (0.5, 0.85, 0.95))
            return [hand["number"], sum(past)]
        return _figures(await self._asked(BY_HAND[called]))

    async def from_log(self, called: str) -> list[int]:
        """By hand, from the log."""
        return _figures(await fetch_planned(FROM_LOG[called], self.firm_id, self._first, self.today))

    async def _asked(self, statement: str) -> list[Any]:
        sight = [] if self.scope.accounts is None else [self.scope.accounts, self.scope.pipelines]
        seen, heard = (_SEEN, _HEARD) if sight else ("true", "true")
        asked = statement.replace("{seen}", seen).replace("{heard}", heard)
        return await fetch_planned(asked, self.firm_id, self._first, self.today, *sight)

    @property
    def _first(self) -> date:
        return self.today - timedelta(LOOKED_AT - 1)


def _figures(rows: Sequence[Any]) -> list[int]:
    return sorted(int(row["number"]) for row in rows if row["told"] and row["number"])


async def _fill(house: House, jobs: int) -> BenchFirm:
    firm, now = await build_firm(jobs=0), datetime.now(UTC)
    # The days of the SQL by hand.
    await Firm.filter(id=firm.id).update(time_zone="UTC")
    began = now - timedelta(DAYS)
    for days in range(0, DAYS, 28):
        await make_partitions(began + timedelta(days))
    statuses = {status.category: status.id for status in await Status.filter(pipeline_id=firm.pipeline.id)}
    active, completed, custom = (statuses[of] for of in (Category.ACTIVE, Category.COMPLETED, Category.CUSTOM))
    stages: Sequence[UUID] = [stage.id for stage in firm.stages]
    # A connection of its own: those of the product end what takes long.
    connection = await asyncpg.connect(**credentials(house.database_url))
    await fill_places(connection, firm)
    await connection.execute(_JOBS, firm.id, firm.pipeline.id, stages[0], active, began, DAYS, jobs)
    told = [str(stage) for stage in stages]
    await connection.execute(_EVENTS, firm.id, told, len(stages), str(active), str(completed), str(custom))
    for statement in _ENDS:
        await connection.execute(statement, firm.id, str(completed))
    for name in ("event", "stay", "completion", "job", "account", "account_tag", "status", "stage"):
        await connection.execute(f"VACUUM ANALYZE {name}")
    await connection.close()
    return firm


#: The reports whose plans are printed, with what tells the statement of each.
_PLANNED = {
    "cards by day and stage": "FROM stay",
    "time by stage": "FROM stay",
    "throughput by week": "FROM completion",
    "attention": "OVERDUE",
}


async def _beside_the_log(whole: Office) -> None:
    """What is kept of the log spares reports: it is what the log says."""
    rows = []
    for called in FROM_LOG:
        if await whole.report(called) != await whole.from_log(called):
            raise SystemExit(f"{called}: the log says something else.")
        variants = {
            "ours": clock(lambda called=called: whole.report(called)),  # type: ignore[misc]
            "log": clock(lambda called=called: whole.from_log(called)),  # type: ignore[misc]
        }
        found = await taking_turns(variants, 3)
        rows.append((called, median(found["ours"]), median(found["log"]), ratio(found["ours"], found["log"])))
    table(["report; all of it", "report", "SQL over the log", "÷"], rows)


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
        for called in (*BY_HAND, FORECAST):
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
    await _beside_the_log(whole)
    for called, read in _PLANNED.items():
        await print_plan(lambda called=called: whole.report(called), f"the report on {called}", read)  # type: ignore[misc]
    worst = max((row[3] for row in rows if row[1] > row[2] + MORE_MS), default=1.0)
    house.goals.append(Goal("a report on flow, ms", max(row[1] for row in rows), MOST_MS, unit=" ms"))
    house.goals.append(Goal(f"a report on flow ÷ bare SQL, where it is {MORE_MS} ms more", worst, FACTOR))


if __name__ == "__main__":
    run(benchmark)
