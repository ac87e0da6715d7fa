"""Who may do what to whom in the team, and what nobody may."""

import asyncio
from typing import Any

import pytest

from models.command import Outcome
from models.commands.members import (
    create_member,
    deactivate_member,
    reactivate_member,
    set_member_rights,
    set_member_role,
    transfer_ownership,
    update_member,
)
from models.errors import Code, Forbidden, NotFound, Refusal, RuleBroken, SignInRefused
from models.events import MemberRoleChanged
from models.rights import Right, Role
from models.rows import Member
from tests.world import World

LEAD = (Right.MANAGE_TEAM, Right.MANAGE_TAGS)


async def lead(world: World) -> Member:
    """An employee who manages the team, and tags."""
    return await world.member("Lena Lead", Role.EMPLOYEE, *LEAD)


async def present(member: Member) -> Member:
    return await Member.get(id=member.id)


@pytest.mark.parametrize(
    ("who", "role", "code"),
    [
        ("owner", Role.ADMIN, None),
        ("admin", Role.ADMIN, Code.FORBIDDEN),
        ("lead", Role.ADMIN, Code.FORBIDDEN),
        ("lead", Role.EMPLOYEE, None),
        ("owner", Role.OWNER, Code.RULE),
        ("admin", Role.OWNER, Code.RULE),
    ],
)
async def test_who_may_add_whom(world: World, who: str, role: Role, code: Code | None) -> None:
    actor = world.acting(await lead(world) if who == "lead" else getattr(world, who))
    before = await world.revision()
    attempt = create_member(actor, email=f"new@{world.tag}.test", name="Nina New", role=role)
    assert await code_of(attempt) == code
    assert await world.revision() == before + (code is None)
    assert await Member.exists(email=f"new@{world.tag}.test") is (code is None)


@pytest.mark.parametrize(
    ("who", "whom", "role", "code"),
    [
        ("owner", "employee", Role.ADMIN, None),
        ("owner", "admin", Role.EMPLOYEE, None),
        ("admin", "employee", Role.ADMIN, Code.FORBIDDEN),
        ("admin", "admin", Role.EMPLOYEE, Code.FORBIDDEN),
        ("lead", "employee", Role.ADMIN, Code.FORBIDDEN),
        ("lead", "lead", Role.ADMIN, Code.FORBIDDEN),
        ("owner", "employee", Role.OWNER, Code.RULE),
        ("owner", "owner", Role.ADMIN, Code.RULE),
        ("admin", "owner", Role.EMPLOYEE, Code.RULE),
    ],
)
async def test_only_the_owner_makes_and_unmakes_admins(
    world: World, who: str, whom: str, role: Role, code: Code | None
) -> None:
    people = {"owner": world.owner, "admin": world.admin, "employee": world.employee, "lead": await lead(world)}
    member = people[whom]
    before = await world.revision()
    attempt = set_member_role(world.acting(people[who]), member_id=member.id, role=role, expected_version=1)
    assert await code_of(attempt) == code
    assert (await present(member)).role is (role if code is None else member.role)
    events = [logged.event for logged in await world.events(before)]
    assert events == ([] if code else [MemberRoleChanged(member=member.id, from_role=member.role, to_role=role)])


@pytest.mark.parametrize(
    ("has", "gets", "message"),
    [
        ((), LEAD, None),
        (LEAD, (), None),
        ((), (Right.VIEW_REPORTS,), "VIEW_REPORTS"),
        ((Right.VIEW_REPORTS,), (), "VIEW_REPORTS"),
        # Not even to give what they hold: this colleague is above them.
        ((Right.VIEW_REPORTS,), (Right.VIEW_REPORTS, Right.MANAGE_TAGS), "VIEW_REPORTS"),
    ],
)
async def test_whoever_manages_the_team_gives_and_takes_only_rights_of_their_own(
    world: World, has: tuple[Right, ...], gets: tuple[Right, ...], message: str | None
) -> None:
    lena, member = world.acting(await lead(world)), await world.member("Carl Colleague", Role.EMPLOYEE, *has)
    before = await world.revision()
    if message is None:
        await set_member_rights(lena, member_id=member.id, rights=gets)
        assert (await present(member)).given == set(gets)
        return
    with pytest.raises(Forbidden, match=message):
        await set_member_rights(lena, member_id=member.id, rights=gets)
    with pytest.raises(Forbidden, match="VIEW_REPORTS"):
        await create_member(lena, email=f"n@{world.tag}.test", name="N", rights=[*LEAD, Right.VIEW_REPORTS])
    assert await world.revision() == before
    assert (await present(member)).given == set(has)


async def test_whoever_manages_the_team_raises_neither_themselves_nor_touches_a_leader(world: World) -> None:
    lena = await lead(world)
    everything = await world.member("Eve Everything", Role.EMPLOYEE, *Right)
    before = await world.revision()
    with pytest.raises(Forbidden):
        await set_member_rights(world.acting(lena), member_id=lena.id, rights=list(Right))
    for leader in (world.admin, world.owner):
        with pytest.raises(Forbidden, match="above"):
            await set_member_rights(world.acting(everything), member_id=leader.id, rights=[Right.MANAGE_TAGS])
    assert await world.revision() == before
    await set_member_rights(world.acting(lena), member_id=lena.id, rights=[])
    with pytest.raises(Forbidden):
        await set_member_rights(world.acting(lena), member_id=lena.id, rights=LEAD)


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        ("owner", "admin", None),
        ("admin", "employee", None),
        ("lead", "employee", None),
        ("admin", "admin2", Code.FORBIDDEN),
        ("lead", "admin", Code.FORBIDDEN),
        ("lead", "reporter", Code.FORBIDDEN),
        ("admin", "owner", Code.RULE),
        ("owner", "owner", Code.RULE),
        ("admin", "admin", Code.RULE),
        ("lead", "lead", Code.RULE),
    ],
)
async def test_who_may_shut_whom_out(world: World, who: str, whom: str, code: Code | None) -> None:
    people = {"owner": world.owner, "admin": world.admin, "employee": world.employee, "lead": await lead(world)}
    people["admin2"] = await world.member("Ada Admin", Role.ADMIN)
    people["reporter"] = await world.member("Rita Reporter", Role.EMPLOYEE, Right.VIEW_REPORTS)
    actor, member = world.acting(people[who]), people[whom]
    before = await world.revision()
    assert await code_of(deactivate_member(actor, member_id=member.id, expected_version=1)) == code
    assert (await present(member)).active is (code is not None)
    assert await world.revision() == before + (code is None)
    if code is Code.FORBIDDEN:
        await Member.filter(id=member.id).update(active=False)
        assert await code_of(reactivate_member(actor, member_id=member.id)) == code
        assert not (await present(member)).active
        assert await world.revision() == before


async def test_the_owner_hands_over(world: World) -> None:
    before = await world.revision()
    outcome = await transfer_ownership(world.acting(world.owner), member_id=world.employee.id)
    assert (outcome.value.id, outcome.value.role) == (world.employee.id, Role.OWNER)
    assert outcome.revision == before + 1
    assert [logged.event for logged in await world.events(before)] == [
        MemberRoleChanged(member=world.owner.id, from_role=Role.OWNER, to_role=Role.ADMIN),
        MemberRoleChanged(member=world.employee.id, from_role=Role.EMPLOYEE, to_role=Role.OWNER),
    ]
    with pytest.raises(Forbidden, match="OWNER"):
        await transfer_ownership(world.acting(world.owner), member_id=world.owner.id)
    await set_member_role(world.acting(world.employee), member_id=world.owner.id, role=Role.EMPLOYEE)


async def test_ownership_goes_only_to_another_active_member_of_the_firm(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    await Member.filter(id=world.stranger.id).update(active=False)
    before = await world.revision()
    for member, refusal in ((world.owner, RuleBroken), (world.stranger, RuleBroken), (other.admin, NotFound)):
        with pytest.raises(refusal):
            await transfer_ownership(world.acting(world.owner), member_id=member.id)
    with pytest.raises(Forbidden):
        await transfer_ownership(world.acting(world.admin), member_id=world.admin.id)
    assert await world.revision() == before
    assert (await present(world.owner)).role is Role.OWNER


async def test_two_hand_overs_at_once_leave_one_owner(world: World) -> None:
    owner = world.acting(world.owner)
    outcomes = await asyncio.gather(
        transfer_ownership(owner, member_id=world.admin.id),
        transfer_ownership(owner, member_id=world.employee.id),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Forbidden", "Outcome"]
    assert await Member.filter(firm_id=world.firm.id, role=Role.OWNER).count() == 1


async def test_many_changes_of_the_team_at_once_wait_for_each_other(world: World) -> None:
    # Each holds the member who makes it and the one it is about: without turns they would wait in circles.
    owner, admin = world.acting(world.owner), world.acting(world.admin)
    outcomes = await asyncio.gather(
        *(transfer_ownership(owner, member_id=world.admin.id) for _ in range(6)),
        *(update_member(owner, member_id=world.owner.id, capacity=minutes) for minutes in range(6)),
        *(deactivate_member(admin, member_id=world.owner.id) for _ in range(3)),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} <= {Outcome, Forbidden, RuleBroken, SignInRefused}, outcomes
    assert await Member.filter(firm_id=world.firm.id, role=Role.OWNER).count() == 1


async def code_of(attempt: Any) -> Code | None:
    """How it was refused; None when it was not."""
    try:
        assert isinstance(await attempt, Outcome)
    except Refusal as refusal:
        return refusal.code
    return None
