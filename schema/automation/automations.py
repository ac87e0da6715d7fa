"""Automations, as clients set them up and list them."""

from __future__ import annotations

from typing import Any

import strawberry

from models.automation import automations, contents
from models.bounds import AUTOMATIONS
from models.filtering import Among
from models.ids import Kind
from models.seen import AutomationType as TypeOfAutomation
from models.seen import named
from models.texts import NAME
from schema.automation.enums import AutomationState, AutomationTrigger, AutomationType
from schema.automation.settings import UpdateTagsSettings, UpdateTagsSettingsInput
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, maybe_id_of, needed, optional, own_id
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type
from schema.types.base import Versioned, column, entity, loaded, one, value
from schema.types.pipelines import Pipeline, Stage, Status


def _settings(type: TypeOfAutomation) -> Any:
    """What an automation does, where it is of this type."""

    async def load(automation: Any, context: Any) -> Any:
        if automation.type is not type:
            return None
        found = await context.load.parts(contents.done_by, automation.id)
        return found[0].settings if found else None

    return loaded(load, f"What it does, where it is of the type {type}; else null.")


@entity(named(Kind.AUTOMATION))
class Automation(Versioned):
    """Something that is done by itself when a job enters a stage, or a custom status, or is created in a pipeline."""

    name: str = column("What it is called.")
    type: AutomationType = column("What it does.")
    state: AutomationState = column("Whether it acts.")
    paused_reason: str | None = column("Why it paused itself; null where it has not.")
    trigger: AutomationTrigger = value(lambda automation: automation.trigger, "What makes it act.")
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", "The pipeline on whose jobs it acts.")
    stage: Stage | None = one(Kind.STAGE, "stage_id", "The stage on which it acts; null where it acts otherwise.")
    status: Status | None = one(
        Kind.STATUS, "status_id", "The custom status under which it acts; null where it acts otherwise."
    )
    position: str = column(
        "Orders the automations of one trigger: compare as plain text, byte by byte, then by id. Those that update "
        "tags act before all others."
    )
    update_tags: UpdateTagsSettings | None = _settings(TypeOfAutomation.UPDATE_TAGS)


_ONE = "One of these is given, and says what type of automation it is."


@input_type
class CreateAutomationInput(Keyed):
    """An automation to add: when it acts, and what it does."""

    id: strawberry.ID | None = own_id(Kind.AUTOMATION)
    name: str = needed(f"{NAME.bounds}.")
    trigger_stage_id: strawberry.ID | None = maybe_id_of(
        Kind.STAGE, f"It acts when a job enters this stage; there are at most {AUTOMATIONS.most} of each."
    )
    trigger_status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS, f"It acts when a job gets this custom status; there are at most {AUTOMATIONS.most} of each."
    )
    trigger_pipeline_id: strawberry.ID | None = maybe_id_of(
        Kind.PIPELINE, f"It acts when a job is created in this pipeline; there are at most {AUTOMATIONS.most} of each."
    )
    state: AutomationState | None = optional("DRAFT, ON or OFF; DRAFT when left out.")
    update_tags: UpdateTagsSettingsInput | None = optional(
        f"Tags to put on the account and to take off; needs the right MANAGE_ACCOUNTS. {_ONE}"
    )


@input_type
class UpdateAutomationInput(Expecting):
    """What to change about an automation. What is left out stays; settings are given whole."""

    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")
    name: str | None = change(f"{NAME.bounds}.")
    update_tags: UpdateTagsSettingsInput | None = optional(
        "What it does, where it is of the type UPDATE_TAGS; needs the right MANAGE_ACCOUNTS."
    )


@input_type
class AutomationInput(Expecting):
    """Which automation."""

    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")


@filter_type
class AutomationFilter:
    """Which automations. All that is given must hold."""

    pipeline: IdFilter | None = asks_ids(Kind.PIPELINE, Among("pipeline_id"), "Of one of these pipelines.")
    stage: IdFilter | None = asks_ids(Kind.STAGE, Among("stage_id"), "On one of these stages.")
    status: IdFilter | None = asks_ids(Kind.STATUS, Among("status_id"), "Under one of these statuses.")
    type: list[AutomationType] | None = asks(Among("type"), "Of one of these types.")
    state: list[AutomationState] | None = asks(Among("state"), "In one of these states.")


MUTATIONS = (
    mutation(automations.create_automation, CreateAutomationInput),
    mutation(automations.update_automation, UpdateAutomationInput),
    mutation(automations.delete_automation, AutomationInput),
)
LISTS = (
    listing(
        named(Kind.AUTOMATION),
        AutomationFilter,
        order="-created_at",
        description="The automations of the pipelines that you see, newest first.",
        one="An automation.",
    ),
)
