"""A family: what callers may send in one way, as a script, and what it is aimed at to cost."""

from dataclasses import dataclass
from enum import Enum

from bench.script import Script


class Aim(Enum):
    """The most that one of it may take of the event loop, in milliseconds."""

    #: Of somebody who has not signed in, whatever becomes of it.
    ANONYMOUS = 5.0
    #: Of a member.
    REFUSED = 5.0001
    #: Of a member, before it runs.
    ACCEPTED = 50.0

    @property
    def most(self) -> float:
        """The figure."""
        return round(self.value, 1)


@dataclass(frozen=True, slots=True)
class Family:
    """What is sent. Without an aim it is measured and no more: what it does when it runs is not bounded by this."""

    name: str
    script: Script
    aim: Aim | None
    #: Whether each one of it is hashed beside the event loop, which takes a while: so it is measured less often.
    hashes: bool = False
    #: Whether it is sent from many networks as well, in a flood of its own.
    many: bool = False
