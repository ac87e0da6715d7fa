"""Points: what a member may spend, whatever they come with.

See docs/decisions/0056-points.md.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from engine.admission import BudgetSpent

#: A member may owe so many points, and is let off as many in a minute.
A_MINUTE = 300_000
#: An answer that was made for somebody else, or before.
GIVEN_AGAIN = 1
#: Of members that are remembered. One takes some 500 bytes.
MOST_MEMBERS = 20_000
_MINUTE = 60


@dataclass(slots=True)
class Debt:
    """What a member owed at a time, by this process's clock, and how much of it nobody else has been told of."""

    owed: float
    at: float
    untold: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a member, and in how many seconds all of it is there again."""

    left: int
    whole_in: int


class Points:
    """What the members owe who came to this process, as far as it knows. The worst that happens to whoever is forgotten
    is that they owe nothing."""

    def __init__(
        self, a_minute: int = A_MINUTE, *, clock: Callable[[], float] = monotonic, most_members: int = MOST_MEMBERS
    ) -> None:
        self.a_minute = a_minute
        self._clock = clock
        self._most_members = most_members
        self._debts: OrderedDict[UUID, Debt] = OrderedDict()
        # Of whom others may have to be told, in the order of that: to look through all debts a few times a second would
        # take milliseconds of a server that knows many members.
        self._changed: dict[UUID, None] = {}

    def __len__(self) -> int:
        return len(self._debts)

    def spend(self, member: UUID, points: int, *, keeping: int = 0) -> None:
        """Let the member owe so much more. `BudgetSpent`, and nothing more is owed, when that is too much now, or less
        than `keeping` would be left."""
        debt = self._now(member)
        if (over := debt.owed + points + keeping - self.a_minute) > 0:
            raise BudgetSpent(
                f"You have spent the {self.a_minute:,} points of a minute. Ask for less, or less often: an answer that "
                "has not changed costs 1.",
                "points",
                over / self.a_minute * _MINUTE,
            )
        debt.owed += points
        debt.untold += points
        self._changed[member] = None

    def give_back(self, member: UUID, points: int) -> None:
        """They owe so much less: it cost less than was thought."""
        debt = self._now(member)
        debt.owed -= points
        debt.untold -= points
        self._changed[member] = None

    def standing(self, member: UUID) -> Standing:
        """What is left to them."""
        owed = max(0.0, self._now(member).owed)
        return Standing(max(0, int(self.a_minute - owed)), math.ceil(owed / self.a_minute * _MINUTE))

    def take_untold(self) -> Mapping[UUID, float]:
        """What each member has spent here that nobody else knows of: it counts as told."""
        changed = {member: self._debts[member] for member in self._changed}
        self._changed.clear()
        untold = {member: debt.untold for member, debt in changed.items() if debt.untold}
        for member in untold:
            self._debts[member].untold = 0.0
        return untold

    def take_back(self, untold: Mapping[UUID, float]) -> None:
        """It was not told."""
        for member, points in untold.items():
            if (debt := self._debts.get(member)) is not None:
                # What they have been let off meanwhile need not be told any more.
                debt.untold = min(debt.untold + points, max(0.0, self._now(member).owed))
                self._changed[member] = None

    def hear(self, member: UUID, owed: float) -> None:
        """What a member owes over all processes, with all that was told."""
        debt = self._now(member)
        # Less is what is known where it was forgotten.
        debt.owed = max(debt.owed, owed + debt.untold)

    def _now(self, member: UUID) -> Debt:
        now = self._clock()
        debt = self._debts.get(member)
        if debt is None:
            debt = self._debts[member] = Debt(0.0, now)
            if len(self._debts) > self._most_members:
                forgotten, _ = self._debts.popitem(last=False)
                self._changed.pop(forgotten, None)
        self._debts.move_to_end(member)
        if debt.owed > 0:
            debt.owed = max(0.0, debt.owed - (now - debt.at) * self.a_minute / _MINUTE)
        debt.at = now
        return debt
