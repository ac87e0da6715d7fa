"""How a report is declared for clients: its types are made of what is said of its dimensions and measures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry

from models.ids import Kind
from models.reports.parts import Report
from models.rights import Requirement
from schema.enums import ReportCoverage
from schema.field_resolvers import RESOLVER, Read
from schema.inputs.base import input_type, optional
from schema.inputs.filters import Direction
from schema.kinds import type_of
from schema.list_size import ListSize
from schema.per_viewer import Condition
from schema.permissions import withhold
from schema.scalars import Date
from schema.types.base import column, loaded, value

#: Of a measure: its type and its description.
Figures = Mapping[str, tuple[Any, str]]
#: What sorts by what the rows are of.
GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredReport:
    """A report that clients can ask for."""

    make: Callable[..., Awaitable[Any]]
    report: Report
    #: The field's name, in the words of Python, and what the names of its types begin with.
    name: str
    called: str
    description: str
    #: The filter as clients send it, and as the domain takes it, field by field the same; None where it is one of rows.
    filter: type
    takes: type | None
    #: Under which scopes it depends on who asks.
    depends: Condition | None
    #: What is said of each dimension and measure, in their order; and what the whole report has besides.
    groups: Mapping[str, str]
    figures: Figures
    more: Figures
    #: What it is grouped by where nothing else was asked for.
    usual: tuple[str, ...]
    #: What is not added up where nobody asks for it, for it takes longer than all the rest.
    dear: frozenset[str] = frozenset()
    #: Whether it is of the log, which may be pruned without a revision: the answer is given to nobody else.
    of_log: bool = False

    def __post_init__(self) -> None:
        dimensions = [dimension.name for dimension in self.report.dimensions]
        figures = [measure.name for measure in self.report.measures]
        figures += [ratio.name for ratio in self.report.ratios]
        if list(self.groups) != dimensions or list(self.figures) != figures:
            raise TypeError(f"{self.called}: describe each dimension and each measure, in their order.")


def type_of_report(declared: DeclaredReport) -> Any:
    """The type of the whole."""
    figures = _with_figures(declared, "Figures", "What it adds up to.", {})
    fields = {
        "covers": (ReportCoverage, "Of whom it tells."),
        "rows": (list[_row(declared)], "The groups, in the order of `sort`: the first of them."),  # type: ignore[misc]
        "total": (
            figures,
            "Everything, each thing once: the rows, the cut and the residual, less what is repeated. Without a "
            "residual, what you see.",
        ),
        "residual": (
            figures | None,
            "What is out of your sight, in one that names nothing. Null where a filter by things would make it the "
            "figures of one of them.",
        ),
        "cut": (_cut(declared), "What is not among the rows because they would be more than `first`."),
        "repeated": (figures, "What several rows have in common, once less than they have it."),
        **declared.more,
    }
    plain = {name: (of, column(said)) for name, (of, said) in fields.items()}
    return _object(f"{declared.called}Report", declared.description, plain)


def _row(declared: DeclaredReport) -> Any:
    kinds = {dimension.name: dimension.kind for dimension in declared.report.dimensions}
    groups = {name: _group(name, kinds[name], said) for name, said in declared.groups.items()}
    said = "A group, and what it adds up to. What it is not grouped by is null."
    return _with_figures(declared, "ReportRow", said, groups)


def _cut(declared: DeclaredReport) -> Any:
    rows = {"rows": (int, column("How many rows there are more."))}
    return _with_figures(declared, "ReportCut", "The rows that are not told, and what they add up to.", rows)


def _with_figures(declared: DeclaredReport, suffix: str, said: str, fields: Mapping[str, tuple[Any, Any]]) -> Any:
    figures = {name: (of, _figure(name, of, text)) for name, (of, text) in declared.figures.items()}
    made = _object(f"{declared.called}{suffix}", said, {**fields, **figures})
    withhold(made, {each.name: Requirement(right=each.right) for each in declared.report.measures if each.right})
    return made


def _object(name: str, description: str, fields: Mapping[str, tuple[Any, Any]]) -> Any:
    body: dict[str, Any] = {"__annotations__": {each: of for each, (of, _) in fields.items()}}
    body |= {each: field for each, (_, field) in fields.items()}
    return strawberry.type(type(name, (), body), description=description)


def _figure(name: str, of: Any, description: str) -> Any:
    read = Read(lambda figures: figures.sums[name])

    def resolver(root: strawberry.Parent[Any]) -> Any:
        return root.sums[name]

    directives = [ListSize(assumed_size=1)] if "list" in str(of) else []
    return strawberry.field(
        resolver=resolver, description=description, directives=directives, metadata={RESOLVER: read}
    )


def _group(name: str, kind: Kind | None, description: str) -> tuple[Any, Any]:
    if kind is None:
        return Date | None, value(lambda row: row.of.get(name), description)

    def load(row: Any, context: Any) -> Any:
        id = row.of.get(name)
        return context.load.one(kind, id) if id is not None and context.holds(1) else None

    return type_of(kind) | None, loaded(load, description)


def dimensions_of(declared: DeclaredReport) -> Any:
    """The enum of what its rows can be grouped by."""
    values = {name.upper(): strawberry.enum_value(name, description=said) for name, said in declared.groups.items()}
    made: Any = Enum(f"{declared.called}Dimension", values)  # type: ignore[misc]
    return strawberry.enum(made, description="What the rows of the report can be grouped by.")


def sort_of(declared: DeclaredReport) -> Any:
    """The input that says how its rows are sorted."""
    values: dict[str, Any] = {
        GROUP.upper(): strawberry.enum_value(
            GROUP, description="What the rows are grouped by: things by name, days in their order."
        )
    }
    measures = [measure.name for measure in declared.report.measures]
    values |= {name.upper(): strawberry.enum_value(name, description=declared.figures[name][1]) for name in measures}
    made: Any = Enum(f"{declared.called}ReportOrder", values)  # type: ignore[misc]
    by = strawberry.enum(made, description="What the rows can be sorted by.")
    body: dict[str, Any] = {
        "__annotations__": {"by": by, "direction": Direction | None},
        "__doc__": "The order of the rows.",
        "by": strawberry.field(description="What to sort by."),
        "direction": optional(
            "Which way. When left out, figures with the largest first, and what is grouped by with A."
        ),
    }
    return input_type(type(f"{declared.called}ReportSort", (), body))
