"""Hashing of passwords: one at a time, beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from models.turns import Turns

T = TypeVar("T")

#: In seconds: of the second that a sign-in may wait the rest is for all else that it waits for.
LONGEST_WAIT = 0.7


class Hashing:
    """A thread that hashes, and the turns to use it.

    An argon2id hash takes a core and 64 MiB for a while, and whoever has an address to guess for may ask for one. So
    there is one thread: then no more than one core is ever taken, also by hashes of callers who have gone since.
    """

    def __init__(self) -> None:
        self.turns = Turns("Too many passwords are being checked just now.", longest_wait=LONGEST_WAIT)
        self._thread = ThreadPoolExecutor(1, "passwords")

    async def run(self, work: Callable[..., T], *given: object) -> T:
        """Do it, within the caller's turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)


#: That of this process.
HASHING = Hashing()
