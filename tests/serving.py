"""A real server of the product on a free port, and clients that talk to it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from app.application import create_app
from app.welcome import SignIn
from common.settings import Settings
from models.rows import Member
from models.sign_in import issue_for
from subscriptions.hub import Hub
from tests.http_client import Answer, Client
from transport.server import Server, server_settings

METRICS_TOKEN = "a-token-for-metrics"


@dataclass
class Api:
    """The API of one server process, as a client sees it."""

    url: str
    client: Client
    #: For whatever is no POST of an operation.
    http: aiohttp.ClientSession
    hub: Hub
    tokens: dict[Any, str] = field(default_factory=dict)

    async def token(self, member: Member) -> str:
        """A token of the member's, good for an hour."""
        if member.id not in self.tokens:
            self.tokens[member.id] = await issue_for(member.id, 1)
        return self.tokens[member.id]

    async def send(self, body: bytes | dict[str, Any], **headers: str) -> Answer:
        """The answer to a body as it is, or to one that is put into JSON. A header's name has _ for its -."""
        given = {"Accept": "application/json", "Content-Type": "application/json"}
        given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        return await self.client.post(body if isinstance(body, bytes) else json.dumps(body).encode(), given)

    async def ask_in_bytes(self, member: Member | None, query: str, variables: dict[str, Any]) -> Answer:
        """The answer to an operation, whatever it is: for what must not be in it, wherever in it."""
        signed = {} if member is None else {"authorization": f"Bearer {await self.token(member)}"}
        return await self.send({"query": query, "variables": variables}, **signed)

    async def post(self, member: Member | None, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response of an operation."""
        return (await self.ask_in_bytes(member, query, variables)).json()  # type: ignore[no-any-return]

    async def sheet(
        self, member: Member | None, query: str, variables: dict[str, Any] | None = None, media: str = "text/csv"
    ) -> Answer:
        """The answer to an operation as a sheet, or what is said in its place."""
        signed = {} if member is None else {"authorization": f"Bearer {await self.token(member)}"}
        return await self.send({"query": query, "variables": variables or {}}, accept=media, **signed)

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


def listening_at(port: int) -> socket.socket:
    """A listener on this machine."""
    # That it is TCP is said: of others asyncio does not turn Nagle's algorithm off, and an answer's body would wait
    # 40 ms for the acknowledgement of its head. uvloop, in which the product runs, turns it off for all.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


@contextlib.asynccontextmanager
async def serving(
    database_url: str, redis_url: str, *, sign_ins: Sequence[SignIn] = (), **settings: Any
) -> AsyncIterator[Api]:
    """A server in this process, with its own hub, on the connections of the process.

    Members of tests ask as fast as a machine can: what a minute may cost them is for the tests of it to say."""
    unless_told: dict[str, Any] = {"metrics_token": METRICS_TOKEN, "points_a_minute": 10**9}
    given = Settings(**(unless_told | settings))
    urls = {"database_url": database_url, "redis_url": redis_url}
    application = create_app(given, **urls, own_database=False, sign_ins=sign_ins)
    config = uvicorn.Config(application.asgi, log_level="warning", **server_settings(application.options))
    server = Server(config, application.traffic, window=0)
    ports = [0] if given.metrics_port is None else [0, given.metrics_port]
    task = asyncio.create_task(server.serve([listening_at(port) for port in ports]))
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("The server stopped before it started.")
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/graphql"
    # Less than the server keeps a connection that nobody uses: else it may close one that is just taken up again.
    connector = aiohttp.TCPConnector(keepalive_timeout=1)
    timeout, cookies = aiohttp.ClientTimeout(60), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=cookies) as http:
        with contextlib.closing(Client(port)) as client:
            try:
                yield Api(url, client, http, application.asgi.state.hub)
            finally:
                server.should_exit = True
                await task
