"""Pages of what belongs to a thing: of any number of things in one statement."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from models.ids import Kind
from models.queries import count_query_of_each, read_query_of_each
from models.scope import Rows
from resolvers import cursors
from resolvers.filters import Clocked, condition_of, plain
from resolvers.loaders import Loaders
from resolvers.paging import Asked, Page, Paging, keys_of
from schema.list_fields import USUAL_WITHIN, ListWithin

#: first, after, last and before.
OfPage = tuple[int | None, str | None, int | None, str | None]


class Reading(Clocked, Protocol):
    """The operation that pages are read in, as far as it matters to them."""

    load: Loaders
    #: As far as `totalCount` counts.
    most_counted: int

    def rows_of(self, kind: Kind) -> Rows[Any]:
        """The rows of a kind that are seen."""

    def holds(self, things: int) -> bool:
        """Whether the answer has room for so many things more."""


async def page_within(
    context: Reading, within: ListWithin, owner: UUID, filter: Any, sort: list[Any] | None, of_page: OfPage
) -> Page[Any]:
    """A page of a list on a thing."""
    first, after, last, before = of_page
    asked = Asked(first, after, last, before, USUAL_WITHIN)
    keys = keys_of(sort, within.order)
    # What is read together: the same page of the same list, of whichever thing. A cursor is one thing's.
    same = cursors.fingerprint(within.name, plain(filter), keys)
    query = context.rows_of(within.kind).where(within.owned.condition, await condition_of(filter, context))
    paging = Paging.by(query.model, keys, asked, same, owner)
    if within.without_archived:
        query = query.filter(archived_at__isnull=True)
    parts = paging.narrowed(query)

    async def count() -> int:
        return await context.load.count_within(
            same, owner, lambda owners: count_query_of_each(query.limit(context.most_counted), owners)
        )

    if not context.holds(asked.size):
        return paging.page([], count)
    of = (same, *of_page)
    read = await context.load.within(of, within.kind, owner, lambda owners: read_query_of_each(parts, owners))
    return paging.page(list(read), count)
