"""Noticing that tokens have expired, with one timer for all of them."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

_RESOLUTION = 0.25  # seconds: however many expire one after another, it looks no more often than this
_SLACK = 0.002  # a timer may go off a little early, and would have to be set again


class Expiring(Protocol):
    """A connection that lasts as long as a token."""

    def expire(self) -> None:
        """Called when the token has expired."""


class Expiries:
    """Calls `expire` at a moment, or shortly after it: a timer for each would be 600 bytes."""

    def __init__(self) -> None:
        self._moments: dict[Expiring, float] = {}
        self._next = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, who: Expiring, moment: float) -> None:
        """Call back at a moment in unix seconds, unless it is forgotten before."""
        self._moments[who] = moment
        if moment < self._next:
            self._arm(moment)

    def forget(self, who: Expiring) -> None:
        self._moments.pop(who, None)

    def _arm(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = moment
        delay = max(moment - time.time(), 0.0) + _SLACK
        self._timer = asyncio.get_running_loop().call_later(delay, self._look_around)

    def _look_around(self) -> None:
        self._timer = None
        self._next = math.inf
        now = time.time()
        for who in [who for who, moment in self._moments.items() if moment <= now]:
            del self._moments[who]
            who.expire()
        if self._moments:
            self._arm(max(min(self._moments.values()), now + _RESOLUTION))
