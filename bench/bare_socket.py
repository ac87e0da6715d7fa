"""A websocket endpoint that passes on what Redis says, to everybody, as it is: no rights, no log, no execution."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

#: What is published here is sent to every socket.
CHANNEL = "jobwire:bench"


def bare_app(redis_url: str) -> Starlette:
    """The control of the live benchmark, for the same uvicorn."""
    sockets: set[WebSocket] = set()

    async def endpoint(socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(socket)

    async def pass_on(redis: Redis) -> None:
        async with redis.pubsub() as listener:
            await listener.subscribe(CHANNEL)
            async for message in listener.listen():
                if message["type"] == "message":
                    text = message["data"].decode()
                    for socket in list(sockets):
                        await socket.send_text(text)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        redis = Redis.from_url(redis_url)
        task = asyncio.create_task(pass_on(redis))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await redis.aclose()

    return Starlette(routes=[WebSocketRoute("/graphql", endpoint)], lifespan=lifespan)
