"""The cohorts of a process, by what they were asked and what they may see."""

from __future__ import annotations

from collections.abc import Hashable

from models.scope import Scope
from subscriptions.cohort import Cohort
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.once import Once
from subscriptions.topic import Topic
from subscriptions.turns import Turns


class Cohorts:
    """All of a process."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.once = Once()
        self.turns = Turns()
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
        """It is closed."""
        del self._cohorts[cohort.topic.key(cohort.scope), cohort.scope]
