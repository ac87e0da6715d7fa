"""One subscription: what its viewer is told of a firm's log, once, in order, or that they must read anew."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from models.events import AccountAdded, AccountRemoved, JobAdded, JobRemoved, PipelineAdded, PipelineRemoved
from models.log import Committed, Logged, heads, read_log
from models.rescoping import Difference, difference
from models.scope import Scope
from models.visibility import shown
from subscriptions.feed import Feed
from subscriptions.former import Former
from subscriptions.hub import Hub
from subscriptions.interest import Interest
from subscriptions.patience import Patience
from subscriptions.pending import Pending

#: The most events that one message carries, and the most revisions that wait: beyond, the client reads anew.
MOST_EVENTS = 1_000
MOST_WAITING = 1_000
#: So often a message is made again. Then the client is told to read anew: it must not wait for ever.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of a stream, to be executed under `scope`. What was read for it is sent if it is then `permitted`,
    or else dropped: the stream tells it again, with what has come between."""

    revision: int
    previous: int | None
    resync: bool
    events: list[Logged]
    scope: Scope
    epoch: UUID
    _stream: Stream = field(compare=False, repr=False)

    async def permitted(self) -> bool:
        """Whether what was read may still be shown. If not, the message has been withdrawn."""
        return await self._stream.permits(self)

    def withdraw(self) -> None:
        """It could not be read, for want of a database. The stream goes on when there is one."""
        self._stream.unread(self)


@dataclass(slots=True, eq=False)
class Stream:
    """Follows a feed for one viewer and one interest.

    `cursor` is the last revision that was sent, `taken` the last one that was looked at: what came after the cursor and
    is visible is in `pending`. `scope` is as of the revision `_known_at`, never older than `taken`.
    """

    hub: Hub
    member_id: UUID
    interest: Interest
    after: int | None = None
    epoch: UUID | None = None
    feed: Feed = field(init=False)
    scope: Scope = field(init=False)
    cursor: int | None = None
    taken: int = 0
    pending: Pending = field(default_factory=Pending)
    waiting: deque[Committed] = field(default_factory=deque)
    _patience: Patience = field(init=False)
    _known_at: int = 0
    #: What the viewer saw before their scope changed, as far as that still matters.
    _former: Former = field(default_factory=Former)
    #: The client must read anew.
    _resync: bool = False
    #: Of what was heard, something is missing: also changes of the viewer's scope, perhaps.
    _lost: bool = False
    _withdrawn: int = 0
    _due: float = 0.0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, committed: Committed) -> None:
        """The next revision of the feed."""
        if len(self.waiting) >= MOST_WAITING:
            self.lose()
        if not self._lost:
            self.waiting.append(committed)
        self._woken.set()

    def lose(self) -> None:
        """Something cannot be told."""
        self.waiting.clear()
        self._lost = True
        self._woken.set()

    async def deliveries(self, firm_id: UUID) -> AsyncGenerator[Delivery, None]:
        """The messages: first where the stream stands, with what came after `after`; then changes and heartbeats.
        `SignInRefused` when the viewer may not listen any more."""
        async with self.hub.following(firm_id) as self.feed:
            self._patience = Patience(self.hub, self.feed)
            self.feed.listeners.add(self)
            try:
                await self._open()
                while True:
                    yield self._message()
                    await self._until_there_is_one()
            finally:
                self.feed.listeners.discard(self)

    async def permits(self, message: Delivery) -> bool:
        """Whether the viewer's scope is still the message's. If not, it is told together with that change."""
        if message.events and not await self._same_scope(message):
            self._take_back(message)
            return False
        self._withdrawn = 0
        return True

    def unread(self, message: Delivery) -> None:
        """The message could not be read."""
        self._patience.run_out()
        self._take_back(message)

    async def _open(self) -> None:
        await self._stand_at_head()
        if self.after is None:
            return
        self.cursor = self.after
        if self.after > self.taken or self.epoch not in (None, self.feed.epoch):
            self._resync = True
        elif self.after < self.taken:
            await self._resume(self.after)

    async def _stand_at_head(self) -> None:
        """Forget what was heard, and go on from the present head under the present scope. The feed was joined before,
        so nothing falls between."""
        self.waiting.clear()
        self.pending.clear()
        self._former.clear()
        self._lost = False
        asked_at = asyncio.get_running_loop().time()
        viewer = await self._patience.viewer(self.member_id)
        self.feed.confirm(viewer.revision, viewer.epoch, asked_at)
        await self.feed.reach(viewer.revision)
        self.scope, self.taken, self._known_at = viewer.scope, viewer.revision, viewer.revision

    async def _resume(self, after: int) -> None:
        logged = await self._patience.read(lambda: read_log(self.feed.firm_id, after, limit=MOST_EVENTS + 1))
        past = [event for event in logged if event.revision <= self.taken]
        cut_off = not past or past[0].revision != after + 1
        rescoped = any(self.member_id in event.event.rescoped for event in past)
        # What was visible at the cursor under another scope is not known any more: the client reads anew.
        if len(logged) > MOST_EVENTS or cut_off or rescoped:
            self._resync = True
            return
        for event in past:
            self._show(event)

    async def _until_there_is_one(self) -> None:
        while True:
            await self._wait()
            await self._patience.trusted()
            await self._take()
            if self.pending or self._resync or asyncio.get_running_loop().time() >= self._due:
                return

    async def _wait(self) -> None:
        """Until there is something to take, or it is time for a heartbeat."""
        try:
            async with asyncio.timeout_at(self._due):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _take(self) -> None:
        """Take over what has been heard by now, in order. A change of what the viewer may see takes effect before
        anything that is later than it."""
        self._woken.clear()
        # No more than that: while there is always something to hear, there must also be something to tell.
        for _ in range(len(self.waiting)):
            if self.waiting and (committed := self.waiting.popleft()).revision > self.taken:
                await self._follow(committed)
            if len(self.pending) > MOST_EVENTS:
                self.lose()
        if self._lost:
            self._resync = True
            await self._stand_at_head()
        self._former.forget(self.taken)

    async def _follow(self, committed: Committed) -> None:
        changed = await self._rescope(committed) if self._rescopes(committed) else None
        for logged in committed.events:
            self._show(logged)
        if changed is not None:
            # After the events that brought it: that a thing came or went says more.
            self._show_difference(changed, committed.events[0])
        self.taken = committed.revision

    def _rescopes(self, committed: Committed) -> bool:
        """Whether it changes the viewer's scope, in a way that `scope` does not have yet."""
        return committed.revision > self._known_at and any(
            self.member_id in logged.event.rescoped for logged in committed.events
        )

    async def _rescope(self, committed: Committed) -> Difference | None:
        viewer = await self._patience.viewer(self.member_id)
        old, self.scope, self._known_at = self.scope, viewer.scope, viewer.revision
        if old == self.scope:
            return None
        self.pending.narrow(self.scope)
        if old.gates != self.scope.gates:
            # Fields of everything that is shown appear or disappear: no list of things says that.
            self.lose()
            return None
        changed, until = await self._patience.read(lambda: self._compare(old))
        if len(changed) > MOST_EVENTS:
            self.lose()
            return None
        self._former.add(committed.revision, until, old)
        return changed

    async def _compare(self, old: Scope) -> tuple[Difference, int]:
        """How the scope differs from the old one, as of which revision at the latest."""
        changed = await difference(old, self.scope, self.interest.job_conditions(), most=MOST_EVENTS + 1)
        return changed, (await heads([self.feed.firm_id]))[self.feed.firm_id].revision

    def _show(self, logged: Logged) -> None:
        if self.interest.covers(logged.event):
            event = shown(logged.event, self.scope) or self._former.left_sight(logged)
            if event is not None:
                self.pending.keep(logged, event)

    def _show_difference(self, changed: Difference, because: Logged) -> None:
        keep = self.pending.keep
        covered = self.interest.covers_pipeline
        for job in changed.removed_jobs:
            keep(because, JobRemoved(job=job))
        for pipeline in filter(covered, changed.removed_pipelines):
            keep(because, PipelineRemoved(pipeline=pipeline))
        if self.interest.covers_accounts:
            for account in changed.removed_accounts:
                keep(because, AccountRemoved(account=account))
            for account in changed.added_accounts:
                keep(because, AccountAdded(account=account))
        for pipeline in filter(covered, changed.added_pipelines):
            keep(because, PipelineAdded(pipeline=pipeline))
        for job in changed.added_jobs:
            keep(because, JobAdded(job=job))

    def _message(self) -> Delivery:
        resync, previous = self._resync, self.cursor
        events = self.pending.take()
        self.cursor, self._resync = self.taken, False
        self._due = asyncio.get_running_loop().time() + self.hub.pace.heartbeat
        return Delivery(self.taken, previous, resync, [] if resync else events, self.scope, self.feed.epoch, self)

    async def _same_scope(self, message: Delivery) -> bool:
        asked_at = asyncio.get_running_loop().time()
        head = (await self._patience.read(lambda: heads([self.feed.firm_id])))[self.feed.firm_id]
        if head.epoch == message.epoch and head.scope_revision <= max(message.revision, self._known_at):
            return True
        self.feed.confirm(head.revision, head.epoch, asked_at)
        await self.feed.reach(head.scope_revision)
        return not self._lost and not any(self._rescopes(committed) for committed in self.waiting)

    def _take_back(self, message: Delivery) -> None:
        self.cursor = message.previous
        self._withdrawn += 1
        if self._withdrawn >= MOST_ATTEMPTS:
            self._withdrawn = 0
            self.lose()
        later = self.pending.take()
        for logged in [*message.events, *later]:
            self.pending.keep(logged)
        self._resync = self._resync or message.resync
        self._woken.set()
