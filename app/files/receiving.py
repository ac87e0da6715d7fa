"""One request that brings bytes of an upload: from the network into segments of the store, and into what is known."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive

from app.files.hashes import Hash, Hashes
from app.files.tus import MISMATCH, Checksum
from files.content import LOOKED_AT, media_type
from files.segments import name_of, pieces
from files.spool import Digest, Spool, on_thread
from files.store import Store
from models.actor import Actor
from models.errors import Refusal
from models.files.uploads import Received, Whole, add_segments, segments_of
from models.ids import new_id
from transport.body import ClientGone
from transport.reply import Rejected

#: In seconds: whoever sends nothing for so long has left.
SILENCE = 30.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What the requests of a process have in common that bring bytes."""

    store: Store
    hashes: Hashes
    #: Whether a scanner is to look at files before anybody reads them.
    to_check: bool
    draining: Callable[[], bool]


class Arrival:
    """The bytes that one request brings, from this offset of the file on.

    Without a checksum a segment is the file's as soon as it is in the store, so that what is cut off loses nothing.
    With one they all are when they have it, and are removed again otherwise."""

    def __init__(self, desk: Desk, actor: Actor, file: Any, offset: int, checksum: Checksum | None) -> None:
        self._desk = desk
        self._actor = actor
        #: The file, as it was last written.
        self.file = file
        #: How many of its bytes are here.
        self.reached = offset
        self._hash = desk.hashes.take(file.id, offset)
        self._checksum = checksum
        self._check = None if checksum is None else checksum.digest()
        self._spool = Spool(desk.store.spools)
        #: The segment that is being written to the store, with the digest up to its end; and the one before it, that is
        #: becoming the file's.
        self._last: tuple[Received, Hash | None] | None = None
        self._putting: asyncio.Task[None] | None = None
        self._noting: asyncio.Task[None] | None = None
        #: What is in the store, or about to be, and is not the file's yet.
        self._loose: list[Received] = []
        self._stopped, self._over = False, asyncio.Event()
        #: While nothing but the next bytes is waited for.
        self._patience: asyncio.Timeout | None = None

    async def stop(self) -> None:
        """Take no more, and come back when what has come is kept: the sender has lost this connection, and is back on
        another one before anybody knows that it is dead."""
        self._stopped = True
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())
        await self._over.wait()

    async def receive(self, receive: Receive) -> None:
        """Take what comes, to its end. What is wrong with it is raised, and `ClientGone` where it was cut off."""
        try:
            try:
                await self._take_all(receive)
            except (ClientGone, Rejected):
                if self._checksum is None:
                    await self._keep()
                raise
            await self._spool.settle(self._digests)
            if (
                self._checksum is not None
                and self._check is not None
                and self._check.digest() != self._checksum.expected
            ):
                raise Rejected(
                    MISMATCH, "These bytes do not have the checksum that they came with.", "CHECKSUM_MISMATCH"
                )
            await self._keep()
        finally:
            try:
                await self._clean_up()
            finally:
                self._over.set()

    async def _take_all(self, receive: Receive) -> None:
        more = True
        while more:
            if self._desk.draining():
                raise Rejected(503, "Restarting. Go on in a moment.", "UNAVAILABLE", retry_after="1")
            message = await self._next(receive)
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            await self._take(message.get("body", b""))

    async def _next(self, receive: Receive) -> Any:
        """The next message; `ClientGone` where none comes for long, or nobody is to wait for it any more."""
        if self._stopped:
            raise ClientGone
        try:
            async with asyncio.timeout(SILENCE) as self._patience:
                return await receive()
        except TimeoutError:
            raise ClientGone from None
        finally:
            self._patience = None

    async def _take(self, data: bytes) -> None:
        if self.reached + self._spool.size + len(data) > self.file.size:
            raise Rejected(413, f"The file was to have {self.file.size:,} bytes, and this is more.", "TOO_LARGE")
        while data:
            piece, data = data[: self._spool.room], data[self._spool.room :]
            if self._spool.take(piece):
                await self._spool.hand_over(self._digests)
            if not self._spool.room:
                await self._begin_writing()

    @property
    def _digests(self) -> Sequence[Digest]:
        return [digest for digest in (self._hash, self._check) if digest is not None]

    async def _begin_writing(self) -> None:
        """Have what was taken written to the store. While that is done, the segment before it becomes the file's, and
        what comes next is taken."""
        await self._spool.settle(self._digests)
        await self._written()
        spool, self._spool = self._spool, Spool(self._desk.store.spools)
        segment = Received(self.reached, spool.size, new_id().hex)
        self.reached += spool.size
        # Before it is there: whatever happens to it, it becomes the file's, or is removed.
        self._loose.append(segment)
        self._last = (segment, self._hash and self._hash.copy())
        self._putting = asyncio.create_task(self._put(segment, spool))

    async def _put(self, segment: Received, spool: Spool) -> None:
        try:
            await self._desk.store.put(name_of(self.file.firm_id, self.file.id, segment.key), spool.read)
        finally:
            spool.close()

    async def _written(self) -> None:
        """The last segment is in the store, and begins to be the file's; those before it are."""
        if self._putting is None or self._last is None:
            return
        await _done(self._putting)
        await self._noted()
        self._putting, (segment, digest) = None, self._last
        if self._checksum is None:
            self._noting = asyncio.create_task(self._note([segment], segment.begins + segment.size, digest))

    async def _noted(self) -> None:
        if self._noting is not None:
            await _done(self._noting)
            self._noting = None

    async def _keep(self) -> None:
        """Make all that has come the file's."""
        if self._spool.size:
            await self._begin_writing()
        await self._written()
        await self._noted()
        # A file of no bytes is whole as it is begun: where its beginner was killed between the two, it becomes so here.
        if self._loose or not self.file.size:
            await self._note(list(self._loose), self.reached, self._hash)

    async def _note(self, segments: list[Received], reached: int, digest: Hash | None) -> None:
        """What is in the store is the file's from here on; with the last of it, the file is whole."""
        whole = None
        if reached == self.file.size:
            whole = await whole_of(self._desk, self.file, [*await segments_of(self.file.id), *segments], digest)
        try:
            made = await add_segments(self._actor, file_id=self.file.id, segments=segments, whole=whole)
        except Refusal:
            raise  # They are nobody's.
        except BaseException:
            # Whether it was committed is not known. What is the file's is never removed; what is not, the sweep finds.
            self._loose = [each for each in self._loose if each not in segments]
            raise
        self.file = made.value
        self._loose = [each for each in self._loose if each not in segments]
        if whole is None and digest is not None:
            self._desk.hashes.keep(self.file.id, reached, digest)

    async def _clean_up(self) -> None:
        """Whatever happened: nothing goes on, and nothing is left in the store that is not the file's."""
        self._spool.close()
        for task in (self._putting, self._noting):
            if task is not None:
                await asyncio.wait((task,))
                task.exception()
        if self._loose:
            names = [name_of(self.file.firm_id, self.file.id, segment.key) for segment in self._loose]
            await self._desk.store.remove(names)


async def _done(task: asyncio.Task[None]) -> None:
    """Wait for it, without ending it where whoever waits is cancelled."""
    await asyncio.wait((task,))
    task.result()


async def whole_of(desk: Desk, file: Any, segments: Sequence[Received], digest: Hash | None) -> Whole:
    """What is known of a file all of whose bytes are in the store. Without its digest they are read once more."""
    made = hashlib.sha256() if digest is None else digest

    async def read(start: int, end: int) -> bytes:
        found = [data async for data in pieces(desk.store, file.firm_id, file.id, segments, start, end)]
        return b"".join(found)

    head = await read(0, LOOKED_AT)
    tail = await read(max(0, file.size - LOOKED_AT), file.size)
    if digest is None:
        async for data in pieces(desk.store, file.firm_id, file.id, segments, 0, file.size):
            await on_thread(lambda data=data: made.update(data))  # type: ignore[misc]
    found = await on_thread(lambda: media_type(head, tail))
    return Whole(made.hexdigest(), found, desk.to_check)
