"""A websocket client that costs little: what the benchmark adds to a frame's time must be small beside it.

RFC 6455, as far as the two servers use it: text frames that are not split, pings, a close.
"""

import asyncio
import base64
import os
import time
from collections.abc import Callable
from typing import cast

import orjson

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10

#: Called with each text frame, and when it was here.
Heard = Callable[[bytes, float], None]


class Socket(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.heard: Heard = lambda _text, _at: None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for what cannot come."""
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        """Take apart what has come."""
        at = time.perf_counter()
        self._buffer += data
        if not self.opened.done() and not self._upgraded():
            return
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == _TEXT:
                self.heard(payload, at)
            elif kind == _PING:
                self._send(_PONG, payload)
            elif kind == _CLOSE:
                self._transport.close()

    def send(self, **message: object) -> None:
        """Send a message of graphql-transport-ws."""
        self._send(_TEXT, orjson.dumps(message))

    def close(self) -> None:
        """Leave."""
        self._send(_CLOSE, b"")
        self._transport.close()

    def _upgraded(self) -> bool:
        head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(head.decode(errors="replace").partition("\r\n")[0]))
            return False
        self._buffer[:] = rest
        self.opened.set_result(None)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        kind, payload = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return kind, payload

    def _send(self, kind: int, payload: bytes) -> None:
        # A client must mask; with a mask of zeros the payload stays as it is.
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2)
        self._transport.write(bytes([0x80 | kind]) + length + b"\0\0\0\0" + payload)


async def connect(port: int) -> Socket:
    """A websocket to a server of ours."""
    _, socket = await asyncio.get_running_loop().create_connection(Socket, "127.0.0.1", port)
    await socket.opened
    return socket
