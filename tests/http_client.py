"""A client of HTTP for tests, which ask a hundred thousand things: it does what these need and no more, in a fraction
of the time that a client for everything takes. What clients in the field send, tests/transport/ and the published
clients try."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httptools
import orjson

_HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request. The names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)


class Connection(asyncio.Protocol):
    """A connection, on which one request follows another."""

    def __init__(self) -> None:
        self.usable = True
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None

    async def send(self, request: bytes) -> Answer:
        """The answer to a request. Where nobody waits for it any more, the connection is of no use."""
        self._headers, self._body = {}, []
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Use it no more."""
        self.usable = False
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server hung up."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser has read a header."""
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        """The parser has read a piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The parser has read an answer to its end."""
        self.usable = self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            answer = Answer(self._parser.get_status_code(), self._headers, b"".join(self._body))
            self._answer.set_result(answer)


@dataclass
class Client:
    """Posts to /graphql of a server at this port, on as many connections as there are requests at once."""

    port: int
    #: Those that wait for the next request, with the moment since which they do.
    _idle: list[tuple[float, Connection]] = field(default_factory=list)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a body."""
        lines = ["POST /graphql HTTP/1.1", f"Host: {_HERE}:{self.port}", f"Content-Length: {len(body)}"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
        async with asyncio.timeout(60):
            connection = self._waiting() or await self._connect()
            answer = await connection.send(f"{head}\r\n\r\n".encode() + body)
        if connection.usable:
            self._idle.append((_now(), connection))
        return answer

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop()[1].close()

    def _waiting(self) -> Connection | None:
        # Less than the server keeps a connection that nobody uses: else it may close one that is just taken up again.
        while self._idle:
            since, connection = self._idle.pop()
            if connection.usable and _now() - since < 1:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, _HERE, self.port)
        return connection


def _now() -> float:
    return asyncio.get_running_loop().time()
