"""A server on a real port, in a thread with a uvloop of its own; and clients for it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection

from tests.transport.small_engine import SmallEngine
from transport.counters import Counters
from transport.options import TransportOptions
from transport.routes import graphql_routes
from transport.server import Server, server_settings
from transport.traffic import Traffic

T = TypeVar("T")
SUBPROTOCOL = "graphql-transport-ws"
#: In seconds. A client that is a process of its own has to start within it.
PATIENCE = 20.0


@dataclass
class House:
    """A running server and what there is to see of it."""

    engine: SmallEngine
    traffic: Traffic
    port: int
    loop: asyncio.AbstractEventLoop
    server: Server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def counters(self) -> Counters:
        return self.traffic.counters

    @property
    def connections(self) -> int:
        """TCP connections that the server still holds."""
        return len(self.server.server_state.connections)

    async def call(self, what: Callable[[], T]) -> T:
        """On the server's loop."""

        async def calling() -> T:
            return what()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(calling(), self.loop))

    async def tasks(self) -> int:
        """How many tasks there are on the server's loop, but for the one that counts."""
        return await self.call(lambda: len(asyncio.all_tasks())) - 1

    async def turns(self) -> None:
        """Its loop has turned several times, and seen each time what there is to read and where there is room to
        write."""
        for _ in range(20):
            await self.call(lambda: None)
            await asyncio.sleep(0.005)

    async def settled(self, member: str) -> int:
        """How much the member had been sent when it stopped growing."""
        sent = -1
        while sent != self.engine.sent[member] or not sent:
            sent = self.engine.sent[member]
            await self.turns()
        return sent

    async def drain(self, window: float) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.traffic.drain(window), self.loop))

    def open_socket(self, **headers: Any) -> websockets.connect:
        # No bound on what the client holds: it would not read the close frame behind a full queue.
        protocols = [websockets.Subprotocol(SUBPROTOCOL)]
        return websockets.connect(self.socket_url, subprotocols=protocols, compression=None, max_queue=None, **headers)

    @asynccontextmanager
    async def signed_in(self, name: str = "alice", **options: Any) -> Any:
        async with self.open_socket(**options) as ws:
            yield await sign_in(ws, name)


Around = Callable[[ASGIApp], ASGIApp]


@contextmanager
def served(
    options: TransportOptions | None = None,
    window: float = 0.0,
    around: Around | None = None,
    page: ASGIApp | None = None,
    **engine: Any,
) -> Iterator[House]:
    """Serve until the block ends; leaving it drains with `window`, and everything must then be gone."""
    options = options or TransportOptions()
    small, traffic = SmallEngine(**engine), Traffic(options)
    app: ASGIApp = Starlette(routes=graphql_routes(small, options, traffic, page=page))
    app = around(app) if around else app
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, **server_settings(options))
    server = Server(config, traffic, window)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve([listener])

    loop_factory = config.get_loop_factory()
    assert loop_factory is not None
    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=loop_factory).run(serve()))
    thread.start()
    wait_here(lambda: server.started)
    try:
        yield House(small, traffic, listener.getsockname()[1], loops[0], server)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
    assert (traffic.counters.sockets_open, traffic.counters.streams_open) == (0, 0)
    assert traffic.counters.operations_open == 0
    assert not +small.live and not small.callbacks and not traffic._seats and not small.faults


def wait_here(fact: Callable[[], object], timeout: float = PATIENCE) -> None:
    limit = time.monotonic() + timeout
    while not fact():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.002)


async def wait_until(fact: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Wait for a fact, never for seconds."""
    async with asyncio.timeout(timeout):
        while not fact():
            await asyncio.sleep(0.002)


async def say(ws: ClientConnection, **message: Any) -> None:
    await ws.send(json.dumps(message))


async def hear(ws: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return json.loads(await ws.recv())


async def sign_in(ws: ClientConnection, name: str = "alice") -> ClientConnection:
    await say(ws, type="connection_init", payload={"Authorization": f"Bearer {name}"})
    assert await hear(ws) == {"type": "connection_ack"}
    return ws


async def subscribe(ws: ClientConnection, id: str, query: str, **payload: Any) -> None:
    await say(ws, id=id, type="subscribe", payload={"query": query, **payload})


async def closing(ws: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes; what it says before that is skipped."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                await ws.recv()
    except websockets.ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
