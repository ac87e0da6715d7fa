"""The team: joining it, changing, leaving."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.commands.members import (
    change_password,
    create_member,
    deactivate_member,
    reactivate_member,
    set_member_rights,
    set_member_role,
    update_member,
)
from models.commands.tags import create_tag
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken, SignInRefused
from models.events import (
    MemberCreated,
    MemberDeactivated,
    MemberReactivated,
    MemberRightsChanged,
    MemberUpdated,
)
from models.ids import new_id
from models.passwords import hash_password, password_fits
from models.rights import Right, Role
from models.rows import AccountMember, Member, Session
from tests.world import World


async def present(member: Member) -> Member:
    return await Member.get(id=member.id)


async def test_a_new_member_signs_in_with_what_they_were_given(world: World) -> None:
    id = new_id()
    before = await world.revision()
    outcome = await create_member(
        world.acting(world.admin),
        email=f" New@{world.tag}.TEST",
        name=" Nina New ",
        rights=[Right.MANAGE_TAGS, Right.MANAGE_TAGS],
        capacity=1_200,
        password="a long password",
        id=id,
    )
    member = await present(outcome.value)
    assert (member.email, member.name, member.role) == (f"new@{world.tag}.test", "Nina New", Role.EMPLOYEE)
    assert (member.given, member.capacity, member.active) == (frozenset({Right.MANAGE_TAGS}), 1_200, True)
    assert await password_fits(member.password_hash, "a long password")
    assert [logged.event for logged in await world.events(before)] == [MemberCreated(member=id)]
    again = await create_member(world.acting(world.admin), email=f"new@{world.tag}.test", name="Nina", id=id)
    assert (again.value.id, again.revision) == (id, before + 1)


async def test_an_address_is_one_persons_over_all_firms(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    before = await world.revision()
    for taken in (world.employee.email.upper(), other.employee.email):
        with pytest.raises(RuleBroken) as refused:
            await create_member(world.acting(world.owner), email=taken, name="Nina New")
        assert refused.value.message == "This address cannot be used: somebody already signs in with it."
        assert refused.value.path == ("email",)
    assert await world.revision() == before


async def test_of_two_who_add_the_same_address_at_once_one_does(world: World) -> None:
    before = await world.revision()
    outcomes = await asyncio.gather(
        *(
            create_member(world.acting(member), email=f"new@{world.tag}.test", name="Nina New")
            for member in (world.owner, world.admin)
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Outcome", "RuleBroken"]
    assert await world.revision() == before + 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": " "}, "name"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 7 * 24 * 60 + 1}, "capacity"),
        ({"password": "short"}, "password"),
    ],
    ids=str,
)
async def test_a_wrong_value_adds_nobody(world: World, fields: dict[str, Any], field: str) -> None:
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await create_member(world.acting(world.owner), **{"email": f"new@{world.tag}.test", "name": "N", **fields})
    assert refused.value.path == (field,)
    assert await world.revision() == before
    assert not await Member.exists(email=f"new@{world.tag}.test")


async def test_an_update_says_what_changed(world: World) -> None:
    admin, id = world.acting(world.admin), world.employee.id
    before = await world.revision()
    outcome = await update_member(admin, member_id=id, name="Emma Expert", capacity=2_400, expected_version=1)
    assert (outcome.value.name, outcome.value.version) == ("Emma Expert", 2)
    assert [logged.event for logged in await world.events(before)] == [
        MemberUpdated(member=id, changes={"name": ("Emma Employee", "Emma Expert")})
    ]
    with pytest.raises(Conflict):
        await update_member(admin, member_id=id, capacity=0, expected_version=1)
    with pytest.raises(Invalid):
        await update_member(admin, member_id=id, capacity=-1)
    with pytest.raises(NotFound):
        await update_member(admin, member_id=new_id(), name="Nobody")
    assert (
        (await update_member(admin, member_id=id, name="Emma Expert")).revision == await world.revision() == before + 1
    )


async def test_a_demoted_admin_has_the_rights_that_were_given(world: World) -> None:
    owner, admin = world.acting(world.owner), world.acting(world.admin)
    await set_member_rights(owner, member_id=world.admin.id, rights=[Right.MANAGE_PIPELINES])
    await create_tag(admin, name="Tax", color="#2f80ed")
    demoted = (await set_member_role(owner, member_id=world.admin.id, role=Role.EMPLOYEE)).value
    assert demoted.effective == {Right.MANAGE_PIPELINES}
    with pytest.raises(Forbidden, match="MANAGE_TAGS"):
        await create_tag(admin, name="Payroll", color="#2f80ed")


async def test_rights_are_replaced(world: World) -> None:
    admin, id = world.acting(world.admin), world.employee.id
    await set_member_rights(admin, member_id=id, rights=[Right.MANAGE_TAGS, Right.VIEW_REPORTS])
    before = await world.revision()
    wanted = [Right.VIEW_REPORTS, Right.VIEW_ALL_ACCOUNTS]
    outcome = await set_member_rights(admin, member_id=id, rights=wanted, expected_version=2)
    assert (outcome.value.given, outcome.value.version) == (frozenset(wanted), 3)
    (logged,) = await world.events(before)
    assert logged.event == MemberRightsChanged(
        member=id, added=(Right.VIEW_ALL_ACCOUNTS,), removed=(Right.MANAGE_TAGS,)
    )
    assert logged.event.rescoped == {id}
    with pytest.raises(Conflict):
        await set_member_rights(admin, member_id=id, rights=[], expected_version=2)
    repeated = await set_member_rights(admin, member_id=id, rights=wanted[::-1])
    assert repeated.revision == await world.revision() == before + 1


async def test_a_deactivated_members_sessions_end_and_do_not_come_back(world: World) -> None:
    admin, emma = world.acting(world.admin), world.employee
    now = datetime.now(UTC)
    for member in (emma, world.owner):
        await Session.create(
            id=new_id(), member_id=member.id, refresh_hash="x", created_at=now, expires_at=now + timedelta(days=1)
        )
    before = await world.revision()
    await deactivate_member(admin, member_id=emma.id)
    assert (await Session.get(member_id=emma.id)).ended_at is not None
    assert (await Session.get(member_id=world.owner.id)).ended_at is None
    with pytest.raises(SignInRefused):
        await change_password(world.acting(emma), current_password="-", new_password="a long password")
    assert await AccountMember.exists(account_id=world.account.id, member_id=emma.id)
    assert (await deactivate_member(admin, member_id=emma.id)).revision == before + 1
    await reactivate_member(admin, member_id=emma.id, expected_version=2)
    assert (await reactivate_member(admin, member_id=emma.id)).revision == before + 2
    assert not await Session.exists(member_id=emma.id, ended_at__isnull=True)
    logged = await world.events(before)
    assert [entry.event for entry in logged] == [MemberDeactivated(member=emma.id), MemberReactivated(member=emma.id)]
    assert all(entry.event.rescoped == {emma.id} for entry in logged)


async def test_one_changes_ones_own_password_by_knowing_it(world: World) -> None:
    emma = world.acting(world.employee)
    await Member.filter(id=world.employee.id).update(password_hash=await hash_password("the old password"))
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await change_password(emma, current_password="not this one", new_password="the new password")
    assert refused.value.path == ("current_password",)
    with pytest.raises(Invalid) as refused:
        await change_password(emma, current_password="the old password", new_password="short")
    assert refused.value.path == ("new_password",)
    keyed = emma.calling("k1", "changePassword", {})
    await change_password(keyed, current_password="the old password", new_password="the new password")
    member = await present(world.employee)
    assert await password_fits(member.password_hash, "the new password")
    # Nobody is told, so nothing that anybody holds is out of date. And sent again, the call is still the first one.
    assert (member.version, await world.revision()) == (1, before)
    again = await change_password(keyed, current_password="the old password", new_password="the new password")
    assert again.value.id == member.id


async def test_without_a_password_there_is_none_to_change(world: World) -> None:
    with pytest.raises(Invalid):
        await change_password(
            world.acting(world.employee), current_password="nobody has this password", new_password="a long password"
        )
    assert (await present(world.employee)).password_hash is None
