"""A way to the server that a test holds in its hand."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

HOST = "127.0.0.1"


class Wire:
    """A way to the server that can be cut, taken down for a while, or closed with a code."""

    def __init__(self, near: int, far: int) -> None:
        self._near, self._far = near, far
        self._listener: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._cuts = 0
        self.accepted = 0
        #: All that clients have sent.
        self.sent = b""

    @property
    def url(self) -> str:
        """The API, for clients."""
        return f"http://{HOST}:{self._near}/graphql"

    async def up(self) -> None:
        """Be there, on the port that it always has."""
        self._listener = await asyncio.start_server(self._pass_on, HOST, self._near)

    def down(self) -> None:
        """Be away: connections are lost, new ones refused."""
        if self._listener is not None:
            self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Lose every connection, also those that are on their way to the server."""
        self._cuts += 1
        for client in list(self._clients):
            client.transport.abort()

    def close(self, code: int, reason: str) -> None:
        """Send every client the close frame of RFC 6455, 5.5.1, as the server would. Only websockets may be open."""
        payload = code.to_bytes(2) + reason.encode()
        for client in list(self._clients):
            client.write(b"\x88" + len(payload).to_bytes() + payload)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        cuts = self._cuts
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self._far)
        except OSError:  # the server is away
            writer.transport.abort()
            return
        if cuts != self._cuts:
            to_server.close()
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._send(reader, to_server))
                both.create_task(self._receive(from_server, writer))
        except* OSError:
            pass
        finally:
            self._clients.discard(writer)

    async def _send(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        try:
            while data := await client.read(65_536):
                self.sent += data
                to_server.write(data)
                await to_server.drain()
        finally:
            to_server.close()

    async def _receive(self, from_server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            while data := await from_server.read(65_536):
                client.write(data)
                await client.drain()
        finally:
            client.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire to an API. It is up."""
    far = urlsplit(url).port
    assert far is not None
    wire = Wire(port_of_its_own(), far)
    await wire.up()
    try:
        yield wire
    finally:
        wire.down()


def port_of_its_own() -> int:
    """A free port that nothing else takes while its server is away."""
    # Below those that a system gives to whoever asks for any: a client that tries again could be given this very port
    # for its own end, and reach itself.
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one:
            try:
                one.bind((HOST, port))
            except OSError:
                continue
        return port
