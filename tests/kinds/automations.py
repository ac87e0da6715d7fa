"""Automations: how one of each type is made, and how their events come about."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from models import events
from models.actor import Actor
from models.automation.asking_settings import OrganizerSettings, RequestSettings
from models.automation.automations import (
    create_automation,
    delete_automation,
    move_automation,
    update_automation,
)
from models.automation.conditions import Condition
from models.automation.people_settings import AccessSettings, AssigneeSettings
from models.automation.settings import Settings
from models.automation.status_settings import ClientStatusSettings, StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.template_settings import FolderSettings, InvoiceSettings, ProposalSettings
from models.automation.text_settings import EmailSettings, MessageSettings, WikiPageSettings
from models.commands.tags import create_tag, delete_tag
from models.firm.account_roles import AccountRole
from models.ids import Kind
from models.rights import Right
from models.rows import AutomationState, AutomationType, ClientStatus, Firm, Job, Pipeline, Priority, Stage, Tag
from models.templates.content import TemplateKind
from models.templates.job_tasks import JobTask
from models.templates.templates import Template
from tests.kinds import account_roles, client_statuses, templates
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_text
from tests.specimens import Make, Specimens, Spot, of_team
from tests.world import World

_TEMPLATES: Mapping[TemplateKind, Make] = {
    TemplateKind.TASK: templates.make,
    TemplateKind.CLIENT_REQUEST: templates.make_request,
    TemplateKind.ORGANIZER: templates.make_organizer,
    TemplateKind.INVOICE: templates.make_invoice,
    TemplateKind.PROPOSAL: templates.make_proposal,
    TemplateKind.EMAIL: templates.make_email,
    TemplateKind.FOLDER_TREE: templates.make_folders,
}


def _hidden(text: str) -> str:
    return hidden_text(text, Right.MANAGE_PIPELINES)


async def own(actor: Actor) -> str:
    """What is said in no other firm, and is no secret in this one."""
    name: str = (await Firm.get(id=actor.firm_id)).name
    return name


async def template(actor: Actor, kind: TemplateKind, spot: Spot) -> UUID:
    """A template of this kind, which everybody sees."""
    found = await Template.filter(firm_id=actor.firm_id, template_kind=kind).order_by("id").first()
    return await _TEMPLATES[kind](actor, await own(actor), spot) if found is None else found.id


async def a_tag(actor: Actor) -> UUID:
    """A tag that automations put on accounts. Everybody sees it: there is one, however many automations are made."""
    name = f"Automations of {await own(actor)}"
    found = await Tag.filter(firm_id=actor.firm_id, name=name).first()
    return (await create_tag(actor, name=name, color="#123abc")).value.id if found is None else found.id


async def _role(actor: Actor, spot: Spot) -> UUID:
    found = await AccountRole.filter(firm_id=actor.firm_id).order_by("id").first()
    return await account_roles.make_loose(actor, await own(actor), spot) if found is None else found.id


async def stage_of(actor: Actor, spot: Spot) -> UUID:
    """The stage of the spot's job, or the first one of the firm's first pipeline."""
    if spot.job is not None:
        return (await Job.get(id=spot.job)).stage_id
    pipeline = await Pipeline.filter(firm_id=actor.firm_id).order_by("id").first()
    assert pipeline is not None
    return (await Stage.filter(pipeline_id=pipeline.id).order_by("position").first()).id  # type: ignore[union-attr]


async def _tasks(actor: Actor, word: str, spot: Spot) -> TaskSettings:
    of_template = await template(actor, TemplateKind.TASK, spot)
    roles = (await _role(actor, spot),)
    task = JobTask(_hidden(f"{word} [ACCOUNT_NAME]"), word, assignee_role_ids=roles, checklist=(f"{word} [PERIOD]",))
    return TaskSettings((of_template,), (task,))


async def _organizer(actor: Actor, _word: str, spot: Spot) -> OrganizerSettings:
    return OrganizerSettings(await template(actor, TemplateKind.ORGANIZER, spot))


async def _request(actor: Actor, _word: str, spot: Spot) -> RequestSettings:
    status = None if spot.job is None else (await Job.get(id=spot.job)).status_id
    return RequestSettings(await template(actor, TemplateKind.CLIENT_REQUEST, spot), status)


async def _proposal(actor: Actor, _word: str, spot: Spot) -> ProposalSettings:
    return ProposalSettings(await template(actor, TemplateKind.PROPOSAL, spot))


async def _invoice(actor: Actor, _word: str, spot: Spot) -> InvoiceSettings:
    return InvoiceSettings(await template(actor, TemplateKind.INVOICE, spot))


async def _folders(actor: Actor, _word: str, spot: Spot) -> FolderSettings:
    return FolderSettings(await template(actor, TemplateKind.FOLDER_TREE, spot))


async def _email(_actor: Actor, word: str, _spot: Spot) -> EmailSettings:
    return EmailSettings(subject=_hidden(f"{word} [JOB_NAME]"), text=f"Dear [CONTACT_NAME], {_hidden(word)}")


async def _message(_actor: Actor, word: str, _spot: Spot) -> MessageSettings:
    return MessageSettings(_hidden(word), _hidden(f"{word} [FIRM_NAME]"), (_hidden(f"{word} [PERIOD]"),))


async def _assignees(actor: Actor, _word: str, spot: Spot) -> AssigneeSettings:
    return AssigneeSettings(add_member_ids=(await of_team(spot, actor),), add_role_ids=(await _role(actor, spot),))


async def _access(actor: Actor, _word: str, spot: Spot) -> AccessSettings:
    return AccessSettings(add_member_ids=(await of_team(spot, actor),), remove_role_ids=(await _role(actor, spot),))


async def _tags(actor: Actor, _word: str, _spot: Spot) -> TagSettings:
    return TagSettings(add_tag_ids=(await a_tag(actor),))


async def _client_status(actor: Actor, _word: str, spot: Spot) -> ClientStatusSettings:
    found = await ClientStatus.filter(firm_id=actor.firm_id).order_by("id").first()
    status = await client_statuses.make(actor, await own(actor), spot) if found is None else found.id
    return ClientStatusSettings(status, visible=True)


async def _status(_actor: Actor, _word: str, spot: Spot) -> StatusSettings:
    return StatusSettings((await Job.get(id=spot.job)).status_id)


async def _wiki_page(_actor: Actor, word: str, _spot: Spot) -> WikiPageSettings:
    return WikiPageSettings(_hidden(f"{word} [ACCOUNT_NAME]"), _hidden(word))


#: What an automation of each type does, at a spot.
SETTINGS: Mapping[AutomationType, Callable[[Actor, str, Spot], Awaitable[Settings]]] = {
    AutomationType.CREATE_TASKS: _tasks,
    AutomationType.SEND_ORGANIZER: _organizer,
    AutomationType.SEND_CLIENT_REQUEST: _request,
    AutomationType.SEND_PROPOSAL: _proposal,
    AutomationType.SEND_INVOICE: _invoice,
    AutomationType.SEND_EMAIL: _email,
    AutomationType.SEND_MESSAGE: _message,
    AutomationType.APPLY_FOLDER_TEMPLATE: _folders,
    AutomationType.UPDATE_ASSIGNEES: _assignees,
    AutomationType.UPDATE_ACCOUNT_ACCESS: _access,
    AutomationType.UPDATE_TAGS: _tags,
    AutomationType.UPDATE_CLIENT_STATUS: _client_status,
    AutomationType.SET_STATUS: _status,
    AutomationType.ADD_WIKI_PAGE: _wiki_page,
}


async def make_with(actor: Actor, name: str, settings: Settings, **more: Any) -> UUID:
    """One with these settings."""
    given: dict[str, Any] = {settings.type.field: settings, **more}
    return (await create_automation(actor, name=name, **given)).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on a stage that adds tasks, under conditions."""
    role = await _role(actor, spot)
    urgent = Condition(none=(Condition(priorities=(Priority.LOW, Priority.MEDIUM)),))
    asked = Condition(any=(Condition(account_tag_ids=(await a_tag(actor),)), Condition(account_role_id=role), urgent))
    stage, tasks = await stage_of(actor, spot), await _tasks(actor, word, spot)
    return await make_with(actor, f"{word} tasks", tasks, trigger_stage_id=stage, conditions=asked)


def _of_type(type: AutomationType) -> Make:
    async def make_one(actor: Actor, word: str, spot: Spot) -> UUID:
        settings = await SETTINGS[type](actor, word, spot)
        return await make_with(actor, f"{word} {type}", settings, trigger_stage_id=await stage_of(actor, spot))

    return make_one


async def make_of_status(actor: Actor, word: str, spot: Spot) -> UUID:
    """One under the custom status of a job."""
    status = (await Job.get(id=spot.job)).status_id
    return await make_with(actor, f"{word} tags", await _tags(actor, word, spot), trigger_status_id=status)


async def make_on(actor: Actor, word: str, stage: UUID) -> UUID:
    """One that is on, on a stage, under no conditions."""
    tags = TagSettings(add_tag_ids=(await a_tag(actor),))
    return await make_with(actor, f"{word} tags", tags, trigger_stage_id=stage, state=AutomationState.ON)


async def make_of_creation(actor: Actor, word: str, spot: Spot) -> UUID:
    """One for jobs that are created in the pipeline of a job."""
    pipeline = (await Job.get(id=spot.job)).pipeline_id
    return await make_with(actor, f"{word} tags", await _tags(actor, word, spot), trigger_pipeline_id=pipeline)


async def make_on_second_stage(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on the second stage of the pipeline of a job: where that is moved to."""
    pipeline = (await Job.get(id=spot.job)).pipeline_id
    _, stage, *_ = await Stage.filter(pipeline_id=pipeline).order_by("position", "id")
    return await make_with(actor, f"{word} tags", await _tags(actor, word, spot), trigger_stage_id=stage.id)


SPECIMENS = Specimens(
    kind=Kind.AUTOMATION,
    make=make,
    hidden_with=frozenset({"pipeline"}),
    further={
        **{f"automation of {type}": _of_type(type) for type in AutomationType},
        "automation of a status": make_of_status,
        "automation of creations": make_of_creation,
        "automation of the second stage": make_on_second_stage,
    },
    chosen={
        "moveJob.skipAutomations": "automation of the second stage",
        "moveJobs.skipAutomations": "automation of the second stage",
        "moveAutomation.afterAutomationId": "automation of UPDATE_TAGS",
        "moveAutomation.beforeAutomationId": "automation of UPDATE_TAGS",
    },
    not_any_more={
        "updateAutomation": [
            "WITH kept AS (UPDATE automation_settings SET settings = settings || "
            """'{"tasks": []}' WHERE automation_id = $1) """
            "UPDATE automation SET (name, failures) = (' ', 0) WHERE id = $1"
        ]
    },
)


async def _one(world: World) -> UUID:
    return await make(owner_of(world), "Usual", Spot(world.account.id, (await world.job()).id))


@causes(events.AutomationCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await _one(world)


@causes(events.AutomationUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    automation = await _one(world)
    yield
    other = TaskSettings(tasks=(JobTask("Call [ACCOUNT_NAME]"),))
    await update_automation(
        owner_of(world), automation_id=automation, name="Renamed", create_tasks=other, conditions=None
    )


@causes(events.AutomationMoved)
async def moved(world: World) -> AsyncIterator[None]:
    automation = await _one(world)
    await _one(world)
    yield
    await move_automation(owner_of(world), automation_id=automation)


@causes(events.AutomationPointsElsewhere)
async def points_elsewhere(world: World) -> AsyncIterator[None]:
    owner = owner_of(world)
    tag, stage = await a_tag(owner), (await world.job()).stage_id
    await make_with(owner, "Tags", TagSettings(add_tag_ids=(tag,)), trigger_stage_id=stage)
    yield
    await delete_tag(owner, tag_id=tag)


@causes(events.AutomationDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    automation = await _one(world)
    yield
    await delete_automation(owner_of(world), automation_id=automation)
