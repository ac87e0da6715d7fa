"""All who asked the same and may see the same: what changes is executed and serialized for them once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

import structlog

from models.database_errors import DATABASE_ERRORS
from models.events import Event
from models.position import Position
from models.scope import Scope
from subscriptions.coalesced import Coalesced
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.log_tail import Revision
from subscriptions.message import MOST_EVENTS, Message
from subscriptions.rank import Owed, Rank
from subscriptions.retrying_reads import RetryingReads
from subscriptions.subscriber import Subscriber
from subscriptions.topic import Rendered, Topic
from subscriptions.turns import Turns

#: After so many subscribers, others get their turn on the event loop.
AT_A_TIME = 500
#: So often a message is made again for want of a database. Then the clients are told to read anew.
MOST_ATTEMPTS = 3

log = structlog.get_logger(__name__)


class Home(Protocol):
    """Where a cohort is kept."""

    @property
    def hub(self) -> Hub:
        """That of the process."""

    @property
    def turns(self) -> Turns:
        """Whose step is next in the process."""

    def forget(self, cohort: Cohort) -> None:
        """The cohort is closed."""

    def rescope(self, cohort: Cohort, subscriber: Subscriber, rank: Rank, because: Revision | None) -> None:
        """Bring a subscriber that has left this rank of the cohort to the cohort of their next scope. `because` is the
        revision that changes their scope; None when it is not known what does."""


class Cohort:
    """The subscribers of one topic under one scope, in this process.

    They stand in ranks by what they were told last: nearly always in one. A step tells each rank what has happened
    since, up to the feed's head. There is one step at a time; what piles up meanwhile is told together by the next.
    Nothing is kept for those who are behind: what they were not told is in the feed's `tail`, or else they read anew.

    Whoever's scope changes leaves at once, as soon as the feed hears of it, and before anything later can be told to
    the rest: a rescoping brings them to the cohort of their new scope.
    """

    def __init__(self, home: Home, feed: Feed, topic: Topic, scope: Scope) -> None:
        self.home = home
        self.hub = home.hub
        self.feed = feed
        self.topic = topic
        self.scope = scope
        self.closed = False
        #: What the topic names was looked up under this scope, and is still there. Not so in a cohort that a change of
        #: scope has made: nobody has asked whether this scope sees it.
        self.vouched = False
        self._members: Counter[UUID] = Counter()
        self._ranks: list[Rank] = []
        self._reads = RetryingReads(self.hub, feed)
        self._attempts = 0
        self._stepping: asyncio.Task[None] | None = None
        self._stale = False
        #: Nothing has happened since that this scope is told.
        self._quiet_since = feed.head
        self._beat = False
        self._heart: asyncio.TimerHandle | None = None
        feed.listen(self, topic.interest.member)
        self.hub.counts.cohorts += 1
        self._beat_later()

    def join(self, subscriber: Subscriber, cursor: int | None, owed: Owed = Owed.NOTHING) -> None:
        """Tell it what comes after its cursor. Its scope is this one as of the feed's head."""
        self._members[subscriber.member_id] += 1
        self.stand(subscriber, cursor, owed)

    def stand(self, subscriber: Subscriber, cursor: int | None, owed: Owed) -> None:
        """Put it among those that are told the same."""
        self._rank(cursor, owed).add(subscriber)
        if owed is not Owed.NOTHING or cursor != self.feed.head:
            self._wake()

    def shrink(self, subscriber: Subscriber) -> None:
        """One of them has left its rank. The last one closes the cohort."""
        member = subscriber.member_id
        self._members[member] -= 1
        if not self._members[member]:
            del self._members[member]
        if not self._members:
            self.close()

    def hear(self, revision: Revision) -> None:
        """The next revision: send away those whose scope it changes, and tell it to the others, soon."""
        if revision.rescoped:
            for subscriber in [each for each in self._all() if each.member_id in revision.rescoped]:
                self._send_away(subscriber, revision)
        events = (self._told_of(logged.event) for logged in revision.committed.events)
        told = [event for event in events if event is not None]
        self.vouched = self.vouched and not any(map(self.topic.interest.loses, told))
        if self._stale or told:
            self._quiet_since = revision.number
            self._wake()

    def lose(self) -> None:
        """The feed has started over: it is not known any more who may see what."""
        for subscriber in [*self._all()]:
            self._send_away(subscriber, None)

    def close(self) -> None:
        """Nobody is left."""
        if self.closed:
            return
        self.closed = True
        self.hub.counts.cohorts -= 1
        self.feed.unlisten(self, self.topic.interest.member)
        self.home.forget(self)
        if self._heart is not None:
            self._heart.cancel()
        if self._stepping is not None:
            self._stepping.cancel()

    def told(self, cursor: int, until: int) -> Coalesced | None:
        """What this scope is told of the revisions after `cursor`, up to `until`; None when that is not known."""
        if cursor >= self._quiet_since:
            return Coalesced()
        revisions = self.feed.tail.after(cursor)
        if revisions is None:
            return None
        pending = Coalesced()
        for revision in revisions:
            if revision.number > until:
                break
            for logged in revision.committed.events:
                if (event := self._told_of(logged.event)) is not None:
                    pending.keep(logged, event)
        return None if len(pending) > MOST_EVENTS else pending

    def _told_of(self, event: Event) -> Event | None:
        return self.topic.interest.told(event, self.scope)

    def _all(self) -> Iterator[Subscriber]:
        return (subscriber for rank in self._ranks for subscriber in rank.members)

    def _rank(self, cursor: int | None, owed: Owed, *, blocked: bool = False) -> Rank:
        for rank in self._ranks:
            if not rank.busy and (rank.cursor, rank.owed, rank.blocked) == (cursor, owed, blocked):
                return rank
        rank = Rank(self, cursor, owed, blocked=blocked)
        self._ranks.append(rank)
        return rank

    def _send_away(self, subscriber: Subscriber, because: Revision | None) -> None:
        rank = subscriber.place
        assert isinstance(rank, Rank)
        rank.members.discard(subscriber)
        self.home.rescope(self, subscriber, rank, because)
        self.shrink(subscriber)

    def _wake(self) -> None:
        self._stale = True
        if self._stepping is None and not self.closed:
            self._stepping = asyncio.create_task(self._step_while_stale(), name="cohort")

    async def _step_while_stale(self) -> None:
        try:
            while self._stale or self._beat:
                await self._reads.trusted()
                try:
                    async with self.home.turns.turn(self._members):
                        await self._step()
                except DATABASE_ERRORS as error:
                    log.warning("cohort.step", reason=type(error).__name__)
                    # Nobody's place is lost: what was not told is told by the next step.
                    self._reads.failed()
                    self._stale = self._beat = True
        except Exception as fault:
            log.exception("cohort.step")
            errors = self.topic.errors(fault)
            for subscriber in [*self._all()]:
                subscriber.end(errors)
        finally:
            self._stepping = None

    async def _step(self) -> None:
        """Tell each rank what it was not told, up to the feed's present head."""
        beat, self._stale, self._beat = self._beat, False, False
        self._ranks = [rank for rank in self._ranks if rank.members]
        ranks = sorted((rank for rank in self._ranks if not rank.blocked), key=lambda rank: -len(rank.members))
        head = self.feed.head
        rendered: dict[object, Rendered] = {}
        for number, rank in enumerate(ranks):
            if number > 1 and self._stale:
                # Most are told what is new before a few are told what they missed; one of those at least has had
                # its turn.
                self._beat = beat
                return
            if rank not in self._ranks:
                continue  # it has become one with a rank that was told before it
            message = self._message(rank, head)
            if message.events or message.resync or beat or rank.owed is not Owed.NOTHING:
                rank.busy = True
                try:
                    await self._serve(rank, message, rendered)
                finally:
                    rank.busy = False
                    self._merge(rank)
        if beat or all(rank.cursor == head for rank in ranks):
            self._beat_later()

    async def _serve(self, rank: Rank, message: Message, rendered: dict[object, Rendered]) -> None:
        """Tell it to a rank. What other ranks were told in the same step is not made again."""
        key = message.identity
        if key not in rendered:
            self.hub.counts.rendered += 1
            rendered[key] = await self.topic.render(message)
        if rendered[key].unread:
            self._try_again(rank)
        elif rendered[key].void and message.events:
            rank.owed, self._stale = Owed.RESYNC, True
        elif await self._may_tell(message):
            await self._tell(rank, message, rendered[key].body(message.previous))

    def _message(self, rank: Rank, head: int) -> Message:
        pending: Coalesced | None = Coalesced()
        if rank.owed is Owed.RESYNC:
            pending = None
        elif rank.cursor is not None:
            pending = self.told(rank.cursor, head)
        events = pending.take() if pending else []
        return Message(Position(self.feed.epoch, head), rank.cursor, pending is None, events, self.scope)

    async def _may_tell(self, message: Message) -> bool:
        """Whoever was rescoped before this was read has been sent away when this returns, and whether the feed is
        still the one that the message is of."""
        if not message.events:
            return message.epoch == self.feed.epoch
        asked_at = asyncio.get_running_loop().time()
        head = await self._reads.read(self.feed.ask)
        if head.epoch != self.feed.epoch or head.scope_revision > self.feed.head:
            self.feed.confirm(head.position, asked_at)
            await self.feed.reach(head.scope_revision)
        return message.epoch == self.feed.epoch

    async def _tell(self, rank: Rank, message: Message, body: bytes) -> None:
        """Send it to all of a rank but those who have no room. They stay where they stand."""
        self._attempts = 0
        sent = 0
        told: list[Subscriber] = []
        for number, subscriber in enumerate([*rank.members], start=1):
            if subscriber.place is not rank:
                continue
            if subscriber.sink.ready:
                subscriber.send(body)
                told.append(subscriber)
                sent += 1
            else:
                rank.members.discard(subscriber)
                self._rank(rank.cursor, rank.owed, blocked=True).add(subscriber)
            if number % AT_A_TIME == 0:
                self._move_on(rank, told, message.revision)
                told.clear()
                await asyncio.sleep(0)
        rank.cursor, rank.owed = message.revision, Owed.NOTHING
        self.hub.counts.sent += sent
        self.hub.counts.resyncs += sent * message.resync

    def _move_on(self, rank: Rank, told: list[Subscriber], revision: int) -> None:
        """They have been told up to this revision: whatever happens before the rest of their rank is."""
        there = self._rank(revision, Owed.NOTHING)
        for subscriber in told:
            if subscriber.place is rank:
                rank.members.discard(subscriber)
                there.add(subscriber)

    def _try_again(self, rank: Rank) -> None:
        self._reads.failed()
        self._attempts += 1
        if self._attempts >= MOST_ATTEMPTS:
            self._attempts = 0
            rank.owed = Owed.RESYNC
        elif rank.owed is Owed.NOTHING:
            # It may have been a heartbeat: nothing else would call for it.
            rank.owed = Owed.MESSAGE
        self._stale = True

    def _merge(self, rank: Rank) -> None:
        """Make it one with whoever stands at the same place by now."""
        self._ranks.remove(rank)
        there = self._rank(rank.cursor, rank.owed, blocked=rank.blocked)
        few, many = sorted((there, rank), key=lambda each: len(each.members))
        for subscriber in few.members:
            many.add(subscriber)
        self._ranks[self._ranks.index(there)] = many

    def _beat_later(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
        loop = asyncio.get_running_loop()
        self._heart = loop.call_later(self.hub.pace.heartbeat, self._beat_now)

    def _beat_now(self) -> None:
        self._beat = True
        self._wake()
