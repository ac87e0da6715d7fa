"""What the wire needs of uvicorn: settings, a way to cut a connection, and a drain before shutdown."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from transport.options import TransportOptions
from transport.traffic import Traffic
from transport.waiting import Gate, Inbox
from transport.wire import WIRE, text_header

_ABORT = "jobwire.abort"
_LINGER = 5.0  # how long a closing connection may make no progress


def server_settings(options: TransportOptions) -> dict[str, Any]:
    """Keyword arguments for `uvicorn.Config`.

    uvicorn closes with 1009 by itself while a message over the limit arrives, before it is in memory.
    Its access log would hold the query text of every GET, so it is off.
    """
    return {
        "loop": "uvloop",
        "http": HTTPProtocol,
        "ws": WebSocketProtocol,
        "ws_max_size": options.message_limit,
        "ws_ping_interval": options.ping_interval,
        "ws_ping_timeout": options.ping_timeout,
        "ws_per_message_deflate": False,
        "access_log": False,
        "server_header": False,
    }


def abort_of(scope: Scope) -> Callable[[], None]:
    """How to cut the connection without waiting for what is still to be written to it.

    Served otherwise than with `server_settings`, there is no way to: a peer that never reads again then
    keeps its connection until the kernel gives it up.
    """
    extension = scope.get("extensions", {}).get(_ABORT)
    abort: Callable[[], None] = extension["abort"] if extension else _cannot
    return abort


def cut_when_stuck(transport: asyncio.Transport, before: int = 0) -> None:
    """See to it that a connection that is being closed does close.

    `Transport.close` waits until everything is written, which for a peer that has vanished or stopped
    reading is never, and uvicorn leaves it at that. One that still takes something is left alone.
    """
    left = transport.get_write_buffer_size()
    if left and left == before:
        transport.abort()
    elif left:
        asyncio.get_running_loop().call_later(_LINGER, cut_when_stuck, transport, left)


class HTTPProtocol(HttpToolsProtocol):
    """uvicorn's, whose connections can be cut, and which is gone once its connection is a websocket."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_ABORT: {"abort": self.transport.abort}}

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # It and this hold each other: both would stay until the collector comes by.
        self.parser = None  # type: ignore[assignment]

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        cut_when_stuck(self.transport)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, as a `transport.wire.Wire`; and its connections are cut when the peer is dead.

    uvicorn writes each of its own frames (messages, pings, pongs, the close) with one `transport.write` too, and
    without an `await` on the way, so whole frames follow each other whoever wrote them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = Gate()
        self._gate.set()
        self.writable = self._gate  # type: ignore[assignment]
        self.queue = Inbox()  # type: ignore[assignment]

    def write(self, prefix: bytes, body: bytes, suffix: bytes) -> bool:
        # The state is OPEN from the handshake's answer to the first close frame, sent or received; the rest is what
        # the transport knows. A message of ours is never in the middle of being sent: nobody sends fragments.
        if not self._gate.open or self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        header = text_header(len(prefix) + len(body) + len(suffix))
        self.transport.write(b"".join((header, prefix, body, suffix)))
        return True

    def forget_handshake(self) -> None:
        # Emptied, since others hold the objects themselves: the parser's frame and those of the ASGI call.
        self.request.headers.clear()
        self.response.headers.clear()
        self.scope["headers"] = []

    def abort(self) -> None:
        self.transport.abort()

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][WIRE] = {"wire": self}

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        cut_when_stuck(self.transport)

    def handle_close(self, event: Any) -> None:
        super().handle_close(event)
        cut_when_stuck(self.transport)

    def shutdown(self) -> None:
        super().shutdown()
        cut_when_stuck(self.transport)


class Server(uvicorn.Server):
    """uvicorn's, which sends websockets away gently before it shuts down.

    Its own shutdown closes all of them in one moment, and lifespan's shutdown comes only after that.
    While it drains, the listener is open: HTTP is answered, and new websockets are told to go elsewhere.
    """

    def __init__(self, config: uvicorn.Config, traffic: Traffic, window: float = 10.0) -> None:
        super().__init__(config)
        self._traffic = traffic
        self._window = window

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drain = asyncio.ensure_future(self._traffic.drain(self._window))
        while not drain.done() and not self.force_exit:
            await asyncio.wait({drain}, timeout=0.1)
        drain.cancel()
        await super().shutdown(sockets)


def _cannot() -> None:
    pass
