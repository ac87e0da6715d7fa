"""Pages of a job's items, of whatever kinds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from strawberry import UNSET

from models.ids import Kind
from models.items.reads import LinkKey, Wanted
from models.scope import Scope
from models.seen import Item
from resolvers import cursors
from resolvers.filters import bounded
from resolvers.paging import MOST, Edge, wrong_size
from schema.inputs.filters import LinkedItemFilter
from schema.types.page_info import PageInfo


@dataclass(frozen=True, slots=True)
class ItemsAsked:
    """The page that was asked for: which items, how many, and after which of them. `of` names the list in cursors."""

    of: str
    wanted: Wanted
    first: int
    start: LinkKey | None


def items_asked(
    scope: Scope, job_id: UUID, filter: LinkedItemFilter | None, first: int, after: str | None
) -> ItemsAsked:
    """What was asked for, as far as the scope may see it."""
    if not 1 <= first <= MOST:
        raise wrong_size(first, "first")
    kinds, open, trashed = _filtered(filter)
    of = cursors.fingerprint("items", job_id, kinds, open, trashed)
    return ItemsAsked(of, Wanted.of(scope, kinds, open, trashed), first, None if after is None else _start(of, after))


def _filtered(filter: LinkedItemFilter | None) -> tuple[tuple[Kind, ...] | None, bool | None, bool]:
    if filter is None:
        return None, None, False
    kinds = None if filter.kind in (None, UNSET) else tuple(Kind(kind.value) for kind in bounded(filter.kind))
    return kinds, None if filter.open in (None, UNSET) else filter.open, filter.trashed is True


def _start(of: str, cursor: str) -> LinkKey:
    values = cursors.decode(of, cursor, "after")
    try:
        linked_at, item = values
        return LinkKey.of(linked_at, item)
    except (ValueError, OverflowError):
        raise cursors.refused("after") from None


@dataclass(slots=True)
class ItemPage:
    """A page of a job's items. `count` says how many there are on all pages."""

    edges: list[Edge[Any]]
    page_info: PageInfo
    count: Callable[[], Awaitable[int]]

    @property
    def nodes(self) -> list[Any]:
        """The items without their cursors."""
        return [edge.node for edge in self.edges]


def item_page(
    read: Sequence[tuple[LinkKey, Item | None]], asked: ItemsAsked, count: Callable[[], Awaitable[int]]
) -> ItemPage:
    """A page of what was read; one more than asked for says that there is more."""
    found = [(_cursor(asked.of, key), item) for key, item in read[: asked.first]]
    info = PageInfo(
        has_next_page=len(read) > asked.first,
        has_previous_page=asked.start is not None,
        start_cursor=found[0][0] if found else None,
        end_cursor=found[-1][0] if found else None,
    )
    # One that has ended since its link was read is not there.
    return ItemPage([Edge(item, cursor) for cursor, item in found if item is not None], info, count)


def _cursor(of: str, key: LinkKey) -> str:
    return cursors.encode(of, [key.linked_at.isoformat(), str(key.item)])
