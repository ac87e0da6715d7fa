"""Templates of client-facing statuses: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models import events
from models.actor import Actor
from models.commands.client_statuses import create_client_status, delete_client_status, update_client_status
from models.ids import Kind
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, _spot: Spot) -> UUID:
    """A template of the firm's."""
    return (await create_client_status(actor, name=f"{word} told", color="#ffffff", description=word)).value.id


SPECIMENS = Specimens(
    kind=Kind.CLIENT_STATUS, make=make, hidden_with=frozenset(), further={"second client_status": make}
)


@causes(events.ClientStatusCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await make(owner_of(world), "Waiting", Spot(world.account.id))


@causes(events.ClientStatusUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    template = await make(owner_of(world), "Waiting", Spot(world.account.id))
    yield
    await update_client_status(owner_of(world), client_status_id=template, description="For you")


@causes(events.ClientStatusDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    template = await make(owner_of(world), "Waiting", Spot(world.account.id))
    yield
    await delete_client_status(owner_of(world), client_status_id=template)
