"""One connection of the crowd, and how it gets to where it waits."""

import socket
from collections.abc import Sequence
from typing import TypedDict

from bench.wire import PING, TEXT, framed, handshake

#: A receive buffer and a segment size as small as the kernel has them: what the server sends soon has no room.
_SMALL_BUFFER, _SMALL_SEGMENT = 2048, 536
#: The longest that a server may take to read what is written to it, in seconds.
_PATIENCE = 5.0


class Step(TypedDict):
    """What to say, and what the message must have in it that ends the wait for an answer."""

    say: list[str]
    until: str


class Caller:
    """A socket that goes through its steps, and then listens."""

    __slots__ = ("_at", "_path", "_port", "_small", "_steps", "connection", "number", "ready", "rest", "upgraded")

    def __init__(self, number: int, port: int, path: str, steps: Sequence[Step], *, small: bool = False) -> None:
        self.number = number
        self._port, self._path, self._steps, self._small = port, path, steps, small
        self.call()

    def call(self) -> None:
        """Connect, perhaps once more."""
        self.connection = socket.socket()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._small:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALL_SEGMENT)
        # On loopback the kernel itself accepts, at once.
        self.connection.connect(("127.0.0.1", self._port))
        self.connection.sendall(handshake(self._path))
        self.connection.setblocking(False)
        self.upgraded = self.ready = False
        self.rest = b""
        self._at = -1

    @property
    def local_port(self) -> int:
        """By which the system's tables know it."""
        port: int = self.connection.getsockname()[1]
        return port

    def upgrade(self, data: bytes) -> bytes | None:
        """Take the answer to the handshake: what comes after it, or None when it is not all here."""
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode(errors="replace"))
        self.upgraded = True
        self._go_on()
        return rest

    def hear(self, message: bytes) -> None:
        """A message on the way to being ready."""
        if b'"type":"error"' in message:
            raise ConnectionRefusedError(message.decode())
        if self._steps[self._at]["until"].encode() in message:
            self._go_on()

    def say(self, kind: int, payload: bytes) -> None:
        """Send a frame."""
        self.connection.sendall(framed(kind, payload))

    def make_write(self, number: int) -> None:
        """Have the server send so many frames of the protocol itself, which say nothing."""
        self.connection.settimeout(_PATIENCE)
        self.connection.sendall(framed(PING, b"x" * 125) * number)

    def cut(self) -> None:
        """Leave without a goodbye, and without a port that the system keeps for a while."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()

    def _go_on(self) -> None:
        self._at += 1
        self.ready = self._at == len(self._steps)
        if not self.ready:
            for text in self._steps[self._at]["say"]:
                self.say(TEXT, text.encode())
