"""One hub a process: it follows the logs of the firms that somebody here listens to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import structlog

from common.single_flight import SingleFlight
from models.database_errors import DATABASE_ERRORS
from models.log import heads
from subscriptions.bell import Bell, Ring
from subscriptions.cancellation import cancel_all
from subscriptions.counts import Counts
from subscriptions.feed import Feed
from subscriptions.live_documents import LiveDocuments
from subscriptions.pace import PACE, Pace
from subscriptions.watches import Watch, Watches

#: The shortest time between two sweeps while the database does not answer.
AFTER_FAILURE = 0.2

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Hub:
    """Feeds by firm, opened by the first listener and closed after the last."""

    bell: Bell
    pace: Pace = PACE
    feeds: dict[UUID, Feed] = field(default_factory=dict)
    watches: Watches = field(default_factory=Watches)
    counts: Counts = field(default_factory=Counts)
    documents: LiveDocuments = field(default_factory=LiveDocuments)
    _users: Counter[UUID] = field(default_factory=Counter)
    _opening: SingleFlight[UUID, Feed] = field(default_factory=lambda: SingleFlight("feed-open"))
    _sweeping: asyncio.Task[None] | None = None
    _sweep_now: asyncio.Event = field(default_factory=asyncio.Event)
    _sessions_due: float = 0.0

    @property
    def users(self) -> int:
        """How many streams and watches keep feeds open."""
        return self._users.total()

    async def start(self) -> None:
        """Listen to the bell and begin to sweep."""
        await self.bell.start(self._hear, self._sweep_now.set)
        self._sweeping = asyncio.create_task(self._sweep_forever(), name="hub-sweep")

    async def stop(self) -> None:
        """Close the feeds and the bell."""
        tasks = [*self._opening.tasks, *([self._sweeping] if self._sweeping else [])]
        await cancel_all(tasks)
        for feed in self.feeds.values():
            feed.close()
        await self.bell.stop()

    async def follow(self, firm_id: UUID) -> Feed:
        """The feed of a firm, kept open until `leave`."""
        self._users[firm_id] += 1
        try:
            return await self._feed(firm_id)
        except BaseException:
            self.leave(firm_id)
            raise

    def leave(self, firm_id: UUID) -> None:
        """One user less. The last one closes the feed."""
        self._users[firm_id] -= 1
        if not self._users[firm_id]:
            del self._users[firm_id]
            if feed := self.feeds.pop(firm_id, None):
                feed.close()

    def watch(self, watch: Watch) -> Callable[[], None]:
        """Tell it when what it rests on is over. Returns how to stop that. It keeps the firm's feed open."""
        self.watches.add(watch)
        self._users[watch.firm_id] += 1
        left = False

        def stop() -> None:
            nonlocal left
            if not left:
                left = True
                self.watches.remove(watch)
                self.leave(watch.firm_id)

        return stop

    async def trusted(self, feed: Feed, since: float | None = None) -> None:
        """Wait until the feed's head is confirmed: lately, or by who was asked after `since`."""
        now = asyncio.get_running_loop().time
        while feed.confirmed_at <= (now() - self.pace.hold_after if since is None else since):
            feed.confirmed.clear()
            self._sweep_now.set()
            await feed.confirmed.wait()

    async def _feed(self, firm_id: UUID) -> Feed:
        if firm_id in self.feeds:
            return self.feeds[firm_id]
        return await self._opening.get(firm_id, partial(self._open, firm_id))

    async def _open(self, firm_id: UUID) -> Feed:
        at = asyncio.get_running_loop().time()
        feed = Feed(firm_id, (await heads([firm_id]))[firm_id], at, self._rescoped)
        if self._users[firm_id]:
            self.feeds[firm_id] = feed
        return feed

    def _hear(self, ring: Ring) -> None:
        if feed := self.feeds.get(ring.firm_id):
            feed.hear(ring.revision, ring.committed)

    def _rescoped(self, firm_id: UUID, members: frozenset[UUID] | None) -> None:
        if self.watches.suspect(firm_id, members):
            self._sweep_now.set()

    async def _sweep_forever(self) -> None:
        while True:
            # Before it, so that whoever asks during a sweep gets another one.
            self._sweep_now.clear()
            try:
                # A database that has stopped answering closes no connection: the next sweep may get another one.
                async with asyncio.timeout(max(self.pace.hold_after, self.pace.sweep)):
                    await self._sweep()
            except DATABASE_ERRORS as error:
                log.warning("hub.sweep", reason=type(error).__name__)
                await asyncio.sleep(AFTER_FAILURE)
            except Exception:  # nothing must end the sweeps
                log.exception("hub.sweep")
                await asyncio.sleep(AFTER_FAILURE)
            # Not wait_for: before Python 3.12 it swallows a cancellation that comes as the event is set.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace.sweep):
                    await self._sweep_now.wait()

    async def _sweep(self) -> None:
        await self._confirm_heads()
        # Those that only watches want, and those that could not be opened before.
        for firm_id in [*self._users.keys() - self.feeds.keys()]:
            with contextlib.suppress(KeyError):
                await self._feed(firm_id)
        await self.watches.check_members(self.feeds)
        now = asyncio.get_running_loop().time()
        if now >= self._sessions_due:
            await self.watches.check_sessions()
            await self.watches.check_tokens()
            await self.watches.check_keys()
            self._sessions_due = now + self.pace.sessions

    async def _confirm_heads(self) -> None:
        if not self.feeds:
            return
        asked_at = asyncio.get_running_loop().time()
        for firm_id, head in (await heads(self.feeds)).items():
            if feed := self.feeds.get(firm_id):
                feed.confirm(head.position, asked_at)
