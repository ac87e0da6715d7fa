"""A restart sends everyone away, spread over a window, to come back."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
import websockets

from tests.plain_http import NO_TLS
from tests.transport.house import closing, hear, say, served, subscribe, wait_until
from transport.options import TransportOptions


async def test_sockets_are_closed_at_moments_spread_over_the_window() -> None:
    with served() as house:
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(house.signed_in(f"m{n}")) for n in range(30)]
            for ws in sockets:
                await subscribe(ws, "1", 'subscription { ticks(topic: "drain") }')
            await wait_until(lambda: house.counters.operations_open == 30)
            moments: list[float] = []

            async def watch(ws: websockets.ClientConnection) -> None:
                code, reason = await closing(ws)
                moments.append(asyncio.get_running_loop().time())
                assert code == 1012 and reason.startswith("Restarting, come back in ")

            await asyncio.gather(house.drain(1.0), *map(watch, sockets))
            assert max(moments) - min(moments) > 0.3  # one after the other, not all in one moment
            assert house.counters.operations_open == house.counters.sockets_open == 0


async def test_new_sockets_are_refused_and_queries_are_still_answered() -> None:
    with served() as house:
        await house.drain(0)
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with house.signed_in():
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"]
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            assert (await http.post(house.url, json={"query": "{ hello }"})).status_code == 200
            stream = {"accept": "text/event-stream"}
            asked = await http.post(house.url, json={"query": "subscription { count(to: 1) }"}, headers=stream)
            assert (asked.status_code, asked.headers["retry-after"]) == (503, "1")


async def test_a_query_under_way_is_answered_first() -> None:
    with served(TransportOptions(deadline=0.5, mutations_over_websocket=True)) as house:
        async with house.signed_in() as ws:
            await subscribe(ws, "1", '{ slow(key: "drain") }')
            await wait_until(lambda: house.engine.executing["drain"])
            drain = asyncio.create_task(house.drain(1.5))
            message = await hear(ws)
            assert message["type"] == "error" and message["payload"][0]["extensions"]["code"] == "TIMEOUT"
            assert (await closing(ws))[0] == 1012
            await drain


async def test_it_is_bounded_in_time() -> None:
    with served(TransportOptions(close_timeout=0.1)) as house:
        async with house.signed_in() as ws:
            await subscribe(ws, "1", '{ slow(key: "drain") }')
            await wait_until(lambda: house.engine.executing["drain"])
            await house.drain(0.2)
            assert house.engine.cancelled["drain"] == 1 and (await closing(ws))[0] == 1012


async def test_the_server_drains_before_it_shuts_down() -> None:
    with served(window=0.2) as house:
        async with house.signed_in() as ws, house.open_socket() as ungreeted:
            await say(ungreeted, type="ping")
            house.server.should_exit = True
            for socket in (ws, ungreeted):
                code, reason = await closing(socket)
                assert code == 1012 and reason.startswith("Restarting")
