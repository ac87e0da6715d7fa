"""Loads what is asked for in one turn of the event loop together, and each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar

K = TypeVar("K")
V = TypeVar("V")
P = TypeVar("P")
#: What is known, or will be.
Soon: TypeAlias = "V | asyncio.Future[V]"


def after(make: Callable[..., V], *found: Soon[Any]) -> Soon[V]:
    """What is made of what several loaders find, as soon as all of it is there."""
    waiting = [one for one in found if isinstance(one, asyncio.Future)]
    if not waiting:
        return make(*found)
    made: asyncio.Future[V] = asyncio.get_running_loop().create_future()
    left = len(waiting)

    def arrived(one: asyncio.Future[Any]) -> None:
        nonlocal left
        left -= 1
        one.exception()  # It is not lost where nobody waits any more.
        if left or made.done():
            return
        try:
            made.set_result(make(*(one.result() if isinstance(one, asyncio.Future) else one for one in found)))
        except Exception as error:
            made.set_exception(error)

    for one in waiting:
        one.add_done_callback(arrived)
    return made


class Joint(Generic[K, P, V]):
    """What several loaders read of the same things: those parts that are asked for in one turn of the event loop are
    read together. `read(keys, parts)` finds the values by part."""

    __slots__ = ("_asked", "_read", "_reading")

    def __init__(self, read: Callable[[Sequence[K], Collection[P]], Awaitable[Mapping[P, Mapping[K, V]]]]) -> None:
        self._read = read
        self._asked: dict[P, Sequence[K]] = {}
        self._reading: asyncio.Task[Mapping[P, Mapping[K, V]]] | None = None

    async def load(self, part: P, keys: Sequence[K]) -> Mapping[K, V]:
        """The part's values, for its loader."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        self._asked[part] = keys
        return (await self._reading)[part]

    async def _read_all(self) -> Mapping[P, Mapping[K, V]]:
        asked, self._asked, self._reading = self._asked, {}, None
        keys = list(dict.fromkeys(chain.from_iterable(asked.values())))
        return await self._read(keys, asked.keys())


class _Group(Generic[K, V]):
    """Keys whose values are awaited together, of one batch or of several."""

    __slots__ = ("future", "keys", "left")

    def __init__(self, keys: Sequence[K], batches: int) -> None:
        self.keys = keys
        self.left = batches
        self.future: asyncio.Future[list[V]] = asyncio.get_running_loop().create_future()


class _Batch(Generic[K, V]):
    """Keys that are loaded together, and who waits: for one of them, or for several."""

    __slots__ = ("error", "futures", "groups", "keys", "task")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.futures: dict[K, asyncio.Future[V]] = {}
        self.groups: list[_Group[K, V]] = []
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None


class Loader(Generic[K, V]):
    """A DataLoader (https://github.com/graphql/dataloader) for answers of hundreds of things: what is known is handed
    over as it is, without a future, and who wants the values of many keys has one future for all of them.

    `load` leaves out what there is not: it is then what `absent` makes.
    """

    __slots__ = ("_absent", "_batches", "_known", "_load", "_next")

    def __init__(self, load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], absent: Callable[[], V]) -> None:
        self._load = load
        self._absent = absent
        self._known: dict[K, V] = {}
        self._batches: dict[K, _Batch[K, V]] = {}
        self._next: _Batch[K, V] | None = None

    def know(self, values: Mapping[K, V]) -> None:
        """Take over what was read elsewhere. What is known already stays as it is."""
        for key, value in values.items():
            self._known.setdefault(key, value)

    def get(self, key: K) -> Soon[V]:
        """The value, or the future of it."""
        if key in self._known:
            return self._known[key]
        batch = self._batch_of(key)
        future = batch.futures.get(key)
        # Those who share a future share its cancellation, but whoever asks later has not been cancelled.
        if future is None or future.cancelled():
            future = batch.futures[key] = asyncio.get_running_loop().create_future()
        return future

    def future(self, key: K) -> asyncio.Future[V]:
        """The future of the value, also of one that is known."""
        value = self.get(key)
        if isinstance(value, asyncio.Future):
            return value
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        future.set_result(value)
        return future

    def together(self, keys: Sequence[K]) -> Soon[list[V]]:
        """The values of all of these, in their order."""
        known, under_way = self._known, self._batches
        unknown = list(dict.fromkeys(keys))
        # Mostly nothing is known yet, and nobody else waits.
        if known:
            unknown = [key for key in unknown if key not in known]
        if not unknown:
            return [known[key] for key in keys]
        batches: dict[int, _Batch[K, V]] = {}
        new = unknown
        if under_way:
            batches = {id(under_way[key]): under_way[key] for key in unknown if key in under_way}
            new = [key for key in unknown if key not in under_way]
        if new:
            batch = self._begin_with(new)
            batches[id(batch)] = batch
        group: _Group[K, V] = _Group(keys, len(batches))
        for batch in batches.values():
            batch.groups.append(group)
        return group.future

    async def many(self, keys: Iterable[K]) -> list[V]:
        """The values of all of these, for another loader."""
        found = self.together(list(keys))
        return await found if isinstance(found, asyncio.Future) else found

    def _batch_of(self, key: K) -> _Batch[K, V]:
        return self._batches.get(key) or self._begin_with((key,))

    def _begin_with(self, keys: Sequence[K]) -> _Batch[K, V]:
        """The batch that is loaded next, with these keys too."""
        if self._next is None:
            self._next = _Batch()
            asyncio.get_running_loop().call_soon(self._begin, self._next)
        self._next.keys += keys
        self._batches.update(dict.fromkeys(keys, self._next))
        return self._next

    def _begin(self, batch: _Batch[K, V]) -> None:
        batch.task = asyncio.create_task(self._run(batch))

    async def _run(self, batch: _Batch[K, V]) -> None:
        # Until here others could join, and what they wait for become known.
        self._next = None
        known = self._known
        keys = [key for key in batch.keys if key not in known] if known else batch.keys
        try:
            found = await self._load(keys) if keys else {}
        except Exception as error:
            batch.error = error
            # Whoever asks later has it read again.
            self._batches = {key: other for key, other in self._batches.items() if other is not batch}
        else:
            for key in keys:
                if key not in known:
                    known[key] = found[key] if key in found else self._absent()
        for key, future in batch.futures.items():
            if future.done():
                continue
            if key in known:
                future.set_result(known[key])
            elif batch.error is not None:
                future.set_exception(batch.error)
        for group in batch.groups:
            self._arrive(group, batch.error)

    def _arrive(self, group: _Group[K, V], error: Exception | None) -> None:
        group.left -= 1
        if group.future.done():
            return
        if error is not None:
            group.future.set_exception(error)
            group.future.exception()  # It is not lost where nobody waits any more.
        elif not group.left:
            group.future.set_result([self._known[key] for key in group.keys])
