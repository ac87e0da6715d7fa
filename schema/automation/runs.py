"""Runs of automations, as clients see them."""

from __future__ import annotations

from models.filtering import Among
from models.ids import Kind
from models.seen import named
from schema.automation.automations import Automation
from schema.automation.enums import AutomationRunReason, AutomationRunState, AutomationTrigger, AutomationType
from schema.declarations import listing
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type
from schema.scalars import DateTime, Revision
from schema.types.base import Versioned, column, entity, one
from schema.types.jobs import Job


@entity(named(Kind.AUTOMATION_RUN))
class AutomationRun(Versioned):
    """What an automation had to do for a job, once for each time that the job met its trigger, and what came of it."""

    job: Job | None = one(Kind.JOB, "job_id", "The job.")
    automation: Automation | None = one(
        Kind.AUTOMATION, "automation_id", "The automation; null where it is gone, or for automove itself."
    )
    name: str = column("What the automation was called then.")
    type: AutomationType | None = column("What it was to do; null for automove itself.")
    trigger: AutomationTrigger = column("What made it act.")
    state: AutomationRunState = column("How it is with it.")
    reason: AutomationRunReason | None = column("Why it was skipped, or has failed; else null.")
    message: str | None = column("The reason in words.")
    cause: Revision = column("The revision that caused it.")
    hops: int = column("How long the chain of causes is, from what somebody did to this.")
    attempts: int = column("How often it was tried.")
    ended_at: DateTime | None = column("When it ended; null while it is still to be done.")


@filter_type
class AutomationRunFilter:
    """Which runs. All that is given must hold."""

    state: list[AutomationRunState] | None = asks(Among("state"), "In one of these states.")
    reason: list[AutomationRunReason] | None = asks(Among("reason"), "Skipped or failed for one of these reasons.")
    job: IdFilter | None = asks_ids(Kind.JOB, Among("job_id"), "For one of these jobs.")
    automation: IdFilter | None = asks_ids(Kind.AUTOMATION, Among("automation_id"), "Of one of these automations.")


LISTS = (
    listing(
        named(Kind.AUTOMATION_RUN),
        AutomationRunFilter,
        order="-created_at",
        description="What automations had to do for the jobs that you see, newest first.",
        one="A run of an automation.",
    ),
)
