"""Thousands of sockets in a process of their own, which does as little as it can for each frame.

`python -m bench.crowd` takes commands and gives reports, one line of JSON each; see bench/audience.py. It ends with its
standard input. Arrivals are by the system's monotonic clock, which all processes of a machine share.
"""

import gc
import os
import select
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from bench.caller import Caller
from bench.wire import CLOSE, PING, PONG, TEXT, frames_in

_INPUT = 0
_SIZE = 64 * 1024
#: So often a socket that was turned away comes again.
_MOST_CALLS = 20


class Arrived:
    """When a message arrived, and at whom."""

    __slots__ = ("counts", "last", "sockets", "times")

    def __init__(self, payload: bytes, telling: bytes, last: bytes) -> None:
        self.counts = telling in payload
        self.last = self.counts and last in payload
        self.times: list[float] = []
        self.sockets: list[int] = []


class Crowd:
    """One thread, one epoll. What is slow is done when nobody waits for a frame."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._epoll.register(_INPUT, select.EPOLLIN)
        os.set_blocking(_INPUT, False)
        self._said = b""
        self._callers: dict[int, Caller] = {}
        self._stalled: list[Caller] = []
        self._numbers = 0
        self._to_call: deque[tuple[Any, int]] = deque()
        self._opening = False
        self._calls = 0
        self._readied: list[float] = []
        self._arrived: dict[bytes, Arrived] | None = None
        self._telling = self._last = b""
        self._missing = 0
        self._deadline: tuple[float, Callable[[], None]] | None = None

    def run(self) -> None:
        """Until nobody holds the standard input any more."""
        while True:
            for place, _ in self._epoll.poll(0.2, 512):
                if place == _INPUT:
                    if not self._listen():
                        return
                elif caller := self._callers.get(place):
                    self._read(caller)
            if self._deadline is not None and time.perf_counter() > self._deadline[0]:
                self._deadline[1]()

    def _listen(self) -> bool:
        data = os.read(_INPUT, 1 << 20)
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            command = orjson.loads(line)
            getattr(self, f"do_{command.pop('do')}")(**command)
        return bool(data)

    def do_open(
        self, *, port: int, path: str, visits: list[Any], number: int, at_once: int, patience: float, small: bool
    ) -> None:
        """Bring in so many more sockets, a few at a time; each goes through the steps of one of the visits."""
        self._opening, self._readied, self._calls = True, [], 0
        first, self._numbers = self._numbers, self._numbers + number
        for one in range(first, self._numbers):
            self._to_call.append(((port, path, visits[one % len(visits)], small), one))
        self._missing = number
        self._deadline = (time.perf_counter() + patience, self._opened)
        for _ in range(min(at_once, number)):
            self._call_next()

    def do_expect(self, *, telling: str, last: str, count: int, patience: float) -> None:
        """Note every message that has `telling` in it, until so many have come that also have `last`."""
        gc.collect()
        self._telling, self._last, self._missing = telling.encode(), last.encode(), count
        self._arrived = {}
        self._deadline = (time.perf_counter() + patience, self._report)
        _answer({})

    def do_stall(self, *, number: int) -> None:
        """The sockets that came last read no more."""
        self._stalled = list(self._callers.values())[-number:]
        for caller in self._stalled:
            self._epoll.unregister(caller.connection.fileno())
            del self._callers[caller.connection.fileno()]
        _answer({"ports": [caller.local_port for caller in self._stalled]})

    def do_fill(self, *, number: int) -> None:
        """Have the server write to those that do not read."""
        for caller in self._stalled:
            caller.make_write(number)
        _answer({})

    def do_release(self) -> None:
        """Those that do not read are gone."""
        for caller in self._stalled:
            caller.cut()
        self._stalled = []
        _answer({})

    def do_leave(self) -> None:
        """All are gone."""
        for caller in self._callers.values():
            self._epoll.unregister(caller.connection.fileno())
            caller.cut()
        self._callers.clear()
        self._numbers = 0
        _answer({})

    def _call_next(self) -> None:
        if self._to_call:
            (port, path, steps, small), number = self._to_call.popleft()
            self._enter(Caller(number, port, path, steps, small=small))

    def _enter(self, caller: Caller) -> None:
        self._calls += 1
        self._callers[caller.connection.fileno()] = caller
        self._epoll.register(caller.connection.fileno(), select.EPOLLIN)

    def _read(self, caller: Caller) -> None:
        try:
            data = caller.connection.recv(_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        at = time.perf_counter()
        if not data:
            return self._lose(caller)
        if caller.rest:
            data = caller.rest + data
        if not caller.upgraded:
            caller.rest = data
            data = self._upgrade(caller, data, at)
        frames, caller.rest = frames_in(data) if caller.upgraded else ([], caller.rest)
        for kind, payload in frames:
            if kind == TEXT:
                if caller.ready:
                    self._hear(caller, payload, at)
                else:
                    self._usher(caller, payload, at)
            elif kind == PING:
                caller.say(PONG, payload)
            elif kind == CLOSE:
                return self._lose(caller)

    def _hear(self, caller: Caller, payload: bytes, at: float) -> None:
        if self._arrived is None:
            return
        arrived = self._arrived.get(payload)
        if arrived is None:
            arrived = self._arrived[payload] = Arrived(payload, self._telling, self._last)
        arrived.times.append(at)
        arrived.sockets.append(caller.number)
        if arrived.last:
            self._missing -= 1
            if self._missing == 0:
                self._report()

    def _upgrade(self, caller: Caller, data: bytes, at: float) -> bytes:
        try:
            rest = caller.upgrade(data)
        except ConnectionRefusedError:
            self._lose(caller)
            return b""
        if caller.ready:
            self._one_more(at)
        return rest or b""

    def _usher(self, caller: Caller, payload: bytes, at: float) -> None:
        try:
            caller.hear(payload)
        except ConnectionRefusedError as refusal:
            return self._opened(str(refusal))
        if caller.ready:
            self._one_more(at)

    def _one_more(self, at: float) -> None:
        if not self._opening:
            return
        self._readied.append(at)
        self._missing -= 1
        if self._missing == 0:
            self._opened()
        else:
            self._call_next()

    def _lose(self, caller: Caller) -> None:
        """One that is not there yet comes again; one that was is missing from now on."""
        self._epoll.unregister(caller.connection.fileno())
        del self._callers[caller.connection.fileno()]
        caller.connection.close()
        if not caller.ready and self._calls < _MOST_CALLS * (len(self._readied) + self._missing):
            caller.call()
            self._enter(caller)

    def _opened(self, refusal: str = "") -> None:
        if not self._opening:
            return
        self._opening, self._deadline = False, None
        self._to_call.clear()
        _answer({"readied": self._readied, "calls": self._calls, "missing": self._missing, "refusal": refusal})

    def _report(self) -> None:
        assert self._arrived is not None
        arrived, self._arrived, self._deadline = self._arrived, None, None
        _answer(
            {
                "missing": self._missing,
                "messages": [
                    {"text": payload.decode(), "times": one.times, "sockets": one.sockets}
                    for payload, one in arrived.items()
                    if one.counts
                ],
            }
        )


def _answer(report: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(report) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    gc.disable()
    Crowd().run()
