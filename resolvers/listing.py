"""How a list is made of what is declared: the rows of a class, a filter, an order."""

import dataclasses
from inspect import Parameter, Signature
from typing import Annotated, Any, Optional

import strawberry
from strawberry.types.info import Info

from models.bounds import PAGE, SORT
from models.errors import Invalid
from models.ids import Kind, decode
from models.reasons import Reason
from resolvers.context import Context
from resolvers.filters import condition_of
from resolvers.paging import USUAL, Asked, Key, Page, page
from schema.declarations import DeclaredList
from schema.inputs.filters import Direction
from schema.kinds import type_of
from schema.list_size import ListSize
from schema.per_viewer import own_rows, per_viewer
from schema.types.pages import connection

#: The arguments of every list.
_OF_A_PAGE = {
    "first": (int, f"How many from the start, {PAGE}; {USUAL} when left out."),
    "after": (str, "Go on after this cursor."),
    "last": (int, f"How many from the end, {PAGE}."),
    "before": (str, "Go on before this cursor."),
}


def fields_of(declared: DeclaredList) -> dict[str, Any]:
    """The fields of a declared list: that of one thing by its id, where there is one, and the list itself."""
    one = {declared.kind.value: _one(declared.kind, declared.one)} if declared.one is not None else {}
    return {**one, declared.name: _list(declared)}


def _one(kind: Kind, description: str) -> Any:
    def resolver(info: Info, id):
        _ = info.context.scope
        return info.context.load.one(kind, decode(kind, id))

    declare(resolver, [argument("id", strawberry.ID, "The id.")], Optional[type_of(kind)])  # noqa: UP045 - at run time
    return strawberry.field(resolver=resolver, description=description, metadata=per_viewer(own_rows(kind)))


def _list(declared: DeclaredList) -> Any:
    async def resolver(info: Info, filter=None, sort=None, first=None, after=None, last=None, before=None):
        return await _read(info.context, declared, filter, sort, Asked(first, after, last, before))

    arguments: dict[str, tuple[Any, str]] = {}
    if declared.filter is not None:
        arguments["filter"] = (declared.filter, declared.filter_description)
    if declared.sort is not None:
        arguments["sort"] = (list[declared.sort], declared.sort_description)  # type: ignore[name-defined]
    optional = [
        argument(name, Optional[of], description, default=None)  # noqa: UP045 - at run time
        for name, (of, description) in (arguments | _OF_A_PAGE).items()
    ]
    declare(resolver, optional, connection(type_of(declared.kind), declared.called))
    sized = ListSize(assumed_size=50, slicing_arguments=["first", "last"])
    return strawberry.field(
        resolver=resolver,
        description=declared.description,
        directives=[sized],
        metadata=per_viewer(own_rows(declared.kind)),
    )


def argument(name: str, of: Any, description: str, *, default: Any = Parameter.empty) -> Parameter:
    """An argument of a resolver that is made here."""
    annotation = Annotated[of, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def declare(resolver: Any, arguments: list[Parameter], returns: Any) -> None:
    """Say of a resolver what it takes and returns, as Strawberry looks it up."""
    info = Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    resolver.__signature__ = Signature([info, *arguments], return_annotation=returns)
    resolver.__annotations__ = {argument.name: argument.annotation for argument in [info, *arguments]}
    resolver.__annotations__["return"] = returns


async def _read(context: Context, declared: DeclaredList, filter: Any, sort: Any, asked: Asked) -> Page[Any]:
    query = context.rows_of(declared.kind).where(await condition_of(filter, context))
    keys = _chosen(sort) if sort else [Key.of(declared.order)]
    # What the cursors are bound to besides the order.
    narrowed = () if declared.filter is None else (_plain(filter),)
    return await page(query, keys, asked, declared.name, *narrowed)


def _plain(filter: Any) -> Any:
    return dataclasses.asdict(filter) if filter is not None else None


def _chosen(sort: list[Any]) -> list[Key]:
    told = f"Sort by at most {SORT.most} different fields."
    if len({level.field for level in sort}) < len(sort):
        raise Invalid(told, "sort", reason=Reason.NAMED_TWICE)
    if len(sort) > SORT.most:
        raise Invalid(told, "sort", reason=Reason.TOO_MANY, maximum=SORT.most, actual=len(sort))
    return [Key(column, level.direction is Direction.DESC) for level in sort for column in level.field.value.split(" ")]
