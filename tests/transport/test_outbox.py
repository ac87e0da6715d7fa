"""What is on its way to one socket keeps its order, is bounded, and belongs to somebody."""

from __future__ import annotations

import asyncio
from typing import Any

from transport.counters import Counters
from transport.outbox import Outbox
from transport.stall import Watchdog
from transport.wire import NoWire, Wire


class Peer:
    """An ASGI `send` and a wire to one and the same peer, who can be held up."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.direct = 0
        self.reading = asyncio.Event()
        self.reading.set()

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        self.got.append(message.get("text") or (message["code"], message["reason"]))

    def write(self, prefix: bytes, body: bytes, suffix: bytes) -> bool:
        if self.reading.is_set():
            self.got.append((prefix + body + suffix).decode())
            self.direct += 1
        return self.reading.is_set()

    def forget_handshake(self) -> None: ...

    def abort(self) -> None: ...


class Host:
    def __init__(self) -> None:
        self.had_room = 0

    def has_room(self) -> None:
        self.had_room += 1

    def stalled(self) -> None: ...


class Owned:
    def __init__(self) -> None:
        self.stopped = False
        self.left = 0

    def sent(self) -> None:
        self.left += 1


def outbox(peer: Peer, bound: int = 100, wire: Wire | None = None, host: Host | None = None) -> Outbox:
    return Outbox(peer.send, wire or peer, bound, Watchdog(10), Counters(), host or Host())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_frames_keep_their_order_whichever_way_they_go() -> None:
    peer, owner = Peer(), Owned()
    box = outbox(peer)
    assert box.deliver(b"1", b"a", b"z", owner) and peer.got == ["1az"]
    peer.reading.clear()
    assert not box.deliver(b"2", b"a", b"z", owner)
    box.put(b"3")
    await settle()
    peer.reading.set()  # the wire would take the next one now, but the writer has not come to the others yet
    assert not box.deliver(b"4", b"a", b"z", owner) and owner.left == 0
    box.say_goodbye(1000, "bye", drop=False)
    box.put(b"never")
    await settle()
    assert peer.got == ["1az", "2az", "3", "4az", (1000, "bye")]
    assert (peer.direct, owner.left) == (1, 2)


async def test_it_goes_back_to_writing_at_once() -> None:
    peer, owner = Peer(), Owned()
    box = outbox(peer)
    peer.reading.clear()
    box.put(b"1")
    peer.reading.set()
    await settle()
    assert box.deliver(b"2", b"", b"", owner) and peer.got == ["1", "2"] and peer.direct == 1


async def test_without_a_wire_everything_goes_through_asgi() -> None:
    peer, owner = Peer(), Owned()
    box = outbox(peer, wire=NoWire())
    assert not box.deliver(b"1", b"a", b"z", owner)
    box.put("é".encode())
    await settle()
    assert peer.got == ["1az", "é"] and owner.left == 1


async def test_frames_of_a_stopped_operation_are_not_sent() -> None:
    peer, owner = Peer(), Owned()
    box = outbox(peer)
    peer.reading.clear()
    box.put(b"1")
    await settle()
    box.deliver(b"2", b"", b"", owner)
    box.put(b"3")
    owner.stopped = True
    peer.reading.set()
    await settle()
    assert peer.got == ["1", "3"] and owner.left == 0


async def test_an_owner_that_has_more_each_time_lets_others_run() -> None:
    peer = Peer()
    box = outbox(peer, wire=NoWire())

    class Endless(Owned):
        def sent(self) -> None:
            super().sent()
            box.deliver(b"more", b"", b"", self)

    endless = Endless()
    box.deliver(b"first", b"", b"", endless)
    await settle()
    assert 0 < endless.left < 50
    endless.stopped = True
    await settle()


async def test_room_is_waited_for_over_the_bound_and_given_up_with_the_socket() -> None:
    peer, host = Peer(), Host()
    box = outbox(peer, bound=10, host=host)
    for attempt in (1, 2):
        peer.reading.clear()
        box.put(b"under way")
        await settle()
        assert not box.full
        box.put(b"x" * 11)
        assert box.full
        waiting = [asyncio.create_task(box.room()) for _ in range(2)]
        await settle()
        assert not any(task.done() for task in waiting)
        if attempt == 1:
            peer.reading.set()
        else:
            box.shut()
        await asyncio.gather(*waiting)
        assert host.had_room == 1 and not box.full
