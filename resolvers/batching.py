"""Loads what is asked for in one turn of the event loop together, and each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class _Batch(Generic[K, V]):
    """Keys that are loaded together, and who waits: for one of them, or for all."""

    __slots__ = ("error", "futures", "keys", "over", "task")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.futures: dict[K, asyncio.Future[V]] = {}
        self.over = asyncio.Event()
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None


class Loader(Generic[K, V]):
    """A DataLoader (https://github.com/graphql/dataloader) for answers of hundreds of things: what is known is handed
    over as it is, without a future, and another loader waits for a whole batch at once.

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

    def get(self, key: K) -> V | asyncio.Future[V]:
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

    async def many(self, keys: Iterable[K]) -> list[V]:
        """The values of all of these."""
        keys = list(keys)
        unknown = [key for key in keys if key not in self._known]
        for batch in {self._batch_of(key): None for key in unknown}:
            await batch.over.wait()
            if batch.error is not None:
                raise batch.error
        return [self._known[key] for key in keys]

    def _batch_of(self, key: K) -> _Batch[K, V]:
        batch = self._batches.get(key)
        if batch is None:
            if self._next is None:
                self._next = _Batch()
                asyncio.get_running_loop().call_soon(self._begin, self._next)
            batch = self._batches[key] = self._next
            batch.keys.append(key)
        return batch

    def _begin(self, batch: _Batch[K, V]) -> None:
        batch.task = asyncio.create_task(self._run(batch))

    async def _run(self, batch: _Batch[K, V]) -> None:
        # Until here others could join, and what they wait for become known.
        self._next = None
        keys = [key for key in batch.keys if key not in self._known]
        try:
            found = await self._load(keys) if keys else {}
        except Exception as error:
            batch.error = error
            # Whoever asks later has it read again.
            self._batches = {key: other for key, other in self._batches.items() if other is not batch}
        else:
            self.know({key: found[key] if key in found else self._absent() for key in keys})
        for key, future in batch.futures.items():
            if future.done():
                continue
            if key in self._known:
                future.set_result(self._known[key])
            elif batch.error is not None:
                future.set_exception(batch.error)
        batch.over.set()
