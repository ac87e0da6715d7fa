"""A TCP connection on which a test says byte by byte what it wants: what no client library would send."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
PATIENCE = 20


@dataclass(frozen=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Raw:
    """The client's side of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: bytes = field(default=b"")

    async def say(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))
        await self.writer.drain()

    async def answer(self) -> Answer:
        """The next response."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.split("\r\n")[:-2]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            number = int(status.split()[1])
            body = b"" if number in (101, 204) else await self.reader.readexactly(int(headers["content-length"]))
        return Answer(number, headers, body)

    async def rest(self) -> bytes:
        """All that comes until the server closes. A reset after it counts as closing."""
        heard = bytearray()
        async with asyncio.timeout(PATIENCE):
            try:
                while data := await self.reader.read(65536):
                    heard += data
            except ConnectionError:
                pass
        return bytes(heard)

    async def open_socket(self, *more: str, path: str = "/graphql") -> None:
        """Become a websocket."""
        await self.say(handshake(*more, path=path))
        assert (await self.answer()).status == 101

    async def frame(self) -> tuple[int, bytes]:
        """The server's next frame: opcode and payload."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self.reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """The code with which the server closes; what it says before that is skipped. 1006 without one."""
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2]) if payload else 1005
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006


@asynccontextmanager
async def connection(port: int, host: str = "127.0.0.1") -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def raw_socket(port: int) -> AsyncIterator[Raw]:
    """A websocket after its handshake."""
    async with connection(port) as raw:
        await raw.open_socket()
        yield raw


def head(line: str, *headers: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([line, *headers, "", ""]).encode("latin-1")


def handshake(*more: str, method: str = "GET", path: str = "/graphql", version: str = "1.1") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return head(
        f"{method} {path} HTTP/{version}",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
        *more,
    )


def framed(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True, claims: int = -1
) -> bytes:
    """A frame of a client. The mask is of zeros, so the payload stays as it is. `claims` is a length that is a lie."""
    size = len(payload) if claims < 0 else claims
    flags = 0x80 if masked else 0
    if size < 126:
        length = bytes([flags | size])
    elif size < 65_536:
        length = bytes([flags | 126]) + size.to_bytes(2)
    else:
        length = bytes([flags | 127]) + size.to_bytes(8)
    return bytes([(0x80 if fin else 0) | reserved << 4 | opcode]) + length + (b"\0" * 4 if masked else b"") + payload
