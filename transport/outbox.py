"""What is on its way to one socket: a bounded queue, and at most one writer.

`await send` of uvicorn's websockets-sansio waits while the transport's buffer is over its high-water mark
(64 KiB), so a peer that does not read blocks its own writer here and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from starlette.types import Send

from transport.codes import fit_reason
from transport.counters import Counters
from transport.stall import Watchdog


class Owner(Protocol):
    """The operation that a frame belongs to."""

    @property
    def stopped(self) -> bool:
        """Whether its frames are no longer wanted."""


class Outbox:
    """Frames leave in the order in which they came; nobody but the writer awaits the peer.

    There is a writer task only while frames wait: `deliver` writes by itself when nothing is ahead of it,
    so an idle socket holds none and a quiet one needs none.
    """

    __slots__ = (
        "_bound",
        "_closed",
        "_counters",
        "_farewell",
        "_frames",
        "_on_stall",
        "_queued",
        "_room",
        "_send",
        "_task",
        "_watchdog",
        "writing",
        "written",
    )

    def __init__(
        self, send: Send, bound: int, watchdog: Watchdog, counters: Counters, on_stall: Callable[[], None]
    ) -> None:
        self.writing = False
        self.written = 0
        self._send = send
        self._bound = bound
        self._counters = counters
        self._on_stall = on_stall
        self._frames: deque[tuple[str, Owner | None]] | None = None  # an empty one is 600 bytes
        self._queued = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._farewell: tuple[int, str] | None = None
        self._closed = False  # to new frames: it was said goodbye to, or the peer is gone
        self._watchdog = watchdog
        watchdog.watch(self)

    def put(self, frame: str, owner: Owner | None = None) -> None:
        """Queue a frame, however full the queue is; whoever produces frames awaits `room` as well."""
        if self._closed:
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append((frame, owner))
        self._queued += len(frame)
        self._wake()

    async def deliver(self, frame: str, owner: Owner) -> None:
        """Write the frame, or queue it behind others; returns when there is room for the next."""
        if self._closed:
            return await asyncio.sleep(0)  # the reader is about to stop the caller: let it run
        if self.writing:
            self.put(frame, owner)
            return await self.room()
        self.writing = True
        try:
            await self._send({"type": "websocket.send", "text": frame})
            self.written += 1
            self._counters.frames_sent += 1
        except (OSError, RuntimeError):
            self._die()
        finally:
            self.writing = False
            if self._frames or self._farewell is not None:
                self._wake()

    async def room(self) -> None:
        """Wait while more is queued than the bound. A single frame may exceed it."""
        while self._queued > self._bound:
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def say_goodbye(self, code: int, reason: str, *, drop: bool) -> None:
        """Close the socket after what is queued, or in place of it."""
        if self._closed:
            return
        self._closed = True
        self._farewell = (code, fit_reason(reason))
        if drop:
            self._drop()
        self._wake()

    def shut(self) -> None:
        """The socket is gone."""
        self._die()
        self._watchdog.unwatch(self)
        if self._task is not None:
            self._task.cancel()

    def stalled(self) -> None:
        self._on_stall()

    def _wake(self) -> None:
        if not self.writing:
            self.writing = True
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._frames:
                frame, owner = self._frames.popleft()
                self._queued -= len(frame)
                if owner is None or not owner.stopped:
                    await self._send({"type": "websocket.send", "text": frame})
                    self._counters.frames_sent += 1
                self.written += 1
                self._make_room()
            await self._say_farewell()
        except (OSError, RuntimeError):
            # The peer is gone (OSError), or uvicorn has closed by itself (it then raises RuntimeError):
            # the reader is about to be told.
            self._die()
        finally:
            self.writing = False
            self._task = None

    async def _say_farewell(self) -> None:
        if self._farewell is not None:
            (code, reason), self._farewell = self._farewell, None
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _die(self) -> None:
        self._closed = True
        self._farewell = None
        self._drop()

    def _drop(self) -> None:
        self._frames = None
        self._queued = 0
        self._make_room()

    def _make_room(self) -> None:
        if self._room is not None and self._queued <= self._bound:
            self._room.set()
            self._room = None
