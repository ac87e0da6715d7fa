"""What would happen by itself, as clients see it beforehand."""

from __future__ import annotations

import strawberry

from models.automation.preview import DryRun, ForeseenRun, ForeseenThing, Preview
from models.bounds import DRY_RUN
from models.ids import Kind, encode
from schema.automation.enums import AutomationRunReason, AutomationRunState, AutomationType
from schema.enums import ItemKind
from schema.field_resolvers import TypeCheck
from schema.types.base import column, value
from schema.types.waiting import JobWaiting

_ITEMS = {kind.value for kind in ItemKind}


@strawberry.type(name="ForeseenThing", description="A thing that an automation would make.")
class Thing:
    """Its objects are `models.automation.preview.ForeseenThing`."""

    kind: ItemKind | None = value(
        lambda thing: thing.kind if thing.kind.value in _ITEMS else None,
        "What kind of item it would be; null for what is none, such as a mail.",
    )
    title: str = column("What it would be called.")

    is_type_of = TypeCheck(lambda source: isinstance(source, ForeseenThing))


@strawberry.type(name="ForeseenRun", description="What an automation would do for a job, or why it would not.")
class Run:
    """Its objects are `models.automation.preview.ForeseenRun`."""

    automation_id: strawberry.ID | None = value(
        lambda run: run.automation_id and encode(Kind.AUTOMATION, run.automation_id),
        "The id of the automation; null for automove itself.",
    )
    name: str = column("What it is called.")
    type: AutomationType | None = column("What it is to do; null for automove itself.")
    state: AutomationRunState = column("What would come of it.")
    reason: AutomationRunReason | None = column("Why it would be skipped, or fail; else null.")
    message: str | None = column("The reason in words, or what else there is to know of it.")
    made: list[Thing] = value(lambda run: run.made, "What it would make.", size=1)
    hops: int = column("How many automatic steps it would be from the move.")

    is_type_of = TypeCheck(lambda source: isinstance(source, ForeseenRun))


@strawberry.type(description="What would become of a job by itself. Nothing of it is done.")
class AutomationPreview:
    """Its objects are `models.automation.preview.Preview`."""

    job_id: strawberry.ID = value(lambda preview: encode(Kind.JOB, preview.job_id), "The id of the job.")
    path: list[strawberry.ID] = value(
        lambda preview: [encode(Kind.STAGE, id) for id in preview.stage_ids],
        "The ids of the stages that it would come to, one after the other; empty where it would stay on its own.",
        size=2,
    )
    stage_id: strawberry.ID = value(
        lambda preview: encode(Kind.STAGE, preview.stage_id), "The id of the stage on which it would then be."
    )
    status_id: strawberry.ID = value(
        lambda preview: encode(Kind.STATUS, preview.status_id), "The id of the status that it would then have."
    )
    runs: list[Run] = value(lambda preview: preview.runs, "What automations would do for it, in order.", size=5)
    waiting: list[JobWaiting] = value(lambda preview: preview.waiting, "Why it would go no further.", size=2)
    complete: bool = column(
        "Whether this is all: not where it takes too long to be followed to its end, nor where workers have still to "
        "do something because of what happened to the job before."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Preview))


@strawberry.type(description="What would become of the jobs of a pipeline, were all its automations and automove on.")
class AutomationDryRun:
    """Its objects are `models.automation.preview.DryRun`."""

    jobs: list[AutomationPreview] = value(
        lambda run: run.jobs,
        f"The jobs that you see and that are in hand, in the order of the board, at most {DRY_RUN.most}.",
        size=20,
    )
    complete: bool = column("Whether these are all of them: not where there are more, or they took too long.")

    is_type_of = TypeCheck(lambda source: isinstance(source, DryRun))
