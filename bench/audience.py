"""Many sockets of one server that wait for the same thing, opened and read by a process of their own."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from bench.caller import Step
from bench.measure import TooLate
from bench.process import Served

#: The longest that frames may take, in seconds: then they count as missing.
PATIENCE = 60.0
#: The longest that it may take to bring the sockets in.
ENTRY = 180.0
#: So many sockets are being brought in at the same time.
AT_ONCE = 100
CHANGES = """subscription Changes($after: Revision) {
  boardChanges(after: $after) {
    revision previous resync
    events { __typename revision ... on JobEvent { job { id version stage { id } position } } }
  }
}"""
#: The same, of a schema that has no type of its own for revisions.
STOCK_CHANGES = CHANGES.replace("Revision", "String")
_PLACE = re.compile(r'"revision":"(\d+)","previous":(?:"(\d+)"|null)')

#: What one socket says, step by step, until it is where it waits.
Visit = list[Step]


@dataclass(frozen=True)
class Message:
    """The same text, as it came to some of the sockets."""

    text: str
    times: list[float]
    sockets: list[int]

    @cached_property
    def revision(self) -> int:
        """How far it takes the client."""
        return self._place[0]

    @cached_property
    def previous(self) -> int:
        """Where the client was."""
        return self._place[1]

    @cached_property
    def _place(self) -> tuple[int, int]:
        found = _PLACE.search(self.text)
        if found is None:
            raise SystemExit(f"This is not a message of board changes: {self.text[:200]}")
        return int(found[1]), int(found[2] or 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """When each socket was there, and how many connections that took."""

    readied: list[float]
    calls: int


class Audience:
    """What the process is told. Sockets go through the visits in turn."""

    def __init__(self, server: Served, visits: Sequence[Visit], path: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.server = server
        self.pid = process.pid
        self.visits = visits
        self.size = 0
        self._path, self._reader, self._writer = path, process.stdout, process.stdin

    async def grow_to(
        self, size: int, *, at_once: int = AT_ONCE, patience: float = ENTRY, small: bool = False
    ) -> Entry:
        """Open sockets until there are so many; they are where they wait when this returns."""
        number = size - self.size
        if number <= 0:
            return Entry([], 0)
        told = await self._tell(
            do="open",
            port=self.server.port,
            path=self._path,
            visits=self.visits,
            number=number,
            at_once=at_once,
            patience=patience,
            small=small,
        )
        if told["refusal"]:
            raise TooLate(f"refused: {told['refusal']}", told["missing"])
        if missing := told["missing"]:
            raise TooLate(f"{missing:,} of {number:,} sockets were not open in {patience:.0f} s", missing)
        self.size = size
        return Entry(told["readied"], told["calls"])

    async def expect(self, last: int, *, count: int | None = None, patience: float = PATIENCE) -> "Expected":
        """Begin to note changes, until all sockets, or so many, have the one of this revision."""
        await self._tell(
            do="expect",
            telling='"__typename"',
            last=f'"revision":"{last}","previous"',
            count=self.size if count is None else count,
            patience=patience,
        )
        return Expected(self)

    async def stall(self, number: int) -> list[int]:
        """Bring in so many that have little room and read nothing any more; their ports."""
        await self.grow_to(self.size + number, small=True)
        ports: list[int] = (await self._tell(do="stall", number=number))["ports"]
        self.size -= number
        return ports

    async def fill(self, number: int) -> None:
        """Have the server write so many frames to each of those."""
        await self._tell(do="fill", number=number)

    async def release(self) -> None:
        """Those are gone."""
        await self._tell(do="release")

    async def leave(self) -> None:
        """All sockets are cut."""
        await self._tell(do="leave")
        self.size = 0

    async def hear(self) -> dict[str, Any]:
        """The next report."""
        line = await self._reader.readline()
        if not line:
            raise SystemExit("The process with the sockets has ended.")
        report: dict[str, Any] = orjson.loads(line)
        return report

    async def _tell(self, **command: object) -> dict[str, Any]:
        self._writer.write(orjson.dumps(command) + b"\n")
        await self._writer.drain()
        return await self.hear()


@dataclass(frozen=True, slots=True)
class Expected:
    """Messages that are on their way."""

    audience: Audience

    async def whatever_comes(self) -> tuple[list[Message], int]:
        """The messages, and how many sockets have not had the last one in time."""
        report = await self.audience.hear()
        return [Message(**one) for one in report["messages"]], report["missing"]

    async def all(self) -> list[Message]:
        """The messages; `TooLate` when any is missing."""
        messages, missing = await self.whatever_comes()
        if missing:
            raise TooLate(f"{missing:,} of {self.audience.size:,} frames had not come in time", missing)
        return messages


def subscriber(token: str | None, *, query: str = CHANGES, after: int | None = None, until: str = '"next"') -> Visit:
    """Signs in and subscribes."""
    payload = {"authorization": f"Bearer {token}"} if token else {}
    variables = {} if after is None else {"variables": {"after": str(after)}}
    return [
        {"say": [_message(type="connection_init", payload=payload)], "until": '"connection_ack"'},
        {"say": [_message(id="1", type="subscribe", payload={"query": query, **variables})], "until": until},
    ]


def asking(query: str, variables: dict[str, str]) -> Step:
    """Asks a question on the same socket."""
    payload = {"query": query, "variables": variables}
    return {"say": [_message(id="2", type="subscribe", payload=payload)], "until": '"id":"2","type":"next"'}


def _message(**message: object) -> str:
    return orjson.dumps(message).decode()


@asynccontextmanager
async def audience(
    server: Served, visits: Sequence[Visit] = ([],), *, path: str = "/graphql"
) -> AsyncIterator[Audience]:
    """A process for sockets of this server; without visits they are bare. It ends when this one does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.crowd",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 28,
    )
    assert process.stdin is not None
    try:
        yield Audience(server, visits, path, process)
    finally:
        process.stdin.close()
        await process.wait()
