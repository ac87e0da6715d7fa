"""How a connection's next request arrives: how large it is so far, and how long it has taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum

from transport.options import TransportOptions
from transport.request_head import Unreadable

_BESIDE_BODY = 16  # so many times the limit of a body may come as chunks' lengths, trailers and what is not kept of it
_LATER = 1.0  # seconds: whoever reads the body says by itself that it took too long


class Stage(Enum):
    IDLE = 0
    HEAD = 1
    BODY = 2


class Arrival:
    """Told of by whoever parses. A check raises Unreadable; a stage that lasts too long calls back.

    A request that comes in one piece sets no timer.
    """

    __slots__ = (
        "_begun",
        "_begun_idle",
        "_clock",
        "_clocked",
        "_count",
        "_late",
        "_most",
        "_options",
        "_raw",
        "_size",
        "_spoken",
        "_stage",
    )

    def __init__(self, options: TransportOptions, late: Callable[[Unreadable | None], None]) -> None:
        self._options = options
        self._late = late
        self._stage = Stage.IDLE
        self._spoken = False
        self._begun, self._begun_idle = 0, True
        self._raw = self._size = self._count = 0
        #: In bytes, of the present body.
        self._most = options.body_limit
        self._clock: asyncio.TimerHandle | None = None
        self._clocked = Stage.IDLE

    @property
    def in_head(self) -> bool:
        return self._stage is Stage.HEAD

    @property
    def in_body(self) -> bool:
        return self._stage is Stage.BODY

    def wait(self) -> None:
        """For the first byte of the first request."""
        self._arm(Stage.HEAD)

    def begin(self) -> None:
        """The first byte of a request has come."""
        self._reset()
        self._stage = Stage.HEAD
        self._begun += 1
        self._size = self._count = 0
        self._most = self._options.body_limit

    def take_target(self, whole: int, piece: int) -> None:
        """A piece of the request's target."""
        self._size += piece
        if whole > self._options.target_limit:
            raise Unreadable(
                f"The target of a request is at most {self._options.target_limit:,} bytes.", 414, "TOO_LARGE"
            )

    def take_header(self, size: int) -> None:
        """A header."""
        self._size += size
        self._count += 1
        if self._count > self._options.header_count:
            raise Unreadable(f"A request has at most {self._options.header_count} headers.", 431, "TOO_LARGE")
        if self._size > self._options.head_limit:
            raise _too_large(self._options.head_limit)

    def take_piece(self) -> None:
        """A piece of the body, of whatever size."""
        self._count += 1
        most = self._options.body_pieces * max(1, self._most // self._options.body_limit)
        if self._count > most:
            raise Unreadable(f"A body comes in at most {most:,} pieces. Send larger chunks.", 413, "TOO_LARGE")

    def allow_body(self, most: int) -> None:
        """The present body may have so many bytes, and take as long as it does."""
        if not self.in_body:
            return
        self._most = max(most, self._options.body_limit)
        self.stop()
        self._clocked = Stage.BODY  # so that no other clock is set for it

    def end_head(self, waiting: int) -> None:
        """The headers are complete, behind so many requests that wait for their answers."""
        if waiting >= self._options.pipelined:
            raise Unreadable("Too many requests are sent ahead.", 429, "LIMIT")
        self._reset()
        self._count = 0
        self._stage = Stage.BODY

    def end(self) -> None:
        """The request is complete."""
        self._reset()
        self._stage = Stage.IDLE

    def took(self, size: int) -> None:
        """So many bytes were parsed. They may end in the middle of a header that nobody has been told of."""
        self._spoken = True
        alone = self._begun == 0 or (self._begun == 1 and self._begun_idle)
        self._begun, self._begun_idle = 0, self._stage is Stage.IDLE
        if not alone:  # what of it belonged to the requests before is not known; it is one piece at the most
            return
        self._raw += size
        if self.in_head and self._raw > self._options.head_limit:
            raise _too_large(self._options.head_limit)
        if self.in_body and self._raw > self._most_raw:
            raise Unreadable("The body is too large.", 413, "TOO_LARGE")

    @property
    def _most_raw(self) -> int:
        beside = _BESIDE_BODY * self._options.body_limit
        return beside if self._most == self._options.body_limit else beside + 2 * self._most

    def watch(self, *, idle: bool) -> None:
        """Everything that has come is parsed. `idle` is whether nothing is being answered."""
        stage = self._stage
        if stage is Stage.IDLE and idle:
            stage = Stage.HEAD  # an empty line, say: not yet a request, and not nothing
        if stage is not Stage.IDLE and stage is not self._clocked:
            self._arm(stage)

    def stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        self._clocked = Stage.IDLE

    def _reset(self) -> None:
        self._raw = 0
        if self._clock is not None:
            self.stop()

    def _arm(self, stage: Stage) -> None:
        self.stop()
        options = self._options
        seconds = options.head_timeout if stage is Stage.HEAD else options.body_timeout + _LATER
        self._clocked = stage
        self._clock = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _expire(self) -> None:
        what, seconds = ("head", self._options.head_timeout)
        if self._clocked is Stage.BODY:
            what, seconds = ("body", self._options.body_timeout)
        self.stop()
        late = Unreadable(f"The {what} of the request took longer than {seconds:g} s.", 408, "TIMEOUT")
        self._late(late if self._spoken else None)


def _too_large(limit: int) -> Unreadable:
    return Unreadable(f"The head of a request is at most {limit:,} bytes.", 431, "TOO_LARGE")
