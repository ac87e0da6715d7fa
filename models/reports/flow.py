"""Reports on how work flows, from the log: how many cards were on each stage on each day, how long they stayed, how
long jobs were under custom statuses, and how many were completed in which time. Deleted jobs are among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from models.database import sql
from models.ids import Kind
from models.reports.dimensions import account, days, pipeline, tag
from models.reports.frame import Summary, Wanted, summarize, zone_of
from models.reports.narrowing import among, days_asked, names_things, require_chosen
from models.reports.parts import Dimension, Measure, Report, Running, Source
from models.reports.sight import Asker, Coverage, Today, coverage_of_seen, firm_asked
from models.reports.stays import ON_STAGES, UNDER_STATUSES, Course, stays
from models.reports.values import Values
from models.rows import Category, Firm, Job
from models.scope import Scope

#: How far back they look where nothing else was asked for.
USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Which days, and what of. None asks for nothing, of the days for the usual ones."""

    first_day: date | None = None
    last_day: date | None = None
    pipeline: Sequence[UUID] | None = None
    account: Sequence[UUID] | None = None
    tag: Sequence[UUID] | None = None


#: The rows of each report are made when it is asked for: of the firm, and of its days.
_MADE_LATER = Source(tables="", where="true", policy=Job.policy, firm="", account="", pipeline="")
# What is not there any more has no name: it is told of as one.
_PIPELINE = pipeline("pipeline.id")
_STAGE = Dimension("stage", "stage.id", Kind.STAGE)
_STATUS = Dimension("status", "status.id", Kind.STATUS)
_ACCOUNT, _TAG = account("stay.account"), tag("stay.account")
_MINUTES = "min(floor(extract(epoch FROM stay.until - stay.since) / 60))"
_TIMES = (
    Measure("median", _MINUTES, fraction=0.5),
    Measure("percentile85", _MINUTES, fraction=0.85),
)
_LEFT = days("(stay.until AT TIME ZONE {zone})::date")

CARDS = Report(
    _MADE_LATER,
    (Dimension("day", "turn.day"), _STAGE, _PIPELINE, _ACCOUNT, _TAG),
    (Measure("cards", "sum(turn.cards)"),),
)
STAGE_TIME = Report(_MADE_LATER, (_STAGE, _PIPELINE, _ACCOUNT, _TAG, *_LEFT), (Measure("stays", "count(*)"), *_TIMES))
STATUS_TIME = Report(_MADE_LATER, (_STATUS, _PIPELINE, _ACCOUNT, _TAG, *_LEFT), (Measure("stays", "count(*)"), *_TIMES))
THROUGHPUT = Report(_MADE_LATER, (_PIPELINE, _ACCOUNT, _TAG, *_LEFT), (Measure("jobs", "count(*)"), *_TIMES))


async def flow_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How many cards were on the stages at the end of each day."""
    question = await _Question.of(asker, filter, today)
    zone, first, last = question.zone, question.first, question.last
    source = stays(ON_STAGES, asker.scope, question.values)
    turn = (
        f"CROSS JOIN LATERAL (VALUES ((stay.since AT TIME ZONE {zone})::date, 1), "
        f"((stay.until AT TIME ZONE {zone})::date, -1)) AS turn(day, cards)"
    )
    source = replace(
        source,
        tables=f"{source.tables} {turn} {_NAMED.format(kind='stage')}",
        running=Running("turn.day", first, last),
    )
    return await question.answer(CARDS, source, wanted)


async def stage_time_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How long cards stayed on stages that they left on these days."""
    question = await _Question.of(asker, filter, today)
    return await question.answer(STAGE_TIME, question.ended(ON_STAGES, "stage"), wanted)


async def status_time_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How long jobs were under custom statuses that they left on these days."""
    question = await _Question.of(asker, filter, today)
    source = question.ended(UNDER_STATUSES, "status")
    # One that is not there any more was a custom one: the others stay.
    custom = f"coalesce(status.category, '{Category.CUSTOM}') = '{Category.CUSTOM}'"
    return await question.answer(STATUS_TIME, replace(source, where=f"{source.where} AND {custom}"), wanted)


async def throughput_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How many jobs were completed on these days, and how long they had been open then."""
    question = await _Question.of(asker, filter, today)
    return await question.answer(THROUGHPUT, question.completed(), wanted)


_NAMED = (
    "LEFT JOIN {kind} ON {kind}.id = stay.thing AND {kind}.firm_id = stay.firm_id "
    "LEFT JOIN pipeline ON pipeline.id = stay.pipeline AND pipeline.firm_id = stay.firm_id"
)
# A completion that lasts: one that was taken back is none. Restored from the archive, a job is as completed as before.
_COMPLETED = """
SELECT done.firm_id, done.job, done.revision, (done.data->>'account')::uuid AS account,
  (done.data->>'pipeline')::uuid AS pipeline, done.at AS until, coalesce(job.created_at, (
    SELECT at FROM event WHERE subject = done.job AND type = 'JobCreated' AND firm_id = {firm})) AS since
FROM (
  SELECT event.*, former.is_open AND changed.category = '{completed}' AS ends,
    coalesce(bool_or(changed.is_open) OVER (PARTITION BY event.job ORDER BY event.revision, event.index
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), false) AS reopened
  FROM event, LATERAL ({former}) AS former, LATERAL ({changed}) AS changed
  WHERE event.firm_id = {firm} AND event.type = 'JobStatusChanged'
    AND event.at >= {first}::timestamp AT TIME ZONE {zone} - interval '1 day'
) AS done LEFT JOIN job ON job.id = done.job AND job.firm_id = {firm}
WHERE done.ends AND NOT done.reopened
"""
_CATEGORY = """
SELECT category, coalesce(category, '{custom}') IN ('{active}', '{custom}') AS is_open
FROM (SELECT (SELECT category FROM status WHERE id = (event.data->>'{field}')::uuid AND firm_id = event.firm_id)) AS of
"""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of one of these reports: the values have their places."""

    asker: Asker
    filter: FlowFilter
    firm: Firm
    days: tuple[date, date]
    values: Values
    zone: str
    first: str
    last: str

    @classmethod
    async def of(cls, asker: Asker, filter: FlowFilter, today: Today) -> "_Question":
        """Refused, if the filter names what is not seen."""
        first_day, last_day = await days_asked(filter, today, USUAL_DAYS)
        await require_chosen(asker.scope, filter)
        firm, values = await firm_asked(asker), Values()
        zone = f"{values.place(zone_of(firm))}::text"
        places = (f"{values.place(day)}::date" for day in (first_day, last_day))
        return cls(asker, filter, firm, (first_day, last_day), values, zone, *places)

    def ended(self, course: Course, kind: str) -> Source:
        """The stays that ended on these days, of which the log has the beginning."""
        source = stays(course, self.asker.scope, self.values)
        return replace(
            source,
            tables=f"{source.tables} {_NAMED.format(kind=kind)}",
            where=f"NOT stay.origin AND {self._on_these_days}",
        )

    def completed(self) -> Source:
        """The jobs that were completed on these days: as stays, from when they were opened."""
        named = {"custom": Category.CUSTOM, "active": Category.ACTIVE}
        text = _COMPLETED.format(
            firm=self.values.place(self.asker.scope.firm_id),
            completed=Category.COMPLETED,
            first=self.first,
            zone=self.zone,
            former=_CATEGORY.format(field="from_status", **named),
            changed=_CATEGORY.format(field="to_status", **named),
        )
        of_pipeline = "LEFT JOIN pipeline ON pipeline.id = stay.pipeline AND pipeline.firm_id = stay.firm_id"
        return Source(
            tables=f"({text}) AS stay {of_pipeline}",
            where=self._on_these_days,
            policy=Job.policy,
            firm="stay.firm_id",
            account="stay.account",
            pipeline="stay.pipeline",
            row="(stay.job, stay.revision)",
        )

    @property
    def _on_these_days(self) -> str:
        return f"(stay.until AT TIME ZONE {self.zone})::date BETWEEN {self.first} AND {self.last}"

    async def answer(self, report: Report, source: Source, wanted: Wanted) -> Summary:
        """The report of these rows. What is out of sight is one sum of it, where the filter names nothing."""
        covers = coverage_of_seen(self.asker)
        columns = {"pipeline": "stay.pipeline", "account": "stay.account", "tag": "stay.account"}
        found = await summarize(
            replace(report, source=source),
            wanted,
            self.asker,
            covers,
            self.firm,
            among(self.filter, columns, self.values),
            self.values,
            with_residual=covers is Coverage.FIRM and not names_things(self.filter),
        )
        first_day, last_day = self.days
        since = await log_since(self.asker.scope, self.firm)
        return replace(found, first_day=first_day, last_day=last_day, log_since=since)


async def log_since(scope: Scope, firm: Firm) -> date | None:
    """The day of the first change that the firm's log still has. Of that day it may not have all."""
    rows = await sql(
        "SELECT (at AT TIME ZONE $2)::date AS day FROM event WHERE firm_id = $1 ORDER BY revision LIMIT 1",
        scope.firm_id,
        zone_of(firm),
    )
    return rows[0]["day"] if rows else None
