"""A broadcaster backend over redis-py that says when it may have missed something.

broadcaster's own Redis backend is deaf with redis-py 8, and silent about a connection that was lost in between. This
one has one task that listens, connects again for as long as it takes, and tells each channel of every (re)subscription
with the message RECONNECTED.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.exceptions import RedisError

#: Heard on a channel after every (re)subscription: whatever was published before may have been missed.
RECONNECTED = ""
#: How long a publisher waits for Redis before it gives up: what it had to say is in the log anyway.
PATIENCE = 1.0
#: How long between attempts to connect again, in seconds, at most.
LONGEST_WAIT = 1.0

log = structlog.get_logger(__name__)


class RedisBackend(BroadcastBackend):
    """Publishes with one connection, listens with another."""

    def __init__(self, url: str) -> None:
        self._publisher: Any = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        # A listener reads for as long as nothing is said, but it notices a peer that is gone.
        self._listener: Any = Redis.from_url(url, socket_connect_timeout=PATIENCE, health_check_interval=10)
        self._channels: set[str] = set()
        self._pubsub: Any = None
        self._heard: asyncio.Queue[Event] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Start to listen. Redis need not be there yet."""
        self._task = asyncio.create_task(self._listen(), name="bell-listener")

    async def disconnect(self) -> None:
        """Stop listening and close both connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for client in (self._listener, self._publisher):
            await client.aclose()

    async def subscribe(self, channel: str) -> None:
        """Listen to a channel from now on, or from when Redis is there."""
        self._channels.add(channel)
        self._wanted.set()
        if self._pubsub is not None and self._pubsub.connection is not None:
            await self._pubsub.subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Stop listening to a channel."""
        self._channels.discard(channel)
        if self._pubsub is not None and self._pubsub.connection is not None:
            await self._pubsub.unsubscribe(channel)

    async def publish(self, channel: str, message: Any) -> None:
        """Say something; raises RedisError or OSError when Redis does not answer."""
        await self._publisher.publish(channel, message)

    async def next_published(self) -> Event:
        """What was heard next on any channel."""
        return await self._heard.get()

    async def _listen(self) -> None:
        wait = 0.05
        while True:
            await self._wanted.wait()
            try:
                async with self._listener.pubsub() as self._pubsub:
                    await self._pubsub.subscribe(*self._channels)
                    async for message in self._pubsub.listen():
                        wait = 0.05
                        self._hear(message)
                self._wanted.clear()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("bell.deaf", reason=type(error).__name__, retry_in=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._heard.put_nowait(Event(message["channel"].decode(), RECONNECTED))
        elif message["type"] == "message":
            self._heard.put_nowait(Event(message["channel"].decode(), message["data"].decode()))
