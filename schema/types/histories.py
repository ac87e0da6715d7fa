"""Where a job's history is read."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import seen as rows
from models.bounds import PAGE
from schema.list_size import ListSize


async def _history(
    root: strawberry.Parent[rows.Job],
    info: Info,
    first: Annotated[int, strawberry.argument(description=f"How many events, from {PAGE}.")] = 20,
    after: Annotated[str | None, strawberry.argument(description="The cursor to go on from.")] = None,
):
    return await info.context.load.history(root.id, first, after)


history_of_job: Any = strawberry.field(
    resolver=_history,
    description="What happened to it, newest first, from the firm's log: as far as you may see it.",
    directives=[ListSize(assumed_size=20, slicing_arguments=["first"])],
)
