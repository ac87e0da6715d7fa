"""The fields of lists: what they take, and how a resolver says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from inspect import Parameter, Signature
from typing import Annotated, Any, Optional

import strawberry
from strawberry.types.info import Info

from models.bounds import PAGE, SORT
from models.ids import Kind
from models.queries import Owned
from schema.list_size import ListSize
from schema.per_viewer import own_rows, per_viewer

#: The things of a page when nobody says how many: of a list, and of one of many things.
USUAL, USUAL_WITHIN = 50, 20


def arguments_of_a_page(usual: int) -> dict[str, tuple[Any, str]]:
    """The arguments of every list, with their types and descriptions."""
    return {
        "first": (int, f"How many from the start, {PAGE}; {usual} when left out."),
        "after": (str, "Go on after this cursor."),
        "last": (int, f"How many from the end, {PAGE}."),
        "before": (str, "Go on before this cursor."),
    }


def argument(name: str, of: Any, description: str, *, default: Any = Parameter.empty) -> Parameter:
    """An argument of a field."""
    annotation = Annotated[of, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def left_out(arguments: dict[str, tuple[Any, str]]) -> list[Parameter]:
    """Arguments that may all be left out."""
    return [
        argument(name, Optional[of], description, default=None)  # noqa: UP045 - at run time
        for name, (of, description) in arguments.items()
    ]


_ROOT = Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Parent[Any])  # type: ignore[misc]
_INFO = Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)


def declare(resolver: Any, arguments: list[Parameter], returns: Any = None) -> None:
    """Say of a resolver what it takes and returns, as Strawberry looks it up. What is said to return nothing is given
    the thing that it is a field of, and returns what is annotated there."""
    taken = [_ROOT, _INFO, *arguments] if returns is None else [_INFO, *arguments]
    resolver.__signature__ = Signature(taken, return_annotation=Signature.empty if returns is None else returns)
    resolver.__annotations__ = {each.name: each.annotation for each in taken}
    if returns is not None:
        resolver.__annotations__["return"] = returns


@dataclass(frozen=True, slots=True)
class ListWithin:
    """Pages of the visible rows that belong to a thing."""

    #: What cursors know it by.
    name: str
    kind: Kind
    owned: Owned
    #: The columns that it is sorted by, one before the other and before the id; with `-` before it, from the end on.
    order: str
    #: Whether archived rows are none of them.
    without_archived: bool = False


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders that a list can be asked for in: an enum, and what the list is then sorted by, of a thing."""

    of: type
    description: str
    columns: Callable[[Any, Any, Any], Awaitable[str]]


def list_within(
    declared: ListWithin, description: str, *, filter: type, sort: type | None = None, orders: Orders | None = None
) -> Any:
    """A field for pages of what belongs to the thing."""

    async def resolver(
        root: Any,
        info: Any,
        filter: Any = None,
        sort: Any = None,
        order: Any = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        within = declared
        if orders is not None and order is not None:
            within = replace(declared, order=await orders.columns(root, info.context, order))
        return await info.context.page_within(within, root.id, filter, sort, (first, after, last, before))

    taken: dict[str, tuple[Any, str]] = {"filter": (filter, "Which ones.")}
    if sort is not None:
        levels: Any = list[sort]  # type: ignore[valid-type]
        taken["sort"] = (levels, f"In which order, at most {SORT.most} levels; newest first when there is none.")
    if orders is not None:
        taken["order"] = (orders.of, orders.description)
    declare(resolver, left_out(taken | arguments_of_a_page(USUAL_WITHIN)))
    return strawberry.field(
        resolver=resolver,
        description=description,
        directives=[ListSize(assumed_size=USUAL_WITHIN, slicing_arguments=["first", "last"])],
        metadata=per_viewer(own_rows(declared.kind)),
    )
