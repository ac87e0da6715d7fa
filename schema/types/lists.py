"""Where the items of a job are read, in pages."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import seen as rows
from models.bounds import PAGE
from schema.inputs.filters import LinkedItemFilter
from schema.list_size import ListSize
from schema.types.items import LinkedItem
from schema.types.pages import connection

LinkedItemConnection = connection(LinkedItem, "items")


async def _items(
    root: strawberry.Parent[rows.Job],
    info: Info,
    filter: Annotated[LinkedItemFilter | None, strawberry.argument(description="Which ones.")] = None,
    first: Annotated[int, strawberry.argument(description=f"How many items, from {PAGE}.")] = 20,
    after: Annotated[str | None, strawberry.argument(description="The cursor to go on from.")] = None,
):
    return await info.context.load.items(root.id, filter, first, after)


items_of_job: Any = strawberry.field(
    resolver=_items,
    description="What is linked to it, as far as you may see it, in the order in which it was. Time entries, your own "
    "too, are here with the right MANAGE_TIME_ENTRIES.",
    directives=[ListSize(assumed_size=20, slicing_arguments=["first"])],
)
