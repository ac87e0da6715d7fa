"""Keyset pages over visible rows, and over a job's history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Self, TypeVar

from models.bounds import PAGE, SORT
from models.conditions import holds
from models.errors import Invalid
from models.log import Logged, Reached
from models.queries import Q, QuerySet, column_value, count_query, is_nullable, read_query
from models.reasons import Reason
from models.seen import Row
from resolvers import cursors
from schema.inputs.filters import Direction
from schema.list_fields import USUAL
from schema.types.page_info import PageInfo

R = TypeVar("R", bound=Row)
N = TypeVar("N")

MOST = PAGE.most
MOST_COUNTED = 10_000


class Key(NamedTuple):
    """A column that a list is sorted by."""

    column: str
    descending: bool = False

    @classmethod
    def of(cls, order: str) -> Self:
        """The key of a column, or of one with `-` before it: from its end on."""
        return cls(order.removeprefix("-"), order.startswith("-"))


ID = Key("id")


def keys_of(sort: list[Any] | None, order: str) -> list[Key]:
    """The keys of the levels that were asked for; of none that of the usual order."""
    if not sort:
        return [Key.of(column) for column in order.split(" ")]
    told = f"Sort by at most {SORT.most} different fields."
    if len({level.field for level in sort}) < len(sort):
        raise Invalid(told, "sort", reason=Reason.NAMED_TWICE)
    if len(sort) > SORT.most:
        raise Invalid(told, "sort", reason=Reason.TOO_MANY, maximum=SORT.most, actual=len(sort))
    return [Key(column, level.direction is Direction.DESC) for level in sort for column in level.field.value.split(" ")]


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that was asked for."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    #: How many things there are on a page when nobody says.
    usual: int = USUAL

    @property
    def size(self) -> int:
        """How many things."""
        if self.first is not None and self.last is not None:
            told = "Ask for either the first or the last, not both."
            raise Invalid(told, "last", reason=Reason.ONLY_ONE, field="first")
        size = next((n for n in (self.first, self.last) if n is not None), self.usual)
        if not 1 <= size <= MOST:
            raise wrong_size(size, "last" if self.first is None else "first")
        return size


@dataclass(slots=True)
class Edge(Generic[N]):
    """A thing with its cursor."""

    node: N
    cursor: str


@dataclass(slots=True)
class Page(Generic[R]):
    """A page of rows. `count` says how many there are on all pages, up to the most that are counted."""

    edges: list[Edge[R]]
    page_info: PageInfo
    count: Callable[[], Awaitable[int]]

    @property
    def nodes(self) -> list[R]:
        """The rows without their cursors."""
        return [edge.node for edge in self.edges]


class _Part(NamedTuple):
    """A part of a list: what holds for its rows, and whether the first key of the order is set in none of them."""

    condition: Q
    is_unset: bool = False

    def within(self, other: _Part) -> _Part:
        """What is in both."""
        return _Part(self.condition & other.condition, self.is_unset or other.is_unset)


def _unset(column: str) -> _Part:
    return _Part(holds(**{f"{column}__isnull": True}), is_unset=True)


def _set(column: str) -> _Part:
    return _Part(holds(**{f"{column}__isnull": False}))


@dataclass(frozen=True, slots=True)
class Paging:
    """A page that was asked for of a list: in which order it is, and where the page begins. `of` names the list in its
    cursors."""

    model: type[Row]
    keys: Sequence[Key]
    asked: Asked
    of: str

    @classmethod
    def by(cls, model: type[Row], keys: Sequence[Key], asked: Asked, *about: Any) -> Self:
        """In the order of the keys and then of the ids. `about` is what else decides what is in it: its filter."""
        keys = [*keys, ID]
        return cls(model, keys, asked, cursors.fingerprint([tuple(key) for key in keys], *about))

    def narrowed(self, query: QuerySet[R]) -> list[QuerySet[R]]:
        """The rows of the page, and one more where there are more: of each of its parts, which follow on each other."""
        most = self.asked.size + 1
        return [query.filter(part.condition).order_by(*self._order(part)).limit(most) for part in self._parts()]

    def _parts(self) -> list[_Part]:
        """What is between the cursors, in the order of the page."""
        first, *_ = self.keys
        if self.asked.after is None and self.asked.before is None:
            nulls_first = first.descending != self._backward and is_nullable(self.model, first.column)
            # Of what is not set an index has another order than a page wants: it would all be sorted for each.
            return [_unset(first.column), _set(first.column)] if nulls_first else [_Part(Q())]
        parts = [_Part(Q())]
        for cursor, field in ((self.asked.after, "after"), (self.asked.before, "before")):
            if cursor is not None:
                values = _values(self.model, self.keys, self.of, cursor, field)
                beyond = _beyond(self.model, self.keys, values, reverse=field == "before")
                beyond = beyond if self._backward == (field == "before") else beyond[::-1]
                parts = [part.within(other) for part in parts for other in beyond]
        return parts

    def _order(self, part: _Part) -> list[str]:
        """What a part is sorted by. Where the first key is not set, it goes the way of the second: the order is the
        same, and one that an index has."""
        descends = [key.descending != self._backward for key in self.keys]
        if part.is_unset:
            descends[0] = descends[1]
        return [f"-{key.column}" if down else key.column for key, down in zip(self.keys, descends, strict=True)]

    def page(self, rows: list[R], count: Callable[[], Awaitable[int]]) -> Page[R]:
        """The page of what was read."""
        size = self.asked.size
        more, rows = len(rows) > size, rows[:size]
        if self._backward:
            rows.reverse()
        edges = [Edge(row, cursors.encode(self.of, [getattr(row, key.column) for key in self.keys])) for row in rows]
        return Page(edges, _page_info(edges, self.asked, more, self._backward), count)

    @property
    def _backward(self) -> bool:
        return self.asked.last is not None


async def page(
    query: QuerySet[R], keys: Sequence[Key], asked: Asked, *about: Any, most_counted: int = MOST_COUNTED
) -> Page[R]:
    """A page of a query, in one statement."""
    paging = Paging.by(query.model, keys, asked, *about)

    async def count() -> int:
        return await count_query(query.limit(most_counted))

    return paging.page(await read_query(*paging.narrowed(query)), count)


def _page_info(edges: list[Edge[R]], asked: Asked, more: bool, backward: bool) -> PageInfo:
    return PageInfo(
        has_next_page=asked.before is not None if backward else more,
        has_previous_page=more if backward else asked.after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )


def _values(model: type[Row], keys: Sequence[Key], of: str, cursor: str, field: str) -> list[Any]:
    values = cursors.decode(of, cursor, field)
    try:
        return [column_value(model, key.column, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, OverflowError):
        raise cursors.refused(field) from None


def _beyond(model: type[Row], keys: Sequence[Key], values: list[Any], *, reverse: bool) -> list[_Part]:
    """What comes after the values in the order of the keys, or before them: the parts of it, the nearest first.

    Of the first key alone something follows from it, too: there an index begins, and does not read the list up to
    there. What is set and what is not are two parts, for both together begin in no one place."""
    strictly = _Part(_strictly_beyond(model, keys, values, reverse=reverse))
    (column, key_descends), value = keys[0], values[0]
    descending = key_descends != reverse
    # PostgreSQL puts nulls last when ascending and first when descending.
    if value is None:
        return [_unset(column).within(strictly), *([_set(column)] if descending else [])]
    bound = _Part(holds(**{f"{column}__{'lte' if descending else 'gte'}": value})).within(strictly)
    return [bound, _unset(column)] if is_nullable(model, column) and not descending else [bound]


def _strictly_beyond(model: type[Row], keys: Sequence[Key], values: list[Any], *, reverse: bool) -> Q:
    condition = Q()
    equal = Q()
    for key, value in zip(keys, values, strict=True):
        nullable = is_nullable(model, key.column)
        after = _after(key.column, value, descending=key.descending != reverse, nullable=nullable)
        if after is not None:
            condition |= equal & after
        equal &= holds(**{f"{key.column}__isnull": True} if value is None else {key.column: value})
    return condition


def _after(column: str, value: Any, *, descending: bool, nullable: bool) -> Q | None:
    # PostgreSQL puts nulls last when ascending and first when descending.
    if value is None:
        return holds(**{f"{column}__isnull": False}) if descending else None
    if descending:
        return holds(**{f"{column}__lt": value})
    greater = holds(**{f"{column}__gt": value})
    return greater | holds(**{f"{column}__isnull": True}) if nullable else greater


@dataclass(slots=True)
class HistoryPage:
    """A page of events."""

    edges: list[Edge[Logged]]
    page_info: PageInfo

    @property
    def nodes(self) -> list[Logged]:
        """The events without their cursors."""
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class HistoryPaging:
    """A page that was asked for of events, the newest first: how many, and how far the reader has come. `of` names the
    history in its cursors."""

    of: str
    first: int
    reached: Reached

    @classmethod
    def by(cls, first: int, after: str | None, *about: Any) -> Self:
        """After this cursor. `about` is what decides what is in it."""
        if not 1 <= first <= MOST:
            raise wrong_size(first, "first")
        of = cursors.fingerprint("history", *about)
        return cls(of, first, Reached() if after is None else _reached(of, after))

    def page(self, read: Sequence[Logged]) -> HistoryPage:
        """The page of what was read from there on; one more than asked for says that there is more."""
        edges = list(self._edges(read[: self.first]))
        info = PageInfo(
            has_next_page=len(read) > self.first,
            has_previous_page=self.reached != Reached(),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return HistoryPage(edges, info)

    def _edges(self, nodes: Sequence[Logged]) -> Iterator[Edge[Logged]]:
        """Cursors do not have the index of an event in its revision: that would tell how many others are there which
        the reader may not see."""
        revision, seen = self.reached
        for logged in nodes:
            revision, seen = logged.revision, seen + 1 if logged.revision == revision else 1
            yield Edge(logged, cursors.encode(self.of, [revision, seen]))


def wrong_size(size: int, field: str) -> Invalid:
    """The refusal of a page of so many things."""
    told = f"A page has from 1 to {MOST} things, not {size}."
    return Invalid(told, field, reason=Reason.OUT_OF_RANGE, minimum=1, maximum=MOST, unit="THINGS")


def _reached(of: str, after: str) -> Reached:
    values = cursors.decode(of, after, "after")
    whole = len(values) == 2 and all(type(value) is int and value >= 0 for value in values)
    if not whole or values[0] >= 2**63 or values[1] >= 2**31:
        raise cursors.refused("after")
    return Reached(*values)
