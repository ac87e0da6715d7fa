"""The cohorts of a process, by what they were asked and what they may see."""

from __future__ import annotations

from collections.abc import Hashable

from models.scope import Scope
from subscriptions.cohort import Cohort
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.log_tail import Revision
from subscriptions.rank import Owed, Rank
from subscriptions.rescoping import Rescoping, SharedWork
from subscriptions.subscriber import Subscriber
from subscriptions.topic import Topic
from subscriptions.turns import Turns


class Cohorts:
    """All of a process."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.turns = Turns()
        self._shared = SharedWork(self.turns)
        self._cohorts: dict[tuple[Hashable, Scope], Cohort] = {}

    def find(self, key: Hashable, scope: Scope) -> Cohort | None:
        """Those who follow a topic of this key under this scope, if there are any."""
        return self._cohorts.get((key, scope))

    def of(self, feed: Feed, topic: Topic, scope: Scope) -> Cohort:
        """Those who follow the topic under this scope."""
        key = topic.key(scope)
        found = self.find(key, scope)
        if found is None:
            found = self._cohorts[key, scope] = Cohort(self, feed, topic, scope)
        return found

    def forget(self, cohort: Cohort) -> None:
        """The cohort is closed."""
        del self._cohorts[cohort.topic.key(cohort.scope), cohort.scope]

    def rescope(self, cohort: Cohort, subscriber: Subscriber, rank: Rank, because: Revision | None) -> None:
        """Bring a subscriber that has left this rank of the cohort to the cohort of their next scope. `because` is the
        revision that changes their scope; None when it is not known what does."""
        rescoping = Rescoping(cohort, subscriber, rank.cursor, because, self._shared, self._arrive)
        rescoping.owe(resync=rank.owed is Owed.RESYNC, message=rank.owed is not Owed.NOTHING)
        rescoping.begin()

    def _arrive(self, rescoping: Rescoping) -> None:
        there = self.of(rescoping.feed, rescoping.topic, rescoping.scope)
        there.join(rescoping.subscriber, rescoping.cursor)
