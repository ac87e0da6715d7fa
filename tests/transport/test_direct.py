"""Results are written past ASGI: whole frames, in order, among everything else that is on the connection."""

from __future__ import annotations

import asyncio
import gc
import json
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
import websockets
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.frames import Frame, Opcode

from tests.transport.house import House, closing, hear, say, served, sign_in, subscribe, wait_until
from transport.http_protocol import HTTPProtocol
from transport.options import TransportOptions
from transport.websocket_protocol import WebSocketProtocol
from transport.wire import WIRE, text_header

#: Where the header of a frame changes its length, and where a transport's buffer is full.
SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 300_000]


@contextmanager
def counted(*, wired: bool = True, **options: Any) -> Iterator[tuple[House, Counter[str]]]:
    """A server, and which messages its application sends through ASGI."""
    seen: Counter[str] = Counter()

    def around(app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            async def noted(message: Message) -> None:
                seen[message["type"]] += 1
                await send(message)

            if not wired:
                scope.get("extensions", {}).pop(WIRE, None)
            await app(scope, receive, noted)

        return counting

    with served(TransportOptions(**options), around=around) as house:
        yield house, seen


@pytest.mark.parametrize("size", SIZES)
def test_a_header_is_what_the_library_would_write(size: int) -> None:
    payload = b"x" * size
    assert text_header(size) + payload == Frame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("wired", [True, False], ids=["wired", "over ASGI"])
async def test_bodies_of_every_size_arrive_whole(wired: bool) -> None:
    with counted(wired=wired) as (house, through_asgi):
        async with house.signed_in(max_size=None) as ws:
            await subscribe(ws, "é", 'subscription { ticks(topic: "sizes") }')
            await wait_until(lambda: house.engine.topics["sizes"])
            empty = len(json.dumps({"id": "é", "type": "next", "payload": {"data": {"ticks": ""}}}))
            for size in SIZES:
                for text in ("x" * max(size - empty + near, 0) for near in range(-12, 3)):
                    house.engine.publish("sizes", text)
                    assert (await hear(ws))["payload"]["data"]["ticks"] == text
            house.engine.publish("sizes", "Zoë 🏃")
            assert (await hear(ws))["payload"]["data"]["ticks"] == "Zoë 🏃"
        assert bool(through_asgi["websocket.send"]) is not wired


@pytest.mark.parametrize("wired", [True, False], ids=["wired", "over ASGI"])
async def test_frames_do_not_mix_with_those_of_others(wired: bool) -> None:
    """Operations beside each other, pings and pongs of both sides, and answers, some larger than any buffer."""
    seed = random.randrange(10**6)
    print("seed", seed)
    dice = random.Random(seed)
    with counted(wired=wired, ping_interval=0.01, message_rate=10**6, message_burst=10**6) as (house, _):
        async with house.signed_in(max_size=None, ping_interval=None) as ws:
            for id in "abc":
                await subscribe(ws, id, f'subscription {{ ticks(topic: "{id}") }}')
            await wait_until(lambda: all(house.engine.topics[id] for id in "abc"))
            last: dict[str, str] = {}
            pongs: list[Awaitable[float]] = []

            async def publish() -> None:
                for number in range(300):
                    id = dice.choice("abc")
                    last[id] = f"{number}:" + "x" * dice.choice([0, 100, 120, 5_000, 65_500, 200_000])
                    house.engine.publish(id, last[id])
                    if number % 3 == 0:
                        pongs.append(await ws.ping(str(number)))
                    if number % 5 == 0:
                        await say(ws, type="ping", payload={"number": number})
                    if number % 7 == 0:
                        await subscribe(
                            ws, f"q{number}", "query ($n: String) { hello(name: $n) }", variables={"n": "x"}
                        )
                    await asyncio.sleep(0)

            publishing = asyncio.create_task(publish())
            numbers: defaultdict[str, list[int]] = defaultdict(list)
            kinds: Counter[str] = Counter()
            newest: dict[str, str] = {}
            while not publishing.done() or newest != last or kinds["pong"] < 60 or kinds["complete"] < 43:
                message = await hear(ws)
                kinds[message["type"]] += 1
                if message["type"] == "next" and message["id"] in "abc":
                    newest[message["id"]] = text = message["payload"]["data"]["ticks"]
                    numbers[message["id"]].append(int(text.partition(":")[0]))
            assert all(seen == sorted(set(seen)) for seen in numbers.values())
            assert kinds["pong"] == 60 and kinds["complete"] == 43
            async with asyncio.timeout(10):
                assert len(await asyncio.gather(*pongs)) == 100


async def test_a_close_ends_the_stream_at_a_whole_frame(house: House) -> None:
    """Whichever side closes, in the middle of a flood: the client finds nothing wrong with what it got."""
    for leaving in ("client", "server"):
        async with house.signed_in(f"flooded-{leaving}", max_size=None) as ws:
            await subscribe(ws, "1", "subscription { flood(size: 70000) }")
            for _ in range(20):
                assert len((await hear(ws))["payload"]["data"]["flood"]) == 70_000
            if leaving == "client":
                await ws.close(1000)
                assert ws.close_code == 1000
            else:
                await say(ws, type="connection_init")
                assert await closing(ws) == (4429, "Too many initialisation requests")
        await wait_until(lambda: +house.engine.live == Counter())


async def test_nothing_is_written_after_the_close_frame() -> None:
    with served(TransportOptions(close_timeout=30)) as house:
        async with house.signed_in() as ws:
            (connection,) = house.server.server_state.connections
            assert isinstance(connection, WebSocketProtocol)
            assert await house.call(lambda: connection.write(b'{"type":', b'"pong"', b"}"))
            assert await hear(ws) == {"type": "pong"}
            ws.transport.pause_reading()
            await say(ws, type="connection_init")
            await wait_until(lambda: connection.close_sent)
            assert not connection.transport.is_closing()  # it waits for the close frame of the client
            assert not await house.call(lambda: connection.write(b'{"type":', b'"pong"', b"}"))
            ws.transport.resume_reading()
            assert (await closing(ws))[0] == 4429


async def test_nothing_of_a_stopped_operation_follows_its_complete(house: House) -> None:
    async with house.signed_in("stopping", max_size=None) as ws:
        for round in range(20):
            await subscribe(ws, "1", "subscription { flood(size: 1000) }")
            await hear(ws)
            await say(ws, type="complete", id="1")
            await say(ws, type="ping", payload={"round": round})
            while (message := await hear(ws))["type"] != "pong":
                assert message["type"] == "next"


async def nobody_is_there(house: House) -> None:
    """Whoever came in other tests has left, with all that was theirs."""
    await wait_until(lambda: house.connections == 0)
    await house.turns()


async def test_a_socket_that_waits_has_one_task(house: House) -> None:
    await nobody_is_there(house)
    before = await house.tasks()
    async with AsyncExitStack() as stack:
        for number in range(10):
            ws = await stack.enter_async_context(house.signed_in(f"idle{number}"))
            for id in "abc":
                await subscribe(ws, id, 'subscription { ticks(topic: "idle") }')
        await wait_until(lambda: len(house.engine.topics["idle"]) == 30)
        assert house.counters.operations_open == 30
        async with asyncio.timeout(10):
            while await house.tasks() > before + 10:  # the beginnings are over
                await asyncio.sleep(0.002)
        house.engine.publish("idle", "to all")
        assert await house.tasks() == before + 10  # and a delivery takes none
    await wait_until(lambda: not house.engine.topics["idle"])


async def test_what_the_handshake_needed_is_gone_when_it_is_over(house: House) -> None:
    await nobody_is_there(house)
    async with house.open_socket(additional_headers={"X-Long": "x" * 5000}) as ws:
        await sign_in(ws)
        (connection,) = house.server.server_state.connections
        assert isinstance(ws, websockets.ClientConnection)
        assert not connection.request.headers and not connection.scope["headers"]  # type: ignore[union-attr]
        assert WIRE not in connection.scope["extensions"]  # type: ignore[union-attr]


async def test_the_http_protocol_does_not_wait_for_the_collector() -> None:
    with served() as house:
        gc.collect()
        gc.disable()
        try:
            async with house.signed_in(), house.signed_in("other"):
                here = house.server.server_state.connections  # there are servers of other tests
                protocols = [thing for thing in gc.get_objects() if type(thing) in (HTTPProtocol, WebSocketProtocol)]
                ours = [type(one) for one in protocols if getattr(one, "connections", None) is here]
                assert ours == [WebSocketProtocol, WebSocketProtocol]
        finally:
            gc.enable()
