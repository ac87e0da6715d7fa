"""Changes that a command of the command line makes are live on every open board, as a server's are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.command import settle
from models.log import on_commit
from subscriptions.bell import Bell


@asynccontextmanager
async def ringing(redis_url: str) -> AsyncIterator[None]:
    """What is committed in the block is announced. At its end no change is under way."""
    bell = Bell(redis_url)
    await bell.start_ringing()
    silence = on_commit(bell.ring)
    try:
        yield
    finally:
        await settle()
        silence()
        await bell.stop()
