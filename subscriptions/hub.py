"""One hub a process: it follows the logs of the firms that somebody here listens to."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from tortoise.exceptions import BaseORMException

from models.log import heads
from models.sign_in import ended_sessions
from models.viewers import viewers
from subscriptions.bell import Bell, Ring
from subscriptions.feed import Feed

#: How often the heads of all feeds are checked, in seconds: how late a change can be with Redis down.
SWEEP = 1.0
#: How often sessions are checked for having been ended, in sweeps.
SWEEPS_PER_SESSION_CHECK = 5
#: How long a feed may go unconfirmed before what it has is held back, in seconds.
TRUSTED = 5.0

log = structlog.get_logger(__name__)
DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, BaseORMException, OSError, TimeoutError)


@dataclass(eq=False, slots=True)
class Watch:
    """Somebody who must be told when a member is deactivated or their session ends."""

    firm_id: UUID
    member_id: UUID
    session_id: UUID | None
    ended: Callable[[str], None]


@dataclass(slots=True)
class Hub:
    """Feeds by firm, opened by the first listener and closed after the last."""

    bell: Bell
    feeds: dict[UUID, Feed] = field(default_factory=dict)
    watches: dict[UUID, set[Watch]] = field(default_factory=dict)
    _users: Counter[UUID] = field(default_factory=Counter)
    _opening: dict[UUID, asyncio.Task[Feed]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _sweep_now: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen to the bell and begin to sweep."""
        await self.bell.start(self._hear, self._sweep_now.set)
        self._spawn(self._sweep_forever())

    async def stop(self) -> None:
        """Close the feeds and the bell."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for feed in self.feeds.values():
            feed.close()
        await self.bell.stop()

    @asynccontextmanager
    async def following(self, firm_id: UUID) -> AsyncIterator[Feed]:
        """The feed of a firm, kept open for the block."""
        self._users[firm_id] += 1
        try:
            yield await self._feed(firm_id)
        finally:
            self._leave(firm_id)

    def watch(self, watch: Watch) -> Callable[[], None]:
        """Tell it when the member or the session ends. Returns how to stop that. It keeps the firm's feed open."""
        self.watches.setdefault(watch.member_id, set()).add(watch)
        self._users[watch.firm_id] += 1
        self._spawn(self._open_for(watch))

        def stop() -> None:
            watching = self.watches.get(watch.member_id, set())
            watching.discard(watch)
            if not watching:
                self.watches.pop(watch.member_id, None)
            self._leave(watch.firm_id)

        return stop

    def unconfirmed_for(self, feed: Feed) -> float:
        """For how many seconds nobody has confirmed that the feed's head is the head."""
        return asyncio.get_running_loop().time() - feed.confirmed_at

    async def trusted(self, feed: Feed) -> None:
        """Wait until the feed's head is confirmed."""
        while self.unconfirmed_for(feed) > TRUSTED:
            feed.confirmed.clear()
            self._sweep_now.set()
            await feed.confirmed.wait()

    async def _open_for(self, watch: Watch) -> None:
        try:
            await self._feed(watch.firm_id)
            # What happened before the feed was open, it does not say.
            await self._end_watches(frozenset({watch.member_id}))
        except DATABASE_ERRORS as error:
            log.warning("hub.watch", reason=type(error).__name__)

    async def _feed(self, firm_id: UUID) -> Feed:
        if firm_id in self.feeds:
            return self.feeds[firm_id]
        if firm_id not in self._opening:
            self._opening[firm_id] = asyncio.create_task(self._open(firm_id))
        return await asyncio.shield(self._opening[firm_id])

    async def _open(self, firm_id: UUID) -> Feed:
        try:
            at = asyncio.get_running_loop().time()
            head = (await heads([firm_id]))[firm_id]
            self.feeds[firm_id] = Feed(firm_id, head, at, self._rescoped)
            return self.feeds[firm_id]
        finally:
            del self._opening[firm_id]

    def _leave(self, firm_id: UUID) -> None:
        self._users[firm_id] -= 1
        if not self._users[firm_id]:
            del self._users[firm_id]
            if feed := self.feeds.pop(firm_id, None):
                feed.close()

    def _hear(self, ring: Ring) -> None:
        if feed := self.feeds.get(ring.firm_id):
            feed.hear(ring.revision, ring.committed)

    def _rescoped(self, members: frozenset[UUID]) -> None:
        if watched := members & self.watches.keys():
            self._spawn(self._end_watches(watched))

    async def _end_watches(self, members: frozenset[UUID]) -> None:
        active = await viewers(list(members))
        for member in members - active.keys():
            self._end([*self.watches.get(member, ())], "You are no longer an active member of this firm.")

    async def _end_sessions(self) -> None:
        watches = [watch for watching in self.watches.values() for watch in watching if watch.session_id is not None]
        if watches:
            ended = await ended_sessions([watch.session_id for watch in watches if watch.session_id is not None])
            self._end([watch for watch in watches if watch.session_id in ended], "You are signed out.")

    def _end(self, watches: list[Watch], reason: str) -> None:
        for watch in watches:
            watch.ended(reason)

    async def _sweep_forever(self) -> None:
        for number in itertools.count(1):
            try:
                await self._sweep()
                if number % SWEEPS_PER_SESSION_CHECK == 0:
                    await self._end_sessions()
            except DATABASE_ERRORS as error:
                log.warning("hub.sweep", reason=type(error).__name__)
            self._sweep_now.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sweep_now.wait(), SWEEP)

    async def _sweep(self) -> None:
        if not self.feeds:
            return
        asked_at = asyncio.get_running_loop().time()
        for firm_id, head in (await heads(self.feeds)).items():
            if feed := self.feeds.get(firm_id):
                feed.confirm(head, asked_at)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
