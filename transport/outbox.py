"""What is on its way to one socket: a bounded queue, and at most one writer.

What the peer takes now is written to its connection at once, past ASGI. Only what it does not take waits here, for
a writer task that lives as long as something waits. `await send` of uvicorn's websockets-sansio waits while the
transport's buffer is over its high-water mark (64 KiB), so a peer that does not read blocks its own writer and
nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from starlette.types import Send

from transport.codes import fit_reason
from transport.counters import Counters
from transport.stall import Watchdog
from transport.wire import Wire


class Owner(Protocol):
    """The operation that a frame belongs to."""

    @property
    def stopped(self) -> bool:
        """Whether its frames are no longer wanted."""

    def sent(self) -> None:
        """Called when a frame that had to wait has left."""


class Host(Protocol):
    """The socket that an outbox belongs to."""

    def has_room(self) -> None:
        """Called when the queue was over its bound and no longer is."""

    def stalled(self) -> None:
        """Called when a write has been under way too long."""


class Outbox:
    """Frames leave in the order in which they came; nobody but the writer awaits the peer."""

    __slots__ = (
        "_bound",
        "_closed",
        "_counters",
        "_farewell",
        "_frames",
        "_host",
        "_queued",
        "_room",
        "_send",
        "_task",
        "_watchdog",
        "_wire",
        "full",
        "writing",
        "written",
    )

    def __init__(self, send: Send, wire: Wire, bound: int, watchdog: Watchdog, counters: Counters, host: Host) -> None:
        self.full = False  # more is queued than the bound; a single frame may exceed it
        self.writing = False
        self.written = 0
        self._send = send
        self._wire = wire
        self._bound = bound
        self._counters = counters
        self._host = host
        self._frames: deque[tuple[bytes, bytes, bytes, Owner | None]] | None = None  # an empty one is 600 bytes
        self._queued = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._farewell: tuple[int, str] | None = None
        self._closed = False  # to new frames: it was said goodbye to, or the peer is gone
        self._watchdog = watchdog

    def put(self, frame: bytes) -> None:
        """Send a whole frame, however full the queue is; whoever lets a client cause frames awaits `room` as well."""
        self.deliver(frame, b"", b"", None)

    def deliver(self, prefix: bytes, body: bytes, suffix: bytes, owner: Owner | None) -> bool:
        """Send the three as one frame. False when it has to wait: `owner.sent` tells when it has left.

        This is the way of every result to every socket, so it does as little as it can. The body is not copied
        while it waits: it may wait for many.
        """
        if self._closed:
            return True
        if not self.writing and self._wire.write(prefix, body, suffix):
            self._counters.frames_sent += 1
            return True
        if self._frames is None:
            self._frames = deque()
        self._frames.append((prefix, body, suffix, owner))
        self._queued += len(prefix) + len(body) + len(suffix)
        self.full = self._queued > self._bound
        self._wake()
        return False

    async def room(self) -> None:
        """Wait while the queue is over its bound."""
        while self.full:
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
        if self._task is not None:
            self._task.cancel()

    def stalled(self) -> None:
        self._host.stalled()

    def _wake(self) -> None:
        if not self.writing:
            self.writing = True
            self._watchdog.watch(self)
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._frames:
                await self._send_one(*self._frames.popleft())
            await self._say_farewell()
        except (OSError, RuntimeError):
            # The peer is gone (OSError), or uvicorn has closed by itself (it then raises RuntimeError):
            # the reader is about to be told.
            self._die()
        finally:
            self.writing = False
            self._frames = self._frames or None
            self._task = None
            self._watchdog.unwatch(self)

    async def _send_one(self, prefix: bytes, body: bytes, suffix: bytes, owner: Owner | None) -> None:
        self._queued -= len(prefix) + len(body) + len(suffix)
        wanted = owner is None or not owner.stopped
        if wanted:
            await self._send({"type": "websocket.send", "text": b"".join((prefix, body, suffix)).decode()})
            self._counters.frames_sent += 1
        self.written += 1
        if self.full and self._queued <= self._bound:
            self._make_room()
            self._host.has_room()
        if owner is not None and wanted:
            owner.sent()
            if self._frames:
                await asyncio.sleep(0)  # it may have more at once, again and again: others have their turn

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
        self.full = False
        if self._room is not None:
            self._room.set()
            self._room = None
