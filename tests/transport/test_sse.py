"""GraphQL over SSE, distinct connections mode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.plain_http import NO_TLS
from tests.transport.house import House, served, wait_until
from transport.engine import Ended
from transport.options import TransportOptions

Event = tuple[str, Any]


@asynccontextmanager
async def stream(house: House, query: str, name: str = "alice") -> AsyncIterator[httpx.Response]:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {name}"}
    async with (
        httpx.AsyncClient(verify=NO_TLS, timeout=10) as http,
        http.stream("POST", house.url, json={"query": query}, headers=headers) as response,
    ):
        yield response


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """As a browser would read them."""
    name, data = "", ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data = value.strip()
        elif not line and name:
            yield name, json.loads(data) if data else None
            name, data = "", ""


async def heard(house: House, query: str, name: str = "alice") -> list[Event]:
    async with stream(house, query, name) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return [event async for event in events(response)]


async def test_results_and_complete(house: House) -> None:
    results: list[Event] = [("next", {"data": {"count": number}}) for number in (1, 2, 3)]
    assert await heard(house, "subscription { count(to: 3) }") == [*results, ("complete", None)]


async def test_a_query_is_one_result(house: House) -> None:
    assert await heard(house, "{ hello }") == [
        ("next", {"data": {"hello": "Hello, you"}}),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "subscription { refused }"], ids=["syntax", "validation", "refused"]
)
async def test_what_cannot_be_executed_is_told_in_the_stream(house: House, query: str) -> None:
    (kind, payload), last = await heard(house, query)
    assert kind == "next" and payload["errors"] and last == ("complete", None)


async def test_a_subscription_that_breaks(house: House) -> None:
    first, (_, second), last = await heard(house, "subscription { fails }")
    assert first == ("next", {"data": {"fails": 1}}) and last == ("complete", None)
    assert second["errors"][0]["extensions"]["code"] == "INTERNAL" and "secret-literal" not in str(second)


async def test_what_is_wrong_with_the_request_is_plain_http(house: House) -> None:
    async with stream(house, "{ hello }", "bad") as response:
        assert response.status_code == 401
    headers = {"accept": "text/event-stream", "graphql-require-preflight": "1"}
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        got = await http.get(house.url, params={"query": "{ hello }"}, headers=headers)
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


async def test_comments_keep_it_alive() -> None:
    with served(TransportOptions(keep_alive=0.02)) as house:
        async with stream(house, 'subscription { ticks(topic: "quiet") }') as response:
            comments = 0
            async for line in response.aiter_lines():
                comments += line.startswith(":")
                if comments > 3:
                    break


async def test_a_client_that_leaves_stops_it(house: House) -> None:
    async with stream(house, 'subscription { ticks(topic: "sse") }', "leaver") as response:
        await wait_until(lambda: house.engine.topics["sse"])
        house.engine.publish("sse", "heard")
        assert await anext(events(response)) == ("next", {"data": {"ticks": "heard"}})
    await wait_until(lambda: house.engine.live["leaver"] == 0 and not house.engine.topics["sse"])


async def test_an_expired_token_is_an_error_and_leaves_the_rest_to_the_client(house: House) -> None:
    ((kind, payload),) = await heard(house, 'subscription { ticks(topic: "x") }', "short-sse")
    assert kind == "next" and payload["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_deactivated_member_is_told_for_good(house: House) -> None:
    reading = asyncio.create_task(heard(house, 'subscription { ticks(topic: "x") }', "sse-leaving"))
    await wait_until(lambda: house.engine.live["sse-leaving"])
    house.engine.end("sse-leaving", Ended(4401, "Deactivated"))
    (_, payload), last = await reading
    assert payload["errors"][0]["message"] == "Deactivated" and last == ("complete", None)


async def test_a_restart_ends_it_without_complete() -> None:
    with served() as house:
        reading = asyncio.create_task(heard(house, 'subscription { ticks(topic: "x") }'))
        await wait_until(lambda: house.counters.streams_open)
        await house.drain(0.1)
        assert await reading == []


async def test_streams_count_as_sockets_of_the_member() -> None:
    with served(TransportOptions(sockets_per_member=1)) as house:
        async with house.signed_in("alice"), stream(house, "subscription { count(to: 1) }") as response:
            assert (response.status_code, response.headers["retry-after"]) == (429, "10")
