"""Inputs of the mutations on pipelines, stages and statuses."""

from __future__ import annotations

import strawberry

from models.bounds import AVAILABLE_TO, CUSTOM_STATUSES, LINKED, STAGES, TIME_LIMIT
from models.commands import pipelines, stages, statuses
from models.ids import Kind
from models.texts import LABEL, NAME
from schema.declarations import mutation
from schema.enums import CardField, JobOrder
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    change_id_of,
    clearable,
    clearable_id_of,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)

_DEFAULT = (
    "A template of the kind JOB: what its jobs are like as far as whoever makes one says nothing, and which tasks they "
    "come with"
)


@input_type
class CreatePipelineInput(Keyed):
    """A pipeline to make, with its built-in statuses."""

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
    default_template_id: strawberry.ID | None = maybe_id_of(Kind.TEMPLATE, f"{_DEFAULT}; none when left out.")


@input_type
class UpdatePipelineInput(Expecting):
    """What to change about a pipeline. What is left out stays."""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str | None = change(f"{NAME.bounds}.")
    card_fields: list[CardField] | None = change("What its cards show.")
    job_order: JobOrder | None = change("How its board orders cards.")
    default_template_id: strawberry.ID | None = clearable_id_of(Kind.TEMPLATE, f"{_DEFAULT}. Null for none.")


@input_type
class SetPipelineMembersInput(Expecting):
    """Who a pipeline is available to."""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these, at most {AVAILABLE_TO.most}; it is taken from others."
    )


@input_type
class PipelineInput(Expecting):
    """Which pipeline."""

    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline. It must have no jobs, archived ones neither.")


@strawberry.input
class StagePlacing:
    """Where among the stages."""

    before_stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Right before this stage.")
    after_stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Right after this stage. With neither: last.")


_CONDITION = (
    "The tags of which an account must carry all for its jobs to come to it by themselves, at most "
    f"{LINKED.most}; the first and the last stage have none"
)


@input_type
class CreateStageInput(StagePlacing, Keyed):
    """A stage to add."""

    id: strawberry.ID | None = own_id(Kind.STAGE)
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str = needed(f"{NAME.bounds}.")
    time_limit: int | None = optional(
        f"How many minutes a job should stay at most, {TIME_LIMIT}; no limit when left out."
    )
    automove: bool | None = optional(
        "Whether jobs move on from it by themselves when all is done; false when left out. On the last stage it says "
        "nothing."
    )
    conditional_tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"{_CONDITION}; none when left out.")


@input_type
class UpdateStageInput(Expecting):
    """What to change about a stage. What is left out stays."""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")
    name: str | None = change(f"{NAME.bounds}.")
    time_limit: int | None = clearable(f"How many minutes a job should stay at most, {TIME_LIMIT}. Null for no limit.")
    automove: bool | None = change(
        "Whether jobs move on from it by themselves when all is done. On the last stage it says nothing."
    )
    conditional_tag_ids: list[strawberry.ID] | None = change_id_of(Kind.TAG, f"Just these. {_CONDITION}.")


@input_type
class MoveStageInput(StagePlacing, Expecting):
    """Where to put a stage."""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")


@input_type
class DeleteStageInput(Expecting):
    """Which stage, and where its jobs go."""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage.")
    replacement_stage_id: strawberry.ID | None = maybe_id_of(
        Kind.STAGE,
        "A stage of the same pipeline for its jobs, and for those of recurrences that start on it; needed when there "
        "are any. `recurrences(filter: {stage: …})` says which.",
    )
    delete_automations: bool | None = optional(
        "That its automations are deleted with it; must be true when it has any. `stage.automations` says which."
    )


@input_type
class CreateStatusInput(Keyed):
    """A custom job status to add."""

    id: strawberry.ID | None = own_id(Kind.STATUS)
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline.")
    name: str = needed(f"{LABEL.bounds}.")
    color: str = needed("As #rrggbb.")
    counts_as_overdue: bool | None = optional("Whether jobs under it can be overdue; false when left out.")


@input_type
class UpdateStatusInput(Expecting):
    """What to change about a status. Built-in ones can only get another colour."""

    status_id: strawberry.ID = id_of(Kind.STATUS, "The status.")
    name: str | None = change(f"{LABEL.bounds}.")
    color: str | None = change("As #rrggbb.")
    counts_as_overdue: bool | None = change("Whether jobs under it can be overdue.")


@input_type
class DeleteStatusInput(Expecting):
    """Which custom status, and which one its jobs get."""

    status_id: strawberry.ID = id_of(Kind.STATUS, "The status.")
    replacement_status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS, "A status of the same pipeline for its jobs, not Archived; needed when it has any."
    )
    delete_automations: bool | None = optional(
        "That its automations are deleted with it; must be true when it has any. `status.automations` says which."
    )


MUTATIONS = (
    mutation(pipelines.create_pipeline, CreatePipelineInput),
    mutation(pipelines.update_pipeline, UpdatePipelineInput),
    mutation(pipelines.set_pipeline_members, SetPipelineMembersInput),
    mutation(pipelines.delete_pipeline, PipelineInput),
    mutation(stages.create_stage, CreateStageInput, f"Add a stage to a pipeline; at most {STAGES.most}."),
    mutation(stages.update_stage, UpdateStageInput),
    mutation(stages.move_stage, MoveStageInput),
    mutation(stages.delete_stage, DeleteStageInput),
    mutation(
        statuses.create_status,
        CreateStatusInput,
        f"Add a custom job status to a pipeline; at most {CUSTOM_STATUSES.most}.",
    ),
    mutation(statuses.update_status, UpdateStatusInput),
    mutation(statuses.delete_status, DeleteStatusInput),
)
