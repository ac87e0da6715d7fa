"""The report on time: who spent how much of it, on what, when, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.bounds import REPORT_DAYS
from models.errors import Invalid
from models.ids import Kind
from models.money import Money, minor_units
from models.reasons import Reason
from models.reports.dimensions import account, days, pipeline, tag
from models.reports.frame import Summary, Wanted, summarize
from models.reports.parts import Dimension, Measure, Report, Source
from models.reports.sight import Asker, Coverage, Personal, Today, firm_asked, require_seen
from models.reports.values import Values
from models.rights import Right
from models.rows import Account, Firm, Member, Pipeline, Row, Tag, TimeEntry

#: How far back it looks where nothing else was asked for.
USUAL_DAYS = 365
#: To PostgreSQL, the first day that Python has is no day to reckon with.
EARLIEST = date(1900, 1, 1)


def _amounts(sum: Decimal, firm: Firm) -> list[Money]:
    return [Money(Decimal(sum).quantize(Decimal(1).scaleb(-minor_units(firm.currency))), firm.currency)] if sum else []


# A running timer counts when it is stopped.
_SOURCE = Source(
    tables="time_entry AS entry "
    "LEFT JOIN job_item AS link ON link.item = entry.id AND link.kind = 'time_entry' AND link.unlinked_at IS NULL "
    "LEFT JOIN job ON job.id = link.job_id",
    where="entry.started_at IS NULL",
    policy=TimeEntry.policy,
    firm="entry.firm_id",
    account="entry.account_id",
    pipeline="job.pipeline_id",
    owner="entry.member_id",
)
# Each entry's amount is rounded by itself, as it is shown: see `models.money.worth`.
_AMOUNT = "sum(round(round(entry.rate, {decimals}) * entry.minutes / 60, {decimals})) FILTER (WHERE entry.billable)"
MEASURES = (
    Measure("minutes", "sum(entry.minutes)"),
    Measure("billable_minutes", "sum(entry.minutes) FILTER (WHERE entry.billable)"),
    Measure("entries", "count(*)"),
    Measure("amounts", _AMOUNT, "numeric", Right.MANAGE_RATES, _amounts),
)
DIMENSIONS = (
    Dimension("member", "entry.member_id", Kind.MEMBER, Right.MANAGE_TIME_ENTRIES),
    account("entry.account_id"),
    pipeline("job.pipeline_id"),
    Dimension("job", "link.job_id", Kind.JOB, Right.MANAGE_TIME_BUDGETS),
    tag("entry.account_id"),
    *days("entry.day"),
)
REPORT = Report(_SOURCE, DIMENSIONS, MEASURES)
PERSONAL = Personal("time", (Right.VIEW_REPORTS,), Right.MANAGE_TIME_ENTRIES, chosen=True)


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """Which time. None asks for nothing, of the days for the usual ones; nothing is among none of some ids."""

    first_day: date | None = None
    last_day: date | None = None
    pipeline: Sequence[UUID] | None = None
    account: Sequence[UUID] | None = None
    tag: Sequence[UUID] | None = None
    member: Sequence[UUID] | None = None
    billable: bool | None = None


async def time_report(asker: Asker, filter: TimeFilter, wanted: Wanted, today: Today) -> Summary:
    """What time adds up to. The day is asked for where no last one is given."""
    first_day, last_day = await _days(filter, today)
    covers = PERSONAL.coverage(asker, filter.member)
    await _require_seen(asker, filter)
    firm = await firm_asked(asker)
    values = Values()
    conditions = [f"entry.day BETWEEN {values.place(first_day)} AND {values.place(last_day)}"]
    conditions += _conditions(filter, values)
    found = await summarize(
        _in_currency(firm),
        wanted,
        asker,
        covers,
        firm,
        conditions,
        values,
        with_residual=_may_tell_residual(filter, covers),
    )
    return replace(found, first_day=first_day, last_day=last_day)


def _in_currency(firm: Firm) -> Report:
    """The report, with the decimals of the firm's currency. Rates have no other: all amounts are in that."""
    decimals = str(minor_units(firm.currency))
    measures = [replace(measure, column=measure.column.replace("{decimals}", decimals)) for measure in MEASURES]
    return replace(REPORT, measures=measures)


async def _days(filter: TimeFilter, today: Today) -> tuple[date, date]:
    last = filter.last_day or await today()
    if (filter.first_day or last) < EARLIEST:
        raise Invalid(
            f"A report goes back to {EARLIEST}, and no further.",
            "filter",
            reason=Reason.OUT_OF_RANGE,
            minimum=EARLIEST,
            maximum=last,
            unit="DATE",
        )
    first = filter.first_day or last - timedelta(USUAL_DAYS - 1)
    if (number := (last - first).days + 1) not in REPORT_DAYS:
        raise Invalid(
            f"A report is of {REPORT_DAYS} days, and from {first} to {last} there are {max(0, number):,}.",
            "filter",
            reason=Reason.OUT_OF_RANGE,
            minimum=REPORT_DAYS.least,
            maximum=REPORT_DAYS.most,
            unit="DAYS",
        )
    return first, last


async def _require_seen(asker: Asker, filter: TimeFilter) -> None:
    chosen: tuple[tuple[type[Row], Sequence[UUID] | None, str], ...] = (
        (Pipeline, filter.pipeline, "pipeline"),
        (Account, filter.account, "account"),
        (Tag, filter.tag, "tag"),
        (Member, filter.member, "member"),
    )
    for model, ids, field in chosen:
        if ids:
            await require_seen(asker.scope, model, ids, field)


def _may_tell_residual(filter: TimeFilter, covers: Coverage) -> bool:
    """Whether what is out of sight may be told as one sum: not where a filter by things would make it the sum of one of
    them. Chosen members are themselves alone, where it is their own."""
    chosen = [filter.pipeline, filter.account, filter.tag]
    if covers is not Coverage.OWN:
        chosen.append(filter.member)
    return all(ids is None for ids in chosen)


def _conditions(filter: TimeFilter, values: Values) -> list[str]:
    conditions = []
    among: tuple[tuple[Any, str], ...] = (
        (filter.pipeline, "job.pipeline_id = ANY({}::uuid[])"),
        (filter.account, "entry.account_id = ANY({}::uuid[])"),
        (filter.tag, "entry.account_id IN (SELECT account_id FROM account_tag WHERE tag_id = ANY({}::uuid[]))"),
        (filter.member, "entry.member_id = ANY({}::uuid[])"),
        (filter.billable, "entry.billable = {}"),
    )
    for wanted, condition in among:
        if wanted is not None:
            conditions.append(condition.format(values.place(wanted)))
    return conditions
