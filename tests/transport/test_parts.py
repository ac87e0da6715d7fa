"""The small parts that have edges of their own."""

from __future__ import annotations

import asyncio
import time

import pytest
from starlette.datastructures import Headers

from transport.codes import clients_retry, fit_reason
from transport.expiry import Expiries
from transport.frames import NEXT_SUFFIX, next_prefix
from transport.negotiation import Media, negotiate
from transport.options import TransportOptions
from transport.origins import origin_allowed
from transport.rate import TokenBucket
from transport.reply import executed
from transport.stall import Watchdog
from transport.waiting import Gate, Inbox


@pytest.mark.parametrize("text", ["", "short", "é" * 100, "a" + "🏃" * 60, "x" * 123, "x" * 124, "\ud800"])
def test_a_reason_fits_and_is_cut_between_characters(text: str) -> None:
    cut = fit_reason(text)
    assert len(cut.encode()) <= 123
    assert cut == text or len(text.encode("utf-8", "replace")) > 119 or "\ud800" in text


def test_the_codes_after_which_clients_return() -> None:
    assert [code for code in (1012, 1013, 4403, 4408) if not clients_retry(code)] == []
    assert [code for code in (1008, 1009, 1011, 4400, 4401, 4406, 4409, 4429) if clients_retry(code)] == []


def test_a_bucket_allows_a_burst_and_then_a_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1) for _ in range(3)] == [True, True, False]
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]


def test_a_frame_is_the_body_with_something_around_it() -> None:
    frame = next_prefix('"é') + '{"a":"é"}'.encode() + NEXT_SUFFIX
    assert frame.decode() == '{"id":"\\"é","type":"next","payload":{"a":"é"}}'


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/event-stream", Media.EVENTS),
        ("text/event-stream, */*", Media.EVENTS),
        ("application/json, text/event-stream;q=0.9", Media.JSON),
        ("application/json;q=nonsense", None),
        (" ", Media.GRAPHQL),
        ("APPLICATION/JSON", Media.JSON),
        ("*/*;q=0", None),
        (",,", None),
        ("application/json;q=0.2, application/*;q=0.8", Media.GRAPHQL),
    ],
)
def test_negotiation(accept: str, media: Media | None) -> None:
    assert negotiate(accept).best is media


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "allowed"),
    [
        ("http", "board.example", "http://board.example", True),
        ("http", "board.example", "https://board.example", True),  # TLS ends in front of us
        ("https", "board.example", "http://board.example", False),
        ("wss", "board.example:443", "https://board.example", True),
        ("ws", "board.example:8000", "http://board.example:8000", True),
        ("ws", "board.example:8000", "http://board.example:8001", False),
        ("http", "board.example", "http://other.example", False),
        ("http", "board.example", "null", False),
        ("http", "", "http://", False),
        ("http", "board.example", "https://listed.example", True),
    ],
)
def test_same_origin(scheme: str, host: str, origin: str, allowed: bool) -> None:
    options = TransportOptions(allowed_origins=frozenset({"https://listed.example"}))
    headers = Headers({"host": host, "origin": origin})
    assert origin_allowed({"scheme": scheme}, headers, options) is allowed
    assert origin_allowed({}, headers, TransportOptions(allowed_origins=frozenset({"*"})))


def test_a_result_without_data_is_not_a_success_in_the_new_media_type() -> None:
    no_data, internal = b'{"errors":[]}', b'{"errors":[{"message":"","extensions":{"code":"INTERNAL"}}]}'
    assert executed(no_data, Media.GRAPHQL).status == 400
    assert executed(internal, Media.GRAPHQL).status == 500
    assert executed(no_data, Media.JSON).status == 200
    assert executed(b'{"errors":[],"data":null}', Media.GRAPHQL).status == 200


class Writer:
    def __init__(self, progresses: bool) -> None:
        self._progresses = progresses
        self._written = 0
        self.stalls = 0

    @property
    def written(self) -> int:
        self._written += self._progresses
        return self._written

    def stalled(self) -> None:
        self.stalls += 1


async def test_the_watchdog_knows_slow_from_stuck_and_rests_when_nobody_is_left() -> None:
    dog, stuck, slow = Watchdog(0.02), Writer(False), Writer(True)
    dog.watch(stuck)
    dog.watch(slow)
    while not stuck.stalls:
        await asyncio.sleep(0.001)
    assert slow.stalls == 0
    dog.unwatch(stuck)
    dog.unwatch(slow)
    while dog._timer is not None:
        await asyncio.sleep(0.001)


class Holder:
    """Of a token that expires."""

    def __init__(self) -> None:
        self.expired = 0.0

    def expire(self) -> None:
        """Note when."""
        self.expired = time.time()


async def test_tokens_expire_at_their_moment_unless_they_are_forgotten() -> None:
    expiries, start = Expiries(), time.time()
    moments = {Holder(): start + seconds for seconds in (0.3, 0.02, -5.0, 0.1, 3600.0)}
    forgotten = Holder()
    expiries.watch(forgotten, start + 0.05)
    for holder, moment in moments.items():
        expiries.watch(holder, moment)
    expiries.forget(forgotten)
    due = [holder for holder, moment in moments.items() if moment < start + 1]
    while not all(holder.expired for holder in due):
        await asyncio.sleep(0.005)
    assert all(moments[holder] <= holder.expired for holder in due)
    assert forgotten.expired == 0 and sum(bool(holder.expired) for holder in moments) == 4


async def test_a_gate_lets_through_who_waits_and_who_comes_while_it_is_open() -> None:
    gate = Gate()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not gate.is_set() and not any(task.done() for task in waiting)
    gate.set()
    gate.clear()  # as with an Event: those who waited were let through
    assert await asyncio.gather(*waiting) == [True, True]
    late = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    assert not late.done()
    gate.set()
    assert await late and await gate.wait() and gate.is_set()


async def test_an_inbox_keeps_the_order_and_loses_nothing_to_a_getter_that_leaves() -> None:
    inbox: Inbox[int] = Inbox()
    assert inbox.empty()
    getter = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(1)
    inbox.put_nowait(2)
    getter.cancel()  # it has been woken, and does not come
    await asyncio.wait({getter})
    assert getter.cancelled() and not inbox.empty()
    assert [await inbox.get(), await inbox.get()] == [1, 2] and inbox.empty()
    getter = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait(3)
    assert await getter == 3 and inbox.empty()
