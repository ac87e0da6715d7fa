"""What a subscription is told at a time."""

from __future__ import annotations

from dataclasses import dataclass

from models.log import Logged
from models.position import Position, Positioned
from models.scope import Scope

#: The most events that one message carries, and that a client may be behind: beyond, it reads anew.
MOST_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Message(Positioned):
    """What has changed up to `position` since `previous`, to be executed under `scope`.

    `previous` is None on the first message of a subscription without a cursor. With `resync`, it cannot be told.
    """

    position: Position
    previous: int | None
    resync: bool
    events: list[Logged]
    scope: Scope

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two messages of one revision and one scope be the same, wherever they go on from."""
        return self.resync, *((log.revision, log.index, type(log.event), log.event.thing) for log in self.events)
