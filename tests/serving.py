"""A real server of the product on a free port, and clients that talk to it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from app.application import create_app
from common.settings import Settings
from models.rows import Member
from models.sign_in import issue_for
from subscriptions.hub import Hub
from transport.server import Server, server_settings

METRICS_TOKEN = "a-token-for-metrics"


@dataclass
class Api:
    """The API of one server process, as a client sees it."""

    url: str
    http: httpx.AsyncClient
    hub: Hub
    tokens: dict[Any, str] = field(default_factory=dict)

    async def token(self, member: Member) -> str:
        """A token of the member's, good for an hour."""
        if member.id not in self.tokens:
            self.tokens[member.id] = await issue_for(member.id, 1)
        return self.tokens[member.id]

    async def post(self, member: Member | None, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response of an operation."""
        headers = {"Accept": "application/json"}
        if member is not None:
            headers["Authorization"] = f"Bearer {await self.token(member)}"
        answer = await self.http.post(self.url, json={"query": query, "variables": variables}, headers=headers)
        return answer.json()  # type: ignore[no-any-return]

    async def ask(self, member: Member, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must not have errors."""
        answer = await self.post(member, query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]  # type: ignore[no-any-return]

    @contextlib.asynccontextmanager
    async def socket(self, member: Member) -> AsyncIterator["Socket"]:
        """A websocket that has been acknowledged."""
        url = self.url.replace("http", "ws", 1)
        async with connect(url, subprotocols=["graphql-transport-ws"], max_size=None) as connection:  # type: ignore[list-item]
            socket = Socket(connection)
            await socket.send(type="connection_init", payload={"authorization": f"Bearer {await self.token(member)}"})
            assert (await socket.receive())["type"] == "connection_ack"
            yield socket


@dataclass
class Socket:
    """Frames of graphql-transport-ws, as they are."""

    connection: ClientConnection

    async def send(self, **frame: Any) -> None:
        """Send a frame."""
        await self.connection.send(json.dumps(frame))

    async def receive(self) -> dict[str, Any]:
        """The next frame that is not a ping."""
        while True:
            frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), 20))
            if frame["type"] not in ("ping", "pong"):
                return frame

    async def subscribe(self, query: str, id: str = "1", **variables: Any) -> None:
        """Start an operation."""
        await self.send(id=id, type="subscribe", payload={"query": query, "variables": variables})

    async def next(self) -> Any:
        """The data of the next message."""
        frame = await self.receive()
        assert frame["type"] == "next", frame
        assert "errors" not in frame["payload"], frame["payload"]["errors"]
        return frame["payload"]["data"]


@contextlib.asynccontextmanager
async def serving(database_url: str, redis_url: str, **settings: Any) -> AsyncIterator[Api]:
    """A server in this process, with its own hub, on the connections of the process."""
    given = Settings(**({"metrics_token": METRICS_TOKEN} | settings))
    application = create_app(given, database_url=database_url, redis_url=redis_url, own_database=False)
    config = uvicorn.Config(application.asgi, log_level="warning", **server_settings(application.options))
    server = Server(config, application.traffic, window=0)
    ports = [0] if given.metrics_port is None else [0, given.metrics_port]
    task = asyncio.create_task(server.serve([socket.create_server(("127.0.0.1", port)) for port in ports]))
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("The server stopped before it started.")
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(timeout=30) as http:
        try:
            yield Api(f"http://127.0.0.1:{port}/graphql", http, application.asgi.state.hub)
        finally:
            server.should_exit = True
            await task
