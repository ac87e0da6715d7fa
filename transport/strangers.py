"""Connections on which nobody has signed in: how many there may be, for each address and in all.

Where there is no room the oldest gives way, not the newcomer: signing in takes milliseconds, so it is those who do not
who are the oldest. Whoever holds all the room keeps out nobody who shares the address with them, as everybody does
behind a proxy that was not named in the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from starlette.types import Scope

#: Under this name an HTTP connection hands over how to say that it is no stranger's, among the scope's extensions.
KNOWN = "jobwire.known"


class Stranger(Protocol):
    """A connection that knows of nobody."""

    @property
    def busy(self) -> bool:
        """Whether the next step is this server's. Who waits for us does not give way."""

    def give_way(self) -> None:
        """Close, and say why."""


class Strangers:
    """Make one per process."""

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._addresses: dict[Stranger, str] = {}  # in the order in which they came, as in each of the crowds
        self._crowds: dict[str, dict[Stranger, None]] = {}

    def enter(self, stranger: Stranger, address: str) -> bool:
        """Let one more in. False when all who are here are busy, so that there is no room."""
        crowd = self._crowds.get(address, {})
        if len(crowd) >= self._most_per_address and not self._send_away(crowd):
            return False
        if len(self._addresses) >= self._most and not self.send_one_away():
            return False
        self._addresses[stranger] = address
        self._crowds.setdefault(address, {})[stranger] = None
        return True

    def leave(self, stranger: Stranger) -> None:
        """It has signed in, or is gone. It may be said more than once."""
        address = self._addresses.pop(stranger, None)
        if address is not None:
            crowd = self._crowds[address]
            del crowd[stranger]
            if not crowd:
                del self._crowds[address]

    def send_one_away(self) -> bool:
        """Whether there was one who could give way to somebody else."""
        return self._send_away(self._addresses)

    def _send_away(self, crowd: Iterable[Stranger]) -> bool:
        oldest = next((stranger for stranger in crowd if not stranger.busy), None)
        if oldest is None:
            return False
        self.leave(oldest)
        oldest.give_way()
        return True


def known_of(scope: Scope) -> Callable[[], None]:
    """How to say that somebody has signed in on the connection of this request."""
    extension = scope.get("extensions", {}).get(KNOWN)
    known: Callable[[], None] = extension["known"] if extension else _nobody_asks
    return known


def _nobody_asks() -> None:
    pass
