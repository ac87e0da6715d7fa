"""What time adds up to: on a job, of whose budget it is a part, and on a member's day."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from models.database import sql
from models.items.sums import Sum, sums_of_jobs


async def tracked_minutes(job_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The minutes tracked on each of these jobs, in one statement. A running timer counts when it is stopped."""
    tracked = dict.fromkeys(job_ids, 0)
    return tracked | (await sums_of_jobs(list(tracked), (Sum.TRACKED,)))[Sum.TRACKED]


async def minutes_of_days(
    member_ids: Iterable[UUID], days: Iterable[date], *, without: UUID | None = None
) -> dict[tuple[UUID, date], int]:
    """The minutes that each of these members has on each of these days, where there are any, in one statement; but for
    one entry. A running timer counts when it is stopped."""
    rows = await sql(
        "SELECT member_id, day, sum(minutes) AS minutes FROM time_entry "
        "WHERE member_id = ANY($1) AND day = ANY($2) AND id IS DISTINCT FROM $3 GROUP BY member_id, day",
        list(set(member_ids)),
        list(set(days)),
        without,
    )
    return {(row["member_id"], row["day"]): row["minutes"] for row in rows}


def remaining(budget: int | None, tracked: int) -> int | None:
    """The minutes left of a budget, negative when it is overrun; None without a budget."""
    return None if budget is None else budget - tracked


def percent_used(budget: int | None, tracked: int) -> int | None:
    """How much of a budget is used, in whole percent, rounded down; None without a budget, or with one of 0."""
    return tracked * 100 // budget if budget else None
