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
    say; for the same of its row; and for the events that matter, beside those of opening and deleting."""

    after: str
    before: str
    row: str
    matters: str


_TO_ARCHIVE, _FROM_ARCHIVE = (
    f"coalesce(event.data->>'{field}' IN (SELECT id::text FROM archive), false)"
    for field in ("to_status", "from_status")
)
ON_STAGES = Course(
    after="coalesce(event.data->>'to_stage', event.data->>'stage')",
    before="event.data->>'from_stage'",
    row="job.stage_id",
    matters="event.type = 'JobMoved' AND event.data->>'from_stage' <> event.data->>'to_stage' "
    f"OR event.type = 'JobStatusChanged' AND ({_TO_ARCHIVE} OR {_FROM_ARCHIVE})",
)
UNDER_STATUSES = Course(
    after="event.data->>'to_status'",
    before="event.data->>'from_status'",
    row="job.status_id",
    matters="event.type = 'JobMoved' AND event.data->>'from_pipeline' <> event.data->>'pipeline' "
    "OR event.type = 'JobStatusChanged' AND event.data->>'from_status' <> event.data->>'to_status'",
)

# What became of each job, in order, and each moment ends what was before. A job of whose opening the log knows nothing
# begins with an `origin`, where it was when the log begins, or when it was opened. What is not said of a moment is what
# was said before. A job that is archived is nowhere, wherever its card is put meanwhile, and one that is restored comes
# back. Nothing ends before it began, though the clocks of two servers differ a little.
_STAYS = """
WITH archive AS MATERIALIZED (
  SELECT id FROM status WHERE firm_id = {firm} AND category = '{archived}'
), begun AS MATERIALIZED (
  SELECT coalesce((SELECT at FROM event WHERE firm_id = {firm} ORDER BY revision LIMIT 1), 'infinity') AS at
), opened AS MATERIALIZED (
  SELECT job FROM event WHERE firm_id = {firm} AND type = 'JobCreated'
), first AS (
  SELECT job, min(data->>'account') AS account,
    (array_agg(coalesce(data->>'from_pipeline', data->>'pipeline') ORDER BY revision, index))[1] AS pipeline,
    (array_agg({before} ORDER BY revision, index) FILTER (WHERE {before} IS NOT NULL))[1] AS before,
    (array_agg({from_archive} ORDER BY revision, index) FILTER (WHERE type = 'JobStatusChanged'))[1] AS archived
  FROM event WHERE firm_id = {firm} AND type IN ('JobMoved', 'JobStatusChanged', 'JobDeleted')
    AND NOT EXISTS (SELECT FROM opened WHERE opened.job = event.job) GROUP BY job
), turns AS (
  SELECT job, revision, index, at, type = 'JobDeleted' AS gone, false AS origin, (data->>'account')::uuid AS account,
    (data->>'pipeline')::uuid AS pipeline, ({after})::uuid AS after,
    CASE type WHEN 'JobStatusChanged' THEN {to_archive}::int - {from_archive}::int ELSE 0 END AS away
  FROM event WHERE firm_id = {firm} AND type IN ('JobCreated', 'JobMoved', 'JobStatusChanged', 'JobDeleted')
    AND (type IN ('JobCreated', 'JobDeleted') OR {matters})
  UNION ALL
  SELECT coalesce(first.job, job.id), 0, 0, greatest((SELECT at FROM begun), job.created_at), false, true,
    coalesce(first.account::uuid, job.account_id), coalesce(first.pipeline::uuid, job.pipeline_id),
    coalesce(first.before::uuid, {row}), coalesce(first.archived, job.archived_at IS NOT NULL)::int
  FROM first FULL JOIN (SELECT * FROM job WHERE firm_id = {firm}
    AND NOT EXISTS (SELECT FROM opened WHERE opened.job = job.id)) AS job ON job.id = first.job
), numbered AS (
  SELECT *, count(after) OVER past AS afters, sum(away) OVER past > 0 AS nowhere, lead(at) OVER past AS next
  FROM turns WINDOW past AS (PARTITION BY job ORDER BY revision, index)
), held AS (
  SELECT *, first_value(after) OVER (PARTITION BY job, afters ORDER BY revision, index) AS thing FROM numbered
)
SELECT {firm}::uuid AS firm_id, job, revision, account, pipeline, thing, at AS since, next AS until, origin FROM held
WHERE thing IS NOT NULL AND NOT gone AND NOT nowhere AND (next > at OR next IS NULL)
"""


def stays(course: Course, scope: Scope, values: Values) -> Source:
    """The stays of a firm's jobs as rows of a report, called `stay`. Each is where it was: at its account, in the
    pipeline that it was in then, and whoever sees both sees it."""
    text = _STAYS.format(
        firm=values.place(scope.firm_id),
        after=course.after,
        before=course.before,
        row=course.row,
        matters=course.matters,
        to_archive=_TO_ARCHIVE,
        from_archive=_FROM_ARCHIVE,
        archived=Category.ARCHIVED,
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
