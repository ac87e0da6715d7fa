"""What the controls are told: messages on a channel of the Redis that the product rings on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.asyncio import Redis


def channel_of(kind: str) -> str:
    """What is published here is sent to every socket of the servers of this kind."""
    return f"jobwire:bench:{kind}"


@asynccontextmanager
async def fed(redis_url: str, kind: str, pass_on: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[None]:
    """Passes on every message inside the block, one after the other."""
    redis = Redis.from_url(redis_url)
    async with redis.pubsub() as listener:
        await listener.subscribe(channel_of(kind))
        task = asyncio.create_task(_listen(listener, pass_on))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    await redis.aclose()


async def _listen(listener: object, pass_on: Callable[[bytes], Awaitable[None]]) -> None:
    async for message in listener.listen():  # type: ignore[attr-defined]
        if message["type"] == "message":
            await pass_on(message["data"])
