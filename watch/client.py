"""Keeps a store like the server's board: reads it, follows its changes, comes back and resumes.

The cursor of the last answer or message is where to go on from; a message that does not
follow it, or says `resync`, means that the board is to be read anew.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from watch.documents import BOARD, CHANGES, WHO
from watch.session import Session
from watch.socket import Refused, Socket, open_socket
from watch.store import Gap, Store
from watch.trouble import Lost, TokenRefused, Trouble
from watch.words import in_words

#: A token is replaced no sooner than so many seconds after a socket was opened with it, whatever the clocks say.
SHORTEST_STAY = 10.0


class Link(StrEnum):
    """How it stands between the client and the server."""

    READING = "reading"
    RESUMING = "resuming"
    LIVE = "live"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in words, and the card that it is about."""

    revision: str
    words: str
    job_id: str | None
    moved: bool


class View(Protocol):
    """Whoever shows it."""

    def linked(self, link: Link, why: str = "") -> None:
        """The connection has changed: what it is now, and why."""

    def changed(self, happenings: list[Happening]) -> None:
        """The store has changed."""


def waits(first: float = 0.25, most: float = 10.0, dice: Callable[[], float] = random.random) -> Iterator[float]:
    """How many seconds to wait before each attempt: twice as long each time, and never for as long as other clients
    do, or they would all come back at once."""
    longest = first
    while True:
        yield longest * (0.5 + dice() / 2)
        longest = min(longest * 2, most)


class _Renew(Exception):
    """The token is about to expire: go on with a socket of a new one."""


@dataclass(slots=True)
class Client:
    """Follows one pipeline, for as long as it takes. Ends with `Trouble` only."""

    session: Session
    pipeline: str
    view: View
    store: Store = field(default_factory=Store)
    _budgets: bool = False
    _descriptions: bool = False
    _firm: str | None = None
    _refused: str = ""
    #: Whether a message was applied since the board was last read anew.
    _applied: bool = True
    _waits: Iterator[float] = field(default_factory=waits)

    async def follow(self) -> None:
        """Keep the store as the server's board is."""
        while True:
            try:
                await self._stay()
            except _Renew:
                continue
            except TokenRefused as refusal:
                await self._distrust(str(refusal))
            except Lost as lost:
                await self._rest(str(lost))
            except Refused as refusal:
                await self._refuse(refusal)

    async def _refuse(self, refusal: Refused) -> None:
        if refusal.code == "UNAUTHENTICATED":
            await self._distrust(str(refusal))
            return
        if refusal.code == "NOT_FOUND":
            # The pipeline is not available any more. It may be again.
            self.store.forget()
        await self._rest(str(refusal))

    async def _distrust(self, why: str) -> None:
        self.session.distrust()
        self._refused = why
        await self._rest(why)

    async def _rest(self, why: str) -> None:
        wait = next(self._waits)
        self.view.linked(Link.AWAY, f"{why.rstrip('.')}, trying again in {wait:.1f} s")
        await asyncio.sleep(wait)

    async def _stay(self) -> None:
        await self.session.locate()
        token = await self._token()
        async with open_socket(self.session.url, token) as socket:
            try:
                async with asyncio.timeout(self._stay_for()):
                    while gap := await self._follow_from_cursor(socket):
                        self.store.cursor = None
                        if not self._applied:
                            raise Lost(f"The server's messages do not follow its answers: {gap}.")
                        self._applied = False
                        self.view.linked(Link.READING, gap)
                        await socket.complete()
            except TimeoutError:
                raise _Renew from None
        raise Lost("The server ended the subscription.")

    async def _token(self) -> str:
        try:
            return await self.session.token()
        except Trouble as trouble:
            # Why the last one was refused says more than that no other is to be had.
            raise Trouble(f"{self._refused} {trouble}".strip()) from None

    def _stay_for(self) -> float | None:
        good_for = self.session.good_for
        return None if good_for == float("inf") else max(good_for, SHORTEST_STAY)

    async def _follow_from_cursor(self, socket: Socket) -> Gap | None:
        if self.store.cursor is None:
            self.view.linked(Link.READING)
            await self._read(socket)
        else:
            self.view.linked(Link.RESUMING)
        async with aclosing(self._messages(socket)) as messages:
            async for message in messages:
                happenings = [_happening(event, self.store) for event in message["events"]]
                if gap := self.store.apply_changes(message):
                    return gap
                self._waits, self._refused, self._applied = waits(), "", True
                self.view.linked(Link.LIVE)
                self.view.changed(happenings)
                if self._described() != self._descriptions:
                    return Gap.FIELDS
        return None

    async def _read(self, socket: Socket) -> None:
        viewer = (await socket.query(WHO))["viewer"]
        self._require_same(viewer["firm"])
        self._budgets = "MANAGE_TIME_BUDGETS" in viewer["rights"]
        self.store.apply_snapshot(await socket.query(BOARD, id=self.pipeline, **self._asked()))
        if self._described() != self._descriptions:
            self._descriptions = self._described()
            self.store.apply_snapshot(await socket.query(BOARD, id=self.pipeline, **self._asked()))
        self.view.changed([])

    def _described(self) -> bool:
        """Whether cards show descriptions, by what is known now."""
        pipeline = self.store.find("Pipeline", self.pipeline)
        return self._descriptions if pipeline is None else "DESCRIPTION" in pipeline["cardFields"]

    def _asked(self) -> dict[str, bool]:
        """What of a card is asked for, on the board and in its changes."""
        return {"budgets": self._budgets, "descriptions": self._descriptions}

    def _require_same(self, firm: dict[str, str]) -> None:
        """Another server may have the address by now, with other firms: that one was not asked for."""
        self._firm = self._firm or firm["id"]
        if firm["id"] != self._firm:
            raise Trouble(f"At {self.session.url} is another server now, with other data: {firm['name']}. Start again.")

    async def _messages(self, socket: Socket) -> AsyncGenerator[dict[str, Any], None]:
        cursor = {"after": self.store.cursor, "epoch": self.store.epoch}
        async with aclosing(socket.subscribe(CHANGES, pipelines=[self.pipeline], **self._asked(), **cursor)) as answers:
            async for data in answers:
                yield data["boardChanges"]


def _happening(event: dict[str, Any], store: Store) -> Happening:
    return Happening(
        event["revision"], in_words(event, store), event.get("jobId"), event["__typename"] in ("JobMoved", "JobCreated")
    )
