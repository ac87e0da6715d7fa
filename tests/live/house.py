"""A hub and subscriptions without a server, for what depends on what happens between two steps."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.engine import Engine
from engine.points import Points
from models.rows import Member
from models.scope import Scope, Viewer
from models.viewers import viewer
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.cohorts import Cohorts
from subscriptions.hub import Hub
from subscriptions.interest import BoardInterest, Interest
from subscriptions.log_tail import Revision
from subscriptions.message import Message
from subscriptions.pace import Pace
from subscriptions.subscribe import Standing, subscribe
from subscriptions.subscriber import Subscriber


@contextlib.asynccontextmanager
async def hub_on(redis_url: str, **pace: float) -> AsyncIterator[Hub]:
    """A hub that hears of changes by its sweeps."""
    hub = Hub(Bell(redis_url), Pace(**{"sweep": 0.05, **pace}))
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def engine_on(hub: Hub) -> Engine:
    """An engine for which nobody runs out of points: steps are tried in as many tries as it takes."""
    return Engine(graphql_schema(), hub, points=Points(10**9))


@dataclass
class Bare:
    """A message as it is. Whoever is sent it finds it by the number that it has on the wire."""

    topic: "Bulletin"
    message: Message
    unread: bool = False
    void: bool = False

    def body(self, previous: int | None) -> bytes:
        """Its number."""
        self.topic.written.append(replace(self.message, previous=previous))
        return str(len(self.topic.written) - 1).encode()


async def _nothing(_message: Message) -> None:
    pass


@dataclass
class Bulletin:
    """A topic without a document: what would be executed is kept as it is. While a message is read, `reading` is
    awaited."""

    interest: Interest = field(default_factory=BoardInterest)
    reading: Callable[[Message], Awaitable[None]] = _nothing
    read: list[Message] = field(default_factory=list)
    written: list[Message] = field(default_factory=list)

    @property
    def document(self) -> int:
        """Itself."""
        return id(self)

    def key(self, _scope: Scope) -> object:
        """Itself."""
        return id(self)

    async def render(self, message: Message) -> Bare:
        """The message, and that it was read."""
        self.read.append(message)
        await self.reading(message)
        return Bare(self, message)

    def errors(self, fault: Exception) -> list[dict[str, Any]]:
        """Why it ends."""
        return [{"message": str(fault)}]


@dataclass
class Reader:
    """A client that keeps what it is told, and has room until it is said that it has not."""

    topic: Bulletin
    subscriber: Subscriber | None = None
    told: list[Message] = field(default_factory=list)
    ended: list[Any] | None = None
    room: bool = True
    _taken: int = 0
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ready(self) -> bool:
        """Whether it has room."""
        return self.room

    def send(self, body: bytes) -> None:
        """Keep it."""
        self.told.append(self.topic.written[int(body)])
        self._heard.set()

    def end(self, errors: list[Any] | None = None) -> None:
        """Nothing more comes."""
        self.ended = errors or []
        self._heard.set()

    def make_room(self) -> None:
        """Read on."""
        assert self.subscriber is not None
        self.room = True
        self.subscriber.resume()

    async def next(self) -> Message:
        """The message after the one that was returned last."""
        async with asyncio.timeout(20):
            while len(self.told) <= self._taken:
                assert self.ended is None, self.ended
                self._heard.clear()
                await self._heard.wait()
        self._taken += 1
        return self.told[self._taken - 1]


@contextlib.asynccontextmanager
async def reading(
    cohorts: Cohorts, member: Member, topic: Bulletin | None = None, standing: Standing | None = None
) -> AsyncIterator[Reader]:
    """A member who follows everything that they see, after their first message."""
    reader = Reader(topic or Bulletin())

    async def read_viewer() -> Viewer:
        found = await viewer(member.id)
        assert found is not None
        return found

    async def make_topic(_viewer: Viewer) -> Bulletin:
        return reader.topic

    reader.subscriber = await subscribe(
        cohorts,
        reader,
        standing or Standing(),
        firm_id=member.firm_id,
        member_id=member.id,
        document=reader.topic.document,
        read_viewer=read_viewer,
        make_topic=make_topic,
    )
    try:
        await reader.next()
        yield reader
    finally:
        reader.subscriber.stop()


class Ear:
    """Notes what a feed tells it."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.losses = 0

    def hear(self, revision: Revision) -> None:
        """The next revision."""
        self.heard.append(revision.number)

    def lose(self) -> None:
        """It cannot be told."""
        self.losses += 1

    def close(self) -> None:
        """The feed is closed."""


def kinds(message: Message) -> list[str]:
    """The kinds of the events of a message, in order."""
    return [type(logged.event).__name__ for logged in message.events]
