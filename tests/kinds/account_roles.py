"""Account roles: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.firm import account_roles
from models.firm.account_roles import (
    create_account_role,
    delete_account_role,
    set_account_role_holders,
    update_account_role,
)
from models.ids import Kind, new_id
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot, of_team
from tests.world import World


async def make_loose(actor: Actor, word: str, _spot: Spot) -> UUID:
    """A role of this name, which nobody holds."""
    present = await account_roles.AccountRole.filter(firm_id=actor.firm_id).count()
    return (await create_account_role(actor, name=f"{word} role {present}")).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A role of this name, which somebody on the account's team holds there."""
    role = await make_loose(actor, word, spot)
    held_by = await of_team(spot, actor)
    await set_account_role_holders(actor, account_id=spot.account, account_role_id=role, member_ids=[held_by])
    return role


SPECIMENS = Specimens(
    kind=Kind.ACCOUNT_ROLE,
    make=make,
    hidden_with=frozenset(),
    further={"loose account_role": make_loose},
    chosen={"setAccountRoleHolders.memberIds": "second member"},
    not_any_more={
        "setAccountRoleHolders": [
            "UPDATE member SET active = false "
            "WHERE id IN (SELECT member_id FROM account_role_holder WHERE account_id = $1)"
        ],
        "updateAccountRole": [r"UPDATE account_role SET name = E'\t' WHERE id = $1"],
    },
)


async def held(world: World) -> UUID:
    """A role that the admin holds at the world's account."""
    role = (await create_account_role(owner_of(world), name=f"Preparer {new_id()}")).value
    await give(world, role.id, world.admin.id)
    return role.id


async def give(world: World, role: UUID, *members: UUID) -> None:
    """Have just these members hold a role at the world's account."""
    account = world.account.id
    await set_account_role_holders(owner_of(world), account_id=account, account_role_id=role, member_ids=members)


@causes(account_roles.AccountRoleCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await create_account_role(owner_of(world), name=f"Preparer {new_id()}")


@causes(account_roles.AccountRoleUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    role = await held(world)
    yield
    await update_account_role(owner_of(world), account_role_id=role, name="Reviewer")


@causes(account_roles.AccountRoleDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    role = await held(world)
    yield
    await delete_account_role(owner_of(world), account_role_id=role)


@causes(account_roles.AccountRoleHoldersChanged)
async def holders_changed(world: World) -> AsyncIterator[None]:
    role = await held(world)
    yield
    await give(world, role, world.employee.id, world.stranger.id)
