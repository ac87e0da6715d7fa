"""Budgets: what each of many callers may spend, renewed all the time."""

from collections import OrderedDict

#: Of callers that are remembered. One takes some 300 bytes.
MOST_CALLERS = 20_000


class Budgets:
    """A token bucket for each caller, full when they are first seen. The time is an argument.

    Bounded in number: who has not spent for longest is forgotten, and so has a full one when they come back. That is
    the worst that somebody with many addresses can do: to others it is a favour, and to them nothing new.
    """

    def __init__(self, burst: float, rate: float, *, most_callers: int = MOST_CALLERS) -> None:
        self._burst = burst
        self._rate = rate
        self._most_callers = most_callers
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spent)

    def spend(self, caller: str, units: float, now: float, *, keeping: float = 0) -> float:
        """Spend, and return 0; or nothing, where less than `keeping` would be left, and return after how many seconds
        there is enough."""
        left, at = self._spent.get(caller, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        missing = units + keeping - left
        if missing > 0:
            return missing / self._rate
        self._spent[caller] = left - units, now
        self._spent.move_to_end(caller)
        if len(self._spent) > self._most_callers:
            self._spent.popitem(last=False)
        return 0
