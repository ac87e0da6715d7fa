"""Reading beside the event loop: what takes long before it is executed is done on a thread of its own.

See docs/decisions/0066-what-takes-long-to-read-is-read-on-a-thread.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import Any, TypeVar

T = TypeVar("T")

#: In seconds: after so long a thread that computes lets another one have the interpreter, which waits for it. Python's
#: own is ten times as much, and the event loop waits again at each thing that it has to do.
SWITCH_INTERVAL = 0.0005

#: One for all: two would take twice as much from the event loop, which shares the interpreter with them.
_THREAD = ThreadPoolExecutor(1, "reading")


class Reading:
    """What one sort of callers has read, one thing at a time, and the seconds of CPU that it took so far."""

    def __init__(self) -> None:
        self.spent = 0.0

    def here(self, work: Callable[[], T]) -> T:
        """Do it on the thread that calls."""
        begun = thread_time()
        try:
            return work()
        finally:
            self.spent += thread_time() - begun

    async def beside(self, work: Callable[[], T]) -> T:
        """Do it on the thread for it. Whoever is cancelled meanwhile is so when it is done: a thread is not to be
        stopped, and whoever comes next would only wait for it."""
        doing = asyncio.get_running_loop().run_in_executor(_THREAD, self.here, work)
        doing.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise
        finally:
            # What is raised would refer to itself by way of this frame, and all that was read be kept with it.
            del doing


def _looked_at(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # Whoever asked may be gone.
