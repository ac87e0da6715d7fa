"""The contract between the engine and the wire: begin, ready and resume, stop, end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.plain_http import NO_TLS
from tests.transport.house import House, hear, say, served, subscribe, wait_until
from tests.transport.small_subscriptions import Ticks
from transport.options import TransportOptions

ERRORS = [{"message": "The board is gone.", "extensions": {"code": "NOT_FOUND"}}]
PATIENT = TransportOptions(stall_timeout=60, close_timeout=0.2, ping_interval=600)


async def ticking(house: House, ws: ClientConnection, topic: str, id: str = "1") -> Ticks:
    before = set(house.engine.topics[topic])
    await subscribe(ws, id, f'subscription {{ ticks(topic: "{topic}") }}')
    await wait_until(lambda: house.engine.topics[topic] > before)
    (ticks,) = house.engine.topics[topic] - before
    return ticks


async def fill(house: House, ws: ClientConnection, *topics: str) -> int:
    """Stop reading, and publish until there is no room; how much was published."""
    ws.transport.pause_reading()

    def room() -> bool:
        return any(ticks.sink.ready for topic in topics for ticks in list(house.engine.topics[topic]))

    number = 0
    while room():
        for topic in topics:
            house.engine.publish(topic, f"{number}:" + "x" * 50_000)
        number += 1
        assert number < 5000
        await asyncio.sleep(0.001)
        if not room():  # or a busy server has not sent yet what fits
            await house.turns()
    return number


def number_of(message: Any) -> int:
    return int(message["payload"]["data"]["ticks"].partition(":")[0])


async def test_a_peer_that_does_not_read_is_sent_no_more_until_it_reads_again() -> None:
    with served(PATIENT) as house:
        async with house.signed_in("slow", ping_interval=None, max_size=None) as ws:
            ticks = await ticking(house, ws, "t")
            number = await fill(house, ws, "t")
            sent = house.engine.sent["slow"]
            for later in range(number, number + 200):
                house.engine.publish("t", f"{later}:")
            house.engine.publish("t", "9999:")
            await wait_until(lambda: ticks.missed == "9999:")
            assert house.engine.sent["slow"] == sent and house.engine.resumed["slow"] == 0
            ws.transport.resume_reading()
            numbers = [number_of(await hear(ws))]
            while numbers[-1] != 9999:
                numbers.append(number_of(await hear(ws)))
            assert numbers == [*range(sent), 9999]  # what was sent, and the last of what was not
            assert house.engine.resumed["slow"] in (1, 2)  # the second for the last one, had it to wait as well
            assert ticks.sink.ready


async def test_over_the_bound_no_operation_has_room_and_all_are_told_of_it() -> None:
    """The frame of one of them fills the queue; the other, none of whose frames waits, is told as well."""
    with served(TransportOptions(queue_bound=1000, stall_timeout=60, close_timeout=0.2)) as house:
        async with house.signed_in("slow", ping_interval=None, max_size=None) as ws:
            await ticking(house, ws, "one", "1")
            other = await ticking(house, ws, "other", "2")
            await fill(house, ws, "one")
            house.engine.publish("other", "7:")
            await wait_until(lambda: other.missed == "7:")
            ws.transport.resume_reading()
            while (message := await hear(ws))["id"] != "2":
                pass
            assert number_of(message) == 7


async def test_twenty_stalled_sockets_among_the_listeners_of_a_change_hold_up_nobody() -> None:
    with served(PATIENT) as house:
        async with house.signed_in("fine", max_size=None) as fine, AsyncExitStack() as stack:
            await ticking(house, fine, "t")
            for number in range(20):
                ws = await stack.enter_async_context(house.signed_in(f"stuck{number}", ping_interval=None))
                await ticking(house, ws, "t")
                ws.transport.pause_reading()
                stack.callback(ws.transport.abort)
            for number in range(400):
                house.engine.publish("t", f"{number}:" + "x" * 50_000)
                assert number_of(await hear(fine)) == number
            assert house.engine.sent["fine"] == 400
            assert all(house.engine.sent[f"stuck{number}"] < 400 for number in range(20))


@pytest.mark.parametrize("errors", [None, ERRORS], ids=["completes", "with errors"])
async def test_an_end_frees_the_id(house: House, errors: Any) -> None:
    async with house.signed_in("ending") as ws:
        for _ in range(3):
            await ticking(house, ws, "ending")
            house.engine.publish("ending", "0:")
            house.engine.finish("ending", errors)
            assert (await hear(ws))["type"] == "next"
            last = await hear(ws)
            assert last == (
                {"id": "1", "type": "error", "payload": ERRORS} if errors else {"id": "1", "type": "complete"}
            )
            await wait_until(lambda: house.engine.live["ending"] == 0)
        await say(ws, type="ping")
        assert await hear(ws) == {"type": "pong"}
        assert house.counters.operations_open == 0


async def test_an_end_comes_after_what_is_queued() -> None:
    with served(PATIENT) as house:
        async with house.signed_in("slow", ping_interval=None, max_size=None) as ws:
            await ticking(house, ws, "t")
            await fill(house, ws, "t")
            sent = house.engine.sent["slow"]
            house.engine.finish("t", ERRORS)
            await wait_until(lambda: house.engine.live["slow"] == 0)
            ws.transport.resume_reading()
            assert [number_of(await hear(ws)) for _ in range(sent)] == list(range(sent))
            assert (await hear(ws))["type"] == "error"


@pytest.mark.parametrize("how", ["complete", "leave", "close"])
@pytest.mark.parametrize("kind", ["begins", "stubborn"])
async def test_a_stop_while_it_begins(house: House, kind: str, how: str) -> None:
    """An engine that is cancelled may give up, or have begun nevertheless: what comes back is stopped at once."""
    name = key = f"{kind}-{how}"
    async with house.signed_in(name) as ws:
        await subscribe(ws, "1", f'subscription {{ {kind}(key: "{key}") }}')
        await wait_until(lambda: house.engine.executing[key])
        assert house.engine.live[name] == 1
        if how == "complete":
            await say(ws, type="complete", id="1")
            await subscribe(ws, "1", "{ hello }")  # the id is free, and nothing of the first comes
            assert [(await hear(ws))["type"] for _ in range(2)] == ["next", "complete"]
        elif how == "leave":
            ws.transport.abort()
        else:
            await say(ws, type="connection_init")
        await wait_until(lambda: house.engine.cancelled[key] and house.engine.live[name] == 0)
        await wait_until(lambda: house.counters.operations_open == 0)


@pytest.mark.parametrize("kind", ["begins", "stubborn"])
async def test_an_event_stream_whose_client_leaves_while_it_begins(house: House, kind: str) -> None:
    key = f"sse-{kind}"
    request = {"query": f'subscription {{ {kind}(key: "{key}") }}'}
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(verify=NO_TLS) as http, http.stream("POST", house.url, json=request, headers=headers):
        await wait_until(lambda: house.engine.executing[key])
    await wait_until(lambda: house.engine.cancelled[key] and house.engine.live[key] == 0)


async def test_an_event_stream_takes_one_result_at_a_time() -> None:
    with served(PATIENT) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1000)
        body = b'{"query": "subscription { ticks(topic: \\"t\\") }"}'
        head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await wait_until(lambda: house.engine.topics["t"])
        (ticks,) = house.engine.topics["t"]
        number = 0
        while ticks.missed is None:  # the client reads no more than a little
            house.engine.publish("t", f"{number}:" + "x" * 50_000)
            number += 1
            await asyncio.sleep(0.001)
            if ticks.missed is not None:  # or a busy server has not sent yet what fits
                await house.turns()
        resumed, sent = house.engine.resumed["None"], house.engine.sent["None"]
        house.engine.publish("t", "last")
        await wait_until(lambda: ticks.missed == "last")
        assert house.engine.sent["None"] == sent
        text = b""
        while b'"last"' not in text:
            text = text[-100:] + await reader.read(100_000)
        assert house.engine.resumed["None"] > resumed
        writer.close()
        await wait_until(lambda: not house.engine.topics["t"])


async def test_a_fault_in_one_subscription_is_its_own() -> None:
    with served(PATIENT) as house:
        async with house.signed_in("slow", ping_interval=None, max_size=None) as ws:
            await ticking(house, ws, "t", "fine")
            await subscribe(ws, "faulty", "subscription { faulty(size: 100000) }")
            ws.transport.pause_reading()
            await house.settled("slow")
            ws.transport.resume_reading()
            while (message := await hear(ws))["type"] != "error":
                assert message["id"] == "faulty"
            assert message["payload"][0]["extensions"]["code"] == "INTERNAL" and "secret" not in str(message)
            await subscribe(ws, "faulty", "subscription { faulty(size: 1) }")
            await say(ws, type="complete", id="faulty")
            house.engine.publish("t", "0:")
            while (message := await hear(ws))["id"] != "fine":
                assert message["type"] == "next"
            assert number_of(message) == 0
