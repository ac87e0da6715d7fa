"""The clients that people use, as published, and the public conformance suite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import gql
import pytest
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from tests.node import CLIENTS
from tests.transport.house import House, served, wait_until
from transport.engine import Ended


class Script:
    """A running script: what it prints, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def tells(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            line = await self.process.stdout.readline()
        return json.loads(line) if line else None


@asynccontextmanager
async def script(node: str, *arguments: str) -> AsyncIterator[Script]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, *arguments, cwd=CLIENTS, stdin=pipe, stdout=pipe)
    try:
        yield Script(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_gql_executes_subscribes_and_is_told_of_errors(house: House) -> None:
    transport = WebsocketsTransport(
        url=house.socket_url,
        init_payload={"Authorization": "Bearer alice"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with gql.Client(transport=transport) as session:
        assert await session.execute(gql.gql("{ hello }")) == {"hello": "Hello, you"}
        results = [result async for result in session.subscribe(gql.gql("subscription { count(to: 3) }"))]
        assert results == [{"count": 1}, {"count": 2}, {"count": 3}]
        with pytest.raises(TransportQueryError, match="nothing"):
            await session.execute(gql.gql("{ nothing }"))
        ticks = session.subscribe(gql.gql('subscription { ticks(topic: "gql") }'))
        first = asyncio.ensure_future(anext(ticks))
        await wait_until(lambda: house.engine.topics["gql"])
        house.engine.publish("gql", "heard")
        assert await first == {"ticks": "heard"}
        await ticks.aclose()
        await wait_until(lambda: not house.engine.topics["gql"])


async def test_graphql_ws_runs_a_subscription_to_its_end(house: House, node: str) -> None:
    async with script(node, "websocket.mjs", house.socket_url, "ws", "subscription { count(to: 2) }") as client:
        assert [await client.tells() for _ in range(3)] == [
            {"next": {"data": {"count": 1}}},
            {"next": {"data": {"count": 2}}},
            {"complete": True},
        ]


async def test_graphql_ws_is_told_of_an_invalid_document(house: House, node: str) -> None:
    async with script(node, "websocket.mjs", house.socket_url, "ws", "{ nothing }") as client:
        assert (await client.tells())["error"][0]["message"].startswith("Cannot query field")


@pytest.mark.parametrize(("code", "returns"), [(1012, True), (1013, True), (4403, True), (4401, False)])
async def test_graphql_ws_comes_back_after_the_codes_that_say_so(
    house: House, node: str, code: int, returns: bool
) -> None:
    topic = f"graphql-ws-{code}"
    query = f'subscription {{ ticks(topic: "{topic}") }}'
    async with script(node, "websocket.mjs", house.socket_url, topic, query) as client:
        await wait_until(lambda: house.engine.topics[topic])
        house.engine.end(f"{topic}-1", Ended(code, "Go"))
        assert await client.tells() == {"closed": code, "reason": "Go"}
        if not returns:
            assert await client.tells() == {"error": code}
            return
        await wait_until(lambda: house.engine.live[f"{topic}-2"])
        house.engine.publish(topic, "again")
        assert await client.tells() == {"next": {"data": {"ticks": "again"}}}


async def test_graphql_ws_comes_back_after_a_restart(node: str) -> None:
    with served() as house:
        query = 'subscription { ticks(topic: "restart") }'
        async with script(node, "websocket.mjs", house.socket_url, "ws", query) as client:
            await wait_until(lambda: house.engine.live["ws-1"])
            await house.drain(0.1)
            assert (await client.tells())["closed"] == 1012
            house.traffic.draining = False  # as the next process would be
            await wait_until(lambda: +house.engine.live)


async def test_graphql_sse_runs_a_subscription_to_its_end(house: House, node: str) -> None:
    async with script(node, "sse.mjs", house.url, "sse", "subscription { count(to: 2) }") as client:
        assert [await client.tells() for _ in range(4)] == [
            {"connecting": False},
            {"next": {"data": {"count": 1}}},
            {"next": {"data": {"count": 2}}},
            {"complete": True},
        ]


@pytest.mark.parametrize(("code", "returns"), [(1012, True), (4403, True), (4401, False)])
async def test_graphql_sse_comes_back_like_a_websocket(house: House, node: str, code: int, returns: bool) -> None:
    topic = f"graphql-sse-{code}"
    query = f'subscription {{ ticks(topic: "{topic}") }}'
    async with script(node, "sse.mjs", house.url, topic, query) as client:
        assert await client.tells() == {"connecting": False}
        await wait_until(lambda: house.engine.topics[topic])
        house.engine.end(f"{topic}-1", Ended(code, "Go"))
        if code != 1012:
            assert (await client.tells())["next"]["errors"][0]["message"] == "Go"
        assert await client.tells() == ({"connecting": True} if returns else {"complete": True})


#: As many as the version has that the lock file names.
AUDITS = 61


async def test_the_public_conformance_suite(house: House, node: str) -> None:
    """All of it, as somebody who has signed in."""
    async with script(node, "audit.mjs", house.url, "alice") as suite:
        results = await suite.tells()
    assert {result["id"]: result["reason"] for result in results if result["status"] != "ok"} == {}
    assert len({result["id"] for result in results}) == AUDITS


async def test_the_public_conformance_suite_without_a_token(house: House, node: str) -> None:
    """All of it passes but what is listed."""
    async with script(node, "audit.mjs", house.url) as suite:
        results = await suite.tells()
    assert len(results) == AUDITS
    failed = {result["id"]: result["name"] for result in results if result["status"] != "ok"}
    # A GET needs a header that a page cannot make a browser send unasked; the suite sends none, and has no token.
    assert set(failed) == {"5A70", "6A70", "D6D5"}
    assert all(name.startswith("MAY ") and "GET" in name for name in failed.values())
