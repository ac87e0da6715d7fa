"""The end of a firm's log, in memory: what those who come back were told last is rarely further back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.log import Committed


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of the log, the members whose scope it changes, and those whose own matter it is."""

    committed: Committed
    rescoped: frozenset[UUID]
    owners: frozenset[UUID]

    @classmethod
    def of(cls, committed: Committed) -> Revision:
        """As the feed keeps it."""
        events = [logged.event for logged in committed.events]
        rescoped = frozenset().union(*(event.rescoped for event in events))
        return cls(committed, rescoped, rescoped.union(*(event.owners for event in events)))

    @property
    def number(self) -> int:
        """The revision's number."""
        return self.committed.revision


class LogTail:
    """The last revisions, without a gap, up to the feed's head: all after `start`. At most `most` events."""

    __slots__ = ("_events", "_most", "_revisions", "start")

    def __init__(self, head: int, most: int) -> None:
        self._most = most
        self.clear(head)

    def clear(self, head: int) -> None:
        """Begin anew."""
        self.start = head
        self._revisions: deque[Revision] = deque()
        self._events = 0

    def append(self, revision: Revision) -> None:
        """The next one."""
        self._revisions.append(revision)
        self._events += len(revision.committed.events)
        self._trim()

    def prepend(self, earlier: Sequence[Revision]) -> None:
        """What comes right before, in order."""
        for revision in reversed(earlier):
            self._revisions.appendleft(revision)
            self._events += len(revision.committed.events)
            self.start = revision.number - 1
        self._trim()

    def after(self, number: int) -> list[Revision] | None:
        """All later than this revision, in order; None when they do not reach back so far."""
        if number < self.start:
            return None
        found: list[Revision] = []
        for revision in reversed(self._revisions):
            if revision.number <= number:
                break
            found.append(revision)
        found.reverse()
        return found

    def _trim(self) -> None:
        while self._events > self._most:
            oldest = self._revisions.popleft()
            self._events -= len(oldest.committed.events)
            self.start = oldest.number


def changes_scope(member_id: UUID, revisions: Iterable[Revision]) -> bool:
    """Whether what this member may see changes in one of these revisions."""
    return any(member_id in revision.rescoped for revision in revisions)
