"""How many different live documents there are: each of them is executed anew for every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from uuid import UUID

from models.errors import LimitReached
from models.reasons import Reason


@dataclass(frozen=True, slots=True)
class Bounds:
    """In one process. The same text with the same variables counts once, however many sockets follow it."""

    #: Of a member.
    of_member: int = 30
    #: Of all members of a firm together.
    of_firm: int = 1_000
    #: So many each member may always have: a firm that has too many is no reason to shut out who has few.
    always: int = 5


#: What servers run with.
BOUNDS = Bounds()


class TooManyDocuments(LimitReached):
    """One more different document than a member, or a firm, may follow in a process."""


class LiveDocuments:
    """Who follows which, from before a subscription begins until it has ended: in a cohort, between two, or not yet in
    any."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._bounds = bounds
        self._of_member: dict[UUID, Counter[Hashable]] = {}
        self._of_firm: dict[UUID, Counter[Hashable]] = {}

    def __len__(self) -> int:
        return sum(len(followed) for followed in self._of_firm.values())

    def enter(self, firm_id: UUID, member_id: UUID, document: Hashable) -> None:
        """One more subscription to it; `TooManyDocuments` when it is one too many."""
        mine, firms = self._of_member.get(member_id, ()), self._of_firm.get(firm_id, ())
        if document not in mine:
            self._check(len(mine), len(firms), shared=document in firms)
        self._of_member.setdefault(member_id, Counter())[document] += 1
        self._of_firm.setdefault(firm_id, Counter())[document] += 1

    def leave(self, firm_id: UUID, member_id: UUID, document: Hashable) -> None:
        """One less."""
        _subtract(self._of_member, member_id, document)
        _subtract(self._of_firm, firm_id, document)

    def _check(self, mine: int, firms: int, *, shared: bool) -> None:
        bounds = self._bounds
        if mine >= bounds.of_member:
            raise TooManyDocuments(
                f"You follow {mine} different live documents here, and may follow {bounds.of_member}. End one first. "
                "One subscription can follow many boards or jobs, and the same document with the same variables counts "
                "once.",
                reason=Reason.TOO_MANY,
                maximum=bounds.of_member,
                actual=mine + 1,
            )
        if firms >= bounds.of_firm and mine >= bounds.always and not shared:
            raise TooManyDocuments(
                f"Your firm follows {firms:,} different live documents here, and may follow {bounds.of_firm:,}. End "
                "one of yours first, or ask with the same document and variables as others do.",
                reason=Reason.TOO_MANY,
                maximum=bounds.of_firm,
                actual=firms + 1,
            )


def _subtract(counted: dict[UUID, Counter[Hashable]], whose: UUID, document: Hashable) -> None:
    followed = counted[whose]
    followed[document] -= 1
    if not followed[document]:
        del followed[document]
    if not followed:
        del counted[whose]
