"""What several subscribers need alike, worked out once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

#: So many results are remembered, for so many seconds: those who go the same way come at the same time.
MOST = 50
KEPT_FOR = 5.0


class Once:
    """Results by key. Whoever comes while one is being worked out waits for it; one that failed is not remembered."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, asyncio.Task[Any]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The result of `make`, whoever called it."""
        task: asyncio.Task[T] | None = self._found.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):

            async def through() -> T:
                return await make()

            task = self._found[key] = asyncio.create_task(through(), name="once")
            task.add_done_callback(lambda task: self._done(key, task))
            while len(self._found) > MOST:
                self._found.popitem(last=False)
        return await asyncio.shield(task)

    def forget(self, key: Hashable) -> None:
        """It was of no use: whoever comes next works it out anew."""
        if (task := self._found.get(key)) is not None and task.done():
            del self._found[key]

    def _done(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        # Whoever waited for it may be gone: then nobody else asks how it ended.
        _ = task.cancelled() or task.exception()
        asyncio.get_running_loop().call_later(KEPT_FOR, self._drop, key, task)

    def _drop(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._found.get(key) is task:
            del self._found[key]
