"""Places in the logs of firms."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class Position(NamedTuple):
    """A revision of a log. Which log, its epoch says: after a backup was restored it is another one, and revisions of
    the two are not compared."""

    epoch: UUID
    revision: int

    def reaches(self, other: Position) -> bool:
        """Whether it is the other or a later one, of the same log."""
        return self.epoch == other.epoch and self.revision >= other.revision


class Positioned:
    """What is as of a position."""

    __slots__ = ()

    position: Position

    @property
    def revision(self) -> int:
        """The position's revision."""
        return self.position.revision

    @property
    def epoch(self) -> UUID:
        """The epoch of the position's log."""
        return self.position.epoch
