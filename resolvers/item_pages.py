"""Pages of a job's items, of whatever kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from strawberry import UNSET

from models.errors import Invalid
from models.ids import Kind
from models.items.reads import LinkKey, Wanted
from resolvers import cursors
from resolvers.filters import bounded
from resolvers.paging import MOST, Edge, read_datetime
from schema.inputs.filters import LinkedItemFilter
from schema.types.page_info import PageInfo

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(slots=True)
class ItemPage:
    """A page of a job's items."""

    edges: list[Edge[Any]]
    page_info: PageInfo
    _context: Context
    _job_id: UUID
    _wanted: Wanted

    @property
    def nodes(self) -> list[Any]:
        """The items without their cursors."""
        return [edge.node for edge in self.edges]

    async def count(self) -> int:
        """How many there are on all pages."""
        return await self._context.load.item_count(self._job_id, self._wanted)


async def items_page(
    context: Context, job_id: UUID, filter: LinkedItemFilter | None, first: int, after: str | None
) -> ItemPage:
    """The next items of a job after a cursor, in the order in which they were linked. For any number of jobs together
    it takes one statement, and one for each kind of item."""
    if not 1 <= first <= MOST:
        raise Invalid(f"A page has from 1 to {MOST} things, not {first}.", "first")
    kinds, open = _asked(filter)
    of = cursors.fingerprint("items", job_id, kinds, open)
    start = None if after is None else _start(of, after)
    wanted = Wanted.of(context.scope, kinds, open)
    # Before they are read: a page of which nothing but its cursors was asked for costs no less.
    links = await context.load.linked(job_id, wanted, start, first + 1) if context.holds(first) else []
    more, found = len(links) > first, [(_cursor(of, key), item) for key, item in links[:first]]
    info = PageInfo(
        has_next_page=more,
        has_previous_page=start is not None,
        start_cursor=found[0][0] if found else None,
        end_cursor=found[-1][0] if found else None,
    )
    edges = [Edge(item, cursor) for cursor, item in found if item is not None]
    return ItemPage(edges, info, context, job_id, wanted)


def _asked(filter: LinkedItemFilter | None) -> tuple[tuple[Kind, ...] | None, bool | None]:
    if filter is None:
        return None, None
    kinds = None if filter.kind in (None, UNSET) else tuple(Kind(kind.value) for kind in bounded(filter.kind))
    return kinds, None if filter.open in (None, UNSET) else filter.open


def _start(of: str, cursor: str) -> LinkKey:
    values = cursors.decode(of, cursor, "after")
    try:
        linked_at, item = values
        return LinkKey(read_datetime(linked_at), UUID(item))
    except (ValueError, TypeError, AttributeError, OverflowError):
        # Anybody can make one up.
        raise Invalid("This is not a cursor of this list. Start anew without one.", "after") from None


def _cursor(of: str, key: LinkKey) -> str:
    return cursors.encode(of, [key.linked_at.isoformat(), str(key.item)])
