"""Automations, as clients set them up and list them."""

from __future__ import annotations

from typing import Any

import strawberry

from models.automation import automations, contents, problems
from models.bounds import AUTOMATIONS
from models.filtering import Among
from models.ids import Kind, encode
from models.seen import AutomationType as TypeOfAutomation
from models.seen import named
from models.texts import NAME
from schema.automation.asking import AskingSettings, SendClientRequestSettingsInput, SendOrganizerSettingsInput
from schema.automation.conditions import BOUNDS, AutomationCondition, AutomationConditionInput
from schema.automation.enums import AutomationProblemKind, AutomationState, AutomationTrigger, AutomationType
from schema.automation.settings import (
    CreateTasksSettings,
    CreateTasksSettingsInput,
    SetStatusSettings,
    SetStatusSettingsInput,
    UpdateAccountAccessSettingsInput,
    UpdateAssigneesSettingsInput,
    UpdateClientStatusSettings,
    UpdateClientStatusSettingsInput,
    UpdatePeopleSettings,
    UpdateTagsSettings,
    UpdateTagsSettingsInput,
)
from schema.automation.texts import (
    AddWikiPageSettings,
    AddWikiPageSettingsInput,
    ApplyFolderTemplateSettingsInput,
    OfTemplateSettings,
    SendEmailSettings,
    SendEmailSettingsInput,
    SendInvoiceSettingsInput,
    SendMessageSettings,
    SendMessageSettingsInput,
    SendProposalSettingsInput,
)
from schema.declarations import listing, mutation
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
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


async def _conditions(automation: Any, context: Any) -> Any:
    found = await context.load.parts(contents.done_by, automation.id)
    return found[0].conditions if found else None


@strawberry.type(description="Something that is wrong with an automation.")
class AutomationProblem:
    """Its objects are `models.automation.problems.AutomationProblem`."""

    problem: AutomationProblemKind = column("What is wrong.")
    thing_id: strawberry.ID = value(
        lambda problem: encode(problem.kind, problem.id), "The id of the thing that it points to."
    )
    message: str = column("It in words, and what to do.")


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
    create_tasks: CreateTasksSettings | None = _settings(TypeOfAutomation.CREATE_TASKS)
    send_organizer: AskingSettings | None = _settings(TypeOfAutomation.SEND_ORGANIZER)
    send_client_request: AskingSettings | None = _settings(TypeOfAutomation.SEND_CLIENT_REQUEST)
    send_proposal: OfTemplateSettings | None = _settings(TypeOfAutomation.SEND_PROPOSAL)
    send_invoice: OfTemplateSettings | None = _settings(TypeOfAutomation.SEND_INVOICE)
    send_email: SendEmailSettings | None = _settings(TypeOfAutomation.SEND_EMAIL)
    send_message: SendMessageSettings | None = _settings(TypeOfAutomation.SEND_MESSAGE)
    apply_folder_template: OfTemplateSettings | None = _settings(TypeOfAutomation.APPLY_FOLDER_TEMPLATE)
    update_assignees: UpdatePeopleSettings | None = _settings(TypeOfAutomation.UPDATE_ASSIGNEES)
    update_account_access: UpdatePeopleSettings | None = _settings(TypeOfAutomation.UPDATE_ACCOUNT_ACCESS)
    update_tags: UpdateTagsSettings | None = _settings(TypeOfAutomation.UPDATE_TAGS)
    update_client_status: UpdateClientStatusSettings | None = _settings(TypeOfAutomation.UPDATE_CLIENT_STATUS)
    set_status: SetStatusSettings | None = _settings(TypeOfAutomation.SET_STATUS)
    add_wiki_page: AddWikiPageSettings | None = _settings(TypeOfAutomation.ADD_WIKI_PAGE)
    conditions: AutomationCondition | None = loaded(
        _conditions, "What must hold of the job and its account for it to act; null for always."
    )
    problems: list[AutomationProblem] | None = loaded(
        lambda automation, context: context.load.parts(problems.problems_of, automation.id),
        "What is wrong with what it points to: with any of these its runs may fail.",
        size=1,
    )


_ONE = "One of these is given, and says what type of automation it is."


@strawberry.input
class Trigger:
    """When an automation acts: one of these."""

    trigger_stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "It acts when a job enters this stage.")
    trigger_status_id: strawberry.ID | None = maybe_id_of(Kind.STATUS, "It acts when a job gets this custom status.")
    trigger_pipeline_id: strawberry.ID | None = maybe_id_of(
        Kind.PIPELINE, "It acts when a job is created in this pipeline."
    )


@input_type
class CreateAutomationInput(Trigger, Keyed):
    """An automation to add: when it acts, and what it does."""

    id: strawberry.ID | None = own_id(Kind.AUTOMATION)
    name: str = needed(f"{NAME.bounds}.")
    state: AutomationState | None = optional("DRAFT, ON or OFF; DRAFT when left out.")
    create_tasks: CreateTasksSettingsInput | None = optional(f"Tasks to add to the job. {_ONE}")
    send_organizer: SendOrganizerSettingsInput | None = optional(
        f"An organizer to draw up of a template and to send; needs the right MANAGE_ORGANIZERS. {_ONE}"
    )
    send_client_request: SendClientRequestSettingsInput | None = optional(f"What to ask the client for. {_ONE}")
    send_proposal: SendProposalSettingsInput | None = optional(
        f"A proposal to draft of a template and to send; needs the right MANAGE_PROPOSALS. {_ONE}"
    )
    send_invoice: SendInvoiceSettingsInput | None = optional(
        f"An invoice to make of a template and to send; needs the right MANAGE_INVOICES. {_ONE}"
    )
    send_email: SendEmailSettingsInput | None = optional(
        f"An e-mail to the contacts of the account who get mail. {_ONE}"
    )
    send_message: SendMessageSettingsInput | None = optional(f"A chat to open with the client. {_ONE}")
    apply_folder_template: ApplyFolderTemplateSettingsInput | None = optional(
        f"Folders that the account gets; needs the right MANAGE_DOCUMENTS. {_ONE}"
    )
    update_assignees: UpdateAssigneesSettingsInput | None = optional(
        f"Whom to assign to the job, and whom to take off. {_ONE}"
    )
    update_account_access: UpdateAccountAccessSettingsInput | None = optional(
        f"Whom to put on the account's team, and whom to take off; needs the right MANAGE_ACCOUNTS. {_ONE}"
    )
    update_tags: UpdateTagsSettingsInput | None = optional(
        f"Tags to put on the account and to take off; needs the right MANAGE_ACCOUNTS. {_ONE}"
    )
    update_client_status: UpdateClientStatusSettingsInput | None = optional(
        f"What the client is told about the job. {_ONE}"
    )
    set_status: SetStatusSettingsInput | None = optional(f"The status that the job gets. {_ONE}")
    add_wiki_page: AddWikiPageSettingsInput | None = optional(f"A wiki page to add to the job. {_ONE}")
    conditions: AutomationConditionInput | None = optional(
        f"What must hold of the job and its account for it to act: {BOUNDS}. Always when left out."
    )


@input_type
class UpdateAutomationInput(Expecting):
    """What to change about an automation. What is left out stays; settings are given whole."""

    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")
    name: str | None = change(f"{NAME.bounds}.")
    create_tasks: CreateTasksSettingsInput | None = optional("What it does, where it is of the type CREATE_TASKS.")
    send_organizer: SendOrganizerSettingsInput | None = optional(
        "What it does, where it is of the type SEND_ORGANIZER."
    )
    send_client_request: SendClientRequestSettingsInput | None = optional(
        "What it does, where it is of the type SEND_CLIENT_REQUEST."
    )
    send_proposal: SendProposalSettingsInput | None = optional("What it does, where it is of the type SEND_PROPOSAL.")
    send_invoice: SendInvoiceSettingsInput | None = optional("What it does, where it is of the type SEND_INVOICE.")
    send_email: SendEmailSettingsInput | None = optional("What it does, where it is of the type SEND_EMAIL.")
    send_message: SendMessageSettingsInput | None = optional("What it does, where it is of the type SEND_MESSAGE.")
    apply_folder_template: ApplyFolderTemplateSettingsInput | None = optional(
        "What it does, where it is of the type APPLY_FOLDER_TEMPLATE."
    )
    update_assignees: UpdateAssigneesSettingsInput | None = optional(
        "What it does, where it is of the type UPDATE_ASSIGNEES."
    )
    update_account_access: UpdateAccountAccessSettingsInput | None = optional(
        "What it does, where it is of the type UPDATE_ACCOUNT_ACCESS."
    )
    update_tags: UpdateTagsSettingsInput | None = optional("What it does, where it is of the type UPDATE_TAGS.")
    update_client_status: UpdateClientStatusSettingsInput | None = optional(
        "What it does, where it is of the type UPDATE_CLIENT_STATUS."
    )
    set_status: SetStatusSettingsInput | None = optional("What it does, where it is of the type SET_STATUS.")
    add_wiki_page: AddWikiPageSettingsInput | None = optional("What it does, where it is of the type ADD_WIKI_PAGE.")
    conditions: AutomationConditionInput | None = clearable(
        f"What must hold of the job and its account for it to act: {BOUNDS}. Null for always."
    )


@input_type
class SetAutomationStateInput(Expecting):
    """Whether an automation is to act."""

    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")
    state: AutomationState = needed("DRAFT, ON or OFF.")


@input_type
class MoveAutomationInput(Expecting):
    """Where to put an automation among those of its trigger."""

    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")
    before_automation_id: strawberry.ID | None = maybe_id_of(Kind.AUTOMATION, "Right before this one.")
    after_automation_id: strawberry.ID | None = maybe_id_of(
        Kind.AUTOMATION, "Right after this one. With neither: last."
    )


@input_type
class CopyAutomationInput(Trigger, Keyed):
    """Which automation to copy, and to where."""

    id: strawberry.ID | None = own_id(Kind.AUTOMATION)
    automation_id: strawberry.ID = id_of(Kind.AUTOMATION, "The automation.")
    name: str | None = optional(f"What the copy is called: {NAME.bounds}; as the automation when left out.")


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
    mutation(
        automations.create_automation,
        CreateAutomationInput,
        f"{automations.create_automation.summary} At one place there are {AUTOMATIONS.most} at most.",
    ),
    mutation(automations.update_automation, UpdateAutomationInput),
    mutation(automations.set_automation_state, SetAutomationStateInput),
    mutation(automations.move_automation, MoveAutomationInput),
    mutation(automations.copy_automation, CopyAutomationInput),
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
