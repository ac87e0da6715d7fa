"""What is loaded of things of any kind in one operation: rows by their ids, what they consist of and name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Protocol, TypeVar
from uuid import UUID

from models.ids import Kind
from models.log import Logged, Reached
from models.scope import Rows, Scope, Viewer
from models.seen import Firm, Row
from resolvers.batching import Loader, Soon
from resolvers.timing import Timing

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")
R = TypeVar("R", bound=Row)
Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class Asking(Protocol):
    """The operation that loaders are of, as far as it matters to them."""

    #: Whoever asked has gone.
    abandoned: bool

    @property
    def scope(self) -> Scope:
        """What may be seen."""

    @property
    def viewer(self) -> Viewer:
        """Who asks."""

    def rows_of(self, kind: Kind) -> Rows[Any]:
        """The rows of a kind that are seen."""

    @property
    def firm_id(self) -> UUID:
        """The firm."""

    @property
    def timing(self) -> Timing:
        """The clock."""

    @property
    def shut_out(self) -> bool:
        """Whether the viewer was shut out meanwhile."""

    @property
    def link_lifetime(self) -> timedelta:
        """How long links to the bytes of files are good."""

    def holds(self, things: int) -> bool:
        """Whether the answer has room for so many things more."""

    async def revisions_of_runs(self, runs: Sequence[Any]) -> dict[Any, int]:
        """The revision in which each of these runs of automations ended."""

    async def automations_wait_until(self) -> datetime | None:
        """Until when automatic actions of the firm wait."""

    async def read_histories(
        self, job_ids: Sequence[UUID], *, reached: Reached, limit: int
    ) -> dict[UUID, list[Logged]]:
        """What is shown of the histories of these jobs."""

    async def log_begins(self, firm_id: UUID) -> datetime | None:
        """Since when the firm's log has everything."""


class RowLoaders:
    """The loaders of things of any kind, made as they are needed. Lists come as futures; of single things, what is
    known already comes as it is."""

    def __init__(self, context: Asking) -> None:
        self._context = context
        self._loaders: dict[Any, Loader[Any, Any]] = {}

    def _loader(self, key: Any, load: Load[K, V], absent: Callable[[], V]) -> Loader[K, V]:
        if key not in self._loaders:

            async def unless_abandoned(keys: Sequence[K]) -> Mapping[K, V]:
                # Of an abandoned operation nobody reads anything any more: it only has to come to its end.
                return {} if self._context.abandoned else await load(keys)

            self._loaders[key] = Loader(unless_abandoned, absent)
        return self._loaders[key]

    def _lists(self, key: Any, load: Load[K, list[V]]) -> Loader[K, list[V]]:
        return self._loader(key, load, list[V])

    def _rows(self, kind: Kind) -> Loader[UUID, Any]:
        loader = self._loaders.get(kind)
        if loader is None:
            loader = self._loader(kind, lambda ids: self._context.rows_of(kind).many(ids), nothing)
            # Where a row names none, there is none.
            loader.know({None: None})
        return loader

    def one(self, kind: Kind, id: UUID) -> Soon[Row | None]:
        """A visible row by its id, or None."""
        return self._rows(kind).get(id)

    def those(self, kind: Kind, ids: Sequence[Any]) -> Soon[list[Row | None]]:
        """The visible rows of these ids, each in its place; None where there is none."""
        return self._rows(kind).together(ids)

    def several(self, kind: Kind, ids: Sequence[UUID]) -> Awaitable[list[Row]]:
        """Those of the rows that are visible, in the order of the ids."""

        async def load(wanted: Sequence[tuple[UUID, ...]]) -> dict[tuple[UUID, ...], list[Row]]:
            return await self._visible(kind, {ids: ids for ids in wanted})

        return self._lists(("several", kind), load).future(tuple(ids))

    def _scoped(self, read: Callable[[Scope, Sequence[UUID]], Awaitable[dict[UUID, V]]]) -> Load[UUID, V]:
        return lambda ids: read(self._context.scope, ids)

    def _taken_over(self, kind: Kind, read: Load[UUID, list[R]]) -> Load[UUID, list[R]]:
        """Read, and keep each row for whoever asks for it by its id: the cards of a board ask for their stage."""

        async def load(ids: Sequence[UUID]) -> Mapping[UUID, list[R]]:
            found = await read(ids)
            self._rows(kind).know({row.id: row for rows in found.values() for row in rows})
            return found

        return load

    def within(self, of: Any, kind: Kind, owner: UUID, read: Load[UUID, list[R]]) -> Awaitable[list[R]]:
        """What belongs to a thing, read for all that are asked about alike."""
        return self._lists(("within", of), self._taken_over(kind, read)).future(owner)

    def count_within(self, of: Any, owner: UUID, count: Load[UUID, int]) -> Awaitable[int]:
        """How much of it there is."""
        return self._loader(("count within", of), count, int).future(owner)

    def parts(self, read: Load[UUID, list[V]], owner: UUID) -> Awaitable[list[V]]:
        """What a thing consists of besides its row, read for all that are asked about alike."""
        return self._parts(read).future(owner)

    def made_of_parts(self, read: Load[UUID, list[V]], make: Callable[[R, list[V]], W], thing: R) -> Awaitable[W]:
        """What follows from these parts of a thing, which are read once, whatever else is asked of them."""

        async def load(things: Sequence[R]) -> dict[R, W]:
            parts = await self._parts(read).many(each.id for each in things)
            return {each: make(each, those) for each, those in zip(things, parts, strict=True)}

        return self._loader(("made of parts", read, make), load, unknown).future(thing)

    def _parts(self, read: Load[UUID, list[V]]) -> Loader[UUID, list[V]]:
        return self._lists(("parts", read), read)

    def named_by(self, read: Load[UUID, Sequence[UUID]], kind: Kind, owner: UUID) -> Awaitable[list[Row]]:
        """The visible ones of the things of a kind that a thing names, in its order."""

        async def load(owners: Sequence[UUID]) -> dict[UUID, list[Row]]:
            return await self._visible(kind, await read(owners))

        return self._lists(("named by", read, kind), load).future(owner)

    def naming(self, kind: Kind, column: str, owner: UUID) -> Soon[Row | None]:
        """The visible thing of a kind that names a thing in this column, of which there is one at most."""

        async def load(owners: Sequence[UUID]) -> dict[UUID, Row]:
            found = await self._context.rows_of(kind).read(f"seen.{column} = ANY($1)", list(owners))
            rows = self._rows(kind)
            rows.know({each.id: each for each in found})
            # The same row as everywhere in the answer, also where that was read before.
            known = await rows.many(each.id for each in found)
            return dict(zip((getattr(each, column) for each in found), known, strict=True))

        return self._loader(("naming", kind, column), load, nothing).get(owner)

    async def _visible(self, kind: Kind, named: Mapping[K, Sequence[UUID]]) -> dict[K, list[Row]]:
        found = iter(await self._rows(kind).many(id for ids in named.values() for id in ids))
        return {of: [row for row in islice(found, len(ids)) if row is not None] for of, ids in named.items()}

    def on_its_day(self, holds: Callable[[R, date], bool], thing: R) -> Soon[bool]:
        """Whether this holds of a thing today, in the firm's calendar."""

        async def load(things: Sequence[R]) -> dict[R, bool]:
            today = await self._days.future(self._context.firm_id)
            return {each: holds(each, today) for each in things}

        return self._loader(("on its day", holds), load, bool).get(thing)

    def day_of(self, firm_id: UUID) -> Soon[date]:
        """The firm's day."""
        return self._days.get(firm_id)

    @property
    def _days(self) -> Loader[UUID, Any]:
        async def load(firms: Sequence[UUID]) -> dict[UUID, date]:
            found: list[Firm] = await self._rows(Kind.FIRM).many(firms)
            return {firm.id: self._context.timing.day_in(firm.time_zone) for firm in found}

        return self._loader("day", load, nothing)

    async def _firm(self) -> Firm:
        firm: Firm = await self._rows(Kind.FIRM).future(self._context.firm_id)
        return firm


def nothing() -> None:
    return None


def unknown() -> Any:
    """In the place of what is made of nothing but what is there: everything that is asked about has it."""
    return None
