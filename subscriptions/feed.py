"""A firm's log as this process follows it, for as long as somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog

from common.single_flight import SingleFlight
from models.database_errors import DATABASE_ERRORS
from models.log import Committed, Extent, Head, LogPage, Unreadable, heads, read_log
from models.position import Position
from models.together import Together
from subscriptions.log_tail import LogTail, Revision
from subscriptions.message import MOST_EVENTS

#: How many events a catch-up reads at a time, and the most that a revision may have to be told at all.
PAGE = 1_000
#: How long a catch-up waits for a database that does not answer, in seconds.
SHORTEST_WAIT = 0.1
LONGEST_WAIT = 1.0

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Whoever follows a feed."""

    def hear(self, revision: Revision) -> None:
        """The next revision, in order, none left out."""

    def lose(self) -> None:
        """Something cannot be told: everything is to be read anew."""

    def close(self) -> None:
        """The feed is closed."""


class Feed:
    """Follows one firm. Each listener hears every revision after the head that it joined at, in order, or is told that
    it lost some; who listens for a member, those that are the member's own matter.

    The head moves on a ring that brings the next revision, or else by reading the log. `confirmed_at` is when the
    database was last asked for the head and this feed then had it, by the clock of the event loop. `tail` is the end
    of the log up to the head, `rescoped_at` when each member's scope changed last, of what was heard here. `life` rises
    when the feed starts over: what was read before it is of no use.
    """

    def __init__(self, firm_id: UUID, head: Head, at: float, rescoped: Callable[[UUID, frozenset[UUID] | None], None]):
        self.firm_id = firm_id
        self.position = head.position
        self.confirmed_at = at
        self.confirmed = asyncio.Event()
        self.listeners: set[Listener] = set()
        #: Those who only hear what is a member's own, by that member: all other revisions cost them nothing.
        self._of_members: dict[UUID, set[Listener]] = {}
        self.tail = LogTail(head.revision, MOST_EVENTS)
        self.rescoped_at: dict[UUID, int] = {}
        self.life = 0
        self._rescoped = rescoped
        self._catching_up: asyncio.Task[None] | None = None
        self._wanted = head.revision
        #: A head that the database reported, not reached yet, and when it was asked.
        self._reported: tuple[int, float] | None = None
        #: Who was asked before this does not know of the present head, or epoch.
        self._moved_at = self._begun_at = at
        #: From here and before, nobody can be told what came since: it is too much, or was cut off.
        self._floor = -1
        self._reading_back = SingleFlight[int, None]("feed-read-back")
        self._heads = Together(heads)

    def listen(self, listener: Listener, member: UUID | None = None) -> None:
        """Tell it each revision from now on; or only those that are this member's own matter."""
        (self.listeners if member is None else self._of_members.setdefault(member, set())).add(listener)

    def unlisten(self, listener: Listener, member: UUID | None = None) -> None:
        """Tell it nothing more."""
        if member is None:
            self.listeners.discard(listener)
        elif of_member := self._of_members.get(member):
            of_member.discard(listener)
            if not of_member:
                del self._of_members[member]

    def hear(self, revision: int, read: Callable[[], Committed | None]) -> None:
        """A ring: take the events that it brings, or read the log when they are not the next ones."""
        if revision <= self.head:
            return
        if revision == self.head + 1 and (committed := _readable(read)) is not None:
            self._advance(committed)
        else:
            self.want(revision)

    def want(self, revision: int) -> None:
        """Read the log up to this revision, unless that is being done."""
        self._wanted = max(self._wanted, revision)
        if self._wanted > self.head and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._catch_up(), name="feed-catch-up")

    @property
    def head(self) -> int:
        """The revision up to which it has followed."""
        return self.position.revision

    @property
    def epoch(self) -> UUID:
        """Which log it follows."""
        return self.position.epoch

    def confirm(self, head: Position, asked_at: float) -> None:
        """What the database said the head was, when asked at this time."""
        other_log = head.epoch != self.epoch and asked_at >= self._begun_at
        # An answer may be older than what was heard since it was asked for.
        shorter_log = head.revision < self.head and asked_at > self._moved_at
        if other_log or shorter_log:
            self.start_over(head)
        if head.epoch == self.epoch:
            self._reported = self._reported or (head.revision, asked_at)
            self.want(head.revision)
            self._settle()

    async def reach(self, revision: int) -> None:
        """Wait until the head has reached this revision, or the feed has started over."""
        life = self.life
        while self.head < revision and self.life == life:
            self.want(revision)
            assert self._catching_up is not None
            await asyncio.shield(self._catching_up)

    async def reach_back(self, after: int) -> bool:
        """Whether everything after this revision can be told; it is then in `tail`. However many ask for it, the log
        is read once. Database errors are passed on."""
        while self._floor < after < self.tail.start:
            start = next((start for start in self._reading_back if start <= after), after)
            await self._reading_back.get(start, partial(self._read_back, start))
        return after > self._floor and after >= self.tail.start

    async def ask(self) -> Head:
        """What the database says the head is, asked after this call: whoever asks at the same time shares a
        statement."""
        head = await self._heads.get(self.firm_id)
        if head is None:
            raise LookupError("There is no such firm any more.")
        return head

    def start_over(self, head: Position) -> None:
        """Go on from this head. What lies between cannot be told: a backup was restored, the log was cut off."""
        log.warning("feed.start_over", firm=str(self.firm_id), head=self.head, now=head.revision)
        self.position, self._wanted, self._reported = head, head.revision, None
        self._moved_at = self._begun_at = _now()
        self.life += 1
        self.tail.clear(head.revision)
        # Revisions of the other log. Whoever listens is told to look again; whoever opens sees that `life` has risen.
        self.rescoped_at.clear()
        self._floor = -1
        for listener in self._all():
            listener.lose()
        self._rescoped(self.firm_id, None)

    def close(self) -> None:
        """Nobody listens any more."""
        for task in (*([self._catching_up] if self._catching_up else ()), *self._reading_back.tasks):
            task.cancel()
        for listener in self._all():
            listener.close()

    async def _read_back(self, after: int) -> None:
        life = self.life
        page = await self._read(after, MOST_EVENTS + 1)
        if life != self.life:
            return
        if page is None or page.full or page.extent is not Extent.UP_TO_HERE:
            self._floor = max(self._floor, after)
            return
        self.tail.prepend([Revision.of(each) for each in page.revisions if each.revision <= self.tail.start])

    async def _catch_up(self) -> None:
        wait = SHORTEST_WAIT
        while self.head < self._wanted:
            try:
                await self._read_on()
                wait = SHORTEST_WAIT
            except DATABASE_ERRORS as error:
                log.warning("feed.catch_up", reason=type(error).__name__, retry_in=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def _read_on(self) -> None:
        after, life = self.head, self.life
        page = await self._read(after, PAGE)
        if life != self.life:
            return
        revisions = page.revisions if page is not None else []
        if not revisions:
            await self._find_out(after, life, nothing_new=page is not None and page.extent is Extent.NOTHING_NEW)
        for committed in revisions:
            # The next ones may have been rung meanwhile.
            if committed.revision == self.head + 1:
                self._advance(committed)

    async def _read(self, after: int, limit: int) -> LogPage | None:
        try:
            return await read_log(self.firm_id, after, limit=limit)
        except Unreadable:
            log.exception("feed.unreadable", firm=str(self.firm_id), after=after)
            return None

    async def _find_out(self, after: int, life: int, *, nothing_new: bool) -> None:
        """The next revision cannot be read, or there was `nothing_new`: why was it wanted?"""
        head = (await heads([self.firm_id]))[self.firm_id]
        if life != self.life or self.head != after:
            return
        if head.epoch != self.epoch or head.revision < after or not nothing_new:
            # It is of another log, was cut off, cannot be decoded, or is too large to be told.
            self.start_over(head.position)
        elif head.revision == after:
            # There is none. Whoever rang was wrong.
            self._wanted, self._reported = after, None
        # Else it was committed between the two questions: the next round reads it.

    def _advance(self, committed: Committed) -> None:
        revision = Revision.of(committed)
        self.position = Position(self.epoch, revision.number)
        self._moved_at = _now()
        self.tail.append(revision)
        self.rescoped_at |= dict.fromkeys(revision.rescoped, revision.number)
        concerned = [listener for owner in revision.owners for listener in self._of_members.get(owner, ())]
        for listener in [*self.listeners, *concerned]:
            try:
                listener.hear(revision)
            except Exception:  # the others must hear it all the same
                log.exception("feed.listener")
                listener.lose()
        if revision.rescoped:
            self._rescoped(self.firm_id, revision.rescoped)
        self._settle()

    def _all(self) -> list[Listener]:
        return [*self.listeners, *(listener for some in self._of_members.values() for listener in some)]

    def _settle(self) -> None:
        if self._reported is not None and self.head >= self._reported[0]:
            self.confirmed_at = max(self.confirmed_at, self._reported[1])
            self._reported = None
            self.confirmed.set()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _readable(read: Callable[[], Committed | None]) -> Committed | None:
    try:
        return read()
    except Exception:  # whatever came over the wire: the log has it, too
        log.exception("feed.ring")
        return None
