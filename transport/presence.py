"""Noticing a client that leaves while its request is executing."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.types import Receive

from transport.body import ClientGone


class Presence:
    """`async with Presence(receive)`: cancels the body, and raises ClientGone, when the client disconnects.

    Works as `asyncio.timeout` does. Watching starts after a moment, since most answers are gone by then
    and a task for each would be dearer than the look-up it guards.
    """

    __slots__ = ("_before", "_gone", "_receive", "_task", "_timer", "_watch")

    def __init__(self, receive: Receive, after: float = 0.02) -> None:
        self._receive = receive
        self._gone = False
        self._watch: asyncio.Task[None] | None = None
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(after, self._start)

    async def __aenter__(self) -> Presence:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._gone and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise ClientGone from fault

    def _start(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
