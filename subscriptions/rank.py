"""Where the subscribers of a cohort stand."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from subscriptions.subscriber import Subscriber

if TYPE_CHECKING:
    from subscriptions.cohort import Cohort


class Owed(Enum):
    """What a subscriber is to be told even if nothing has changed."""

    NOTHING = auto()
    MESSAGE = auto()
    RESYNC = auto()


class Rank:
    """Those of a cohort that were told the same: all up to `cursor`. A blocked one waits for room in its sinks."""

    __slots__ = ("blocked", "busy", "cohort", "cursor", "members", "owed")

    def __init__(self, cohort: Cohort, cursor: int | None, owed: Owed, *, blocked: bool = False) -> None:
        self.cohort = cohort
        self.cursor = cursor
        self.owed = owed
        self.blocked = blocked
        #: It is being told something: whoever comes now is not among those who are told it.
        self.busy = False
        self.members: set[Subscriber] = set()

    def add(self, subscriber: Subscriber) -> None:
        """It stands here from now on."""
        self.members.add(subscriber)
        subscriber.place = self

    def resume(self, subscriber: Subscriber) -> None:
        """Of a blocked one: it may be told again, from where it stood."""
        if self.blocked:
            self.members.discard(subscriber)
            self.cohort.stand(subscriber, self.cursor, self.owed)

    def leave(self, subscriber: Subscriber) -> None:
        """It has gone."""
        self.members.discard(subscriber)
        self.cohort.shrink(subscriber)
