"""Signing out, a leaked key, a restored backup: what was opened before is closed, on every server."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import embedded
from tests.databases import own_database
from tests.plain_http import NO_TLS
from tests.system.jobwire import jobwire

#: In seconds: what operators are promised.
PROMISED = 60
FOLLOW = "subscription { boardChanges { revision } }"
OUT = "mutation { signOut { errors { code } } }"


@dataclass
class Client:
    """Somebody with a websocket and an event stream at one server."""

    url: str
    socket: ClientConnection
    lines: AsyncIterator[str]

    async def closed(self) -> int:
        """The code that the websocket is closed with."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def ended(self) -> tuple[list[str], bool]:
        """The codes of the errors that the stream ends with, and whether it is complete."""
        codes, complete = [], False
        async for line in self.lines:
            complete = complete or line == "event: complete"
            if line.startswith("data: {"):
                codes += [error["extensions"]["code"] for error in json.loads(line[6:]).get("errors", ())]
        return codes, complete


@asynccontextmanager
async def client(url: str, token: str) -> AsyncIterator[Client]:
    """A member who follows all boards, both ways."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with (
        connect(url.replace("http", "ws", 1), subprotocols=["graphql-transport-ws"]) as socket,  # type: ignore[list-item]
        httpx.AsyncClient(verify=NO_TLS, timeout=PROMISED) as http,
        http.stream("POST", url, json={"query": FOLLOW}, headers=headers) as stream,
    ):
        await socket.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": headers["Authorization"]}})
        )
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}))
        assert [json.loads(await socket.recv())["type"] for _ in range(2)] == ["connection_ack", "next"]
        lines = stream.aiter_lines()
        async for line in lines:
            if line.startswith("data:"):
                break
        yield Client(url, socket, lines)


async def post(url: str, token: str, query: str) -> Any:
    """Status and body of an answer."""
    async with httpx.AsyncClient(verify=NO_TLS, timeout=20) as http:
        answer = await http.post(url, json={"query": query}, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


async def test_what_was_opened_before_is_closed_everywhere(servers: embedded.Servers) -> None:
    async with own_database(servers, "leaked") as database_url, AsyncExitStack() as open_ones:
        urls = {"database_url": database_url, "redis_url": servers.redis_url}

        def run(*words: str, typed: str | None = None) -> list[str]:
            with jobwire(*words, typed=typed, **urls) as command:
                assert command.ends() == 0, command.stderr.rest()
                return [line for line in command.stdout.rest() if line.strip()]

        run("create-firm", "Hart", "--owner", "owner@hart.test", "--password-stdin", typed="long enough\n")
        running = [open_ones.enter_context(jobwire("serve", port=0, **urls)) for _ in range(2)]
        everywhere = [server.says("Listening on").split()[-1] for server in running]

        async def opened() -> tuple[str, list[Client]]:
            (token,) = await asyncio.to_thread(run, "token", "owner@hart.test")
            return token, [await open_ones.enter_async_context(client(url, token)) for url in everywhere]

        async def all_end(clients: list[Client]) -> tuple[set[int], list[tuple[list[str], bool]]]:
            async with asyncio.timeout(PROMISED):
                codes = await asyncio.gather(*(each.closed() for each in clients))
                return set(codes), await asyncio.gather(*(each.ended() for each in clients))

        (leaver, left), (token, others) = await opened(), await opened()
        assert (await post(everywhere[0], leaver, OUT))[1]["data"] == {"signOut": {"errors": []}}
        # For good: nobody comes back by themselves.
        assert await all_end(left) == ({4401}, [(["UNAUTHENTICATED"], True)] * 2)

        await asyncio.to_thread(run, "rotate-keys", "--leaked")
        # With a fresh token they come back.
        assert await all_end(others) == ({4403}, [(["UNAUTHENTICATED"], False)] * 2)
        for url in everywhere:
            assert (await post(url, token, "{ revision }"))[0] == 401

        _, members = await opened()
        await asyncio.to_thread(run, "restored")
        codes, endings = await all_end(members)
        assert codes <= {4401, 4403}
        assert [errors for errors, _ in endings] == [["UNAUTHENTICATED"]] * 2
