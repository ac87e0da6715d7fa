"""How a report that is declared is asked for: what to group by, to sort by and to leave out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from inspect import isawaitable
from typing import Any

import strawberry
from strawberry.types.info import Info

from models.bounds import REPORT_ROWS
from models.reports.frame import MOST_DIMENSIONS, Order, Wanted
from models.reports.sight import Asker, Today
from models.rights import EVERY_MEMBER, Requirement
from resolvers.context import Context
from resolvers.filters import condition_of, values_of
from schema.inputs.filters import Direction
from schema.list_fields import argument, declare
from schema.list_size import ListSize
from schema.per_viewer import per_viewer
from schema.permissions import described, requires
from schema.reports.declaring import GROUP, DeclaredReport, dimensions_of, sort_of, type_of_report

#: How many rows are told where nothing else was asked for.
USUAL_ROWS = 100


def field_of(declared: DeclaredReport) -> Any:
    """The field of a declared report."""

    async def resolver(
        info: Info, filter: Any = None, group_by: Any = None, sort: Any = None, first: int = USUAL_ROWS
    ) -> Any:
        group_by = declared.usual if group_by is None else [dimension.value for dimension in group_by]
        left_out = frozenset(name for name in declared.dear if not _selects(info.selected_fields, name))
        return await _read(info.context, declared, filter, Wanted(group_by, _order(sort), first, left_out))

    usual = ", ".join(name.upper() for name in declared.usual)
    arguments = [
        argument("filter", declared.filter | None, "Which rows count.", default=None),
        argument(
            "group_by",
            list[dimensions_of(declared)] | None,  # type: ignore[misc]
            f"At most {MOST_DIMENSIONS} different things; {usual} when left out. Of none there is one row.",
            default=None,
        ),
        argument(
            "sort",
            sort_of(declared) | None,
            "The order of the rows. When left out, days in their order, other things with the most first.",
            default=None,
        ),
        argument("first", int, f"How many rows, {REPORT_ROWS}.", default=USUAL_ROWS),
    ]
    declare(resolver, arguments, type_of_report(declared) | None)
    right = declared.report.right
    needed = EVERY_MEMBER if right is None else Requirement(right=right)
    return strawberry.field(
        resolver=resolver,
        description=described(declared.description, needed),
        directives=[ListSize(assumed_size=USUAL_ROWS, slicing_arguments=["first"]), *requires(needed)],
        metadata=per_viewer(declared.depends),
    )


def asker_of(context: Context) -> Asker:
    """Who asks for a report."""
    return Asker(context.scope, lambda: context.viewer.member_id)


def today_of(context: Context) -> Today:
    """How a report asks for the firm's day."""

    async def today() -> date:
        day = context.today
        return await day if isawaitable(day) else day

    return today


async def _read(context: Context, declared: DeclaredReport, filter: Any, wanted: Wanted) -> Any:
    if declared.of_log:
        context.timing.momentary = True
    if declared.takes is not None:
        narrowed = declared.takes(**values_of(filter))
    else:
        narrowed = None if filter is None else await condition_of(filter, context)
    report = await declared.make(asker_of(context), narrowed, wanted, today_of(context))
    return report if context.holds(len(report.rows)) else None


def _order(sort: Any) -> Order | None:
    if sort is None:
        return None
    by = None if sort.by.value == GROUP else sort.by.value
    return Order(by, sort.direction is Direction.DESC if sort.direction else by is not None)


def _selects(selections: Iterable[Any], name: str) -> bool:
    """Whether a field of this name is asked for, wherever it is."""
    return any(getattr(each, "name", None) == name or _selects(each.selections, name) for each in selections)
