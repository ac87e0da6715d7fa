"""Where the subscribers of a cohort stand."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from subscriptions.subscriber import Subscriber


class Owed(Enum):
    """What a subscriber is to be told even if nothing has changed."""

    NOTHING = auto()
    MESSAGE = auto()
    RESYNC = auto()


class Ranked(Protocol):
    """What a rank is part of."""

    def stand(self, subscriber: Subscriber, cursor: int | None, owed: Owed) -> None:
        """Put it among those that are told the same."""

    def shrink(self, subscriber: Subscriber) -> None:
        """One has left its rank, and everything."""


class Rank:
    """Those of a cohort that were told the same: all up to `cursor`. A blocked one waits for room in its sinks."""

    __slots__ = ("blocked", "busy", "cohort", "cursor", "members", "owed")

    def __init__(self, cohort: Ranked, cursor: int | None, owed: Owed, *, blocked: bool = False) -> None:
        self.cohort = cohort
        self.cursor = cursor
        self.owed = owed
        self.blocked = blocked
        #: It is being told something: whoever comes now is not among those who are told it.
        self.busy = False
        self.members: set[Subscriber] = set()

    def add(self, subscriber: Subscriber) -> None:
        """Put the subscriber into this rank."""
        self.members.add(subscriber)
        subscriber.place = self

    def resume(self, subscriber: Subscriber) -> None:
        """Tell the subscriber of a blocked rank again, from where it stood: its sink has room."""
        if self.blocked:
            self.members.discard(subscriber)
            self.cohort.stand(subscriber, self.cursor, self.owed)

    def leave(self, subscriber: Subscriber) -> None:
        """Take out a subscriber that has gone."""
        self.members.discard(subscriber)
        self.cohort.shrink(subscriber)
