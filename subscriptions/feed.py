"""A firm's log as this process follows it, for as long as somebody listens."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from models.log import Committed, Head, Logged, heads, read_log

#: How many events a catch-up reads at a time.
PAGE = 1_000


class Listener(Protocol):
    """Whoever follows a feed."""

    def hear(self, committed: Committed) -> None:
        """The next revision, in order, none left out."""

    def start_over(self) -> None:
        """The log is another one: everything is to be read anew."""


class Feed:
    """Follows one firm. Each listener hears every revision after the head that it joined at, in order.

    The head moves on a ring that brings the next revision, or else by reading the log. `confirmed_at` is when the
    database last said that the head is the head, by the clock of the event loop.
    """

    def __init__(self, firm_id: UUID, head: Head, at: float, rescoped: Callable[[frozenset[UUID]], None]) -> None:
        self.firm_id = firm_id
        self.head = head.revision
        self.epoch = head.epoch
        self.confirmed_at = at
        self.confirmed = asyncio.Event()
        self.confirmed.set()
        self.listeners: set[Listener] = set()
        self._rescoped = rescoped
        self._catching_up: asyncio.Task[None] | None = None
        self._wanted = 0

    def hear(self, revision: int, read: Callable[[], Committed | None]) -> None:
        """A ring: take the events that it brings, or read the log when they are not the next ones."""
        if revision <= self.head:
            return
        if revision == self.head + 1 and (committed := read()) is not None:
            self._advance(committed)
        else:
            self.want(revision)

    def want(self, revision: int) -> None:
        """Read the log up to this revision, unless that is being done."""
        self._wanted = max(self._wanted, revision)
        if self._wanted > self.head and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._catch_up(), name="feed-catch-up")

    def confirm(self, head: Head, asked_at: float) -> None:
        """What the database said the head was, when asked at this time."""
        if head.epoch != self.epoch or head.revision < self.head:
            self.start_over(head)
        self.want(head.revision)
        if self.head >= head.revision:
            self.confirmed_at = max(self.confirmed_at, asked_at)
            self.confirmed.set()

    async def reach(self, revision: int) -> None:
        """Wait until the head has reached this revision."""
        while self.head < revision:
            self.want(revision)
            assert self._catching_up is not None
            await asyncio.shield(self._catching_up)

    def start_over(self, head: Head) -> None:
        """A backup was restored: the revisions that were heard are not those of this log."""
        self.epoch, self.head, self._wanted = head.epoch, head.revision, head.revision
        for listener in list(self.listeners):
            listener.start_over()

    def close(self) -> None:
        """Nobody listens any more."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def _catch_up(self) -> None:
        while self.head < self._wanted:
            logged = await read_log(self.firm_id, self.head, limit=PAGE)
            revisions = _by_revision(self.firm_id, logged)
            # A page may end in the middle of a revision: that one is read again, with what follows it.
            if len(logged) == PAGE and len(revisions) > 1:
                revisions.pop()
            elif len(logged) == PAGE:
                revisions = [await self._whole(logged[0].revision)]
            if not revisions:
                # The log has been cut off behind the head. Whoever is behind reads everything anew.
                self.start_over((await heads([self.firm_id]))[self.firm_id])
                return
            for committed in revisions:
                if committed.revision > self.head:
                    self._advance(committed)

    async def _whole(self, revision: int) -> Committed:
        limit = PAGE
        while True:
            limit *= 10
            logged = await read_log(self.firm_id, revision - 1, limit=limit)
            of_it = tuple(event for event in logged if event.revision == revision)
            if len(of_it) < len(logged) or len(logged) < limit:
                return Committed(self.firm_id, revision, of_it)

    def _advance(self, committed: Committed) -> None:
        self.head = committed.revision
        for listener in list(self.listeners):
            listener.hear(committed)
        if members := frozenset().union(*(logged.event.rescoped for logged in committed.events)):
            self._rescoped(members)


def _by_revision(firm_id: UUID, logged: list[Logged]) -> list[Committed]:
    return [
        Committed(firm_id, revision, tuple(events))
        for revision, events in itertools.groupby(logged, key=lambda event: event.revision)
    ]
