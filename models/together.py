"""One statement for all who ask at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Reads things by key, never for somebody who is inside a transaction, one read at a time: whoever asks while one
    is under way is answered by the next.

    So nobody is told what was read before they asked. A thousand who come back at once cost a few statements, and a
    single caller waits for nobody.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[Mapping[K, V]]], *, most: int = 1_000) -> None:
        self._read = read
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The thing, or None. What the read raises is raised to all whom it would have answered."""
        loop = asyncio.get_running_loop()
        future = self._waiting.get(key)
        if future is None or future.get_loop() is not loop:
            future = self._waiting[key] = loop.create_future()
        if self._reading is None or self._reading.done() or self._reading.get_loop() is not loop:
            self._reading = loop.create_task(self._read_all(), name="together")
        return await asyncio.shield(future)

    async def _read_all(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[: self._most]
            futures = [self._waiting.pop(key) for key in keys]
            try:
                found = await self._read(keys)
            except BaseException as error:
                for future in futures:
                    if not future.done():
                        future.set_exception(error if isinstance(error, Exception) else TimeoutError("Shutting down."))
                        future.exception()  # whoever asked may be gone
                if not isinstance(error, Exception):
                    raise
                continue
            for key, future in zip(keys, futures, strict=True):
                if not future.done():
                    future.set_result(found.get(key))
