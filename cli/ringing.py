"""Changes that a command of the command line makes are live on every open board, as a server's are."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from models.command import settle
from models.log import on_commit
from subscriptions.bell import Bell, Ring


@asynccontextmanager
async def ringing(redis_url: str) -> AsyncIterator[None]:
    """What is committed in the block is announced. At its end no change is under way."""
    bell = Bell(redis_url)
    await bell.start_ringing()
    async with _announcing(bell):
        yield


@asynccontextmanager
async def ringing_and_hearing(
    redis_url: str, heard: Callable[[Ring], None], missed: Callable[[], None]
) -> AsyncIterator[None]:
    """The same, and what others commit is heard; `missed` is called when something may not have been."""
    bell = Bell(redis_url)
    await bell.start(heard, missed)
    async with _announcing(bell):
        yield


@asynccontextmanager
async def _announcing(bell: Bell) -> AsyncIterator[None]:
    silence = on_commit(bell.ring)
    try:
        yield
    finally:
        await settle()
        silence()
        await bell.stop()
