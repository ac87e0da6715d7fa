"""How a list is made of what is declared: the rows of a class, a filter, an order."""

from collections.abc import Callable
from typing import Any, Optional

import strawberry
from strawberry.types.info import Info

from models.audiences import Audience
from models.ids import Kind, decode
from resolvers.context import Context
from resolvers.filters import condition_of, plain
from resolvers.paging import Asked, Page, keys_of, page
from schema.declarations import DeclaredList
from schema.kinds import type_of
from schema.list_fields import USUAL, argument, arguments_of_a_page, declare, left_out
from schema.list_size import ListSize
from schema.per_viewer import Condition, own_rows, per_viewer
from schema.types.pages import connection


def fields_of(
    declared: DeclaredList, types: Callable[[Kind], type] = type_of, audience: Audience = Audience.TEAM
) -> dict[str, Any]:
    """The fields of a declared list: that of one thing by its id, where there is one, and the list itself."""
    of, depends = types(declared.kind), own_rows(declared.kind, audience=audience)
    one = {} if declared.one is None else {declared.kind.value: _one(declared.kind, of, declared.one, depends)}
    return {**one, declared.name: _list(declared, of, depends)}


def _one(kind: Kind, of: type, description: str, depends: Condition | None) -> Any:
    def resolver(info: Info, id):
        _ = info.context.scope
        return info.context.load.one(kind, decode(kind, id))

    declare(resolver, [argument("id", strawberry.ID, "The id.")], Optional[of])  # noqa: UP045 - at run time
    return strawberry.field(resolver=resolver, description=description, metadata=per_viewer(depends))


def _list(declared: DeclaredList, of: type, depends: Condition | None) -> Any:
    async def resolver(info: Info, filter=None, sort=None, first=None, after=None, last=None, before=None):
        return await _read(info.context, declared, filter, sort, Asked(first, after, last, before))

    arguments: dict[str, tuple[Any, str]] = {}
    if declared.filter is not None:
        arguments["filter"] = (declared.filter, declared.filter_description)
    if declared.sort is not None:
        arguments["sort"] = (list[declared.sort], declared.sort_description)  # type: ignore[name-defined]
    taken = left_out(arguments | arguments_of_a_page(USUAL))
    declare(resolver, taken, connection(of, declared.called))
    sized = ListSize(assumed_size=USUAL, slicing_arguments=["first", "last"])
    return strawberry.field(
        resolver=resolver,
        description=declared.description,
        directives=[sized],
        metadata=per_viewer(depends),
    )


async def _read(context: Context, declared: DeclaredList, filter: Any, sort: Any, asked: Asked) -> Page[Any]:
    query = context.rows_of(declared.kind).where(await condition_of(filter, context, declared.filter))
    keys = keys_of(sort, declared.order)
    # What the cursors are bound to besides the order.
    narrowed = () if declared.filter is None else (plain(filter),)
    return await page(query, keys, asked, declared.name, *narrowed, most_counted=context.most_counted)
