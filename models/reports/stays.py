"""Stays, from the log: from when until when a job was somewhere, also of jobs that are not there any more.

What a job went through is in the log as far back as that goes. Where it stood before follows from the first event that
says what it left, or, where none does, from where it still is.
"""

from dataclasses import dataclass

from models.reports.parts import Source
from models.reports.values import Values
from models.rows import Category, Job
from models.scope import Scope


@dataclass(frozen=True, slots=True)
class Course:
    """What stays are of: SQL over an `event` for what the job was on after it and before it, null where it does not
    say; and for the same of its row."""

    after: str
    before: str
    row: str
    #: Whether an archived job is nowhere.
    without_archived: bool


ON_STAGES = Course(
    after="coalesce(event.data->>'to_stage', event.data->>'stage')",
    before="event.data->>'from_stage'",
    row="job.stage_id",
    without_archived=True,
)
UNDER_STATUSES = Course(
    after="event.data->>'to_status'",
    before="event.data->>'from_status'",
    row="job.status_id",
    without_archived=False,
)

# What became of each job, in order. A job of whose opening the log knows nothing begins with an `origin`, where it was
# when the log begins, or when it was opened. Then what is not said of a moment is what was said before. A card that is
# archived leaves its stage, wherever it is put meanwhile, and one that is restored comes back. Nothing ends before it
# began, though the clocks of two servers differ a little.
_STAYS = """
WITH begun AS MATERIALIZED (
  SELECT coalesce((SELECT at FROM event WHERE firm_id = {firm} ORDER BY revision LIMIT 1), 'infinity') AS at
), told AS MATERIALIZED (
  SELECT event.job, event.revision, event.index, event.at, event.type = 'JobDeleted' AS gone,
    event.type = 'JobCreated' AS opened, event.data->>'account' AS account, event.data->>'pipeline' AS pipeline,
    coalesce(event.data->>'from_pipeline', event.data->>'pipeline') AS pipeline_before,
    {after} AS after, {before} AS before,
    CASE event.type WHEN 'JobStatusChanged' THEN coalesce(changed.category = '{archived}', false) END AS archived,
    CASE event.type WHEN 'JobStatusChanged' THEN coalesce(former.category = '{archived}', false) END AS archived_before
  FROM event LEFT JOIN status AS changed
      ON changed.firm_id = {firm} AND changed.id::text = event.data->>'to_status'
    LEFT JOIN status AS former ON former.firm_id = {firm} AND former.id::text = event.data->>'from_status'
  WHERE event.firm_id = {firm} AND event.type IN ('JobCreated', 'JobMoved', 'JobStatusChanged', 'JobDeleted')
), first AS (
  SELECT job, bool_or(opened) AS opened, min(account) AS account,
    (array_agg(pipeline_before ORDER BY revision, index))[1] AS pipeline,
    (array_agg(before ORDER BY revision, index) FILTER (WHERE before IS NOT NULL))[1] AS before,
    (array_agg(archived_before ORDER BY revision, index) FILTER (WHERE archived_before IS NOT NULL))[1] AS archived
  FROM told GROUP BY job
), turns AS (
  SELECT job, revision, index, at, gone, false AS origin, account, pipeline, after, archived FROM told
  UNION ALL
  SELECT coalesce(first.job, job.id), 0, 0, greatest((SELECT at FROM begun), job.created_at), false, true,
    coalesce(first.account, job.account_id::text), coalesce(first.pipeline, job.pipeline_id::text),
    coalesce(first.before, {row}::text), coalesce(first.archived, job.archived_at IS NOT NULL)
  FROM first FULL JOIN (SELECT * FROM job WHERE firm_id = {firm}) AS job ON job.id = first.job
  WHERE first.opened IS NOT TRUE
), numbered AS (
  SELECT *, count(after) OVER past AS afters, count(archived) OVER past AS archives FROM turns
  WINDOW past AS (PARTITION BY job ORDER BY revision, index)
), filled AS (
  SELECT job, revision, index, at, origin, account, pipeline, CASE WHEN NOT gone AND NOT ({archives})
    THEN max(after) OVER (PARTITION BY job, afters) END AS thing
  FROM (SELECT *, coalesce(bool_or(archived) OVER (PARTITION BY job, archives), false) AS away FROM numbered) AS known
), changed AS (
  SELECT *, (thing, pipeline) IS DISTINCT FROM (lag(thing) OVER past, lag(pipeline) OVER past)
    OR row_number() OVER past = 1 AS changes
  FROM filled WINDOW past AS (PARTITION BY job ORDER BY revision, index)
), held AS (
  SELECT *, greatest(lead(at) OVER (PARTITION BY job ORDER BY revision, index), at) AS until,
    lead(at) OVER (PARTITION BY job ORDER BY revision, index) IS NULL AS lasts FROM changed WHERE changes
)
SELECT {firm}::uuid AS firm_id, job, revision, account::uuid AS account, pipeline::uuid AS pipeline,
  thing::uuid AS thing, at AS since, CASE WHEN NOT lasts THEN until END AS until, origin FROM held
WHERE thing IS NOT NULL AND (lasts OR until > at)
"""


def stays(course: Course, scope: Scope, values: Values) -> Source:
    """The stays of a firm's jobs as rows of a report, called `stay`. Each is where it was: at its account, in the
    pipeline that it was in then, and whoever sees both sees it."""
    text = _STAYS.format(
        firm=values.place(scope.firm_id),
        after=course.after,
        before=course.before,
        row=course.row,
        archived=Category.ARCHIVED,
        archives="away" if course.without_archived else "false",
    )
    return Source(
        tables=f"({text}) AS stay",
        where="true",
        policy=Job.policy,
        firm="stay.firm_id",
        account="stay.account",
        pipeline="stay.pipeline",
        row="(stay.job, stay.revision)",
    )
