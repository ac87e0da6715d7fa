"""What is going to be made by itself, as clients see it."""

from __future__ import annotations

import strawberry

from models.ids import Kind
from schema.recurrences.recurrences import Recurrence
from schema.scalars import Date, DateTime
from schema.types.base import column, one


@strawberry.type(description="An occurrence of a recurrence that has not been made, and what its job would be.")
class UpcomingOccurrence:
    """Its objects are `models.recurrences.upcoming.Upcoming`."""

    day: Date = column("The day that it is known by: as the schedule alone has it.")
    on_day: Date = column("The day that it is on.")
    made_at: DateTime = column("When its jobs are made.")
    skipped: bool = column("Whether somebody has said that it is left out.")
    name: str | None = column("What the job would say; null where it could not be made.")
    period: str | None = column("The time that it would be about; null for none.")
    start_date: Date | None = column("When work should start; null for no such day.")
    due_date: Date | None = column("When it would have to be done; null for no such day.")
    deadline: Date | None = column("The statutory day; null for none.")
    refusal: str | None = column("Why the job could not be made, as things stand; else null.")


@strawberry.type(description="Something that is going to be done by itself.")
class Scheduled:
    """Its objects are `models.recurrences.upcoming.Scheduled`."""

    at: DateTime = column("When.")
    title: str = column("What it is called that does it.")
    recurrence: Recurrence | None = one(
        Kind.RECURRENCE, "recurrence_id", "The recurrence whose jobs are made then; null for anything else."
    )
    day: Date | None = column("The day that the recurrence's occurrence is known by; null for anything else.")
