"""What the items of a job add up to: how many there are of a sort, and their minutes."""

from collections.abc import Collection, Sequence
from enum import Enum
from functools import cache
from uuid import UUID

from models.database import fetch


class Sum(Enum):
    """Something that is added up over what is linked to a job: how, and over which links."""

    TASKS = "count(*)", "kind = 'task'"
    OPEN_TASKS = "count(*)", "kind = 'task' AND open"
    #: Those that hold the job: what is open, and was not dismissed.
    HOLDING = "count(*)", "open AND dismissed_at IS NULL"
    #: The minutes of its time entries. A running timer counts when it is stopped.
    TRACKED = "sum(minutes)", "kind = 'time_entry'"

    @property
    def of_links(self) -> str:
        """Which links it is over, in SQL."""
        return self.value[1]


@cache
def _statement(wanted: tuple[Sum, ...]) -> str:
    sums = ", ".join(f"coalesce({sum.value[0]} FILTER (WHERE {sum.of_links}), 0)" for sum in wanted)
    over = " OR ".join(f"({sum.of_links})" for sum in wanted)
    return (
        f"SELECT job_id, {sums} FROM job_item WHERE job_id = ANY($1) AND unlinked_at IS NULL AND ({over}) "
        "GROUP BY job_id"
    )


async def sums_of_jobs(jobs: Sequence[UUID], wanted: Collection[Sum]) -> dict[Sum, dict[UUID, int]]:
    """Each of these sums by job, in one statement, for whoever sees the job. Where there is nothing to add up, a job is
    left out, or has 0."""
    of = tuple(sum for sum in Sum if sum in wanted)
    rows = await fetch(_statement(of), jobs)
    if not rows:
        return {sum: {} for sum in of}
    found, *sums = zip(*rows, strict=True)
    return {sum: dict(zip(found, values, strict=True)) for sum, values in zip(of, sums, strict=True)}
