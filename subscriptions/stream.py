"""One subscription: what its viewer is told of a firm's log, once, in order, or that they must read anew."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from uuid import UUID

from models.errors import SignInRefused
from models.events import Event, JobAdded, JobRemoved, PipelineAdded, PipelineRemoved
from models.log import Committed, Logged, heads, read_log
from models.rescoping import Difference, difference
from models.scope import Scope, Viewer
from models.viewers import viewer
from models.visibility import removed, shown
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.interest import Interest

#: The most events that one message carries, and the most revisions that wait: beyond, the client reads anew.
MOST_EVENTS = 1_000
MOST_WAITING = 1_000
#: The longest silence, in seconds: then a message without events moves the cursor.
HEARTBEAT = 20.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of a stream, to be executed and read under `scope`, and sent if `permitted` afterwards still says so."""

    revision: int
    previous: int | None
    resync: bool
    events: list[Logged]
    scope: Scope
    epoch: UUID
    permitted: Callable[[Delivery], Awaitable[bool]] = field(compare=False, repr=False)


@dataclass(slots=True, eq=False)
class Stream:
    """Follows a feed for one viewer and one interest.

    `cursor` is the last revision that was sent. What came after it and is visible waits in `pending`, one event for
    each thing: events carry the present state of what they are about, so the last one says all.
    """

    hub: Hub
    member_id: UUID
    interest: Interest
    after: int | None = None
    epoch: UUID | None = None
    heartbeat: float = HEARTBEAT
    feed: Feed = field(init=False)
    scope: Scope = field(init=False)
    cursor: int | None = None
    taken: int = 0
    resync: bool = False
    pending: dict[object, Logged] = field(default_factory=dict)
    waiting: deque[Committed] = field(default_factory=deque)
    #: The revision that the scope was read at when the stream opened.
    _scope_at_opening: int = 0
    #: What the viewer saw before their scope changed, and up to which revision that still matters.
    _former: list[tuple[int, Scope]] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, committed: Committed) -> None:
        """The next revision of the feed."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.clear()
            self.resync = True
        self.waiting.append(committed)
        self._woken.set()

    def start_over(self) -> None:
        """The log is another one."""
        self.waiting.clear()
        self.resync = True
        self.taken = self.feed.head
        self._woken.set()

    async def deliveries(self, firm_id: UUID) -> AsyncGenerator[Delivery, None]:
        """The messages: first where the stream stands, with what came after `after`; then changes and heartbeats.
        `SignInRefused` when the viewer may not listen any more."""
        async with self.hub.following(firm_id) as self.feed:
            self.feed.listeners.add(self)
            try:
                await self._open()
                yield self._message()
                async with aclosing(self._changes()) as changes:
                    async for delivery in changes:
                        yield delivery
            finally:
                self.feed.listeners.discard(self)

    async def _open(self) -> None:
        """Joined to the feed first, then read what was before: nothing can fall between."""
        self.taken = self.feed.head
        viewer = await self._viewer()
        self.scope, self._scope_at_opening = viewer.scope, viewer.revision
        if self.after is None:
            return
        self.cursor = self.after
        if self.after > self.taken or self.epoch not in (None, self.feed.epoch):
            self.resync = True
        elif self.after < self.taken:
            await self._resume(self.after)

    async def _resume(self, after: int) -> None:
        logged = await read_log(self.feed.firm_id, after, limit=MOST_EVENTS + 1)
        past = [event for event in logged if event.revision <= self.taken]
        cut_off = not past or past[0].revision != after + 1
        rescoped = any(self.member_id in event.event.rescoped for event in past)
        # What was visible at the cursor under another scope is not known any more: the client reads anew.
        if len(logged) > MOST_EVENTS or cut_off or rescoped:
            self.resync = True
            return
        for event in past:
            self._show(event)

    async def _changes(self) -> AsyncGenerator[Delivery, None]:
        while True:
            in_time = await self._wait()
            await self.hub.trusted(self.feed)
            await self._take()
            if self.pending or self.resync or not in_time:
                yield self._message()

    async def _wait(self) -> bool:
        """Until there is something to take; False when it is time for a heartbeat."""
        try:
            await asyncio.wait_for(self._woken.wait(), self.heartbeat)
        except TimeoutError:
            return False
        return True

    async def _take(self) -> None:
        """Take over what has been heard, in order. A change of what the viewer may see takes effect before anything
        that is later than it."""
        while self.waiting:
            committed = self.waiting.popleft()
            if committed.revision <= self.taken:
                continue
            if self._rescopes(committed):
                await self._rescope(committed)
            for logged in committed.events:
                self._show(logged)
            self.taken = max(self.taken, committed.revision)
        self._woken.clear()
        if self.resync:
            self.taken = max(self.taken, self.feed.head)

    def _show(self, logged: Logged) -> None:
        if not self.interest.covers(logged.event):
            return
        event = shown(logged.event, self.scope) or self._left_sight(logged)
        if event is not None:
            self._keep(replace(logged, event=event))

    def _left_sight(self, logged: Logged) -> Event | None:
        """That something is removed which the viewer saw under a former scope, and which then moved out of sight
        before the difference of the scopes was read, so that the difference does not name it."""
        for until, scope in self._former:
            if logged.revision <= until and (event := shown(logged.event, scope)) is not None:
                return event if event.ends else removed(event)
        return None

    def _keep(self, logged: Logged) -> None:
        key = logged.event.thing or type(logged.event)
        self.pending.pop(key, None)
        self.pending[key] = logged
        if len(self.pending) > MOST_EVENTS:
            self.resync = True
        if self.resync:
            self.pending.clear()

    async def _rescope(self, committed: Committed) -> None:
        if committed.revision <= self._scope_at_opening:
            # The scope was read later than this. What the viewer saw before it, when they made their snapshot, is not
            # known here.
            self.resync = True
            return
        old, self.scope = self.scope, (await self._viewer()).scope
        if old == self.scope:
            return
        if old.gates != self.scope.gates:
            # Fields of everything that is shown appear or disappear: no list of things says that.
            self.resync = True
            return
        conditions = self.interest.job_conditions()
        changed = await difference(old, self.scope, conditions, most=MOST_EVENTS + 1)
        if len(changed) > MOST_EVENTS:
            self.resync = True
            return
        head = (await heads([self.feed.firm_id]))[self.feed.firm_id]
        self._former = [(until, scope) for until, scope in self._former if until > committed.revision]
        self._former.append((head.revision, old))
        self._show_difference(changed, committed.events[0])

    def _show_difference(self, changed: Difference, because: Logged) -> None:
        covered = self.interest.covers_pipeline
        for pipeline in filter(covered, changed.removed_pipelines):
            self._keep(replace(because, event=PipelineRemoved(pipeline=pipeline)))
        for job in changed.removed_jobs:
            self._keep(replace(because, event=JobRemoved(job=job)))
        for pipeline in filter(covered, changed.added_pipelines):
            self._keep(replace(because, event=PipelineAdded(pipeline=pipeline)))
        for job in changed.added_jobs:
            self._keep(replace(because, event=JobAdded(job=job)))

    async def _viewer(self) -> Viewer:
        found = await viewer(self.member_id)
        if found is None:
            raise SignInRefused("You are no longer an active member of this firm.")
        return found

    def _message(self) -> Delivery:
        events = [] if self.resync else list(self.pending.values())
        message = Delivery(
            revision=self.taken,
            previous=self.cursor,
            resync=self.resync,
            events=events,
            scope=self.scope,
            epoch=self.feed.epoch,
            permitted=self._permitted,
        )
        self.cursor, self.resync = self.taken, False
        self.pending.clear()
        return message

    async def _permitted(self, message: Delivery) -> bool:
        """Whether what was read for a message may still be shown: the viewer's scope has not changed since the stream
        last looked. If it has, the message is taken back, to be told together with that change."""
        if not message.events:
            return True
        head = (await heads([self.feed.firm_id]))[self.feed.firm_id]
        if head.scope_revision <= message.revision:
            return True
        await self.feed.reach(head.scope_revision)
        if not self.resync and not any(self._rescopes(committed) for committed in self.waiting):
            return True
        self._take_back(message)
        return False

    def _take_back(self, message: Delivery) -> None:
        self.cursor = message.previous
        later, self.pending = self.pending, {}
        for logged in [*message.events, *later.values()]:
            self._keep(logged)
        self._woken.set()

    def _rescopes(self, committed: Committed) -> bool:
        return any(self.member_id in logged.event.rescoped for logged in committed.events)
