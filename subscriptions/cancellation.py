"""Ending tasks that may miss that they are told to."""

import asyncio
from collections.abc import Iterable
from typing import Any

#: How long a task may take to end before it is told again, in seconds.
PATIENCE = 0.25


async def cancel_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them, and wait until they have ended.

    Once is not enough: before Python 3.12 `asyncio.wait_for`, which redis-py waits with, swallows a cancellation that
    comes just as what it waits for is there.
    """
    told = list(tasks)
    left = set(told)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=PATIENCE)
    await asyncio.gather(*told, return_exceptions=True)
