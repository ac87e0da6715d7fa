"""Subscriptions of an engine without a server: who is refused, and what the others are told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.engine import Engine
from engine.session import Session
from models.rows import Member
from models.sign_in import issue_for
from subscriptions.subscriber import Subscriber
from transport.engine import Refused, Request


@dataclass
class Told:
    """A sink that keeps what it is sent."""

    subscriber: Subscriber | None = None
    room: bool = True
    messages: list[dict[str, Any]] = field(default_factory=list)
    ended: list[Any] | None = None
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: int = 0

    @property
    def ready(self) -> bool:
        """Whether it has room."""
        return self.room

    def send(self, body: bytes) -> None:
        """Keep it."""
        self.messages.append(orjson.loads(body))
        self._heard.set()

    def end(self, errors: list[Any] | None = None) -> None:
        """Nothing more comes."""
        self.ended = errors or []
        self._heard.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events, in order."""
        return [event for message in self.messages for event in _changes(message)["events"]]

    @property
    def cursor(self) -> int:
        """Up to where it was told."""
        return int(_changes(self.messages[-1])["revision"]) if self.messages else -1

    async def next(self) -> dict[str, Any]:
        """The message after the one that was returned last: data and errors."""
        async with asyncio.timeout(20):
            while len(self.messages) <= self._taken:
                assert self.ended is None, self.ended
                self._heard.clear()
                await self._heard.wait()
        self._taken += 1
        return self.messages[self._taken - 1]

    async def reach(self, revision: int) -> None:
        """Until it was told this revision, or that there is nothing more."""
        async with asyncio.timeout(20):
            while self.ended is None and self.cursor < revision:
                self._heard.clear()
                await self._heard.wait()


def _changes(message: dict[str, Any]) -> dict[str, Any]:
    (changes,) = message["data"].values()
    return {"events": [], **changes}


async def signed_in(engine: Engine, member: Member) -> Session:
    """A member's session: of this engine, or of any other."""
    session = await engine.sign_in(await issue_for(member.id, 1))
    session.settle()
    return session


async def open_stream(engine: Engine, session: Session, query: str, **variables: Any) -> Told:
    """A subscription that is served; `Refused` when it is not."""
    told = Told()
    told.subscriber = await engine.subscribe(
        engine.prepare(Request(query, variables=variables), session), session, told
    )
    return told


async def outcome(engine: Engine, session: Session, query: str, **variables: Any) -> Any:
    """What becomes of a new subscription: its first message, or why there is none. Then it ends."""
    try:
        told = await open_stream(engine, session, query, **variables)
    except Refused as refused:
        return refused.errors
    try:
        return await told.next()
    finally:
        assert told.subscriber is not None
        told.subscriber.stop()
