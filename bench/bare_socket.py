"""A websocket endpoint that passes on what Redis says, to everybody, as it is: no rights, no log, no execution."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.redis_feed import fed


def bare_app(redis_url: str) -> Starlette:
    """The control of the live benchmarks, for the same uvicorn."""
    sockets: set[WebSocket] = set()

    async def endpoint(socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            sockets.discard(socket)

    async def broadcast(message: bytes) -> None:
        text = message.decode()
        for socket in list(sockets):
            try:
                await socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                sockets.discard(socket)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with fed(redis_url, "bare", broadcast):
            yield

    return Starlette(routes=[WebSocketRoute("/graphql", endpoint)], lifespan=lifespan)
