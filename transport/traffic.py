"""What is under way on the wire, in this process: counts, connections, and the drain before a restart."""

from __future__ import annotations

import asyncio
import collections
import random
import resource
import sys
from contextlib import suppress
from typing import Protocol

from transport.codes import Close
from transport.counters import Counters
from transport.expiry import Expiries
from transport.notices import Notices
from transport.options import TransportOptions
from transport.stall import Watchdog
from transport.strangers import Strangers

_CLOSING_SHARE = 0.5  # of the window; the rest is for those who are late
_FILES_FOR_OTHERS = 128  # of those that the process may open: the database, Redis, the log


class Connection(Protocol):
    """A websocket, an event stream or a sheet."""

    def retire(self, code: int, reason: str) -> None:
        """Close as soon as the answers that are being computed are given."""

    def close(self, code: int, reason: str) -> None:
        """Close now."""


class Traffic:
    """Make one per process, inside its event loop or before, and hand it to `graphql_routes`."""

    def __init__(self, options: TransportOptions) -> None:
        self.counters = Counters()
        self.watchdog = Watchdog(options.stall_timeout)
        self.expiries = Expiries()
        self.strangers = Strangers(options.strangers, options.strangers_per_address)
        self.notices = Notices()
        self.draining = False
        self.options = options
        self.most_connections = min(options.connections, max(open_files() - _FILES_FOR_OTHERS, _FILES_FOR_OTHERS))
        self._connections: set[Connection] = set()
        self._seats: collections.Counter[str] = collections.Counter()
        self._sheets: set[str] = set()
        self._quiet: asyncio.Event | None = None

    def enter(self, connection: Connection) -> None:
        self._connections.add(connection)

    def leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections and self._quiet is not None:
            self._quiet.set()

    def take_seat(self, member: str | None) -> bool:
        """Whether the member may have one more connection. Anonymous callers are not counted."""
        if member is None:
            return True
        if self._seats[member] >= self.options.sockets_per_member:
            return False
        self._seats[member] += 1
        return True

    def leave_seat(self, member: str | None) -> None:
        if member is not None:
            self._seats[member] -= 1
            if self._seats[member] <= 0:
                del self._seats[member]

    def take_sheet(self, member: str) -> bool:
        """Whether the member may have a sheet made: one at a time, and not too many are made for others."""
        if member in self._sheets or len(self._sheets) >= self.options.sheets_at_once:
            return False
        self._sheets.add(member)
        return True

    def leave_sheet(self, member: str) -> None:
        self._sheets.discard(member)

    async def drain(self, window: float = 10.0) -> None:
        """Refuse new connections and send the present ones away, each at a random moment of the window.

        Closed with 1012, which clients come back after; no `complete` is sent, since a client would take
        its subscription for finished. The closings are spread over the first half of the window, and the
        reason names a random number of seconds for clients that would like to be told; others use their
        own retry wait. Returns when all are gone, or after the window and the close timeout at the latest.

        Call it before uvicorn's shutdown, not from lifespan (see `transport.server.Server`).
        """
        self.draining = True
        self._quiet = asyncio.Event()
        if not self._connections:
            return
        loop = asyncio.get_running_loop()
        for connection in self._connections:
            moment = random.uniform(0, window * _CLOSING_SHARE)
            loop.call_later(moment, connection.retire, Close.RESTARTING, _reason(window))
        with suppress(TimeoutError):
            async with asyncio.timeout(window):
                await self._quiet.wait()
            return
        for connection in list(self._connections):
            connection.close(Close.RESTARTING, _reason(window))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.options.close_timeout * 2):
                await self._quiet.wait()


def open_files() -> int:
    """How many files and connections this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def _reason(window: float) -> str:
    return f"Restarting, come back in {random.uniform(0, window):.1f} s"
