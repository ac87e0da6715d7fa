"""Pipelines: their stages and job statuses."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import seen as rows
from models.bounds import AUTOMATIONS, CARDS, CUSTOM_STATUSES, STAGES
from models.ids import Kind
from models.queries import By
from schema.enums import CardField, JobOrder, StatusCategory
from schema.field_resolvers import RESOLVER, Load, LoadBy
from schema.inputs.filters import CardOrder, JobFilter, JobSort
from schema.list_fields import ListWithin, Orders, list_within
from schema.list_size import ListSize
from schema.types.base import Versioned, as_far_as_held, column, entity, loaded, loaded_by, name_order, one, value
from schema.types.firm import Member, Tag

if TYPE_CHECKING:
    from schema.types.job_lists import JobConnection
    from schema.types.jobs import Job

    # Found by their modules alone, at run time: those are made of the types here.
    Automation = Any
    Template = Any


def _automations(by: str, description: str) -> Any:
    return loaded(
        lambda place, context: context.load.automations(by, place.id),
        f"{description}, in the order in which they act; at most {AUTOMATIONS.most}. Those that update tags act before "
        "all others.",
        size=2,
    )


@entity(rows.Pipeline)
class Pipeline(Versioned):
    """The path that the jobs of one service take. Visible to the members it is available to, and to admins."""

    name: str = column("The pipeline's name.")
    name_order: str = name_order()
    card_fields: list[CardField] = value(
        lambda pipeline: [rows.CardField(field) for field in pipeline.card_fields], "What the cards of its board show."
    )
    job_order: JobOrder = column(
        "How its board orders the cards of a stage, as `cards(order: BOARD)` gives them. Only where it is MANUAL are "
        "they moved beside each other."
    )
    default_template: Annotated[Template, strawberry.lazy("schema.templates.templates")] | None = one(
        Kind.TEMPLATE,
        "default_template_id",
        "A template of the kind JOB: what its jobs are like as far as whoever makes one says nothing, and which tasks "
        "they come with. Null for none, also where the one that it had was deleted.",
    )
    stages: list[Stage] = loaded(
        lambda pipeline, context: context.load.stages(pipeline.id),
        f"Its stages, in order; at most {STAGES.most}.",
        size=6,
    )
    statuses: list[Status] = loaded(
        lambda pipeline, context: context.load.statuses(pipeline.id),
        f"Its job statuses: the built-in ones, then the firm's own by name; at most {3 + CUSTOM_STATUSES.most}.",
        size=6,
    )
    members: list[Member] = loaded(
        lambda pipeline, context: context.load.members(pipeline.id),
        "The members it is available to, by name. Admins and the owner see it anyway.",
        size=5,
    )
    automations: list[Annotated[Automation, strawberry.lazy("schema.automation.automations")]] = _automations(
        "pipeline_id", "What is done by itself when a job is created in it"
    )
    job_count: int = loaded(
        lambda pipeline, context: context.load.jobs_in_pipeline(pipeline.id), "How many cards you see on its board."
    )
    jobs: Annotated[JobConnection, strawberry.lazy("schema.types.job_lists")] = list_within(  # type: ignore[valid-type]
        ListWithin("jobs of pipeline", Kind.JOB, By("pipeline_id"), "-created_at"),
        "Its jobs that you see, on whichever stage, archived ones too; newest first when no order is given. `stages` "
        "and their `jobs` are the board.",
        filter=JobFilter,
        sort=JobSort,
    )


_Limit = Annotated[
    int, strawberry.argument(description=f"How many cards at most, from {CARDS}, from the top of the stage.")
]


def _cards(limit: int) -> Load:
    """How the cards of stages are loaded: of all stages at once."""
    return Load(
        lambda stage, context: context.load.cards(limit).future(stage.id),
        as_far_as_held,
        lambda stages, context: context.load.cards(limit).together([stage.id for stage in stages]),
    )


async def _resolve_cards(root: strawberry.Parent[rows.Stage], info: Info, limit: _Limit = 500):
    return await _cards(limit)(root, info)


async def _cut(root: strawberry.Parent[rows.Stage], info: Info, limit: _Limit = 500):
    return await info.context.load.cut(root.id, limit)


async def _card_columns(stage: rows.Stage, context: Any, order: CardOrder) -> str:
    if order is CardOrder.POSITION:
        return rows.JobOrder.MANUAL.columns
    found = context.load.one(Kind.PIPELINE, stage.pipeline_id)
    pipeline = await found if isawaitable(found) else found
    # Gone, or out of sight, while this was answered: so are its cards.
    return rows.JobOrder.MANUAL.columns if pipeline is None else pipeline.job_order.columns


@entity(rows.Stage)
class Stage(Versioned):
    """A step of a pipeline: a column of its board."""

    name: str = column("What the column is called.")
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", "The pipeline it is a step of.")
    position: str = column("Orders the stages of a pipeline: compare as plain text, byte by byte.")
    time_limit: int | None = column("How many minutes a job should stay at most; null for no limit.")
    automove: bool = column(
        "Whether jobs move on from it by themselves when all is done. On the last stage it says nothing."
    )
    conditional_tags: list[Tag] = loaded_by(
        "id",
        lambda load: load.conditional_tags,
        "The tags of which an account must carry all for its jobs to come to it by themselves, by name; none where it "
        "is for every account. People move any job to it.",
        size=1,
    )
    automations: list[Annotated[Automation, strawberry.lazy("schema.automation.automations")]] = _automations(
        "stage_id", "What is done by itself when a job enters it"
    )
    jobs: list[Annotated[Job, strawberry.lazy("schema.types.jobs")]] = strawberry.field(
        resolver=_resolve_cards,
        description="The cards of the board, from the top: the jobs on this stage that you see, but for archived ones.",
        directives=[ListSize(assumed_size=40, slicing_arguments=[])],
        metadata={RESOLVER: LoadBy(_cards)},
    )
    jobs_cut: bool = strawberry.field(
        resolver=_cut,
        description="Whether there are more cards than `jobs` gives with this limit: read on with `cards`.",
    )
    cards: Annotated[JobConnection, strawberry.lazy("schema.types.job_lists")] = list_within(  # type: ignore[valid-type]
        ListWithin("cards of stage", Kind.JOB, By("stage_id"), "position", without_archived=True),
        "The cards of `jobs` in pages, from the top, as far as the filter has them.",
        filter=JobFilter,
        orders=Orders(CardOrder, "In which order; by position when left out.", _card_columns),
    )
    job_count: int = loaded(
        lambda stage, context: context.load.jobs_on_stage(stage.id), "How many cards you see on it."
    )


@entity(rows.Status)
class Status(Versioned):
    """A job status of a pipeline: Active, Completed and Archived are built in, others are the firm's own."""

    name: str = column("What the status is called.")
    name_order: str = name_order()
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", "The pipeline whose jobs can have it.")
    category: StatusCategory = column("What it means for the life of a job.")
    color: str = column("As #rrggbb.")
    counts_as_overdue: bool = value(
        lambda status: status.can_be_overdue,
        "Whether a job under it can be overdue: Active, and custom ones that say so.",
    )
    automations: list[Annotated[Automation, strawberry.lazy("schema.automation.automations")]] = _automations(
        "status_id", "What is done by itself when a job gets it; nothing where it is built in"
    )
