"""Many sockets that wait for the same thing."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.process import Served
from bench.sockets import Socket, connect

#: The longest that a frame may take, in seconds: then the benchmark gives up.
PATIENCE = 60.0
CHANGES = """subscription Changes {
  boardChanges {
    revision previous resync
    events { __typename revision ... on JobEvent { job { id version stage { id } position } } }
  }
}"""


@dataclass(slots=True)
class Audience:
    """The sockets of one server. `tokens` makes them subscribers, in turn; without any they are bare."""

    server: Served
    tokens: Sequence[str] = ()
    sockets: list[Socket] = field(default_factory=list)
    #: The last frame of a change, as it came.
    frame: bytes = b""

    async def grow_to(self, number: int) -> None:
        """Open sockets until there are so many, a few at a time; they are subscribed when this returns."""
        while len(self.sockets) < number:
            some = min(20, number - len(self.sockets))
            self.sockets += await asyncio.gather(*(self._open(len(self.sockets) + n) for n in range(some)))

    def leave(self) -> None:
        """Close all of them."""
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def expect(self, marked: bytes) -> "Expected":
        """Begin to wait for a frame with this in it, on every socket."""
        return Expected(self, marked)

    async def _open(self, number: int) -> Socket:
        socket = await connect(self.server.port)
        if self.tokens:
            heard: asyncio.Queue[bytes] = asyncio.Queue()
            socket.heard = lambda text, _at: heard.put_nowait(text)
            token = self.tokens[number % len(self.tokens)]
            socket.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
            await _next(heard, b"connection_ack")
            socket.send(id="1", type="subscribe", payload={"query": CHANGES})
            await _next(heard, b'"next"')
        socket.heard = lambda _text, _at: None
        return socket


class Expected:
    """Frames that are on their way."""

    def __init__(self, audience: Audience, marked: bytes) -> None:
        self.arrivals: list[float] = []
        self._audience, self._marked = audience, marked
        self._all = asyncio.Event()
        for socket in audience.sockets:
            socket.heard = self._hear

    async def all(self) -> list[float]:
        """When each socket had its frame."""
        async with asyncio.timeout(PATIENCE):
            await self._all.wait()
        return self.arrivals

    def _hear(self, text: bytes, at: float) -> None:
        if self._marked in text:
            self._audience.frame = text
            self.arrivals.append(at)
            if len(self.arrivals) == len(self._audience.sockets):
                self._all.set()


async def _next(heard: asyncio.Queue[bytes], what: bytes) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        text = await asyncio.wait_for(heard.get(), deadline - time.monotonic())
        if what in text:
            return
        if b'"error"' in text:
            raise SystemExit(f"The server refused to subscribe: {text.decode()}")
