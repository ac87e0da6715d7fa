"""What arrives of a file: it is kept until there is a segment of it, and hashed as it comes.

Memory holds what the network brings at once, some segments, and what is being written to the store, however slow a
sender is and however many there are. Disk and digests are for threads: they take longer than the event loop has."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

#: In bytes. What a kill of the server loses of an upload is less.
SEGMENT = 8 * 1024 * 1024
#: In bytes: so much is handed to a thread at once.
HANDED_OVER = 512 * 1024
#: So many segments are in memory while they come; of all others what comes is on disk.
IN_MEMORY = 4

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="files")


async def on_thread(work: Callable[[], T]) -> T:
    """Do this beside the event loop, on one of the few threads that files have."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


class Digest(Protocol):
    """A digest that is being made."""

    def update(self, data: Any, /) -> None:
        """Put more into it."""

    def digest(self) -> bytes:
        """That of all that was put into it."""


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Any, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


#: What a sender may prove its bytes by. Against accidents, which all of them find.
CHECKSUMS: dict[str, Callable[[], Digest]] = {
    "sha256": hashlib.sha256,
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha512": hashlib.sha512,
    "crc32": _Crc32,
}


class _Memory:
    """How many segments may be in memory while they come, of all that a process receives: those of fast senders."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self) -> bool:
        """Whether there is room for one more."""
        if not self._left:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """One less is there."""
        self._left += 1


_memory = _Memory(IN_MEMORY)


class Spool:
    """Bytes on their way into a segment: in memory while there is room, and else on disk, in a file without a name.
    They are lost with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: list[bytes] | None = [] if _memory.take() else None
        self._file: Any = None
        self._handed: list[bytes] = []
        self._waiting = 0
        self._job: asyncio.Future[None] | None = None
        #: How many bytes it has.
        self.size = 0

    @property
    def room(self) -> int:
        """How many bytes more it takes."""
        return SEGMENT - self.size

    def take(self, data: bytes) -> bool:
        """Take bytes, no more than there is room for. Whether it is time to hand them over."""
        self._handed.append(data)
        self._waiting += len(data)
        self.size += len(data)
        return self._waiting >= HANDED_OVER

    async def hand_over(self, digests: Sequence[Digest]) -> None:
        """Have what was taken written down and put into these digests, beside what comes next: when what was handed
        over before is."""
        await self._written()
        handed, self._handed, self._waiting = self._handed, [], 0
        if handed:
            work = partial(self._write, handed, digests)
            self._job = asyncio.get_running_loop().run_in_executor(_threads, work)

    async def settle(self, digests: Sequence[Digest]) -> None:
        """The same, and come back when it is done."""
        await self.hand_over(digests)
        await self._written()

    async def _written(self) -> None:
        if self._job is not None:
            # A thread goes on also where whoever waits for it does not.
            await asyncio.wait((self._job,))
            self._job.result()
            self._job = None

    def _write(self, handed: list[bytes], digests: Sequence[Digest]) -> None:
        for data in handed:
            for digest in digests:
                digest.update(data)
        if self._kept is not None:
            self._kept += handed
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
        for data in handed:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]

    async def read(self) -> bytes:
        """All of it. It has been settled before."""
        return await on_thread(self._read)

    def _read(self) -> bytes:
        if self._kept is not None:
            return b"".join(self._kept)
        if self._file is None:
            return b""
        self._file.seek(0)
        whole: bytes = self._file.read(self.size)
        return whole

    def close(self) -> None:
        """Let go of it, when what was handed over last is written."""
        if self._job is not None and not self._job.done():
            self._job.add_done_callback(lambda _: self._let_go())
        else:
            self._let_go()

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept = None
            _memory.give_back()
        if self._file is not None:
            self._file.close()
            self._file = None
