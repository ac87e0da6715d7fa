"""The doorbell: after a commit it rings on Redis, for every process. Best effort; the log is the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import orjson
import structlog
from broadcaster import Broadcast

from models.log import Committed, decode_committed, encode_committed
from subscriptions.backend import PATIENCE, RECONNECTED, RedisBackend
from subscriptions.cancellation import cancel_all

#: One channel for all firms: a process drops what concerns none of its sockets by the first bytes of a message.
CHANNEL = "jobwire:bell"
#: The most rings that wait for a Redis that does not answer. Beyond it the oldest is dropped: sweeps find it.
MOST_WAITING = 1_000
#: A revision larger than this rings without its events: listeners read them from the log.
MOST_BYTES = 256 * 1024

log = structlog.get_logger(__name__)


class Ring(NamedTuple):
    """What is heard: a firm has moved on to a revision. `committed` reads the events that came along, if any did."""

    firm_id: UUID
    revision: int
    payload: str

    def committed(self) -> Committed | None:
        """The revision with its events; None when it rang without them."""
        return decode_committed(orjson.loads(self.payload)) if self.payload else None


class Bell:
    """Rings and listens. `heard` is called with each ring; `missed` when rings may have been missed."""

    def __init__(self, url: str) -> None:
        self._broadcast = Broadcast(backend=RedisBackend(url))
        self._waiting: asyncio.Queue[Committed] = asyncio.Queue(MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self.rung = 0
        self.heard = 0
        self.dropped = 0

    async def start(self, heard: Callable[[Ring], None], missed: Callable[[], None]) -> None:
        """Connect and listen, for as long as it takes."""
        await self._broadcast.connect()
        self._tasks = [
            asyncio.create_task(self._publish(), name="bell-publisher"),
            asyncio.create_task(self._listen(heard, missed), name="bell"),
        ]

    async def start_ringing(self) -> None:
        """Connect to ring only, in a process that has no boards to keep live."""
        await self._broadcast.connect()
        self._tasks = [asyncio.create_task(self._publish(), name="bell-publisher")]

    async def stop(self) -> None:
        """Ring what still waits, briefly, and close."""
        try:
            await asyncio.wait_for(self._waiting.join(), PATIENCE)
        except TimeoutError:
            log.warning("bell.unrung", waiting=self._waiting.qsize())
        await cancel_all(self._tasks)
        await self._broadcast.disconnect()

    def ring(self, committed: Committed) -> None:
        """Tell everybody, soon. Never blocks, never fails."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._waiting.task_done()
            self.dropped += 1
        self._waiting.put_nowait(committed)

    async def _publish(self) -> None:
        while True:
            committed = await self._waiting.get()
            try:
                await self._broadcast.publish(CHANNEL, _write(committed))
                self.rung += 1
            except Exception as error:  # whatever it is: the next revision still has to be rung
                self.dropped += 1
                log.warning("bell.unheard", reason=type(error).__name__, revision=committed.revision)
                self._drop_waiting()
            finally:
                self._waiting.task_done()

    def _drop_waiting(self) -> None:
        """Sweeps will have found these before Redis answers. What rings when it is back should be new."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
            self._waiting.task_done()
            self.dropped += 1

    async def _listen(self, heard: Callable[[Ring], None], missed: Callable[[], None]) -> None:
        async with self._broadcast.subscribe(CHANNEL) as subscriber:
            while True:
                message = (await subscriber.get()).message
                try:
                    if message == RECONNECTED:
                        missed()
                    elif (ring := _read(message)) is not None:
                        self.heard += 1
                        heard(ring)
                except Exception:  # one ring that goes wrong must not silence the bell
                    log.exception("bell.ring")


def _write(committed: Committed) -> str:
    payload = orjson.dumps(encode_committed(committed))
    if len(payload) > MOST_BYTES:
        payload = b""
    return f"{committed.firm_id} {committed.revision} {payload.decode()}"


def _read(message: str) -> Ring | None:
    try:
        firm, revision, payload = message.split(" ", 2)
        return Ring(UUID(firm), int(revision), payload)
    except ValueError:
        log.warning("bell.unreadable", size=len(message))
        return None
