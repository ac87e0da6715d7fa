"""Limits on what comes before a message is whole: frames, of whatever kind."""

from __future__ import annotations

from time import monotonic
from typing import Any

from websockets.frames import BINARY, CONT, TEXT, Frame
from websockets.server import ServerProtocol

from transport.codes import Close
from transport.options import TransportOptions
from transport.rate import TokenBucket


class TooMuch(Exception):
    """A peer that sends more frames than allowed."""


class LimitedProtocol(ServerProtocol):
    """websockets', which reads no further once too many frames came, or a message in too many.

    Messages are limited elsewhere; a ping, a pong and a piece of a message never get there, and each costs as much as
    a message to read. The library parses all that came in one go, so it has to be stopped from within.
    """

    def __init__(self, options: TransportOptions, **given: Any) -> None:
        super().__init__(**given)
        self._bucket = TokenBucket(options.frame_rate, options.frame_burst, monotonic())
        self._most_fragments = options.fragments_per_message
        self._fragments = 0

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is CONT:
            self._fragments += 1
        elif frame.opcode is TEXT or frame.opcode is BINARY:
            self._fragments = 1
        if not self._bucket.take(monotonic()):
            self._stop("Too many frames")
        elif self._fragments > self._most_fragments:
            self._stop(f"A message in more than {self._most_fragments} frames")
        else:
            super().recv_frame(frame)

    def _stop(self, reason: str) -> None:
        """Close, and drop what has come already: as the library does it with a peer that breaks the protocol."""
        self.fail(Close.POLICY, reason)
        self.parser_exc = TooMuch(reason)
