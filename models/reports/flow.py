"""Reports on how work flows, of what the log keeps of it: how many cards were on each stage on each day, how long they
stayed, how long jobs were under custom statuses, and how many were completed in which time. Deleted jobs are among
them."""

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
from models.reports.stays import Course, completions, stays
from models.reports.values import Values
from models.rows import Firm, Job
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
_MINUTES = "floor(date_part('epoch', stay.until - stay.since) / 60)"
_TIMES = (
    Measure("median", _MINUTES, fraction=0.5),
    Measure("percentile85", _MINUTES, fraction=0.85),
)
_STAYS = Measure("stays", "count(*)", each="1")
_LEFT = days("(stay.until AT TIME ZONE {zone})::date")

CARDS = Report(
    _MADE_LATER,
    (Dimension("day", "turn.day"), _STAGE, _PIPELINE, _ACCOUNT, _TAG),
    (Measure("cards", "sum(turn.cards)"),),
)
STAGE_TIME = Report(_MADE_LATER, (_STAGE, _PIPELINE, _ACCOUNT, _TAG, *_LEFT), (_STAYS, *_TIMES))
STATUS_TIME = Report(_MADE_LATER, (_STATUS, _PIPELINE, _ACCOUNT, _TAG, *_LEFT), (_STAYS, *_TIMES))
THROUGHPUT = Report(_MADE_LATER, (_PIPELINE, _ACCOUNT, _TAG, *_LEFT), (Measure("jobs", "count(*)", each="1"), *_TIMES))


async def flow_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How many cards were on the stages at the end of each day."""
    question = await _Question.of(asker, filter, today)
    zone, first, last = question.zone, question.first, question.last
    source = stays(Course.STAGE)
    # What has ended before the first day is on none of them.
    there = f"stay.until >= {question.since} AND stay.since < {question.until}"
    turn = (
        f"CROSS JOIN LATERAL (VALUES ((stay.since AT TIME ZONE {zone})::date, 1), "
        f"((stay.until AT TIME ZONE {zone})::date, -1)) AS turn(day, cards)"
    )
    source = replace(
        source,
        tables=f"{source.tables} {turn}",
        where=f"{source.where} AND {there}",
        running=Running("turn.day", first, last),
    )
    return await question.answer(CARDS, source, wanted)


async def stage_time_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How long cards stayed on stages that they left on these days."""
    question = await _Question.of(asker, filter, today)
    return await question.answer(STAGE_TIME, question.ended(Course.STAGE), wanted)


async def status_time_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How long jobs were under custom statuses that they left on these days."""
    question = await _Question.of(asker, filter, today)
    return await question.answer(STATUS_TIME, question.ended(Course.STATUS), wanted)


async def throughput_report(asker: Asker, filter: FlowFilter, wanted: Wanted, today: Today) -> Summary:
    """How many jobs were completed on these days, and how long they had been open then."""
    question = await _Question.of(asker, filter, today)
    return await question.answer(THROUGHPUT, question.of_these_days(completions()), wanted)


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

    @property
    def since(self) -> str:
        """A moment before all of these days."""
        return f"({self.first}::timestamp AT TIME ZONE {self.zone} - interval '1 day')"

    @property
    def until(self) -> str:
        """A moment after all of them."""
        return f"({self.last}::timestamp AT TIME ZONE {self.zone} + interval '2 days')"

    def ended(self, course: Course) -> Source:
        """The stays that ended on these days, of which the beginning is known."""
        source = stays(course)
        told = f"{source.where} AND NOT stay.origin AND stay.until > stay.since"
        return self.of_these_days(replace(source, where=told))

    def of_these_days(self, source: Source) -> Source:
        """What of it ended on these days. The moments are for the index: days have none."""
        near = f"stay.until >= {self.since} AND stay.until < {self.until}"
        on = f"(stay.until AT TIME ZONE {self.zone})::date BETWEEN {self.first} AND {self.last}"
        return replace(source, where=f"{source.where} AND {near} AND {on}")

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
