"""What members owe in points, as the processes tell each other of it: by Redis, a few times a second.

No request waits for it. While Redis is away each process goes by what it knows itself, and tells the rest later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from engine.points import Points
from subscriptions.cancellation import cancel_all

#: In seconds: how late a process may hear of what was spent elsewhere.
EVERY = 0.25
#: In seconds: between two tries while Redis does not answer, and how long it may take to.
AFTER_FAILURE = 1.0
PATIENCE = 1.0
#: Of members in one round trip.
_AT_ONCE = 500

# By the clock of Redis, the only one that all have in common. What is owed no more is forgotten.
_ADD = """
local time = redis.call('TIME')
local now, rate = time[1] + time[2] / 1000000, tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'owed', 'at')
local owed = math.max(0, tonumber(kept[1] or 0) - (now - tonumber(kept[2] or now)) * rate)
owed = math.max(0, owed + tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'owed', tostring(owed), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(owed / rate * 1000) + 1000)
return tostring(owed)
"""

log = structlog.get_logger(__name__)


class Ledger:
    """Tells Redis what was spent here, and hears what the same members owe over all processes."""

    def __init__(self, url: str, points: Points) -> None:
        self._points = points
        # Once more, at once: the connection may be one to a Redis that has been restarted since.
        self._redis: Any = Redis.from_url(
            url, retry=Retry(NoBackoff(), 1), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._add = self._redis.register_script(_ADD)
        self._task: asyncio.Task[None] | None = None
        self._away = False

    async def start(self) -> None:
        """Tell and hear from now on. Redis need not be there yet."""
        self._task = asyncio.create_task(self._go_on(), name="ledger")

    async def stop(self) -> None:
        """Tell no more."""
        if self._task is not None:
            await cancel_all([self._task])
        await self._redis.aclose()

    async def exchange(self) -> None:
        """Tell what was spent here since, and hear what is owed. What cannot be told is told another time."""
        untold = dict(self._points.take_untold())
        while some := dict(islice(untold.items(), _AT_ONCE)):
            try:
                owed = await self._told(some)
            except BaseException:
                self._points.take_back(untold)
                raise
            for member, points in owed.items():
                del untold[member]
                self._points.hear(member, points)

    async def _told(self, untold: Mapping[UUID, float]) -> dict[UUID, float]:
        rate = self._points.a_minute / 60
        async with self._redis.pipeline(transaction=False) as pipeline:
            for member, points in untold.items():
                await self._add(keys=[f"jobwire:points:{member}"], args=[points, rate], client=pipeline)
            owed = await pipeline.execute()
        return {member: float(points) for member, points in zip(untold, owed, strict=True)}

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(AFTER_FAILURE if self._away else EVERY)
            try:
                await self.exchange()
                self._away = False
            except Exception as error:  # whatever it is: each process has what it knows itself
                if not self._away:
                    log.warning("points.unshared", reason=type(error).__name__)
                self._away = True
