"""The report on time: who spent how much of it, on what, when, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from models.ids import Kind
from models.money import Money, minor_units
from models.reports.dimensions import account, days, pipeline, tag
from models.reports.frame import Summary, Wanted, summarize
from models.reports.narrowing import among, days_asked, names_things, require_chosen
from models.reports.parts import Dimension, Measure, Report, Source
from models.reports.sight import Asker, Coverage, Personal, Today, firm_asked
from models.reports.values import Values
from models.rights import Right
from models.rows import Firm, TimeEntry

#: How far back it looks where nothing else was asked for.
USUAL_DAYS = 365


def _amounts(sum: Decimal, firm: Firm) -> list[Money]:
    return [Money(Decimal(sum).quantize(Decimal(1).scaleb(-minor_units(firm.currency))), firm.currency)] if sum else []


# A running timer counts when it is stopped.
_SOURCE = Source(
    tables="time_entry AS entry",
    where="entry.started_at IS NULL",
    policy=TimeEntry.policy,
    firm="entry.firm_id",
    account="entry.account_id",
    pipeline="job.pipeline_id",
    owner="entry.member_id",
    joins=(("job", "LEFT JOIN job ON job.id = entry.on_job"),),
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
    Dimension("job", "entry.on_job", Kind.JOB, Right.MANAGE_TIME_BUDGETS),
    tag("entry.account_id"),
    *days("entry.day"),
)
REPORT = Report(_SOURCE, DIMENSIONS, MEASURES)
PERSONAL = Personal("time", (Right.VIEW_REPORTS,), Right.MANAGE_TIME_ENTRIES, chosen=True)
_COLUMNS = {
    "pipeline": "job.pipeline_id",
    "account": "entry.account_id",
    "tag": "entry.account_id",
    "member": "entry.member_id",
}


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
    first_day, last_day = await days_asked(filter, today, USUAL_DAYS)
    covers = PERSONAL.coverage(asker, filter.member)
    await require_chosen(asker.scope, filter)
    firm = await firm_asked(asker)
    values = Values()
    conditions = [f"entry.day BETWEEN {values.place(first_day)} AND {values.place(last_day)}"]
    conditions += among(filter, _COLUMNS, values)
    if filter.billable is not None:
        conditions.append(f"entry.billable = {values.place(filter.billable)}")
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


def _may_tell_residual(filter: TimeFilter, covers: Coverage) -> bool:
    """Not where a filter by things would make it the sum of one of them. Chosen members are themselves alone, where it
    is their own."""
    return not names_things(replace(filter, member=None) if covers is Coverage.OWN else filter)
