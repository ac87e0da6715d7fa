"""What became of the occurrences of recurrences, as clients list it."""

from __future__ import annotations

import strawberry

from models.filtering import Among, Within
from models.ids import Kind
from models.recurrences import occurrences
from models.seen import named
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, id_of, input_type
from schema.inputs.filters import DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.recurrences.enums import OccurrenceState
from schema.recurrences.recurrences import Recurrence
from schema.scalars import Date
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, one
from schema.types.jobs import Job
from schema.types.pipelines import Pipeline


@entity(named(Kind.OCCURRENCE))
class Occurrence(Versioned):
    """What became of an occurrence of a recurrence for an account. Whoever sees the account and the pipeline sees
    it."""

    recurrence: Recurrence | None = one(Kind.RECURRENCE, "recurrence_id", "The recurrence.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "The account.")
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", "The pipeline that its job was for.")
    day: Date = column("The day that it is known by: as the schedule alone has it.")
    on_day: Date = column("The day that it was on.")
    state: OccurrenceState = column("What became of it.")
    reason: str | None = column("Why there is no job; null where one was made.")
    job: Job | None = one(Kind.JOB, "job_id", "Its job; null where none was made, and where it was deleted.")


@input_type
class OccurrenceInput(Expecting):
    """Which occurrence."""

    occurrence_id: strawberry.ID = id_of(Kind.OCCURRENCE, "The occurrence. There is no job of it, or none any more.")


@filter_type
class OccurrenceFilter:
    """Which occurrences. All that is given must hold."""

    recurrence: IdFilter | None = asks_ids(Kind.RECURRENCE, Among("recurrence_id"), "Of one of these recurrences.")
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "For one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, Among("job_id"), "Of which one of these jobs was made.")
    state: list[OccurrenceState] | None = asks(Among("state"), "In one of these states.")
    day: DateFilter | None = asks(Within("day"), "By the day that they are known by.")


MUTATIONS = (mutation(occurrences.retry_occurrence, OccurrenceInput),)
LISTS = (
    listing(
        named(Kind.OCCURRENCE),
        OccurrenceFilter,
        order="-day",
        description="What became of the occurrences of recurrences, the latest day first.",
        one="An occurrence.",
    ),
)
