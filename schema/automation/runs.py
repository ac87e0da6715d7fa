"""Runs of automations, as clients see them."""

from __future__ import annotations

from uuid import UUID

import strawberry

from models.automation import runs
from models.bounds import BULK
from models.filtering import Among, OfJobIn
from models.ids import Kind, encode
from models.seen import named
from models.targets import Target
from schema.automation.automations import Automation
from schema.automation.enums import AutomationRunReason, AutomationRunState, AutomationTrigger, AutomationType
from schema.declarations import listing, mutation
from schema.field_resolvers import TypeCheck
from schema.inputs.base import Expecting, Keyed, id_of, input_type, needed, optional
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type
from schema.per_viewer import own_rows
from schema.scalars import DateTime, Revision
from schema.types.base import Node, Versioned, column, entity, loaded, one, value
from schema.types.events import Actor
from schema.types.jobs import Job


@strawberry.type(description="A thing that an automation made.")
class MadeThing:
    """Read off what a run says."""

    id: strawberry.ID = value(lambda made: encode(Kind(made["kind"]), UUID(made["id"])), "Its id.")
    thing: Node | None = loaded(
        lambda made, context: context.load.one(Kind(made["kind"]), UUID(made["id"])) if context.holds(1) else None,
        "It, as it is now; null where it is gone, or you may not see it.",
        depends=own_rows(*Kind),
    )

    #: As a run keeps it.
    is_type_of = TypeCheck(lambda source: isinstance(source, dict))


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
    causer: Actor | None = value(
        lambda run: run.causer or None, "Who, or what, began the chain of causes; null where nobody knows."
    )
    made: list[MadeThing] = value(lambda run: run.made, "What it made.", size=1)
    revision: Revision | None = loaded(
        lambda run, context: context.load.revision_of_run(run),
        "The revision in which it ended; null while it has not, where it was skipped as it was planned, and where the "
        "log was pruned.",
    )
    attempts: int = column("How often it was tried.")
    ended_at: DateTime | None = column("When it ended; null while it is still to be done.")


@input_type
class AutomationRunInput(Expecting):
    """Which run."""

    automation_run_id: strawberry.ID = id_of(Kind.AUTOMATION_RUN, "The run.")


@input_type
class AutomationRunTarget:
    """One of the runs of a bulk call."""

    automation_run_id: strawberry.ID = id_of(Kind.AUTOMATION_RUN, "The run.")
    expected_version: int | None = optional("The version that you saw; CONFLICT if it has another one.")

    @staticmethod
    def build(automation_run_id: object, expected_version: int | None = None) -> Target:
        """The target that the command takes."""
        return Target(automation_run_id, expected_version, Kind.AUTOMATION_RUN)  # type: ignore[arg-type]


@input_type
class AutomationRunsInput(Keyed):
    """Which runs."""

    automation_runs: list[AutomationRunTarget] = needed(f"From {BULK} runs.")
    atomic: bool = strawberry.field(
        default=True,
        description="All or nothing. False: those that can be are changed, each other one has an error in `errors`.",
    )


@filter_type
class AutomationRunFilter:
    """Which runs. All that is given must hold."""

    state: list[AutomationRunState] | None = asks(Among("state"), "In one of these states.")
    reason: list[AutomationRunReason] | None = asks(Among("reason"), "Skipped or failed for one of these reasons.")
    job: IdFilter | None = asks_ids(Kind.JOB, Among("job_id"), "For one of these jobs.")
    pipeline: IdFilter | None = asks_ids(
        Kind.PIPELINE, OfJobIn(), "For jobs that are in one of these pipelines by now."
    )
    automation: IdFilter | None = asks_ids(Kind.AUTOMATION, Among("automation_id"), "Of one of these automations.")


MUTATIONS = (
    mutation(runs.retry_automation_run, AutomationRunInput),
    mutation(runs.retry_automation_runs, AutomationRunsInput),
    mutation(runs.dismiss_automation_run, AutomationRunInput),
    mutation(runs.dismiss_automation_runs, AutomationRunsInput),
)
LISTS = (
    listing(
        named(Kind.AUTOMATION_RUN),
        AutomationRunFilter,
        order="-created_at",
        description="What automations had to do for the jobs that you see, newest first.",
        one="A run of an automation.",
    ),
)
