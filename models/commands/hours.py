"""A member's day has 24 hours, however many entries they are spread over.

Whoever changes what a day adds up to holds the member's time first: of two changes that come at once, the second counts
what the first has added."""

from collections.abc import Iterable
from uuid import UUID

from models.bounds import LOGGED
from models.command import Change
from models.database import hold_names
from models.errors import RuleBroken
from models.reasons import Reason
from models.rows import TimeEntry
from models.time_sums import minutes_of_days

MOST_MINUTES_A_DAY = LOGGED.most


async def hold_time_of(member_ids: Iterable[UUID]) -> None:
    """Hold what these members' days add up to, and which timer they run, until the transaction ends. Before any row is
    held."""
    await hold_names(*(f"time of {member_id}" for member_id in member_ids))


async def minutes_left(entry: TimeEntry) -> int:
    """What a day has left for an entry beside its member's others. Less than nothing where there is old data."""
    taken = await minutes_of_days([entry.member_id], [entry.day], without=entry.id)
    return MOST_MINUTES_A_DAY - taken.get((entry.member_id, entry.day), 0)


async def require_room(change: Change, entry: TimeEntry, field: str) -> None:
    """`RuleBroken` where an entry's minutes are more than its day has left. The member's time is held."""
    left = await minutes_left(entry)
    if entry.minutes > left:
        # How much somebody else has logged, and where, may be out of the caller's sight.
        of_it = f": {max(0, left):,} of them are left" if entry.member_id == change.member_id else ""
        told = f"A day has {MOST_MINUTES_A_DAY:,} minutes{of_it}. On {entry.day} these would be more."
        raise RuleBroken(told, field, reason=Reason.DAY_FULL, maximum=MOST_MINUTES_A_DAY, day=entry.day)
