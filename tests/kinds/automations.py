"""Automations: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.automation import events
from models.automation.automations import create_automation, delete_automation, update_automation
from models.automation.tag_settings import TagSettings
from models.commands.tags import create_tag
from models.ids import Kind
from models.rows import AutomationState, Job, Pipeline, Stage, Tag
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def stage_of(actor: Actor, spot: Spot) -> UUID:
    """The stage of the spot's job, or the first one of the firm's first pipeline."""
    if spot.job is not None:
        return (await Job.get(id=spot.job)).stage_id
    pipeline = await Pipeline.filter(firm_id=actor.firm_id).order_by("id").first()
    assert pipeline is not None
    return (await Stage.filter(pipeline_id=pipeline.id).order_by("position").first()).id  # type: ignore[union-attr]


async def a_tag(actor: Actor) -> UUID:
    """A further tag of the firm."""
    present = await Tag.filter(firm_id=actor.firm_id).count()
    return (await create_tag(actor, name=f"Tag {present} of automations", color="#123abc")).value.id


async def _make(actor: Actor, word: str, **trigger: UUID) -> UUID:
    tags = TagSettings(add_tag_ids=(await a_tag(actor),))
    made = create_automation(actor, name=f"{word} tags", state=AutomationState.ON, update_tags=tags, **trigger)
    return (await made).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on a stage, that puts a tag of its own on the account."""
    return await _make(actor, word, trigger_stage_id=await stage_of(actor, spot))


async def make_of_status(actor: Actor, word: str, spot: Spot) -> UUID:
    """One under the custom status of a job."""
    return await _make(actor, word, trigger_status_id=(await Job.get(id=spot.job)).status_id)


async def make_of_creation(actor: Actor, word: str, spot: Spot) -> UUID:
    """One for jobs that are created in the pipeline of a job."""
    return await _make(actor, word, trigger_pipeline_id=(await Job.get(id=spot.job)).pipeline_id)


SPECIMENS = Specimens(
    kind=Kind.AUTOMATION,
    make=make,
    hidden_with=frozenset({"pipeline"}),
    further={"automation of a status": make_of_status, "automation of creations": make_of_creation},
    chosen={
        "createAutomation.removeTagIds": "second tag",
        "updateAutomation.removeTagIds": "second tag",
    },
    not_any_more={"updateAutomation": ["UPDATE automation SET (name, failures) = (' ', 0) WHERE id = $1"]},
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
    tag = await a_tag(owner_of(world))
    yield
    other = TagSettings(remove_tag_ids=(tag,))
    await update_automation(owner_of(world), automation_id=automation, name="Renamed", update_tags=other)


@causes(events.AutomationDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    automation = await _one(world)
    yield
    await delete_automation(owner_of(world), automation_id=automation)
