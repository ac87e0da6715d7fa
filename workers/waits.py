"""Who is left alone for a while."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

#: In seconds: how long a follower that cannot go on in a firm is left alone there, at first and at most.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0

Pair = tuple[str, UUID]


@dataclass(slots=True)
class Waits:
    """Who is left alone, until when, by the clock of the event loop: pairs of a follower and a firm."""

    _until: dict[Pair, tuple[float, float]] = field(default_factory=dict)

    def add(self, pair: Pair) -> float:
        """Leave it alone, longer than last time. Returns the seconds."""
        wait = min(self._until[pair][1] * 2, LONGEST_WAIT) if pair in self._until else SHORTEST_WAIT
        self._until[pair] = (_now() + wait, wait)
        return wait

    def until(self, pair: Pair, moment: datetime) -> None:
        """Leave it alone until then, and look again after the longest wait: it may have been said to be sooner."""
        wait = min((moment - datetime.now(UTC)).total_seconds(), LONGEST_WAIT)
        self._until[pair] = (_now() + wait, SHORTEST_WAIT / 2)

    def forget(self, pair: Pair) -> None:
        """It goes on."""
        self._until.pop(pair, None)

    def present(self) -> set[Pair]:
        """Those that are left alone just now."""
        now = _now()
        return {pair for pair, (until, _) in self._until.items() if until > now}


def _now() -> float:
    return asyncio.get_running_loop().time()
