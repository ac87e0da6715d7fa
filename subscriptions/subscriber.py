"""One subscription: where its messages go, and where it stands."""

from __future__ import annotations

from typing import Any, Protocol

import structlog

from models.scope import Viewer
from subscriptions.hub import Hub
from subscriptions.topic import Topic
from transport.engine import Sink

log = structlog.get_logger(__name__)


class Place(Protocol):
    """What a subscriber is part of: a rank of a cohort, or a rescoping of its own."""

    def resume(self, subscriber: Subscriber) -> None:
        """Its sink has room again."""

    def leave(self, subscriber: Subscriber) -> None:
        """It has gone."""


class Subscriber:
    """A member's subscription, from when its first message is due until it is stopped. There are thousands of them,
    and most are idle: it holds no task, no queue and no timer."""

    __slots__ = ("_hub", "firm_id", "member_id", "place", "sink", "stopped", "token_id", "topic")

    def __init__(self, hub: Hub, viewer: Viewer, topic: Topic, sink: Sink) -> None:
        """One that has begun to follow the firm's feed and counts among the documents, until it stops."""
        self._hub = hub
        self.firm_id = viewer.scope.firm_id
        self.member_id = viewer.member_id
        self.token_id = viewer.token_id
        self.topic = topic
        self.sink = sink
        self.place: Place | None = None
        self.stopped = False
        hub.counts.subscribers += 1

    def send(self, body: bytes) -> None:
        """Hand it a message. One whose sink fails is no reason for the others to wait."""
        try:
            self.sink.send(body)
        except Exception:
            log.exception("subscriber.send")
            self.stop()

    def resume(self) -> None:
        """The sink has room again."""
        if self.place is not None:
            self.place.resume(self)

    def end(self, errors: list[dict[str, Any]] | None = None) -> None:
        """Tell it that there is nothing more."""
        if not self.stopped:
            self.stop()
            self.sink.end(errors)

    def stop(self) -> None:
        """Nobody listens any more."""
        if self.stopped:
            return
        self.stopped = True
        self._hub.counts.subscribers -= 1
        place, self.place = self.place, None
        if place is not None:
            place.leave(self)
        self._hub.documents.leave(self.firm_id, self.member_id, self.topic.document)
        self._hub.leave(self.firm_id)
