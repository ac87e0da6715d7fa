"""Personal tokens: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from models.actor import Actor
from models.firm import personal_tokens
from models.firm.personal_tokens import create_personal_token, revoke_personal_token
from models.ids import Kind
from models.rights import Right
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_text
from tests.specimens import Specimens, Spot, of_team
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of somebody's on the account's team: nobody makes another's."""
    theirs = replace(actor, id=await of_team(spot, actor))
    return (await create_personal_token(theirs, name=hidden_text(word, Right.MANAGE_TEAM), days=30)).value.id


SPECIMENS = Specimens(
    kind=Kind.PERSONAL_TOKEN,
    make=make,
    hidden_with=frozenset(),
    facts={},
)


@causes(personal_tokens.PersonalTokenCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await create_personal_token(owner_of(world), name="Reports", days=30)


@causes(personal_tokens.PersonalTokenRevoked)
async def revoked(world: World) -> AsyncIterator[None]:
    token = (await create_personal_token(owner_of(world), name="Reports", days=30)).value
    yield
    await revoke_personal_token(owner_of(world), personal_token_id=token.id)
