"""asyncio's Event and Queue for thousands of connections, at most of which nobody waits.

Each `collections.deque` takes 760 bytes when it is empty; an Event has one, a Queue has four.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Gate:
    """An `asyncio.Event` that is made when somebody waits for it."""

    __slots__ = ("_event", "open")

    def __init__(self) -> None:
        self.open = False
        self._event: asyncio.Event | None = None

    def is_set(self) -> bool:
        return self.open

    def set(self) -> None:
        self.open = True
        if self._event is not None:
            self._event.set()
            self._event = None

    def clear(self) -> None:
        self.open = False

    async def wait(self) -> bool:
        if not self.open:
            self._event = self._event or asyncio.Event()
            await self._event.wait()
        return True


class Inbox(Generic[T]):
    """An `asyncio.Queue` without a bound, of which one task at a time gets, and which has a deque only while it has
    something."""

    __slots__ = ("_items", "_waiter")

    def __init__(self) -> None:
        self._items: deque[T] | None = None
        self._waiter: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return self._items is None

    def put_nowait(self, item: T) -> None:
        if self._items is None:
            self._items = deque()
        self._items.append(item)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> T:
        while self._items is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        item = self._items.popleft()
        if not self._items:
            self._items = None
        return item
