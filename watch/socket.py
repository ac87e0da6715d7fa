"""graphql-transport-ws over one websocket, as a client speaks it.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from common.terminal import printable
from watch.answers import read_answer
from watch.trouble import Lost, TokenRefused, Trouble

#: Closed with one of these, coming back would end the same way.
FATAL = frozenset({1011, 4400, 4401, 4406, 4409, 4429})
#: Closed with this, a new token is needed.
FORBIDDEN = 4403
#: The largest message, in bytes: a board comes in one.
LARGEST = 64 * 1024 * 1024

Data = dict[str, Any]


class Refused(Exception):
    """The server refuses the operation. `code` says why."""

    def __init__(self, errors: list[Data]) -> None:
        super().__init__("; ".join(error["message"] for error in errors))
        self.code = errors[0].get("extensions", {}).get("code") if errors else None


class Socket:
    """A websocket that was acknowledged. One operation after the other."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last = 0

    async def query(self, document: str, **variables: Any) -> Data:
        """The data of a query."""
        async for data in self.subscribe(document, **variables):
            return data
        raise Lost("The server ended a query without an answer.")

    async def subscribe(self, document: str, **variables: Any) -> AsyncGenerator[Data, None]:
        """The data of each message, until the server completes the operation. Leave it, and it is over."""
        self._last += 1
        id = str(self._last)
        await self._send({"id": id, "type": "subscribe", "payload": {"query": document, "variables": variables}})
        while True:
            frame = await self._receive()
            # What was still on its way for an operation before this one is of no use any more.
            if frame.get("id") != id:
                continue
            if frame["type"] == "error":
                raise Refused(frame["payload"])
            if frame["type"] == "complete":
                return
            # Errors beside data withhold single fields, and say so with null.
            if frame["payload"].get("data") is None:
                raise Refused(frame["payload"]["errors"])
            yield frame["payload"]["data"]

    async def complete(self) -> None:
        """End the present operation."""
        await self._send({"id": str(self._last), "type": "complete"})

    async def greet(self, token: str) -> None:
        """Sign in."""
        await self._send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        while (await self._receive())["type"] != "connection_ack":
            pass

    async def _send(self, frame: Data) -> None:
        await self._connection.send(json.dumps(frame))

    async def _receive(self) -> Data:
        while True:
            frame = _frame(await self._connection.recv())
            if frame["type"] != "ping":
                return frame
            await self._send({"type": "pong"})


@asynccontextmanager
async def open_socket(url: str, token: str) -> AsyncIterator[Socket]:
    """A websocket at the API's address. Its end is told as what to do about it: `Lost`, `TokenRefused`, `Trouble`."""
    try:
        address = url.replace("http", "ws", 1)
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], max_size=LARGEST) as connection:
            socket = Socket(connection)
            await socket.greet(token)
            yield socket
    except ConnectionClosed as closed:
        raise _meaning(closed) from None
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        if status < 500:
            raise Trouble(f"The server refuses a websocket at {url}: HTTP status {status}.") from None
        raise Lost(f"The server answers {status}.") from None
    except (InvalidHandshake, OSError):
        raise Lost("The server does not answer.") from None


def _frame(message: str | bytes) -> Data:
    try:
        frame = read_answer(message)
    except ValueError:
        frame = None
    if not isinstance(frame, dict) or "type" not in frame:
        raise Trouble("What answers does not speak graphql-transport-ws. Is the address right?")
    return frame


def _meaning(closed: ConnectionClosed) -> Exception:
    code = closed.rcvd.code if closed.rcvd is not None else 1006
    reason = printable(closed.rcvd.reason) if closed.rcvd is not None else ""
    if code in FATAL:
        return Trouble(f"The server has closed the connection for good ({code}). {reason}".strip())
    if code == FORBIDDEN:
        return TokenRefused(reason)
    return Lost(reason or "The connection broke off.")
