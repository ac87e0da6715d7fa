"""How much of a job's time budget is used."""

from collections.abc import Iterable
from uuid import UUID

from models.database import sql


async def tracked_minutes(job_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The minutes tracked on each of these jobs, in one statement. A running timer counts when it is stopped."""
    tracked = dict.fromkeys(job_ids, 0)
    rows = await sql(
        "SELECT job_id, sum(minutes) AS minutes FROM time_entry WHERE job_id = ANY($1) AND started_at IS NULL "
        "GROUP BY job_id",
        list(tracked),
    )
    return tracked | {row["job_id"]: row["minutes"] for row in rows}


def remaining(budget: int | None, tracked: int) -> int | None:
    """The minutes left of a budget, negative when it is overrun; None without a budget."""
    return None if budget is None else budget - tracked


def percent_used(budget: int | None, tracked: int) -> int | None:
    """How much of a budget is used, in whole percent, rounded down; None without a budget, or with one of 0."""
    return tracked * 100 // budget if budget else None
