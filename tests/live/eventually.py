"""Waiting for a fact."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(fact: Callable[[], Awaitable[T]], seconds: float = 20) -> T:
    """What `fact` answers, as soon as that is something."""
    async with asyncio.timeout(seconds):
        while True:
            if answer := await fact():
                return answer
            await asyncio.sleep(0.005)
