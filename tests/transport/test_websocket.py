"""graphql-transport-ws, to the letter of its PROTOCOL.md."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import pytest
import websockets

from tests.transport.house import (
    SUBPROTOCOL,
    House,
    closing,
    hear,
    say,
    served,
    sign_in,
    subscribe,
    wait_until,
)
from transport.engine import Ended
from transport.options import TransportOptions

QUERY = {"query": "{ hello }"}


def frame(**message: Any) -> str:
    return json.dumps(message)


MALFORMED: dict[str, str | bytes] = {
    "binary": b'{"type":"ping"}',
    "not json": "{",
    "empty": "",
    "NaN": '{"type":"ping","payload":{"a":NaN}}',
    "lone surrogate": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "deep": '{"type":"ping","payload":' + "[" * 5000,
    "list": "[]",
    "null": "null",
    "string": '"ping"',
    "no type": "{}",
    "null type": frame(type=None),
    "number type": frame(type=1),
    "list type": frame(type=["ping"]),
    "unknown type": frame(type="start"),
    "long unknown type": frame(type="é" * 500),
    "server's ack": frame(type="connection_ack"),
    "server's next": frame(type="next", id="1", payload={}),
    "server's error": frame(type="error", id="1", payload=[]),
    "ping payload": frame(type="ping", payload="text"),
    "pong payload": frame(type="pong", payload=[]),
    "init payload": frame(type="connection_init", payload="text"),
    "complete without id": frame(type="complete"),
    "complete with a number": frame(type="complete", id=1),
    "subscribe without id": frame(type="subscribe", payload=QUERY),
    "subscribe with an empty id": frame(type="subscribe", id="", payload=QUERY),
    "subscribe with a number": frame(type="subscribe", id=1, payload=QUERY),
    "subscribe with a long id": frame(type="subscribe", id="1" * 300, payload=QUERY),
    "no payload": frame(type="subscribe", id="1"),
    "null payload": frame(type="subscribe", id="1", payload=None),
    "list payload": frame(type="subscribe", id="1", payload=[QUERY]),
    "no query": frame(type="subscribe", id="1", payload={}),
    "null query": frame(type="subscribe", id="1", payload={"query": None}),
    "number query": frame(type="subscribe", id="1", payload={"query": 1}),
    "list variables": frame(type="subscribe", id="1", payload={**QUERY, "variables": []}),
    "text variables": frame(type="subscribe", id="1", payload={**QUERY, "variables": "{}"}),
    "number operationName": frame(type="subscribe", id="1", payload={**QUERY, "operationName": 1}),
    "text extensions": frame(type="subscribe", id="1", payload={**QUERY, "extensions": "no"}),
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "ungreeted"])
async def test_a_malformed_message_is_4400(house: House, message: str | bytes, greeted: bool) -> None:
    async with house.open_socket() as ws:
        if greeted:
            await sign_in(ws)
        await ws.send(message)
        code, reason = await closing(ws)
        assert code == 4400 and 0 < len(reason.encode()) <= 123
    await wait_until(lambda: house.counters.sockets_open == 0)


async def test_text_that_is_not_utf8_is_1007(house: House) -> None:
    async with house.signed_in() as ws:
        await ws.send(b"\xff\xfe", text=True)
        assert (await closing(ws))[0] == 1007


async def test_init_is_acknowledged_and_ping_is_answered_with_its_payload(house: House) -> None:
    async with house.open_socket() as ws:
        assert ws.subprotocol == SUBPROTOCOL
        await say(ws, type="ping")
        assert await hear(ws) == {"type": "pong"}
        await sign_in(ws)
        await say(ws, type="ping", payload={"at": "é"})
        assert await hear(ws) == {"type": "pong", "payload": {"at": "é"}}
        await say(ws, type="pong", payload={})
        await say(ws, type="complete", id="never heard of")
        await say(ws, type="ping", payload=None)
        assert await hear(ws) == {"type": "pong"}


async def test_subscribe_before_init_is_4401(house: House) -> None:
    async with house.open_socket() as ws:
        await subscribe(ws, "1", "{ hello }")
        assert await closing(ws) == (4401, "Unauthorized")


async def test_a_second_init_is_4429(house: House) -> None:
    async with house.signed_in() as ws:
        await say(ws, type="connection_init")
        assert await closing(ws) == (4429, "Too many initialisation requests")


async def test_no_init_in_time_is_4408() -> None:
    with served(TransportOptions(init_timeout=0.05)) as house:
        async with house.open_socket() as ws:
            assert await closing(ws) == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize("offered", [[], ["graphql-ws"]], ids=["none", "old"])
async def test_another_subprotocol_is_4406(house: House, offered: list[str]) -> None:
    subprotocols = [websockets.Subprotocol(name) for name in offered] or None
    async with websockets.connect(house.socket_url, subprotocols=subprotocols) as ws:
        assert (await closing(ws))[0] == 4406


async def test_ours_is_found_among_others(house: House) -> None:
    names = [websockets.Subprotocol(name) for name in ("graphql-ws", SUBPROTOCOL)]
    async with websockets.connect(house.socket_url, subprotocols=names) as ws:
        assert ws.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"authorization": "Bearer bad"}, 4403),
        ({"Authorization": "alice"}, 4403),
        ({"Authorization": ["Bearer alice"]}, 4403),
        ({"Authorization": None}, 4403),
        (None, 4403),
        ({"Authorization": "Bearer broken"}, 1013),
    ],
)
async def test_a_refused_sign_in(house: House, payload: Any, code: int) -> None:
    async with house.open_socket() as ws:
        await say(ws, type="connection_init", payload=payload)
        assert (await closing(ws))[0] == code


async def test_the_token_may_come_in_the_handshake(house: House) -> None:
    async with house.open_socket(additional_headers={"Authorization": "Bearer alice"}) as ws:
        await say(ws, type="connection_init")
        assert await hear(ws) == {"type": "connection_ack"}


async def test_a_query_is_next_and_complete(house: House) -> None:
    async with house.signed_in() as ws:
        await subscribe(ws, 'a"é', "query ($n: String) { hello(name: $n) }", variables={"n": "Zoë"})
        assert await hear(ws) == {"id": 'a"é', "type": "next", "payload": {"data": {"hello": "Hello, Zoë"}}}
        assert await hear(ws) == {"id": 'a"é', "type": "complete"}


async def test_a_subscription_is_every_result_and_complete(house: House) -> None:
    async with house.signed_in() as ws:
        await subscribe(ws, "1", "subscription { count(to: 3) }")
        for number in (1, 2, 3):
            assert (await hear(ws))["payload"] == {"data": {"count": number}}
        assert await hear(ws) == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "query A { hello } query B { hello }",
        "subscription { refused }",
        "mutation { add(key: 1) }",
        "{ explode }",
        'mutation { add(key: "socket") }',
    ],
)
async def test_what_cannot_be_executed_is_an_error_for_its_id(house: House, query: str) -> None:
    async with house.signed_in() as ws:
        for _ in range(2):  # and the id is free again
            await subscribe(ws, "1", query)
            message = await hear(ws)
            assert (message["id"], message["type"]) == ("1", "error") and message["payload"][0]["message"]
        await subscribe(ws, "1", "{ hello }")
        assert (await hear(ws))["type"] == "next"
    assert house.engine.added["socket"] == 0


async def test_a_subscription_that_breaks_is_an_error_without_what_broke(house: House) -> None:
    async with house.signed_in() as ws:
        await subscribe(ws, "1", "subscription { fails }")
        assert (await hear(ws))["type"] == "next"
        message = await hear(ws)
        assert message["type"] == "error" and "secret-literal" not in str(message)


async def test_mutations_when_switched_on_and_the_deadline() -> None:
    with served(TransportOptions(mutations_over_websocket=True, deadline=1.0)) as house:
        async with house.signed_in() as ws:
            await subscribe(ws, "1", 'mutation { add(key: "on") }')
            assert (await hear(ws))["payload"] == {"data": {"add": 1}}
            assert (await hear(ws))["type"] == "complete"
            await subscribe(ws, "1", '{ slow(key: "late") }')
            assert (await hear(ws))["payload"][0]["extensions"]["code"] == "TIMEOUT"


async def test_a_live_id_again_is_4409(house: House) -> None:
    async with house.signed_in() as ws:
        await subscribe(ws, "é" * 200, 'subscription { ticks(topic: "dup") }')
        await subscribe(ws, "é" * 200, "{ hello }")
        code, reason = await closing(ws)
        assert code == 4409 and reason.startswith("Subscriber for ééé") and len(reason.encode()) in (122, 123)


async def test_complete_stops_the_operation_and_frees_its_id(house: House) -> None:
    async with house.signed_in("stopper") as ws:
        for round in range(5):
            topic = f"stop{round}"
            await subscribe(ws, "1", f'subscription {{ ticks(topic: "{topic}") }}')
            await wait_until(partial(house.engine.topics.__getitem__, topic))
            house.engine.publish(topic, "heard")
            assert (await hear(ws))["payload"] == {"data": {"ticks": "heard"}}
            await say(ws, type="complete", id="1")
            await say(ws, type="complete", id="1")  # crossing, or said twice
        await wait_until(lambda: house.engine.live["stopper"] == 0)
        await subscribe(ws, "1", '{ slow(key: "stopped") }')
        await wait_until(lambda: house.engine.executing["stopped"])
        await say(ws, type="complete", id="1")
        await wait_until(lambda: house.engine.cancelled["stopped"])
        await say(ws, type="ping")
        assert await hear(ws) == {"type": "pong"}


async def test_a_client_that_leaves_ends_its_operations(house: House) -> None:
    async with house.signed_in("leaver") as ws:
        await subscribe(ws, "1", 'subscription { ticks(topic: "leave") }')
        await wait_until(lambda: house.engine.live["leaver"] == 1)
        ws.transport.abort()
        await wait_until(lambda: house.engine.live["leaver"] == 0)


async def test_a_message_over_the_limit_is_1009(house: House) -> None:
    async with house.signed_in() as ws:
        await say(ws, type="ping", payload={"a": "x" * 99_000})
        assert (await hear(ws))["type"] == "pong"
        await say(ws, type="ping", payload={"a": "x" * 100_000})
        assert (await closing(ws))[0] == 1009


async def test_too_many_messages_are_1008() -> None:
    with served(TransportOptions(message_rate=0.001, message_burst=5)) as house:
        async with house.signed_in() as ws:
            for _ in range(5):
                await say(ws, type="pong")
            assert await closing(ws) == (1008, "Too many messages")


async def test_caps_on_operations_and_on_sockets() -> None:
    with served(TransportOptions(operations_per_socket=2, sockets_per_member=2)) as house:
        async with house.signed_in() as ws, house.signed_in() as other, house.open_socket() as third:
            for id in ("1", "2", "3"):
                await subscribe(ws, id, 'subscription { ticks(topic: "cap") }')
            message = await hear(ws)
            assert (message["type"], message["id"]) == ("error", "3")
            assert message["payload"][0]["extensions"]["code"] == "LIMIT"
            await say(third, type="connection_init", payload={"Authorization": "Bearer alice"})
            assert (await closing(third))[0] == 1013
            async with house.signed_in("bob"):
                pass
            await other.close()
            await wait_until(lambda: house.counters.sockets_open == 1)
            async with house.signed_in():
                pass


async def test_origins(house: House) -> None:
    async with house.open_socket(origin=house.url.removesuffix("/graphql")) as ws:
        await sign_in(ws)
    for origin in ("https://elsewhere.example", "null"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with house.open_socket(origin=origin):
                pass
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_expired_token_is_4403(house: House) -> None:
    async with house.signed_in("short-alice") as ws:
        await subscribe(ws, "1", 'subscription { ticks(topic: "short") }')
        assert await closing(ws) == (4403, "Token expired")
    await wait_until(lambda: house.engine.live["short-alice"] == 0)


async def test_a_session_that_ends_closes_its_sockets_at_once(house: House) -> None:
    async with house.signed_in("leaving") as ws, house.signed_in("staying") as other:
        house.engine.end("leaving", Ended(4401, "Deactivated. " + "é" * 100))
        code, reason = await closing(ws)
        assert code == 4401 and reason.startswith("Deactivated. é") and len(reason.encode()) <= 123
        await subscribe(other, "1", "{ hello }")
        assert (await hear(other))["type"] == "next"


async def test_a_peer_that_answers_no_pings_is_dropped() -> None:
    with served(TransportOptions(ping_interval=0.05, ping_timeout=1.0)) as house:
        async with house.signed_in("silent", ping_interval=None) as ws:
            ws.transport.pause_reading()
            await wait_until(lambda: house.counters.sockets_open == house.connections == 0)
            ws.transport.abort()


async def test_everything_at_once_leaves_nothing_behind(house: House) -> None:
    async def one(number: int) -> None:
        async with house.signed_in(f"m{number}") as ws:
            for id in range(5):
                await subscribe(ws, str(id), "subscription { count(to: 20) }")
                if id % 2:
                    await say(ws, type="complete", id=str(id))
            if number % 3:
                ends = 0
                while ends < 3:
                    ends += (await hear(ws))["type"] == "complete"

    await asyncio.gather(*(one(number) for number in range(40)))
    await wait_until(lambda: house.counters.sockets_open == house.counters.operations_open == 0)
