"""A process that follows a script as a caller would, in a loop: `python -m bench.flooder`.

It takes orders and gives reports, one line of JSON each, and ends with its standard input. See bench/flood.py.
"""

import itertools
import os
import socket
import sys
import threading
import time
from collections import Counter, deque
from typing import Any

import orjson

from bench.outcome import GONE, SAID, outcome_of
from bench.script import CLOSED, FORWARDED, NETWORK, NUMBER, RESPONSE, TOKEN, Line, Script
from bench.wire import CLOSE, framed

#: In seconds: who waits longer for an answer gives up.
PATIENCE = 5.0
_SIZE = 64 * 1024
#: How a frame begins that closes a websocket. In what else comes, which is ASCII, there is no such byte.
_GOODBYE = bytes([0x80 | CLOSE])


class Connection:
    """One connection, on which it is waited for what comes."""

    def __init__(self, port: int, source: str | None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0) if source else None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        self.alive = True

    def say(self, data: bytes, until: str | None) -> str | None:
        """Say it, and wait. What became of it; None when nothing was waited for."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            # The reason may have come already, and not be read yet.
            self.alive = False
            return outcome_of(self._rest(), closed=True)
        if until is None:
            return None
        try:
            return self._hear(until)
        except TimeoutError:
            self.alive = False
            return GONE

    def leave(self) -> None:
        """Close, and leave nothing of it behind in the system's tables."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    def _hear(self, until: str) -> str:
        if until == CLOSED:
            self.alive = False
            return outcome_of(self._rest(), closed=True)
        if until == RESPONSE:
            return self._response()
        return self._text(until.encode("latin-1"))

    def _text(self, wanted: bytes) -> str:
        while wanted not in self._heard:
            if not self._read():
                return outcome_of(self._heard, closed=True)
        heard, self._heard = self._heard, b""
        return outcome_of(heard)

    def _response(self) -> str:
        while b"\r\n\r\n" not in self._heard:
            if not self._read():
                return outcome_of(self._heard, closed=True)
        head, _, rest = self._heard.partition(b"\r\n\r\n")
        status, size = int(head.split(b" ", 2)[1]), _size_of(head)
        while len(rest) < size:
            if not self._read():
                break
            rest = self._heard[len(head) + 4 :]
        self._heard = rest[size:]
        if b"connection: close" in head.lower():
            self.alive = False
        return outcome_of(rest[:size], status=status)

    def _rest(self) -> bytes:
        while _GOODBYE not in self._heard and self._read():
            pass
        return self._heard

    def _read(self) -> bool:
        try:
            data = self._socket.recv(_SIZE)
        except ConnectionError:
            data = b""
        self._heard += data
        self.alive = self.alive and bool(data)
        return bool(data)


def _size_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class Caller:
    """Follows the script on one connection at a time, as the order has it."""

    def __init__(self, order: dict[str, Any], numbers: "itertools.count[int]", report: "Report") -> None:
        self._order, self._numbers, self._report = order, numbers, report
        self._script = Script.read(order["script"])
        self._connection: Connection | None = None
        self._held: deque[Connection] = deque()
        self._said = 0

    def run(self, begun: float) -> None:
        """Until enough was said, or for long enough."""
        for turn in range(sys.maxsize):
            number = next(self._numbers)
            if self._is_enough(number, begun):
                break
            due = begun + turn / self._order["rate"] if self._order["rate"] else 0.0
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                self._take_turn(number, due if self._order["punctual"] else 0.0)
            except OSError:
                self._report.note(GONE, 0.0)
                self._hang_up()
        self._hang_up()
        for connection in self._held:
            connection.leave()

    def _is_enough(self, number: int, begun: float) -> bool:
        count, seconds = self._order["count"], self._order["seconds"]
        if count is not None:
            return number - int(self._order["first"]) >= int(count)
        return time.perf_counter() - begun >= float(seconds)

    def _take_turn(self, number: int, due: float) -> None:
        connection = self._connection or self._connect(number)
        begun = due or time.perf_counter()
        said = None
        for line in self._script.each:
            said = connection.say(self._bytes(line, number), line.until) or said
            if not connection.alive:
                break
        self._report.note(said or SAID, time.perf_counter() - begun)
        self._said += 1
        if not connection.alive or self._said == self._script.repeat:
            self._hang_up()

    def _connect(self, number: int) -> Connection:
        self._said = 0
        connection = self._connection = Connection(self._order["port"], self._source(number))
        for line in self._script.opening:
            connection.say(self._bytes(line, number), line.until)
        return connection

    def _hang_up(self) -> None:
        if self._connection is None:
            return
        self._held.append(self._connection)
        self._connection = None
        if len(self._held) > self._script.held:
            self._held.popleft().leave()

    def _network(self, number: int) -> int:
        return number if self._order["network"] is None else int(self._order["network"])

    def _source(self, number: int) -> str | None:
        if not self._script.direct:
            return None
        network = self._network(number)
        return f"127.{1 + network // 62_500 % 250}.{1 + network // 250 % 250}.{1 + network % 250}"

    def _bytes(self, line: Line, number: int) -> bytes:
        text = line.text.replace(NUMBER, f"N{number:08x}")
        if self._script.direct:
            text = text.replace(FORWARDED, "")
        elif NETWORK in text:
            network = self._network(number)
            text = text.replace(NETWORK, f"2001:db8:{network >> 16:x}:{network & 0xFFFF:x}::1")
        if TOKEN in text:
            tokens = self._order["tokens"]
            text = text.replace(TOKEN, tokens[number % len(tokens)])
        data = text.encode("latin-1")
        return data if line.opcode is None else framed(line.opcode, data)


class Report:
    """What became of all that was said, by all callers of this process."""

    def __init__(self) -> None:
        self._noted: deque[tuple[str, float]] = deque()

    def note(self, outcome: str, seconds: float) -> None:
        """Of one time. From any thread."""
        self._noted.append((outcome, seconds))

    def plain(self) -> dict[str, Any]:
        """For whoever ordered it."""
        waits: dict[str, list[float]] = {}
        for outcome, seconds in self._noted:
            waits.setdefault(outcome, []).append(seconds)
        return {"outcomes": Counter(outcome for outcome, _ in self._noted), "waits": waits}


def _carry_out(order: dict[str, Any]) -> dict[str, Any]:
    report = Report()
    numbers = itertools.count(order["first"])
    begun = time.perf_counter()
    callers = [Caller(order, numbers, report) for _ in range(order["at_once"])]
    threads = [threading.Thread(target=caller.run, args=[begun], daemon=True) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report.plain()


def main() -> None:
    """Until nobody holds the standard input any more."""
    for line in sys.stdin.buffer:
        order = orjson.loads(line)
        if "nice" in order:
            os.nice(order["nice"])
        else:
            sys.stdout.buffer.write(orjson.dumps(_carry_out(order)) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
