"""The way of one subscriber from a scope that has changed to their next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from common.single_flight import SingleFlight
from models.errors import SignInRefused
from models.events import AccountAdded, AccountRemoved, JobAdded, JobRemoved, PipelineAdded, PipelineRemoved
from models.log import Logged, heads
from models.position import Position
from models.rescoping import Difference, difference
from models.scope import Scope
from subscriptions.coalesced import Coalesced
from subscriptions.feed import Feed
from subscriptions.former_scopes import FormerScopes
from subscriptions.hub import Hub
from subscriptions.interest import OwnInterest, ScopeInterest
from subscriptions.log_tail import Revision
from subscriptions.message import MOST_EVENTS, Message
from subscriptions.retrying_reads import RetryingReads
from subscriptions.subscriber import Subscriber
from subscriptions.topic import Rendered
from subscriptions.turns import Turns

#: The most revisions that wait: beyond, the client reads anew.
MOST_WAITING = 1_000
#: So often a message is made again. Then the client is told to read anew: it must not wait for ever.
MOST_ATTEMPTS = 3
#: How long what was worked out for one is kept for the others, in seconds: those who go the same way come at the same
#: time.
KEPT_FOR = 5.0

log = structlog.get_logger(__name__)


class Origin(Protocol):
    """The cohort that a subscriber comes from."""

    hub: Hub
    feed: Feed
    scope: Scope

    def told(self, cursor: int, until: int) -> Coalesced | None:
        """What its scope is told of the revisions after `cursor`, up to `until`; None when that is not known."""


class SharedWork:
    """What several who go the same way need alike, worked out once in a process; each when it is their turn."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.messages = SingleFlight[object, Rendered]("rescoping-message", kept_for=KEPT_FOR)
        #: With the revision as of which, at the latest, each was read.
        self.differences = SingleFlight[object, tuple[Difference, int]]("rescoping-difference", kept_for=KEPT_FOR)


class Rescoping:
    """Tells one subscriber what came into sight and what left it, together with what else happened, and brings them to
    the cohort of their new scope as soon as there is nothing to tell that this cohort does not know of.

    `cursor` is the last revision that was sent, `taken` the last one that was looked at: what came after the cursor and
    is visible is in `pending`. `scope` is as of the revision `_known_at`, never older than `taken`.
    """

    def __init__(
        self,
        origin: Origin,
        subscriber: Subscriber,
        cursor: int | None,
        because: Revision | None,
        shared: SharedWork,
        arrive: Callable[[Rescoping], None],
    ) -> None:
        """From where it stood in its cohort. `because` is the revision that changes its scope; None when something
        is missing of what was heard: also changes of its scope, perhaps. At the end it is to `arrive` at its next
        cohort, which stands where it does."""
        self.hub, self.feed, self.scope, self.topic = origin.hub, origin.feed, origin.scope, subscriber.topic
        self.cursor = cursor
        self.pending = Coalesced()
        self.waiting: deque[Revision] = deque()
        self.subscriber = subscriber
        self._shared = shared
        self._arrive = arrive
        self._reads = RetryingReads(self.hub, self.feed)
        #: What the viewer saw before their scope changed, as far as that still matters.
        self._former = FormerScopes()
        #: Something must be sent, even if it has no events.
        self._owed = False
        #: The client must read anew.
        self._resync = False
        #: The client must read anew, as soon as it was told what is pending: all that it has is as of this revision.
        self._resync_from: int | None = None
        self._lost = because is None
        #: Something is pending that the cohort of the new scope would not tell.
        self._own = False
        self._withdrawn = 0
        self._room = asyncio.Event()
        self._under_way: asyncio.Task[None] | None = None
        self.taken = self._known_at = self.feed.head if because is None else because.number - 1
        if because is not None:
            self.waiting.append(because)
            told = Coalesced() if cursor is None else origin.told(cursor, self.taken)
            self._resync = told is None
            self.pending = told or self.pending

    def owe(self, *, resync: bool, message: bool) -> None:
        """What it was to be told, but has not been yet."""
        self._resync = self._resync or resync
        self._owed = message

    def begin(self) -> None:
        """From now on it listens by itself."""
        self.subscriber.place = self
        self.feed.listen(self)
        self._under_way = asyncio.create_task(self._go(), name="rescoping")

    def resume(self, _subscriber: Subscriber) -> None:
        """The sink has room again."""
        self._room.set()

    def leave(self, _subscriber: Subscriber) -> None:
        """The subscriber has gone."""
        self.close()

    def close(self) -> None:
        """Nobody waits for it any more."""
        self.feed.unlisten(self)
        if self._under_way is not None and self._under_way is not asyncio.current_task():
            self._under_way.cancel()

    def hear(self, revision: Revision) -> None:
        """The next revision of the feed."""
        if len(self.waiting) >= MOST_WAITING:
            self.lose()
        if not self._lost:
            self.waiting.append(revision)

    def lose(self) -> None:
        """Something cannot be told."""
        self.waiting.clear()
        self._lost = True

    async def _go(self) -> None:
        member = self.subscriber.member_id
        try:
            while not (self.subscriber.stopped or self._arrived()):
                await self._reads.trusted()
                await self._take()
                if self._owed or self._resync or self.pending:
                    await self._tell()
                else:
                    await self.feed.reach(max(self._known_at, self.feed.rescoped_at.get(member, 0)))
            self._end()
        except SignInRefused as refusal:
            self.subscriber.end(self.topic.errors(refusal))
        except Exception as fault:
            log.exception("rescoping")
            self.subscriber.end(self.topic.errors(fault))

    def _arrived(self) -> bool:
        """Whether the cohort of the scope has all that is still to be told."""
        until_now = self.taken >= self._known_at and not self._former
        resync = self._resync or self._lost or self._resync_from is not None
        told = not (self._owed or resync or (self._own and self.pending))
        return until_now and told and self.feed.rescoped_at.get(self.subscriber.member_id, 0) <= self._known_at

    def _end(self) -> None:
        self.feed.unlisten(self)
        if not self.subscriber.stopped:
            self._arrive(self)

    async def _tell(self) -> None:
        await self._until_there_is_room()
        if self._lost:
            return  # while it waited: what is pending cannot be told any more
        message = self._message()
        # Those who go the same way at the same time are told the same. What was read before somebody had this scope is
        # not theirs.
        at = message.revision, max(message.revision, self._known_at)
        key = self.topic.key(self.scope), self.scope, message.epoch, *at, *message.identity
        rendered = await self._shared.messages.get(key, lambda: self._render(message))
        if rendered.unread:
            self._shared.messages.forget(key)
            self._reads.failed()
            self._take_back(message)
        elif rendered.void and message.events:
            self.cursor = message.previous
            self.lose()
        elif message.events and not await self._same_scope(message):
            self._take_back(message)
        elif not self.subscriber.stopped:
            self._withdrawn = 0
            self.hub.counts.sent += 1
            self.hub.counts.resyncs += message.resync
            self.subscriber.send(rendered.body(message.previous))

    async def _render(self, message: Message) -> Rendered:
        async with self._shared.turns.turn((self.subscriber.member_id,)):
            self.hub.counts.rendered += 1
            return await self.topic.render(message)

    async def _until_there_is_room(self) -> None:
        while not self.subscriber.sink.ready:
            self._room.clear()
            await self._room.wait()

    async def _take(self) -> None:
        """Take over what has been heard by now, in order. A change of what the viewer may see takes effect before
        anything that is later than it."""
        # No more than that: while there is always something to hear, there must also be something to tell.
        for _ in range(len(self.waiting)):
            if self.waiting and (revision := self.waiting.popleft()).number > self.taken:
                await self._follow(revision)
            if len(self.pending) > MOST_EVENTS:
                self.lose()
        if self._resync_from is not None and not self.pending:
            self._resync = True
        if self._lost:
            self._resync = True
            await self._stand_at_head()
        elif self._former and self.taken < self._former.until:
            await self.feed.reach(self._former.until)
        self._former.forget(self.taken)

    async def _stand_at_head(self) -> None:
        """Forget what was heard, and go on from the present head under the present scope."""
        self.waiting.clear()
        self.pending.clear()
        self._former.clear()
        self._lost = False
        while True:
            asked_at = asyncio.get_running_loop().time()
            viewer = await self._reads.viewer(self.subscriber.member_id, self.subscriber.token_id)
            self.feed.confirm(viewer.position, asked_at)
            if viewer.epoch == self.feed.epoch:
                break  # and not read before the other log came
        await self.feed.reach(viewer.revision)
        self.scope, self.taken, self._known_at = viewer.scope, viewer.revision, viewer.revision

    async def _follow(self, revision: Revision) -> None:
        changed = await self._rescope(revision) if self._rescopes(revision) else None
        for logged in revision.committed.events:
            self._show(logged)
        if changed is not None:
            # After the events that brought it: that a thing came or went says more.
            self._show_difference(changed, revision.committed.events[0])
        self.taken = revision.number

    def _rescopes(self, revision: Revision) -> bool:
        """Whether it changes the viewer's scope, in a way that `scope` does not have yet."""
        return revision.number > self._known_at and self.subscriber.member_id in revision.rescoped

    async def _rescope(self, revision: Revision) -> Difference | None:
        viewer = await self._reads.viewer(self.subscriber.member_id, self.subscriber.token_id)
        old, self.scope, self._known_at = self.scope, viewer.scope, viewer.revision
        if old == self.scope:
            return None
        self._own = True
        interest = self.topic.interest
        self.pending.narrow(lambda event: interest.told(event, self.scope))
        if isinstance(interest, OwnInterest):
            # The event itself says what is theirs now. Of the time that they have, other fields may be in sight.
            if self._resync_from is None:
                self._resync_from = revision.number - 1
            return None
        return await self._difference(old, revision, interest)

    async def _difference(self, old: Scope, revision: Revision, interest: ScopeInterest) -> Difference | None:
        """What came into sight and what left it; None when that is not told, because the client has to read anew."""
        if old.gates != self.scope.gates:
            # Fields of everything that is shown appear or disappear: no list of things says that.
            self.lose()
            return None
        key = self.feed.epoch, self.feed.life, revision.number, old, self.scope, interest
        # Read at any time after that revision: whoever goes the same way may use it.
        changed, until = await self._reads.read(
            lambda: self._shared.differences.get(key, lambda: self._compare(old, self.scope, interest))
        )
        if len(changed) > MOST_EVENTS:
            self.lose()
            return None
        self._former.add(revision.number, until, old)
        return changed

    async def _compare(self, old: Scope, new: Scope, interest: ScopeInterest) -> tuple[Difference, int]:
        """How the scopes differ, as of which revision at the latest."""
        jobs = interest.job_conditions()
        async with self._shared.turns.turn((self.subscriber.member_id,)):
            changed = await difference(old, new, jobs, most=MOST_EVENTS + 1)
        return changed, (await heads([self.feed.firm_id]))[self.feed.firm_id].revision

    def _show(self, logged: Logged) -> None:
        interest = self.topic.interest
        event = interest.told(logged.event, self.scope)
        if event is None and not isinstance(interest, OwnInterest) and interest.covers(logged.event):
            event = self._former.left_sight(logged)
            self._own = self._own or event is not None
        if event is not None:
            self.pending.keep(logged, event)

    def _show_difference(self, changed: Difference, because: Logged) -> None:
        keep, interest = self.pending.keep, self.topic.interest
        assert not isinstance(interest, OwnInterest)
        for job in changed.removed_jobs:
            keep(because, JobRemoved(job=job))
        for pipeline in filter(interest.covers_pipeline, changed.removed_pipelines):
            keep(because, PipelineRemoved(pipeline=pipeline))
        if interest.covers_accounts:
            for account in changed.removed_accounts:
                keep(because, AccountRemoved(account=account))
            for account in changed.added_accounts:
                keep(because, AccountAdded(account=account))
        for pipeline in filter(interest.covers_pipeline, changed.added_pipelines):
            keep(because, PipelineAdded(pipeline=pipeline))
        for job in changed.added_jobs:
            keep(because, JobAdded(job=job))

    def _message(self) -> Message:
        resync, previous = self._resync, self.cursor
        events = self.pending.take()
        # Whoever is cut off before they are told to read anew must be told so when they come back.
        self.cursor = self.taken if resync or self._resync_from is None else self._resync_from
        self._resync = self._owed = self._own = False
        if resync:
            self._resync_from = None
        return Message(Position(self.feed.epoch, self.cursor), previous, resync, [] if resync else events, self.scope)

    async def _same_scope(self, message: Message) -> bool:
        """Whether the viewer's scope is still the message's. If not, it is told together with that change."""
        asked_at = asyncio.get_running_loop().time()
        head = await self._reads.read(self.feed.ask)
        if head.epoch == message.epoch and head.scope_revision <= max(message.revision, self._known_at):
            return True
        self.feed.confirm(head.position, asked_at)
        await self.feed.reach(head.scope_revision)
        return not self._lost and not any(self._rescopes(revision) for revision in self.waiting)

    def _take_back(self, message: Message) -> None:
        self.cursor = message.previous
        self._owed = self._own = True
        self._withdrawn += 1
        if self._withdrawn >= MOST_ATTEMPTS:
            self._withdrawn = 0
            self.lose()
        later = self.pending.take()
        for logged in [*message.events, *later]:
            self.pending.keep(logged)
        self._resync = self._resync or message.resync
