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
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from subscriptions.cancellation import cancel_all

#: Heard on a channel after every (re)subscription: whatever was published before may have been missed.
RECONNECTED = ""
#: How long a publisher waits for Redis before it gives up: what it had to say is in the log anyway.
PATIENCE = 1.0
#: How long a silent peer goes unasked whether it is still there, and then how long it has to answer.
SILENCE = 5.0
#: How long between attempts to connect again, in seconds.
SHORTEST_WAIT = 0.05
LONGEST_WAIT = 1.0

log = structlog.get_logger(__name__)


class RedisBackend(BroadcastBackend):
    """Publishes with one connection, listens with another."""

    def __init__(self, url: str) -> None:
        patience: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        # Once more, at once: the connection may be one to a Redis that has been restarted since.
        self._publisher: Any = Redis.from_url(url, retry=Retry(NoBackoff(), 1), **patience)
        # This task tries again by itself, and says so.
        self._listener: Any = Redis.from_url(url, retry=Retry(NoBackoff(), 0), **patience)
        self._channels: set[str] = set()
        #: Set while something is connected to; `subscribe` then speaks for itself.
        self._pubsub: Any = None
        self._heard: asyncio.Queue[Event] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._wait = SHORTEST_WAIT
        self._task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Start to listen. Redis need not be there yet."""
        self._task = asyncio.create_task(self._listen_forever(), name="bell-listener")

    async def disconnect(self) -> None:
        """Stop listening and close both connections."""
        if self._task is not None:
            await cancel_all([self._task])
        for client in (self._listener, self._publisher):
            await client.aclose()

    async def subscribe(self, channel: str) -> None:
        """Listen to a channel from now on, or from when Redis is there."""
        self._channels.add(channel)
        self._wanted.set()
        if self._pubsub is not None:
            await self._pubsub.subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Stop listening to a channel."""
        self._channels.discard(channel)
        if not self._channels:
            self._wanted.clear()
        if self._pubsub is not None:
            await self._pubsub.unsubscribe(channel)

    async def publish(self, channel: str, message: Any) -> None:
        """Say something; raises what redis-py raises when Redis does not answer."""
        await self._publisher.publish(channel, message)

    async def next_published(self) -> Event:
        """What was heard next on any channel."""
        return await self._heard.get()

    async def _listen_forever(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                async with self._listener.pubsub() as pubsub:
                    await self._subscribe_all(pubsub)
                    await self._listen(pubsub)
            except Exception as error:  # whatever it is: a bell that nobody listens to is worse
                log.warning("bell.deaf", reason=type(error).__name__, retry_in=self._wait)
                await asyncio.sleep(self._wait)
                self._wait = min(self._wait * 2, LONGEST_WAIT)
            finally:
                self._pubsub = None

    async def _subscribe_all(self, pubsub: Any) -> None:
        known: set[str] = set()
        # More may be wanted while this connects.
        while missing := self._channels - known:
            await pubsub.subscribe(*missing)
            known |= missing
        self._pubsub = pubsub

    async def _listen(self, pubsub: Any) -> None:
        asked = False
        while self._channels:
            message = await pubsub.get_message(timeout=SILENCE)
            if message is not None:
                asked = False
                self._hear(message)
            elif asked:
                # A network that swallows everything closes no connection.
                raise TimeoutError("Redis has not answered a ping.")
            else:
                asked = True
                await pubsub.ping()

    def _hear(self, message: dict[str, Any]) -> None:
        self._wait = SHORTEST_WAIT
        if message["type"] == "subscribe":
            self._heard.put_nowait(Event(message["channel"].decode(), RECONNECTED))
        elif message["type"] == "message":
            self._heard.put_nowait(Event(message["channel"].decode(), message["data"].decode()))
