"""A client that does not read holds up nobody, and is sent away in the end."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.plain_http import NO_TLS
from tests.transport.house import House, closing, hear, served, subscribe, wait_until
from transport.options import TransportOptions

SHORT = TransportOptions(stall_timeout=0.4, close_timeout=0.4)


async def stall(ws: ClientConnection, *, size: int = 100_000) -> None:
    """Ask for more than buffers hold, and stop reading."""
    await subscribe(ws, "1", f"subscription {{ flood(size: {size}) }}")
    ws.transport.pause_reading()


async def tick(house: House, ws: ClientConnection, topic: str, text: str) -> None:
    house.engine.publish(topic, text)
    assert (await hear(ws))["payload"]["data"]["ticks"] == text


async def test_it_is_cut_off_while_another_keeps_receiving() -> None:
    with served(SHORT) as house:
        async with house.signed_in("stuck", ping_interval=None) as stuck, house.signed_in("fine") as fine:
            await subscribe(fine, "1", 'subscription { ticks(topic: "t") }')
            await wait_until(lambda: house.engine.topics["t"])
            await stall(stuck)
            heard = 0
            while house.counters.sockets_open == 2:
                await tick(house, fine, "t", str(heard))
                heard += 1
            # Who is held up hears the first of them when the other is gone.
            assert heard > 5 and house.counters.sockets_stalled == 1
            assert house.engine.live["stuck"] == 0
            await wait_until(lambda: house.connections == 1)  # cut, though it has not read its close frame
            await tick(house, fine, "t", "still here")
            stuck.transport.abort()


async def test_one_that_wakes_up_in_time_is_told_to_come_back() -> None:
    with served(TransportOptions(stall_timeout=0.3, close_timeout=10)) as house:
        async with house.signed_in("stuck", ping_interval=None) as stuck:
            await stall(stuck)
            await wait_until(lambda: house.counters.sockets_stalled == 1)
            await wait_until(lambda: house.engine.live["stuck"] == 0)
            stuck.transport.resume_reading()
            assert await closing(stuck) == (1013, "The reader is too slow")


async def test_a_full_queue_pauses_the_source_and_loses_nothing() -> None:
    """The engine is asked for the next item only when there is room, so what piles up, it can join."""
    with served(TransportOptions(queue_bound=64 * 1024)) as house:
        async with house.signed_in("slow", ping_interval=None) as slow:
            for id in ("1", "2"):
                await subscribe(slow, id, "subscription { flood(size: 20000) }")
            slow.transport.pause_reading()
            sent = await house.settled("slow")
            assert sent * 20_000 < 16 * 1024 * 1024  # the kernel's buffers and ours, not the whole flood
            slow.transport.resume_reading()
            await wait_until(lambda: house.engine.sent["slow"] > sent + 100)
            for id in ("1", "2"):
                await slow.send(json.dumps({"id": id, "type": "complete"}))
            await wait_until(lambda: house.engine.live["slow"] == 0)
            await slow.send('{"type":"ping"}')
            received = 0
            while (message := await hear(slow))["type"] != "pong":
                received += message["type"] == "next"
            assert house.engine.sent["slow"] - received < 64 * 1024 // 20_000 + 6


async def test_twenty_stalled_sockets_hold_up_nobody() -> None:
    """By how much they slow others is measured by bench/stalled.py."""
    with served(TransportOptions(stall_timeout=60, close_timeout=0.2)) as house:
        async with house.signed_in("fine") as fine, AsyncExitStack() as stack:
            await subscribe(fine, "1", 'subscription { ticks(topic: "t") }')
            await wait_until(lambda: house.engine.topics["t"])
            for number in range(20):
                ws = await stack.enter_async_context(house.signed_in(f"stuck{number}", ping_interval=None))
                await stall(ws)
                stack.callback(ws.transport.abort)
            stuck = {f"stuck{number}": await house.settled(f"stuck{number}") for number in range(20)}
            for number in range(200):
                await tick(house, fine, "t", str(number))
            assert {member: house.engine.sent[member] for member in stuck} == stuck
            assert house.counters.sockets_open == 21


async def test_an_answer_that_is_never_read_does_not_keep_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("transport.cutting._LINGER", 0.1)
    aliases = " ".join(f"a{number}: hello(name: $name)" for number in range(200))
    body = {"query": f"query ($name: String) {{ {aliases} }}", "variables": {"name": "x" * 90_000}}
    with served() as house:
        house.server.config.timeout_keep_alive = 0
        _, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1)
        content = json.dumps(body).encode()
        head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        await wait_until(lambda: house.counters.requests_total == 1)
        await wait_until(lambda: house.connections == 0)
        writer.transport.abort()


async def test_a_stuck_event_stream_is_cut_off() -> None:
    with served(SHORT) as house:
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            request = {"query": "subscription { flood(size: 100000) }"}
            headers = {"accept": "text/event-stream", "authorization": "Bearer stuck"}
            async with http.stream("POST", house.url, json=request, headers=headers) as response:
                assert response.status_code == 200  # and not a byte more is read
                await wait_until(lambda: house.counters.sockets_stalled == 1)
                await wait_until(lambda: house.counters.streams_open == 0)
                await wait_until(lambda: house.connections == 0)
                assert house.engine.live["stuck"] == 0
