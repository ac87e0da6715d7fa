"""What is going to be made by itself, as clients see it."""

from __future__ import annotations

import strawberry

from schema.scalars import Date, DateTime
from schema.types.base import column


@strawberry.type(description="An occurrence of a recurrence that has not been made, and what its job would be.")
class UpcomingOccurrence:
    """Its objects are `models.recurrences.upcoming.Upcoming`."""

    day: Date = column("The day that it is known by: as the schedule alone has it.")
    on_day: Date = column("The day that it is on.")
    made_at: DateTime = column("When its jobs are made.")
    skipped: bool = column("Whether somebody has said that it is left out.")
    job_name: str | None = column("What the job would say; null where it could not be made.")
    job_period: str | None = column("The time that it would be about; null for none.")
    job_start_date: Date | None = column("When work should start; null for no such day.")
    job_due_date: Date | None = column("When it would have to be done; null for no such day.")
    job_deadline: Date | None = column("The statutory day; null for none.")
    refusal: str | None = column("Why the job could not be made, as things stand; else null.")
