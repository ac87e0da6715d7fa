"""A stream of bytes is read in one way only: what one request sends is never taken for another request."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.transport.house import House, served
from tests.transport.raw import CLOSE, PING, TEXT, connection, framed, handshake, head

HELLO = b'{"query":"{ hello }"}'
ANSWER = b'{"data":{"hello":"Hello, you"}}'
#: A body that is a request: whoever reads it as one has read the stream twice.
SMUGGLED = head("GET /smuggled HTTP/1.1", "Host: localhost")
HIDDEN = json.dumps({"query": "{ hello }", "extensions": {"hidden": SMUGGLED.decode()}}).encode()
JSON = "Content-Type: application/json"
HOST = "Host: localhost"
UPGRADES = {
    "h2c": ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    "h2c last": ["Upgrade: h2c", "Connection: keep-alive, Upgrade"],
    "tls": ["Connection: upgrade", "Upgrade: TLS/1.0, HTTP/1.1"],
    "anything": ["Connection: UPGRADE", "Upgrade: x"],
    "nothing": ["Connection: upgrade", "Upgrade: "],
    "twice": ["Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c"],
    "a list": ["Connection: upgrade", "Upgrade: websocket, h2c"],
    "websocket": ["Connection: upgrade", "Upgrade: websocket"],
    "websocket, all of it": handshake().decode().split("\r\n")[2:-2],
    "without Upgrade": ["Connection: upgrade"],
    "without Connection": ["Upgrade: h2c"],
}


def post(*headers: str, body: bytes = HELLO, version: str = "1.1") -> bytes:
    line = f"POST /graphql HTTP/{version}"
    return head(line, HOST, JSON, f"Content-Length: {len(body)}", *headers) + body


def chunked(*headers: str, body: bytes = HELLO) -> bytes:
    middle = len(body) // 2
    chunks = [body[:middle], body[middle:], b""]
    whole = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head("POST /graphql HTTP/1.1", HOST, JSON, "Transfer-Encoding: chunked", *headers) + whole


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("apart", [False, True], ids=["at once", "byte by byte"])
async def test_an_upgrade_that_is_not_offered_is_ignored_and_the_body_read(
    house: House, upgrade: list[str], apart: bool
) -> None:
    """And the connection goes on, as without it."""
    async with connection(house.port) as raw:
        for request in (post(*upgrade, body=HIDDEN), chunked(*upgrade, body=HIDDEN), post()):
            for data in [request[at : at + 1] for at in range(len(request))] if apart else [request]:
                await raw.say(data)
            answer = await raw.answer()
            assert (answer.status, answer.body) == (200, ANSWER)


async def test_requests_behind_each_other_are_answered_in_their_order(house: House) -> None:
    async with connection(house.port) as raw:
        odd = head("GET /nowhere HTTP/1.1", HOST)
        await raw.say(post(*UPGRADES["h2c"], body=HIDDEN), odd, chunked(*UPGRADES["h2c last"]), odd, post())
        assert [(await raw.answer()).status for _ in range(5)] == [200, 404, 200, 404, 200]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
async def test_other_methods_ignore_an_upgrade_too(house: House, method: str) -> None:
    async with connection(house.port) as raw:
        line = f"{method} /graphql HTTP/1.1"
        await raw.say(head(line, HOST, *UPGRADES["h2c"], f"Content-Length: {len(SMUGGLED)}", "Connection: close"))
        await raw.say(SMUGGLED)
        heard = await raw.rest()
        assert heard.count(b"HTTP/1.1 ") == 1 and b" 404 " not in heard


REFUSED = {
    "two lengths": head("POST /graphql HTTP/1.1", HOST, JSON, "Content-Length: 4", "Content-Length: 21"),
    "a length and chunks": head("POST /graphql HTTP/1.1", HOST, "Content-Length: 4", "Transfer-Encoding: chunked"),
    "chunks and a length": head("POST /graphql HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Content-Length: 4"),
    "a length and chunks, and an upgrade": head(
        "POST /graphql HTTP/1.1", HOST, "Content-Length: 4", "Transfer-Encoding: chunked", *UPGRADES["h2c"]
    ),
    "chunks that are not last": head("POST /graphql HTTP/1.1", HOST, "Transfer-Encoding: chunked, identity"),
    "chunks by another name": head("POST /graphql HTTP/1.1", HOST, "Transfer-Encoding: xchunked"),
    "a negative length": head("POST /graphql HTTP/1.1", HOST, "Content-Length: -1"),
    "a length with a sign": head("POST /graphql HTTP/1.1", HOST, "Content-Length: +21"),
    "a length without end": head("POST /graphql HTTP/1.1", HOST, "Content-Length: " + "9" * 40),
    "a length in words": head("POST /graphql HTTP/1.1", HOST, "Content-Length: 2,1"),
    "a space before the colon": head("POST /graphql HTTP/1.1", HOST, "Content-Length : 21"),
    "a folded line": head("POST /graphql HTTP/1.1", HOST, "X-Folded: a\r\n b"),
    "lines without a carriage return": b"POST /graphql HTTP/1.1\nHost: localhost\n\n",
    "a null character": head("POST /graphql HTTP/1.1", HOST, "X-Null: a\0b"),
    "a chunk that is no number": head("POST /graphql HTTP/1.1", HOST, JSON, "Transfer-Encoding: chunked") + b"zz\r\n",
    "no host": head("POST /graphql HTTP/1.1", JSON),
    "two hosts": head("POST /graphql HTTP/1.1", HOST, HOST),
    "another host in the line": head("GET http://elsewhere.example/graphql HTTP/1.1", HOST),
    "another port in the line": head("GET http://localhost:81/graphql HTTP/1.1", HOST),
    "another scheme in the line": head("GET ftp://localhost/graphql HTTP/1.1", HOST),
    "no path": head("GET graphql HTTP/1.1", HOST),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3": head("GET /graphql HTTP/3.0", HOST),
    "TLS": bytes.fromhex("16030100f8010000f40303") + b"\0" * 32,
    "a tunnel": head("CONNECT localhost:5432 HTTP/1.1", HOST),
    "a method that is none": head("NONSENSE /graphql HTTP/1.1", HOST),
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
@pytest.mark.usefixtures("quiet_log")
async def test_what_can_be_read_in_two_ways_is_refused_and_the_connection_closed(house: House, request_: bytes) -> None:
    async with connection(house.port) as raw:
        await raw.say(request_)
        heard = await raw.rest()
        assert heard.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 405 "))
        first, _, body = heard.partition(b"\r\n\r\n")
        assert b"connection: close" in first.lower()
        assert heard.count(b"HTTP/1.1 ") == 1
        assert json.loads(body)["errors"][0]["message"]


async def test_what_cannot_be_read_takes_no_answer_from_what_came_before(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(post(), post(), b"nonsense\r\n\r\n", post())
        assert [(await raw.answer()).body for _ in range(2)] == [ANSWER, ANSWER]
        assert await raw.rest() == b""


async def test_a_body_that_breaks_off_into_nonsense_ends_its_own_request(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(head("POST /graphql HTTP/1.1", HOST, JSON, "Transfer-Encoding: chunked"), b'5\r\n{"que\r\n')
        await raw.say(b"no number\r\n")
        assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "name", ["Authorization: Bearer bad", "Origin: https://elsewhere.example", "Accept: text/html"]
)
async def test_what_comes_behind_the_body_is_no_header(house: House, name: str) -> None:
    """Trailers are read like headers, and by then others have looked at those."""
    async with connection(house.port) as raw:
        whole = chunked()
        await raw.say(whole[:-2], name.encode(), b"\r\n\r\n")
        assert (await raw.answer()).status == 200


@pytest.mark.parametrize(
    "request_",
    [
        handshake(method="POST"),
        handshake("Content-Length: 5") + b"12345",
        handshake("Transfer-Encoding: chunked") + b"0\r\n\r\n",
        handshake(version="1.0"),
        handshake("Upgrade: h2c"),
        handshake(method="POST", path="/nowhere"),
    ],
    ids=["POST", "a body", "chunks", "HTTP/1.0", "two upgrades", "elsewhere"],
)
@pytest.mark.usefixtures("quiet_log")
async def test_a_handshake_that_cannot_be_one_is_answered_as_http(house: House, request_: bytes) -> None:
    async with connection(house.port) as raw:
        await raw.say(request_)
        assert (await raw.answer()).status in (400, 404, 415)


async def test_bytes_before_the_handshake_is_answered_are_nobodys(house: House) -> None:
    before = house.counters.sockets_total
    for early in (framed(TEXT, b'{"type":"ping"}'), framed(PING), framed(CLOSE), SMUGGLED):
        async with connection(house.port) as raw:
            await raw.say(handshake() + early)
            assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")
    assert house.counters.sockets_total == before


async def test_a_handshake_behind_a_request_is_not_answered_among_its_answer(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(post(), handshake())
        assert (await raw.answer()).body == ANSWER
        assert await raw.rest() == b""


async def test_the_old_protocol_is_answered_and_closed(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(post(*UPGRADES["h2c"], version="1.0"), post())
        heard = await raw.rest()
        assert heard.count(b"HTTP/1.1 ") == 1 and heard.endswith(ANSWER)


async def test_the_whole_address_in_the_line(house: House) -> None:
    async with connection(house.port) as raw:
        line = "POST http://LOCALHOST/graphql HTTP/1.1"
        await raw.say(head(line, HOST, JSON, f"Content-Length: {len(HELLO)}"), HELLO)
        assert (await raw.answer()).body == ANSWER


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (handshake("Cookie: " + "x" * 9000), 431),
        (handshake(*(f"X-{number}: 1" for number in range(130))), 431),
        (handshake(path="/graphql?" + "x" * 9000), 414),
        (handshake(path="/gr\xe4phql"), 400),
        (handshake("X-Odd: \x7f"), 400),
        (handshake("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400),
        (handshake().replace(b"Version: 13", b"Version: 8"), 400),
        (handshake().replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
        (handshake(path="/nowhere"), 403),
    ],
    ids=[
        "a long line",
        "many lines",
        "a long path",
        "a path",
        "a header",
        "two keys",
        "a version",
        "no key",
        "elsewhere",
    ],
)
@pytest.mark.usefixtures("quiet_log")
async def test_a_handshake_that_fails_is_answered_and_the_connection_closed(
    house: House, request_: bytes, status: int
) -> None:
    async with connection(house.port) as raw:
        await raw.say(request_)
        assert (await raw.rest()).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize("early", [framed(TEXT, b"{}"), framed(PING), SMUGGLED], ids=["text", "ping", "HTTP"])
@pytest.mark.usefixtures("quiet_log")
async def test_bytes_while_the_handshake_is_being_answered_are_nobodys(early: bytes) -> None:
    asked, answering = threading.Event(), threading.Event()

    def slow(app: ASGIApp) -> ASGIApp:
        async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                asked.set()
                await asyncio.to_thread(answering.wait, 20)
            await app(scope, receive, send)

        return waiting

    with served(around=slow) as house:
        async with connection(house.port) as raw:
            await raw.say(handshake())
            await asyncio.to_thread(asked.wait, 20)
            await raw.say(early)
            assert await raw.rest() == b""
        answering.set()
