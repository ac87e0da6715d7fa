"""How a report is made of what it declares: groups of rows in sight, what is out of sight in one, and what they add up
to.

    total + repeated = rows + cut + residual

`repeated` is what stands under several groups at once: an account's time under each of its tags."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from common import time_zones
from models.bounds import REPORT_ROWS
from models.database import fetch_planned
from models.errors import Forbidden, Invalid
from models.reasons import Reason
from models.reports.parts import Cut, Dimension, Figures, Measure, Report, ReportRow
from models.reports.sight import Asker, Coverage, firm_of, in_sight
from models.reports.statement import EVERYTHING, GROUPS, TOLD, UNSEEN, Asked, statement
from models.reports.values import Values
from models.rows import Firm, Weekday

_WEEKDAYS = list(Weekday)
#: By how many things rows are grouped at once.
MOST_DIMENSIONS = 2


@dataclass(frozen=True, slots=True)
class Order:
    """How the groups are sorted: by the measure of this name, or, with None, by what they are of."""

    by: str | None
    descending: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of any report. Of the measures named in `left_out` nothing is added up."""

    group_by: Sequence[str]
    order: Order | None
    first: int
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Summary:
    """A report. Without a `residual` the total is of what is in sight alone."""

    covers: Coverage
    rows: Sequence[ReportRow]
    total: Figures
    residual: Figures | None
    cut: Cut
    repeated: Figures
    #: Of which days it is, both included; None where it is of no days.
    first_day: date | None = None
    last_day: date | None = None
    #: Where it is of the log, since when that goes back; None where there is nothing of it.
    log_since: date | None = None


def chosen(report: Report, wanted: Wanted, asker: Asker, covers: Coverage) -> list[Dimension]:
    """The dimensions that were asked for, if the asker has the right to them, to the order, and to the report."""
    asker.require(report.right, "This report")
    told = f"Group by at most {MOST_DIMENSIONS} different things."
    if len(set(wanted.group_by)) < len(wanted.group_by):
        raise Invalid(told, "group_by", reason=Reason.NAMED_TWICE)
    if (number := len(wanted.group_by)) > MOST_DIMENSIONS:
        raise Invalid(told, "group_by", reason=Reason.TOO_MANY, maximum=MOST_DIMENSIONS, actual=number)
    if wanted.first not in REPORT_ROWS:
        raise Invalid(
            f"A report has from {REPORT_ROWS} rows, not {wanted.first:,}.",
            "first",
            reason=Reason.OUT_OF_RANGE,
            minimum=REPORT_ROWS.least,
            maximum=REPORT_ROWS.most,
            unit="THINGS",
        )
    known = {dimension.name: dimension for dimension in report.dimensions}
    dimensions = [known[name] for name in wanted.group_by]
    for dimension in dimensions if covers is Coverage.FIRM else ():
        asker.require(dimension.right, f"A report by {dimension.name}")
    if wanted.order is not None and wanted.order.by is not None:
        by, what = _measure(report, wanted.order.by), f"Sorting by {wanted.order.by.replace('_', ' ')}"
        asker.require(by.right, what)
        asker.require(None if covers is Coverage.OWN else by.others, what)
    return dimensions


def _withheld(report: Report, asker: Asker, covers: Coverage) -> dict[str, Forbidden]:
    """The measures that are not told of others, and why."""
    if covers is Coverage.OWN:
        return {}
    refusals = {m.name: asker.refusal(m.others, f"Others' {m.name.replace('_', ' ')}") for m in report.measures}
    return {name: refusal for name, refusal in refusals.items() if refusal is not None}


async def summarize(
    report: Report,
    wanted: Wanted,
    asker: Asker,
    covers: Coverage,
    firm: Firm,
    conditions: Sequence[str],
    values: Values,
    *,
    with_residual: bool,
    day: date | None = None,
) -> Summary:
    """Add up the rows under these conditions, of which the values have their places. `day` is the firm's, for columns
    that have to do with it."""
    dimensions = chosen(report, wanted, asker, covers)
    order = wanted.order or _usual(report, dimensions)
    source, withheld = report.source, _withheld(report, asker, covers)
    own = [f"{source.owner} = {values.place(asker.who())}"] if covers is Coverage.OWN else []
    asked = Asked(
        source=source,
        dimensions=dimensions,
        measures=[m for m in report.measures if m.name == order.by or m.name not in {*wanted.left_out, *withheld}],
        conditions=[f"{source.firm} = {values.place(firm_of(source, asker.scope))}", *own, *conditions],
        in_sight=in_sight(source, asker.scope, values),
        with_unseen=with_residual,
        by=None if order.by is None else _measure(report, order.by),
        descending=order.descending,
        first=values.place(wanted.first),
        calendar=_Calendar(firm, values, day),
    )
    found = await fetch_planned(statement(asked), *values.given)
    return _summary(asked, covers, found, lambda sums: _shown(report, asked, firm, sums) | withheld)


def zone_of(firm: Firm) -> str:
    """The zone of the firm's days. Of one that this server does not know, days are those of UTC, as elsewhere."""
    return firm.time_zone if time_zones.find(firm.time_zone) is not None else "UTC"


class _Calendar(dict[str, str]):
    """The firm's calendar, as columns have it: each part of it when one asks for it first."""

    def __init__(self, firm: Firm, values: Values, day: date | None) -> None:
        super().__init__(week_start=str(_WEEKDAYS.index(firm.week_start)))
        self._firm = firm
        self._values = values
        self._day = day

    def __missing__(self, name: str) -> str:
        if name == "today":
            assert self._day is not None, "A report that has to do with the day asks for it."
            self[name] = f"{self._values.place(self._day)}::date"
        else:
            assert name == "zone"
            self[name] = f"{self._values.place(zone_of(self._firm))}::text"
        return self[name]


def _measure(report: Report, name: str) -> Measure:
    return next(measure for measure in report.measures if measure.name == name)


def _usual(report: Report, dimensions: Sequence[Dimension]) -> Order:
    """Days in their order, things by how much there is of them."""
    in_time = bool(dimensions) and dimensions[0].kind is None
    return Order(None, False) if in_time else Order(report.measures[0].name, True)


def _summary(
    asked: Asked,
    covers: Coverage,
    found: Sequence[Mapping[str, Any]],
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Summary:
    parts = {part: [row for row in found if row["part"] == part] for part in (TOLD, GROUPS, UNSEEN, EVERYTHING)}
    (unseen,), (everything,) = parts[UNSEEN], parts[EVERYTHING]
    groups = _sums(asked, parts[GROUPS])
    cut = _less(groups, _sums(asked, parts[TOLD]))
    repeated = _less(_sums(asked, [*parts[GROUPS], unseen]), _sums(asked, [everything]))
    names = [dimension.name for dimension in asked.dimensions]
    return Summary(
        covers=covers,
        rows=[
            ReportRow(shown(row), {name: row[f"k{number}"] for number, name in enumerate(names, start=1)})
            for row in parts[TOLD]
        ],
        total=Figures(shown(everything)),
        residual=Figures(shown(unseen)) if asked.with_unseen else None,
        cut=Cut(shown(cut), sum(row["groups"] for row in parts[GROUPS]) - len(parts[TOLD])),
        repeated=Figures(shown(repeated)),
    )


def _sums(asked: Asked, rows: Sequence[Mapping[str, Any]]) -> dict[str, int | Decimal]:
    """What these add up to, of what can be added up."""
    return {measure.name: sum(row[measure.name] or 0 for row in rows) for measure in asked.measures if measure.is_sum}


def _less(more: Mapping[str, int | Decimal], by: Mapping[str, int | Decimal]) -> dict[str, int | Decimal]:
    return {name: more[name] - by[name] for name in more}


def _shown(report: Report, asked: Asked, firm: Firm, sums: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        measure.name: measure.shown(sums[measure.name] or 0, firm) if measure.is_sum else sums.get(measure.name)
        for measure in asked.measures
    }
    return shown | {ratio.name: ratio.of(sums) for ratio in report.ratios}
