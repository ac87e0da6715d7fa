"""Inputs of the mutations on pipelines, stages and statuses."""

from __future__ import annotations

import strawberry

from models.bounds import AVAILABLE_TO, STAGES, TIME_LIMIT
from models.ids import Kind
from models.texts import LABEL, NAME
from schema.enums import CardField, JobOrder
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    id_of,
    maybe_id_of,
    needed,
    optional,
    own_id,
)


@strawberry.input(description="A pipeline to make, with its built-in statuses.")
class CreatePipelineInput(Keyed):
    """create_pipeline"""

    id: strawberry.ID | None = own_id(Kind.PIPELINE)
    name: str = needed(f"{NAME.bounds}.")
    stages: list[str] | None = optional(
        f"The names of its stages in order, {STAGES} of {NAME.bounds}; three usual ones when left out."
    )
    member_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.MEMBER, f"The members it is available to; at most {AVAILABLE_TO.most}."
    )
    card_fields: list[CardField] | None = optional("What its cards show.")
    job_order: JobOrder | None = optional("How its board orders cards; MANUAL when left out.")


@strawberry.input(description="What to change about a pipeline. What is left out stays.")
class UpdatePipelineInput(Expecting):
    """update_pipeline"""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str | None = change(f"{NAME.bounds}.")
    card_fields: list[CardField] | None = change("What its cards show.")
    job_order: JobOrder | None = change("How its board orders cards.")


@strawberry.input(description="Who a pipeline is available to.")
class SetPipelineMembersInput(Expecting):
    """set_pipeline_members"""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these, at most {AVAILABLE_TO.most}; it is taken from others."
    )


@strawberry.input(description="Which pipeline.")
class PipelineInput(Expecting):
    """delete_pipeline"""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline. It must have no jobs, archived ones neither.")


@strawberry.input
class StagePlacing:
    """Where among the stages."""

    before_stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Right before this stage.")
    after_stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Right after this stage. With neither: last.")


@strawberry.input(description="A stage to add.")
class CreateStageInput(StagePlacing, Keyed):
    """create_stage"""

    id: strawberry.ID | None = own_id(Kind.STAGE)
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str = needed(f"{NAME.bounds}.")
    time_limit: int | None = optional(
        f"How many minutes a job should stay at most, {TIME_LIMIT}; no limit when left out."
    )


@strawberry.input(description="What to change about a stage. What is left out stays.")
class UpdateStageInput(Expecting):
    """update_stage"""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")
    name: str | None = change(f"{NAME.bounds}.")
    time_limit: int | None = clearable(f"How many minutes a job should stay at most, {TIME_LIMIT}. Null for no limit.")


@strawberry.input(description="Where to put a stage.")
class MoveStageInput(StagePlacing, Expecting):
    """move_stage"""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")


@strawberry.input(description="Which stage, and where its jobs go.")
class DeleteStageInput(Expecting):
    """delete_stage"""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")
    replacement_stage_id: strawberry.ID | None = maybe_id_of(
        Kind.STAGE, "A stage of the same pipeline for its jobs; needed when it has any."
    )


@strawberry.input(description="A custom job status to add.")
class CreateStatusInput(Keyed):
    """create_status"""

    id: strawberry.ID | None = own_id(Kind.STATUS)
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str = needed(f"{LABEL.bounds}.")
    color: str = needed("As #rrggbb.")
    counts_as_overdue: bool | None = optional("Whether jobs under it can be overdue; false when left out.")


@strawberry.input(description="What to change about a status. Built-in ones can only get another colour.")
class UpdateStatusInput(Expecting):
    """update_status"""

    status_id: strawberry.ID = id_of(Kind.STATUS, "The status.")
    name: str | None = change(f"{LABEL.bounds}.")
    color: str | None = change("As #rrggbb.")
    counts_as_overdue: bool | None = change("Whether jobs under it can be overdue.")


@strawberry.input(description="Which custom status, and which one its jobs get.")
class DeleteStatusInput(Expecting):
    """delete_status"""

    status_id: strawberry.ID = id_of(Kind.STATUS, "The status.")
    replacement_status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS, "A status of the same pipeline for its jobs, not Archived; needed when it has any."
    )
