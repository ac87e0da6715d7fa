"""The firm's roles at accounts, and who holds them where."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from models.commands.members import deactivate_member
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.account_roles import (
    AccountRole,
    AccountRoleCreated,
    AccountRoleDeleted,
    AccountRoleHolder,
    AccountRoleHoldersChanged,
    AccountRoleUpdated,
    create_account_role,
    delete_account_role,
    holders_at,
    set_account_role_holders,
    update_account_role,
)
from models.ids import new_id
from models.rights import Right, Role
from models.rows import Account, Member
from models.viewers import viewer
from tests.domain.refusal import refused
from tests.world import World


async def new_role(world: World, name: str = "Preparer") -> AccountRole:
    """A role of the firm's."""
    return (await create_account_role(world.acting(world.owner), name=name)).value


async def give(
    world: World, role: AccountRole, *members: Member, by: Member | None = None, account: Account | None = None
) -> Account:
    """Have just these members hold a role at an account."""
    outcome = await set_account_role_holders(
        world.acting(by or world.owner),
        account_id=(account or world.account).id,
        account_role_id=role.id,
        member_ids=[member.id for member in members],
    )
    return outcome.value


async def held_at(account: Account) -> list[tuple[UUID, Sequence[UUID]]]:
    """Who holds which role at an account."""
    return [(held.role_id, held.member_ids) for held in (await holders_at([account.id]))[account.id]]


async def test_a_role_is_added_once(world: World) -> None:
    owner, id = world.acting(world.owner), new_id()
    before = await world.revision()
    first = await create_account_role(owner, name=" Preparer ", id=id)
    again = await create_account_role(owner, name="Preparer", id=id)
    assert first.value.name == "Preparer"
    assert again.revision == first.revision == await world.revision() == before + 1
    assert [logged.event for logged in await world.events(before)] == [AccountRoleCreated(account_role=id)]


@pytest.mark.parametrize("name", ["Straße", "straße", "STRASSE"])
async def test_a_name_is_taken_in_any_case(world: World, name: str) -> None:
    await new_role(world, "Straße")
    other = await new_role(world, "Reviewer")
    async with refused(world, RuleBroken, "name", match="already"):
        await new_role(world, name)
    async with refused(world, RuleBroken, "name", match="already"):
        await update_account_role(world.acting(world.owner), account_role_id=other.id, name=name)
    assert {role.name for role in await AccountRole.filter(firm_id=world.firm.id)} == {"Straße", "Reviewer"}


async def test_of_those_who_add_the_same_role_at_once_one_does(world: World) -> None:
    before = await world.revision()
    names = ("preparer", "PREPARER", "Preparer")
    outcomes = await asyncio.gather(*(new_role(world, name) for name in names * 2), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AccountRole"] + ["RuleBroken"] * 5
    assert await world.revision() == before + 1


async def test_a_role_gets_another_name(world: World) -> None:
    owner, role = world.acting(world.owner), await new_role(world)
    before = await world.revision()
    renamed = (await update_account_role(owner, account_role_id=role.id, name="preparer", expected_version=1)).value
    assert (renamed.name, renamed.version) == ("preparer", 2)
    await update_account_role(owner, account_role_id=role.id, name="preparer")
    assert [logged.event for logged in await world.events(before)] == [
        AccountRoleUpdated(account_role=role.id, changes={"name": ("Preparer", "preparer")})
    ]
    async with refused(world, Conflict, "expected_version"):
        await update_account_role(owner, account_role_id=role.id, name="Reviewer", expected_version=1)


async def test_members_hold_it_at_an_account(world: World) -> None:
    reviewer, preparer = await new_role(world, "Reviewer"), await new_role(world)
    before, version = await world.revision(), world.account.version
    await give(world, reviewer, world.owner)
    # By name, whatever the order that they are given in: Adam, Emma, Olive.
    account = await give(world, preparer, world.employee, world.admin)
    assert account.version == version + 2
    assert await held_at(world.account) == [
        (preparer.id, [world.admin.id, world.employee.id]),
        (reviewer.id, [world.owner.id]),
    ]
    await give(world, preparer, world.admin)
    await give(world, preparer, world.admin)
    of = {"account": world.account.id, "account_role": preparer.id}
    assert [logged.event for logged in await world.events(before)][1:] == [
        AccountRoleHoldersChanged(**of, added=(world.employee.id, world.admin.id), removed=()),
        AccountRoleHoldersChanged(**of, added=(), removed=(world.employee.id,)),
    ]
    await give(world, preparer)
    assert await held_at(world.account) == [(reviewer.id, [world.owner.id])]


async def test_it_gives_no_right_and_no_sight(world: World) -> None:
    before = await viewer(world.stranger.id)
    await give(world, await new_role(world), world.stranger)
    after = await viewer(world.stranger.id)
    assert before is not None
    assert after is not None
    assert after.scope == before.scope
    assert world.account.id not in (after.scope.accounts or ())


async def test_who_may_not(world: World) -> None:
    role = await new_role(world)
    employee = world.acting(world.employee)
    async with refused(world, Forbidden, match="MANAGE_ACCOUNTS"):
        await create_account_role(employee, name="Reviewer")
    async with refused(world, Forbidden, match="MANAGE_ACCOUNTS"):
        await update_account_role(employee, account_role_id=role.id, name="Reviewer")
    async with refused(world, Forbidden, match="MANAGE_ACCOUNTS"):
        await delete_account_role(employee, account_role_id=role.id)
    async with refused(world, Forbidden, match="MANAGE_ACCOUNTS"):
        await give(world, role, world.employee, by=world.employee)
    assert [role.name for role in await AccountRole.filter(firm_id=world.firm.id)] == ["Preparer"]
    assert await held_at(world.account) == []


async def test_only_at_accounts_that_are_seen(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_ACCOUNTS)
    role = await new_role(world)
    async with refused(world, NotFound, "account_id"):
        await give(world, role, manager, by=manager)
    theirs = await world.new_account("Initech", manager)
    await give(world, role, manager, by=manager, account=theirs)
    assert await held_at(world.account) == []
    assert await held_at(theirs) == [(role.id, [manager.id])]


async def test_another_firms_roles_and_members_do_not_exist(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    theirs, ours = await new_role(other), await new_role(world)
    async with refused(world, NotFound, "account_role_id"):
        await give(world, theirs, world.admin)
    async with refused(world, NotFound, "member_ids"):
        await give(world, ours, other.admin)
    async with refused(world, NotFound, "account_id"):
        await give(world, ours, world.admin, account=other.account)
    async with refused(world, Invalid, "id"):
        await create_account_role(world.acting(world.owner), name="Reviewer", id=theirs.id)
    assert await held_at(other.account) == await held_at(world.account) == []


async def test_a_deactivated_member_goes_on_to_hold_it_and_nobody_newly_gives_it_to_one(world: World) -> None:
    preparer, reviewer = await new_role(world), await new_role(world, "Reviewer")
    await give(world, preparer, world.employee)
    await deactivate_member(world.acting(world.owner), member_id=world.employee.id)
    assert await held_at(world.account) == [(preparer.id, [world.employee.id])]
    await give(world, preparer, world.employee, world.admin)
    async with refused(world, RuleBroken, "member_ids", match="deactivated"):
        await give(world, reviewer, world.employee)
    await give(world, preparer, world.admin)
    async with refused(world, RuleBroken, "member_ids", match="deactivated"):
        await give(world, preparer, world.employee)
    assert await held_at(world.account) == [(preparer.id, [world.admin.id])]


async def test_so_many_hold_it_at_most(world: World) -> None:
    role = await new_role(world)
    async with refused(world, Invalid, "member_ids", match="at most 100"):
        await set_account_role_holders(
            world.acting(world.owner),
            account_id=world.account.id,
            account_role_id=role.id,
            member_ids=[new_id() for _ in range(101)],
        )


async def test_deleting_it_takes_it_from_all_accounts(world: World) -> None:
    owner, role, kept = world.acting(world.owner), await new_role(world), await new_role(world, "Reviewer")
    second = await world.new_account("Initech")
    for account in (world.account, second):
        await give(world, role, world.admin, world.employee, account=account)
        await give(world, kept, world.admin, account=account)
    before, version = await world.revision(), (await Account.get(id=second.id)).version
    await delete_account_role(owner, account_role_id=role.id)
    assert await world.revision() == before + 1
    holders = tuple(sorted([world.admin.id, world.employee.id]))
    taken = [
        AccountRoleHoldersChanged(account=account, account_role=role.id, added=(), removed=holders)
        for account in sorted([world.account.id, second.id])
    ]
    deleted = AccountRoleDeleted(account_role=role.id, name="Preparer")
    assert [logged.event for logged in await world.events(before)] == [*taken, deleted]
    assert (await Account.get(id=second.id)).version == version + 1
    for account in (world.account, second):
        assert await held_at(account) == [(kept.id, [world.admin.id])]


async def test_what_is_given_while_it_is_deleted_goes_with_it(world: World) -> None:
    for number in range(5):
        role = await new_role(world, f"Role {number}")
        outcomes = await asyncio.gather(
            give(world, role, world.admin),
            delete_account_role(world.acting(world.owner), account_role_id=role.id),
            give(world, role, world.employee),
            return_exceptions=True,
        )
        unexpected = [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, NotFound)]
        assert unexpected == []
    assert not await AccountRoleHolder.filter(account_id=world.account.id).exists()
