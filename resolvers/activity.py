"""The root field of the firm's activity."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import activity as happened
from models.bounds import PAGE
from resolvers.filters import plain, values_of
from resolvers.paging import HistoryPaging
from schema.inputs.activity import ActivityFilter
from schema.list_fields import USUAL
from schema.list_size import ListSize


async def _activity(
    info: Info,
    filter: Annotated[ActivityFilter | None, strawberry.argument(description="Which events.")] = None,
    first: Annotated[int, strawberry.argument(description=f"How many events, from {PAGE}.")] = USUAL,
    after: Annotated[str | None, strawberry.argument(description="The cursor to go on from.")] = None,
):
    _ = info.context.scope
    paging = HistoryPaging.by(first, after, "activity", plain(filter))
    wanted = happened.ActivityFilter(**values_of(filter))
    # Before they are read: as with the history of a job.
    if not info.context.holds(first):
        return paging.page([])
    return paging.page(await info.context.read_activity(wanted, reached=paging.reached, limit=first + 1))


def activity_of_firm() -> Any:
    """The field of pages of what happened in the firm."""
    return strawberry.field(
        resolver=_activity,
        description="What happened in the firm, newest first, from its log: as far as you may see it, and also of what "
        "is gone by now. What happened to an item is there once for each of its jobs that you see.",
        directives=[ListSize(assumed_size=USUAL, slicing_arguments=["first"])],
    )
