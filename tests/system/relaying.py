"""A server that passes on what another says, and says it in other words."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.plain_http import NO_TLS

PROTOCOL = "graphql-transport-ws"
Rewrite = Callable[[Any], Any]


@contextlib.asynccontextmanager
async def rewriting(url: str, rewrite: Rewrite) -> AsyncIterator[str]:
    """The address of a server on which each answer of the one at `url` is what `rewrite` makes of it."""
    relay = _Relay(url, rewrite)
    routes = [Route("/graphql", relay.post, methods=["POST"]), WebSocketRoute("/graphql", relay.socket)]
    config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    finally:
        server.should_exit = server.force_exit = True
        await task


class _Relay:
    def __init__(self, url: str, rewrite: Rewrite) -> None:
        self._url, self._rewrite = url, rewrite

    async def post(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name in ("authorization", "content-type")}
        async with httpx.AsyncClient(verify=NO_TLS, timeout=20) as client:
            answer = await client.post(self._url, content=await request.body(), headers=headers)
        return Response(json.dumps(self._rewrite(answer.json())), answer.status_code, media_type="application/json")

    async def socket(self, near: WebSocket) -> None:
        await near.accept(PROTOCOL)
        async with connect(
            self._url.replace("http", "ws", 1), subprotocols=[Subprotocol(PROTOCOL)], max_size=None
        ) as far:
            listening = asyncio.create_task(self._listen(far, near))
            with contextlib.suppress(WebSocketDisconnect, ConnectionClosed, asyncio.CancelledError):
                async for message in near.iter_text():
                    await far.send(message)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, far: ClientConnection, near: WebSocket) -> None:
        async for message in far:
            await near.send_text(json.dumps(self._rewrite(json.loads(message))))
        await near.close(far.close_code or 1006, self._rewrite({"reason": far.close_reason or ""})["reason"])
