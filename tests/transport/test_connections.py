"""What a connection may be before anybody is signed in on it: how large, how slow, how many."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from functools import partial

import pytest

from tests.transport.house import House, closing, hear, say, served, sign_in, wait_until
from tests.transport.raw import Raw, connection, head
from transport.options import TransportOptions

HOST = "Host: localhost"
JSON = "Content-Type: application/json"
HELLO = b'{"query":"{ hello }"}'
POST = "POST /graphql HTTP/1.1"
LIMITS = TransportOptions()


def post(*headers: str) -> bytes:
    return head(POST, HOST, JSON, f"Content-Length: {len(HELLO)}", *headers) + HELLO


async def refused(raw: Raw) -> tuple[int, str]:
    """The status and the words with which the connection ends."""
    heard = await raw.rest()
    first, _, body = heard.partition(b"\r\n\r\n")
    assert b"connection: close" in first
    return int(first.split()[1]), json.loads(body)["errors"][0]["message"]


LARGE = {
    "a header": (head(POST, HOST, "Cookie: " + "x" * LIMITS.head_limit), 431),
    "headers": (head(POST, HOST, *(f"X-{number}: {'x' * 500}" for number in range(80))), 431),
    "many headers": (head(POST, HOST, *(f"X-{number}: 1" for number in range(LIMITS.header_count))), 431),
    "names": (head(POST, HOST, "x" * LIMITS.head_limit + ": 1"), 431),
    "a target": (head(f"GET /graphql?query={'x' * LIMITS.target_limit} HTTP/1.1", HOST), 414),
    "a header without end": (head(POST, HOST)[:-2] + b"Cookie: " + b"x" * 3_000_000, 431),
    "a name without end": (head(POST, HOST)[:-2] + b"x" * 3_000_000, 431),
    "a target without end": (b"GET /" + b"x" * 3_000_000, 414),
    "a handshake": (
        head("GET /graphql HTTP/1.1", HOST, "Connection: upgrade", "Upgrade: websocket", "A: " + "x" * 40_000),
        431,
    ),
}


@pytest.mark.parametrize(("request_", "status"), LARGE.values(), ids=LARGE)
@pytest.mark.usefixtures("quiet_log")
async def test_a_head_that_is_too_large_is_refused(house: House, request_: bytes, status: int) -> None:
    async with connection(house.port) as raw:
        raw.writer.write(request_)
        told, why = await refused(raw)
        assert told == status and any(figure in why for figure in ("32,768", "16,384", "100"))
    await wait_until(lambda: house.connections == 0)


async def test_a_large_head_in_small_pieces(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(head(POST, HOST)[:-2], b"Cookie: ")
        for _ in range(2 * LIMITS.head_limit // 1000):
            raw.writer.write(b"x" * 1000)
            await asyncio.sleep(0)
        assert (await refused(raw))[0] == 431


async def test_a_head_as_large_as_allowed(house: House) -> None:
    async with connection(house.port) as raw:
        room = LIMITS.head_limit - len(post()) - 100
        for _ in range(2):
            await raw.say(post("Cookie: " + "x" * room))
            assert (await raw.answer()).status == 200
            await raw.say(post(*(f"X-{number}: 1" for number in range(LIMITS.header_count - 3))))
            assert (await raw.answer()).status == 200


@pytest.mark.parametrize("tail", [b"X: " + b"x" * 5_000_000, b";x=" + b"x" * 5_000_000], ids=["a trailer", "a chunk's"])
async def test_what_is_beside_a_body_is_bounded_too(house: House, tail: bytes) -> None:
    async with connection(house.port) as raw:
        begun = head(POST, HOST, JSON, "Transfer-Encoding: chunked")
        raw.writer.write(begun + (b"0" if tail.startswith(b";") else b"0\r\n") + tail)
        assert (await refused(raw))[0] == 413
    await wait_until(lambda: house.connections == 0)


def in_pieces(number: int) -> bytes:
    """A request whose body is of so many chunks; all but the first are one byte."""
    return head(POST, HOST, JSON, "Transfer-Encoding: chunked") + (
        b"%x\r\n%s\r\n" % (len(HELLO), HELLO) + b"1\r\n \r\n" * (number - 1) + b"0\r\n\r\n"
    )


async def test_a_body_in_as_many_pieces_as_allowed_is_answered(house: House) -> None:
    async with connection(house.port) as raw:
        for _ in range(2):
            await raw.say(in_pieces(LIMITS.body_pieces))
            assert (await raw.answer()).status == 200


@pytest.mark.usefixtures("quiet_log")
async def test_a_body_in_more_pieces_is_refused(house: House) -> None:
    """Each is a call of the parser: a hundred thousand of a byte held the loop for a hundred requests."""
    async with connection(house.port) as raw:
        raw.writer.write(in_pieces(LIMITS.body_pieces + 1))
        status, why = await refused(raw)
        assert status == 413 and "4,000" in why
    await wait_until(lambda: house.connections == 0)


def reached(house: House, number: int) -> bool:
    return house.connections >= number


async def trickle(raw: Raw, piece: bytes) -> None:
    """A piece every now and then."""
    while True:
        await raw.say(piece)
        await asyncio.sleep(0.02)


SLOW = {
    "nothing": (b"", b"", None),
    "half a head": (head(POST, HOST)[:-2], b"", 408),
    "a head in drops": (head(POST, HOST)[:-2] + b"Cookie: ", b"x", 408),
    "empty lines": (b"\r\n", b"\r\n", 408),
    "half a body": (post()[:-5], b"", 408),
    "a body in drops": (head(POST, HOST, JSON, "Content-Length: 50000") + b"{", b" ", 408),
    "chunks in drops": (head(POST, HOST, JSON, "Transfer-Encoding: chunked"), b"1\r\n \r\n", 408),
    "a body of one who is answered": (head("POST /nowhere HTTP/1.1", HOST, "Content-Length: 50000"), b"x", 404),
    "half a head behind an answer": (post() + head(POST, HOST)[:-2], b"", 200),
    "empty lines behind an answer": (post(), b"\r\n", 200),
    "nothing behind an answer": (post(), b"", 200),
}


@pytest.mark.parametrize(("begun", "drop", "status"), SLOW.values(), ids=SLOW)
@pytest.mark.usefixtures("quiet_log")
async def test_who_takes_too_long_is_closed(begun: bytes, drop: bytes, status: int | None) -> None:
    """However often a drop comes."""
    options = TransportOptions(head_timeout=0.6, body_timeout=0.6, idle_timeout=0.6)
    with served(options) as house:
        async with connection(house.port) as raw:
            if begun:
                await raw.say(begun)
            dripping = asyncio.create_task(trickle(raw, drop) if drop else asyncio.sleep(0))
            heard = await raw.rest()
            dripping.cancel()
            await asyncio.wait({dripping})
        assert heard.startswith(f"HTTP/1.1 {status} ".encode() if status else b"")
        assert bool(heard) == bool(status)
        await wait_until(lambda: house.connections == 0)


async def test_requests_that_are_sent_ahead_are_answered_up_to_a_number(house: House) -> None:
    async with connection(house.port) as raw:
        raw.writer.write(post() * 3000)
        answered = (await raw.rest()).count(b"HTTP/1.1 200 ")
        assert 1 <= answered <= LIMITS.pipelined + 2


async def test_of_an_address_that_holds_too_many_the_oldest_gives_way() -> None:
    """Not the newcomer: who holds many keeps nobody out who shares the address."""
    with served(TransportOptions(strangers_per_address=5)) as house:
        async with AsyncExitStack() as stack:
            halves = []
            for number in range(12):
                halves.append(await stack.enter_async_context(connection(house.port)))
                await halves[-1].say(head(POST, HOST)[:-2])
                await wait_until(partial(reached, house, min(number + 1, 5)))
            for raw in halves[:7]:
                assert (await refused(raw))[0] == 429
            await wait_until(lambda: house.connections == 5)
            newcomer = await stack.enter_async_context(connection(house.port))
            await newcomer.say(post())
            assert (await newcomer.answer()).status == 200
            assert (await refused(halves[7]))[0] == 429


async def test_of_sockets_too() -> None:
    with served(TransportOptions(strangers_per_address=3, init_timeout=20)) as house:
        async with AsyncExitStack() as stack:
            known = [await stack.enter_async_context(house.signed_in(f"m{number}")) for number in range(6)]
            waiting = [await stack.enter_async_context(house.open_socket()) for _ in range(5)]
            for ws in waiting[:2]:
                code, reason = await closing(ws)
                assert code == 1013 and "sign" in reason
            await sign_in(waiting[4])
            for ws in known:
                await say(ws, type="ping")
                assert await hear(ws) == {"type": "pong"}


async def test_who_is_being_answered_does_not_give_way() -> None:
    with served(TransportOptions(strangers_per_address=2)) as house:
        async with AsyncExitStack() as stack:
            asking = []
            for number in range(2):
                raw = await stack.enter_async_context(connection(house.port))
                body = json.dumps({"query": f'{{ slow(key: "busy{number}") }}'}).encode()
                await raw.say(head(POST, HOST, JSON, f"Content-Length: {len(body)}"), body)
                asking.append(raw)
            await wait_until(lambda: house.engine.executing["busy0"] and house.engine.executing["busy1"])
            late = await stack.enter_async_context(connection(house.port))
            assert (await refused(late))[0] == 429
        await wait_until(lambda: house.engine.cancelled["busy0"] and house.engine.cancelled["busy1"])


async def test_who_has_signed_in_counts_no_more() -> None:
    with served(TransportOptions(strangers_per_address=2)) as house:
        async with AsyncExitStack() as stack:
            known: list[Raw] = []
            for _ in range(6):
                known.append(await stack.enter_async_context(connection(house.port)))
                for raw in known:
                    await raw.say(post("Authorization: Bearer alice"))
                    assert (await raw.answer()).status == 200


async def test_strangers_in_all_are_bounded() -> None:
    options = TransportOptions(
        strangers_per_address=100, strangers=4, trusted_proxies=("127.0.0.1/32",), init_timeout=20
    )
    with served(options) as house:
        async with AsyncExitStack() as stack:
            sockets = []
            for number in range(6):
                far = {"X-Forwarded-For": f"198.51.100.{number}"}
                sockets.append(await stack.enter_async_context(house.open_socket(additional_headers=far)))
            for ws in sockets[:2]:
                assert (await closing(ws))[0] == 1013
            await sign_in(sockets[2])


async def test_behind_a_proxy_that_is_trusted_addresses_are_told_apart() -> None:
    options = TransportOptions(strangers_per_address=2, trusted_proxies=("127.0.0.0/8", "::1"), init_timeout=20)
    with served(options) as house:
        async with AsyncExitStack() as stack:
            many = {"X-Forwarded-For": "203.0.113.7"}
            one = await stack.enter_async_context(
                house.open_socket(additional_headers={"X-Forwarded-For": "203.0.113.7, 203.0.113.8"})
            )
            held = [await stack.enter_async_context(house.open_socket(additional_headers=many)) for _ in range(4)]
            for ws in held[:2]:
                assert (await closing(ws))[0] == 1013
            await sign_in(one)
            # The proxy's own connections are nobody's.
            halves = [await stack.enter_async_context(connection(house.port)) for _ in range(6)]
            for raw in halves:
                await raw.say(post())
                assert (await raw.answer()).status == 200


async def test_a_proxy_that_is_not_trusted_is_told_of_once(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """And what it says of others is not believed."""
    async with connection(house.port) as raw:
        for number in range(3):
            await raw.say(post(f"X-Forwarded-For: 203.0.113.{number}"))
            assert (await raw.answer()).status == 200
    log = capsys.readouterr().out
    assert log.count("proxy.untrusted") <= 1 and "203.0.113" not in log
    assert house.engine.addresses == {"127.0.0.1"}


async def test_all_connections_are_bounded_and_strangers_give_way_to_others() -> None:
    with served(TransportOptions(connections=3)) as house:
        async with AsyncExitStack() as stack:
            for number in range(2):
                await stack.enter_async_context(house.signed_in(f"m{number}"))
            half = await stack.enter_async_context(connection(house.port))
            await half.say(head(POST, HOST)[:-2])
            await wait_until(lambda: house.connections == 3)
            third = await stack.enter_async_context(house.signed_in("m2"))
            assert (await refused(half))[0] == 429
            late = await stack.enter_async_context(connection(house.port))
            assert (await refused(late))[0] == 503
            await third.close()
            await wait_until(lambda: house.connections == 2)
            async with house.signed_in("m3"):
                pass
