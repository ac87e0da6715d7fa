"""The report on capacity of a firm with much to do, and SQL that somebody would write for the same: day by day.

`python -m bench.reports` measures it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from models.database import fetch_planned
from models.reports.capacity import CapacityFilter, capacity_report
from models.reports.frame import Summary, Wanted
from models.reports.sight import Asker
from models.scope import Scope

#: Weeks ahead, of which most is planned, and weeks past, of which all is tracked.
AHEAD, PAST = "the next eight weeks", "the year past"
#: Of how many jobs one is open with a budget, and how many tasks there are for each of the others that has some.
EVERY, TASKS = 10, 3

_WORK = (
    "UPDATE job SET completed_at = now() WHERE firm_id = $1 AND hashtext(id::text) % $2::int NOT IN (0, 1)",
    "UPDATE job SET budget = 600 + abs(hashtext(name)) % 3000, due_date = $2::date + abs(hashtext(name)) % 90 "
    "WHERE firm_id = $1 AND name LIKE 'Job %' AND hashtext(id::text) % $3::int = 0",
    """
    INSERT INTO job_assignee (job_id, member_id)
    SELECT job.id, member.id FROM job
    JOIN (SELECT id, row_number() OVER () AS n FROM member WHERE firm_id = $1) AS member
      ON member.n = 1 + abs(hashtext(job.name)) % (SELECT count(*) FROM member WHERE firm_id = $1)
    WHERE job.firm_id = $1 AND job.name LIKE 'Job %' AND hashtext(job.id::text) % $2::int = 0
    """,
    # Most are done, as they would be.
    """
    WITH made AS (
      INSERT INTO task
        (id, version, firm_id, account_id, name, description, state, priority, estimate, due_date, created_at)
      SELECT uuidv7(), 1, $1, job.account_id, job.id::text, '',
        CASE WHEN job.completed_at IS NULL THEN 'PLANNED' ELSE 'COMPLETED' END, 'MEDIUM', 30 + n * 7,
        $2::date + abs(hashtext(job.name) + n) % 60, now()
      FROM job, generate_series(1, $4::int) AS n
      WHERE job.firm_id = $1 AND (job.completed_at IS NULL AND hashtext(job.id::text) % $3::int = 1
        OR job.completed_at IS NOT NULL)
      RETURNING id, name::uuid AS job_id, state, firm_id
    ), linked AS (
      INSERT INTO job_item (firm_id, job_id, kind, item, open, open_since, open_since_stay, stays, minutes, linked_at)
      SELECT firm_id, job_id, 'task', id, state = 'PLANNED', CASE WHEN state = 'PLANNED' THEN now() END,
        CASE WHEN state = 'PLANNED' THEN 1 END, '{}', 0, now() FROM made
    )
    INSERT INTO task_assignee (task_id, member_id)
    SELECT made.id, member.id FROM made
    JOIN (SELECT id, row_number() OVER () AS n FROM member WHERE firm_id = $1) AS member
      ON member.n = 1 + abs(hashtext(made.id::text)) % (SELECT count(*) FROM member WHERE firm_id = $1)
    """,
)

# Each has one assignee, starts at once and is due later: what is to be split is none of the comparison.
_BY_HAND = """
WITH day AS MATERIALIZED (
  SELECT d::date AS day, d::date - ((d::date - $3::date) % 7) AS week, row_number() OVER (ORDER BY d) AS n
  FROM generate_series($2::date::timestamp, $2::date + interval '100 days', '1 day') AS d
  WHERE extract(isodow FROM d) < 6
), work AS (
  SELECT t.account_id, j.pipeline_id, t.estimate::bigint AS minutes, t.due_date, a.member_id
  FROM task AS t JOIN job_item AS l ON l.item = t.id AND l.unlinked_at IS NULL JOIN job AS j ON j.id = l.job_id
  JOIN task_assignee AS a ON a.task_id = t.id WHERE t.firm_id = $1 AND t.state IN ('PLANNED', 'IN_PROGRESS')
  UNION ALL
  SELECT j.account_id, j.pipeline_id, j.budget - coalesce(s.minutes, 0), j.due_date, a.member_id
  FROM job AS j JOIN job_assignee AS a ON a.job_id = j.id LEFT JOIN LATERAL (
    SELECT sum(minutes) AS minutes FROM job_item WHERE job_id = j.id AND kind = 'time_entry' AND unlinked_at IS NULL
  ) AS s ON true
  WHERE j.firm_id = $1 AND j.budget IS NOT NULL AND j.completed_at IS NULL
), counted AS (
  SELECT work.*, (SELECT count(*) FROM day WHERE day.day <= due_date) AS days FROM work WHERE minutes > 0
), rows AS (
  SELECT member_id, week, account_id, pipeline_id, minutes * n / days - minutes * (n - 1) / days AS planned,
    0 AS tracked
  FROM counted JOIN day ON day.day <= due_date WHERE days > 0 AND week BETWEEN $3 AND $4
  UNION ALL
  SELECT member_id, $2::date - (($2::date - $3::date) % 7), account_id, pipeline_id, minutes, 0
  FROM counted WHERE days = 0 AND $2::date BETWEEN $3 AND $4::date + 6
  UNION ALL
  SELECT e.member_id, e.day - ((e.day - $3::date) % 7), e.account_id, j.pipeline_id, 0, e.minutes
  FROM time_entry AS e LEFT JOIN job_item AS l ON l.item = e.id AND l.kind = 'time_entry' AND l.unlinked_at IS NULL
  LEFT JOIN job AS j ON j.id = l.job_id
  WHERE e.firm_id = $1 AND e.day BETWEEN $3 AND $4::date + 6 AND e.started_at IS NULL
)
SELECT week, member_id, {seen} AS seen, sum(planned)::bigint AS planned, sum(tracked)::bigint AS tracked FROM rows
GROUP BY 1, 2, 3
"""
_SEEN = (
    "account_id IN (SELECT unnest($5::uuid[])) AND (pipeline_id IS NULL OR pipeline_id IN (SELECT unnest($6::uuid[])))"
)


async def give_work(connection: asyncpg.Connection, firm_id: UUID, today: date) -> None:
    """See to it that a part of the jobs is open, with a budget or with tasks."""
    complete, budgets, assign, tasks = _WORK
    await connection.execute(complete, firm_id, EVERY)
    await connection.execute(budgets, firm_id, today, EVERY)
    await connection.execute(assign, firm_id, EVERY)
    await connection.execute(tasks, firm_id, today, EVERY, TASKS)
    for name in ("task", "task_assignee", "job_assignee"):
        await connection.execute(f"VACUUM ANALYZE {name}")


@dataclass(frozen=True, slots=True)
class Planning:
    """Who plans the team of a firm, on a day."""

    firm_id: UUID
    member_id: UUID
    scope: Scope
    today: date
    weeks: str

    @property
    def _days(self) -> tuple[date, date]:
        """The first days of the first and of the last week. They begin on Mondays."""
        present = self.today - timedelta(self.today.weekday())
        first, last = (0, 7) if self.weeks == AHEAD else (-52, 0)
        return present + timedelta(7 * first), present + timedelta(7 * last)

    async def report(self) -> Summary:
        """As the API makes it."""

        async def today() -> date:
            return self.today

        asker = Asker(self.scope, lambda: self.member_id)
        return await capacity_report(asker, CapacityFilter(*self._days), Wanted(("week", "member"), None, 100), today)

    async def bare(self) -> list[Any]:
        """By hand."""
        whole = self.scope.accounts is None
        sight = [] if whole else [self.scope.accounts, self.scope.pipelines]
        return await fetch_planned(
            _BY_HAND.format(seen="true" if whole else _SEEN), self.firm_id, self.today, *self._days, *sight
        )

    async def check(self) -> None:
        """Stops where they do not say the same."""
        ours, bare = await self.report(), await self.bare()
        by_hand = {(row["week"], row["member_id"]): row for row in bare if row["seen"]}
        assert ours.residual is not None
        for name in ("planned", "tracked"):
            for row in ours.rows:
                found = by_hand.get((row.of["week"], row.of["member"]))
                if row.sums[name] != (found[name] if found else 0):
                    raise SystemExit(f"Of capacity in {self.weeks} they do not say the same.")
            whole, hidden = ours.total.sums[name], ours.residual.sums[name]
            if (whole, hidden) != (
                sum(r[name] for r in bare),
                sum(r[name] for r in bare if not r["seen"]),
            ) or not whole:
                raise SystemExit(f"Of capacity in {self.weeks} they do not add up to the same.")

    def variants(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """What is compared."""
        return {"ours": self.report, "bare": self.bare}
