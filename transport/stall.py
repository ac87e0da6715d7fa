"""Noticing writers that make no progress, with one timer for all of them."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Writer(Protocol):
    """Somebody who is writing to a peer."""

    @property
    def since(self) -> float:
        """When the write that is under way began, in loop time."""

    def stalled(self) -> None:
        """Called once for a write that has been under way too long."""


class Watchdog:
    """Calls `stalled` on writers whose present write is older than `limit` seconds.

    Sweeps only while somebody writes; a write that ends at once costs an entry in a set, no timer.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._writing: set[Writer] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, writer: Writer) -> None:
        self._writing.add(writer)
        if self._timer is None:
            self._arm()

    def unwatch(self, writer: Writer) -> None:
        self._writing.discard(writer)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._limit / 4, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        overdue = asyncio.get_running_loop().time() - self._limit
        for writer in [writer for writer in self._writing if writer.since <= overdue]:
            self._writing.discard(writer)
            writer.stalled()
        if self._writing:
            self._arm()
