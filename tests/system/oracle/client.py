"""A websocket client that keeps a board up to date, whatever happens to its server, its rights and its socket."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

from tests.system.oracle.api import WITHHELD, Api, SignedOut, Unavailable
from tests.system.oracle.atlas import IDS, Person
from tests.system.oracle.documents import changes
from tests.system.oracle.replica import Object, Replica

LOST = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError, Unavailable)
OUT = 4401, 4403
#: Going away, restarting, try again, and too slow to say who it is.
RETRIED = 1001, 1012, 1013, 4408


class ReadAnew(Exception):
    """What the client has is not whole."""


@dataclass
class Forbidden:
    """What must never be in a frame of a client."""

    words: tuple[str, ...]
    #: Sets of ids that grow while the test runs.
    ids: tuple[set[str], ...]

    def found_in(self, frame: str) -> list[str]:
        """What of it is in this frame."""
        found = set(IDS.findall(frame))
        return [word for word in self.words if word in frame] + [id for ids in self.ids for id in found & ids]


@dataclass
class Client:
    """One socket of one member. With `resumes` False it is the control: it comes back without `after`, and takes no
    notice of `previous` and `resync`."""

    name: str
    person: Person
    api: Api
    at: int
    forbidden: Forbidden
    pipelines: list[str] | None = None
    resumes: bool = True
    replica: Replica | None = None
    cursor: int | None = None
    epoch: str | None = None
    #: Whether the member is shut out, as far as this client has been told.
    out: bool = False
    #: Set while the client shall stay away.
    held_away: bool = False
    #: Whether it has a connection, or is about to.
    visiting: bool = False
    faults: list[str] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=10))
    frames: int = 0
    snapshots: int = 0
    resumptions: int = 0
    connection: ClientConnection | None = None
    _wait: float = 0.05
    _operations: int = 0

    async def run(self) -> None:
        """Stay connected, for ever."""
        while True:
            try:
                if not self.held_away:
                    self.visiting = True
                    await self._visit()
            except SignedOut:
                self.out = True
            except ConnectionClosed as closed:
                await self._closed(closed)
            except LOST:
                self.at += 1
            finally:
                self.visiting = False
            await asyncio.sleep(self._wait * random.uniform(0.5, 1))
            self._wait = min(self._wait * 2, 0.5)

    async def _closed(self, closed: ConnectionClosed) -> None:
        code = closed.rcvd.code if closed.rcvd else None
        self.last.append(f"closed {code} {closed.rcvd.reason if closed.rcvd else ''}")
        if code in OUT:
            self.api.forget(self.person.email, await self._token())
            self.out = True
        elif code is not None and code not in RETRIED:
            self.faults.append(f"closed with {code} {closed.rcvd.reason if closed.rcvd else ''}")
        elif not self.held_away:
            self.at += 1

    async def _token(self) -> str:
        with contextlib.suppress(SignedOut, Unavailable):
            return await self.api.token(self.person.email, self.at)
        return ""

    def drop(self) -> None:
        """Cut the TCP connection, without a word."""
        if self.connection is not None:
            self.connection.transport.abort()

    async def _visit(self) -> None:
        token = await self.api.token(self.person.email, self.at)
        url = self.api.servers[self.at % len(self.api.servers)].socket_url
        subprotocols = [Subprotocol("graphql-transport-ws")]
        async with connect(url, subprotocols=subprotocols, compression=None, max_size=None, open_timeout=10) as socket:
            self.connection = socket
            await socket.send(_frame(type="connection_init", payload={"authorization": f"Bearer {token}"}))
            await self._expect_ack(socket)
            while True:
                with contextlib.suppress(ReadAnew):
                    await self._follow(socket)

    async def _expect_ack(self, socket: ClientConnection) -> None:
        frame = orjson.loads(await asyncio.wait_for(socket.recv(), 20))
        if frame["type"] != "connection_ack":
            self.faults.append(f"instead of an acknowledgement: {frame}")
            raise TimeoutError

    async def _follow(self, socket: ClientConnection) -> None:
        if self.replica is None:
            await self._read_anew()
        self.out, self._wait = False, 0.05
        after = str(self.cursor) if self.resumes and self.cursor is not None else None
        self.resumptions += self.frames > 0
        self._operations += 1
        id = str(self._operations)
        variables = {"after": after, "epoch": self.epoch if after else None, "pipelines": self.pipelines}
        query = changes(holds_items=self.person.holds_items)
        await socket.send(_frame(id=id, type="subscribe", payload={"query": query, "variables": variables}))
        try:
            async for payload in self._payloads(socket, id):
                self._take(payload)
        except ReadAnew:
            self.replica = None
            await socket.send(_frame(id=id, type="complete"))
            raise

    async def _read_anew(self) -> None:
        snapshot = await self.api.snapshot(self.person, self.at, self.pipelines)
        self.replica = Replica.of(snapshot.boards)
        self.cursor, self.epoch = snapshot.revision, snapshot.epoch
        self.snapshots += 1
        self.last.append(f"snapshot at {self.cursor}")

    async def _payloads(self, socket: ClientConnection, id: str) -> AsyncIterator[Object]:
        while True:
            text = str(await socket.recv())
            self.frames += 1
            self.last.append(text[:800])
            if leaked := self.forbidden.found_in(text):
                self.faults.append(f"was sent {leaked}: {text[:800]}")
            frame = orjson.loads(text)
            if frame["type"] == "ping":
                await socket.send(_frame(type="pong"))
            elif frame.get("id") != id:
                continue
            elif frame["type"] == "next":
                yield frame["payload"]
            else:
                self._ended(frame)

    def _ended(self, frame: Object) -> None:
        errors: list[Any] = frame.get("payload") or []
        if any(error["extensions"]["code"] == "UNAUTHENTICATED" for error in errors):
            raise SignedOut
        self.faults.append(f"the subscription ended: {frame}")
        raise Unavailable

    def _take(self, payload: Object) -> None:
        for error in payload.get("errors", ()):
            if error["extensions"]["code"] == "UNAUTHENTICATED":
                raise SignedOut
            if error["extensions"]["code"] != WITHHELD or error["path"][-1] not in ("budget", "tracked"):
                self.faults.append(f"was sent the error {error}")
        if payload["data"] is None:
            raise Unavailable
        self._apply(payload["data"]["boardChanges"])

    def _apply(self, message: Object) -> None:
        assert self.replica is not None
        previous = None if message["previous"] is None else int(message["previous"])
        whole = previous == self.cursor and message["epoch"] == self.epoch and not message["resync"]
        if self.resumes and not whole:
            raise ReadAnew
        for event in message["events"]:
            self.replica.apply(event)
        self.cursor = int(message["revision"])


def _frame(**frame: Any) -> str:
    return orjson.dumps(frame).decode()
