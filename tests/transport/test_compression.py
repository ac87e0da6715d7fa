"""What is sent compressed, and what never is."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Mapping

import pytest

from tests.transport.house import House
from tests.transport.raw import Answer, connection, head
from transport.compression import _Results

JSON = "application/json"
# A stranger may not send so much.
TOKEN = "Authorization: Bearer alice"
LARGE = {"query": "query ($n: String) { hello(name: $n) }", "variables": {"n": "A card of a board. " * 4000}}
SMALL = {"query": "{ hello }"}


async def ask(house: House, encodings: str | None, content: Mapping[str, object], *headers: str) -> Answer:
    body = json.dumps(content).encode()
    wanted = [] if encodings is None else [f"Accept-Encoding: {encodings}"]
    lines = ["Host: localhost", f"Content-Type: {JSON}", f"Content-Length: {len(body)}", TOKEN, *wanted, *headers]
    async with connection(house.port) as raw:
        await raw.say(head("POST /graphql HTTP/1.1", *lines), body)
        return await raw.answer()


def gunzip(data: bytes) -> bytes:
    return zlib.decompress(data, 16 + zlib.MAX_WBITS)


ACCEPTING = ["gzip", "GZIP", "gzip, deflate, br, zstd", "deflate, gzip;q=0.5", "br;q=1.0, gzip;q=0.001", "*", "x-gzip"]
REFUSING = [
    None,
    "",
    "identity",
    "br",
    "gzip;q=0",
    "gzip; q=0.000",
    "*;q=0",
    "gzip;q=0, *",
    "gzipped",
    "deflate, gzip;q=nan",
]


@pytest.mark.parametrize("encodings", ACCEPTING)
@pytest.mark.parametrize("accept", [JSON, "application/graphql-response+json"])
async def test_a_large_answer_is_compressed(house: House, encodings: str, accept: str) -> None:
    plain = await ask(house, None, LARGE, f"Accept: {accept}")
    answer = await ask(house, encodings, LARGE, f"Accept: {accept}")
    assert (answer.status, answer.headers["content-encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in answer.headers["vary"]
    assert gunzip(answer.body) == plain.body and len(answer.body) < len(plain.body) / 10
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("encodings", REFUSING)
async def test_not_for_who_does_not_accept_it(house: House, encodings: str | None) -> None:
    answer = await ask(house, encodings, LARGE)
    assert answer.status == 200 and "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]
    assert json.loads(answer.body)["data"]


async def test_what_depends_on_the_page_and_on_the_encoding_says_both(house: House) -> None:
    answer = await ask(house, "gzip", LARGE, "Origin: http://localhost")
    assert {part.strip() for part in answer.headers["vary"].split(",")} == {"Origin", "Accept-Encoding"}


async def test_a_small_answer_is_sent_as_it_is(house: House) -> None:
    assert "content-encoding" not in (await ask(house, "gzip", SMALL)).headers


async def test_what_a_mutation_answers_never_is(house: House) -> None:
    """Tokens come in answers to mutations, beside what the caller chose: how well that compresses tells of them."""
    key = "k" * 5000
    names = ", ".join(f"a{number}: add(key: $key)" for number in range(500))
    content: dict[str, object] = {"query": f"mutation ($key: String!) {{ {names} }}", "variables": {"key": key}}
    answer = await ask(house, "gzip", content)
    assert answer.status == 200 and len(answer.body) > 4000
    assert "content-encoding" not in answer.headers


async def test_refusals_and_what_has_no_body_are_sent_as_they_are(house: House) -> None:
    for method, status in (("HEAD", 405), ("OPTIONS", 204), ("PUT", 405)):
        async with connection(house.port) as raw:
            await raw.say(
                head(f"{method} /graphql HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip", "Connection: close")
            )
            heard = await raw.rest()
            assert heard.startswith(f"HTTP/1.1 {status} ".encode()) and b"content-encoding" not in heard


async def test_a_stream_is_sent_event_by_event(house: House) -> None:
    body = json.dumps({"query": "subscription { count(to: 3) }"}).encode()
    lines = ["Host: localhost", f"Content-Type: {JSON}", f"Content-Length: {len(body)}", "Accept-Encoding: gzip"]
    async with connection(house.port) as raw:
        lines += ["Accept: text/event-stream", "Authorization: Bearer alice", "Connection: close"]
        await raw.say(head("POST /graphql HTTP/1.1", *lines), body)
        heard = await raw.rest()
    assert b"content-encoding" not in heard and heard.count(b"event: next") == 3


async def test_others_are_served_while_a_large_answer_is_compressed(house: House) -> None:
    large = asyncio.gather(*(ask(house, "gzip", LARGE) for _ in range(8)))
    small = [await ask(house, None, SMALL) for _ in range(20)]
    assert {answer.status for answer in [*small, *await large]} == {200}


class Compressor:
    """Counts what it is asked for, and answers when it is let."""

    def __init__(self) -> None:
        self.made = 0
        self.go = asyncio.Event()

    async def make(self) -> bytes:
        self.made += 1
        await self.go.wait()
        return b"x" * 10


async def test_the_same_bytes_are_compressed_once_for_all_who_are_given_them() -> None:
    results, compressor = _Results(1000), Compressor()
    asking = [asyncio.create_task(results.of(b"board", compressor.make)) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    compressor.go.set()
    assert await asyncio.gather(*asking[1:]) == [b"x" * 10] * 49
    assert await results.of(b"board", compressor.make) == b"x" * 10 and compressor.made == 1


async def test_what_is_kept_of_it_has_a_bound() -> None:
    results, compressor = _Results(1000), Compressor()
    compressor.go.set()
    for number in range(100):
        await results.of(b"%090d" % number, compressor.make)
    assert results._size <= 1000 and len(results._kept) == 10
    await results.of(b"%090d" % 99, compressor.make)
    assert compressor.made == 100
    await results.of(b"%090d" % 0, compressor.make)
    await results.of(b"y" * 5000, compressor.make)
    assert compressor.made == 102 and results._size == 0


async def test_what_could_not_be_compressed_is_tried_again() -> None:
    async def fails() -> bytes:
        raise MemoryError

    results, compressor = _Results(1000), Compressor()
    compressor.go.set()
    with pytest.raises(MemoryError):
        await results.of(b"board", fails)
    assert await results.of(b"board", compressor.make)
