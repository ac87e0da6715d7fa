"""Noticing writers that make no progress, with one timer for all of them."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Writer(Protocol):
    """Somebody who writes to a peer."""

    @property
    def written(self) -> int:
        """How many writes have ended: what progress is measured by."""

    def stalled(self) -> None:
        """Called for a write that has been under way too long."""


class Watchdog:
    """Calls `stalled` on writers that were seen in one and the same write for `limit` seconds.

    It looks around four times in that span, while somebody writes.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._writers: set[Writer] = set()
        self._seen: dict[Writer, tuple[int, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, writer: Writer) -> None:
        """From when it begins to write, until `unwatch`."""
        self._writers.add(writer)
        if self._timer is None:
            self._arm()

    def unwatch(self, writer: Writer) -> None:
        self._writers.discard(writer)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._limit / 4, self._look_around)

    def _look_around(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        seen = {writer: self._first_seen(writer, now) for writer in self._writers}
        overdue = [writer for writer, (_, since) in seen.items() if now - since >= self._limit]
        self._seen = seen
        for writer in overdue:
            del seen[writer]
            writer.stalled()
        if self._writers:
            self._arm()

    def _first_seen(self, writer: Writer, now: float) -> tuple[int, float]:
        """The write that it is in, and since when."""
        before = self._seen.get(writer)
        return before if before is not None and before[0] == writer.written else (writer.written, now)
