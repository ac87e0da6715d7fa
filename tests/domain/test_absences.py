"""Members' days off: whose, which days, and who sees them."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models import command
from models.commands.members import deactivate_member
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.absences import (
    Absence,
    AbsenceCreated,
    AbsenceDeleted,
    AbsenceEvent,
    AbsenceUpdated,
    add_absence,
    delete_absence,
    update_absence,
)
from models.ids import new_id
from models.rights import Right, Role
from models.rows import Member
from models.viewers import viewer
from models.visibility import own, shown
from tests.domain.refusal import refused
from tests.world import World

MONDAY, FRIDAY = date(2026, 12, 21), date(2026, 12, 25)


async def week_off(world: World, member: Member, by: Member | None = None, **fields: Any) -> Absence:
    """The week of the member's, added by themselves or by somebody else."""
    fields = {"first_day": MONDAY, "last_day": FRIDAY, "member_id": member.id, **fields}
    return (await add_absence(world.acting(by or member), **fields)).value


async def days_of(member: Member) -> list[tuple[date, date]]:
    return await Absence.filter(member_id=member.id).order_by("first_day").values_list("first_day", "last_day")


async def test_ones_own_days_need_no_right(world: World) -> None:
    before = await world.revision()
    absence = await week_off(world, world.employee, note=" Skiing\r\n")
    assert (absence.first_day, absence.last_day, absence.note) == (MONDAY, FRIDAY, " Skiing\n")
    me = world.acting(world.employee)
    changed = (await update_absence(me, absence_id=absence.id, last_day=MONDAY, note="Ill")).value
    assert changed.version == 2
    await delete_absence(me, absence_id=absence.id)
    told = {"absence": absence.id, "member": world.employee.id}
    changes = {"last_day": (str(FRIDAY), str(MONDAY)), "note": (" Skiing\n", "Ill")}
    assert [logged.event for logged in await world.events(before)] == [
        AbsenceCreated(**told),
        AbsenceUpdated(**told, changes=changes),
        AbsenceDeleted(**told, first_day=MONDAY, last_day=MONDAY),
    ]
    assert await days_of(world.employee) == []


async def test_without_a_member_it_is_ones_own(world: World) -> None:
    added = await add_absence(world.acting(world.employee), first_day=MONDAY, last_day=MONDAY)
    assert added.value.member_id == world.employee.id


async def test_it_is_added_once(world: World) -> None:
    id = new_id()
    first = await week_off(world, world.employee, id=id)
    before = await world.revision()
    assert (await week_off(world, world.employee, id=id)).id == first.id
    assert await world.revision() == before


async def test_others_days_need_the_right_to_the_team(world: World) -> None:
    absence = await week_off(world, world.employee)
    stranger = world.acting(world.stranger)
    async with refused(world, Forbidden, "member_id", match="MANAGE_TEAM"):
        await add_absence(stranger, first_day=MONDAY, last_day=MONDAY, member_id=world.admin.id)
    async with refused(world, NotFound, "absence_id"):
        await update_absence(stranger, absence_id=absence.id, note="Mine")
    async with refused(world, NotFound, "absence_id"):
        await delete_absence(stranger, absence_id=absence.id)
    assert await days_of(world.admin) == []
    assert await days_of(world.employee) == [(MONDAY, FRIDAY)]


async def test_with_it_they_may_be_those_of_somebody_above(world: World) -> None:
    """As others' time may be logged: it changes nothing about the member."""
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    for member in (world.owner, world.admin, world.employee):
        absence = await week_off(world, member, by=manager)
        await update_absence(world.acting(manager), absence_id=absence.id, last_day=MONDAY)
        assert await days_of(member) == [(MONDAY, MONDAY)]
    await delete_absence(world.acting(manager), absence_id=absence.id)
    assert await days_of(world.employee) == []


async def test_another_firms_absences_do_not_exist(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    theirs = await week_off(other, other.owner)
    async with refused(world, NotFound, "absence_id"):
        await update_absence(world.acting(world.owner), absence_id=theirs.id, note="Ours")
    async with refused(world, NotFound, "member_id"):
        await week_off(world, other.owner, by=world.owner)
    async with refused(world, Invalid, "id"):
        await week_off(world, world.owner, id=theirs.id)
    assert await days_of(other.owner) == [(MONDAY, FRIDAY)]


@pytest.mark.parametrize(("days", "field", "match"), [(-1, "last_day", "before"), (366, "last_day", "1 to 366 days")])
async def test_days_that_are_none_or_too_many(world: World, days: int, field: str, match: str) -> None:
    async with refused(world, Invalid, field, match=match):
        await week_off(world, world.employee, last_day=MONDAY + timedelta(days))
    absence = await week_off(world, world.employee, last_day=MONDAY + timedelta(365))
    async with refused(world, Invalid, "first_day"):
        await update_absence(
            world.acting(world.employee), absence_id=absence.id, first_day=absence.last_day - timedelta(days)
        )
    assert await days_of(world.employee) == [(MONDAY, MONDAY + timedelta(365))]


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (4, 4), (-3, 0), (4, 9), (1, 2), (-9, 9)], ids=lambda days: f"{days:+}"
)
async def test_no_two_absences_of_a_member_have_a_day_in_common(world: World, first: int, last: int) -> None:
    employee = world.acting(world.employee)
    await week_off(world, world.employee)
    days: dict[str, Any] = {"first_day": MONDAY + timedelta(first), "last_day": MONDAY + timedelta(last)}
    async with refused(world, RuleBroken, "last_day", match="from 2026-12-21 to 2026-12-25"):
        await week_off(world, world.employee, **days)
    later = await week_off(world, world.employee, first_day=date(2027, 3, 1), last_day=date(2027, 3, 5))
    async with refused(world, RuleBroken, "last_day", match="from 2026-12-21 to 2026-12-25"):
        await update_absence(employee, absence_id=later.id, **days)
    assert await days_of(world.employee) == [(MONDAY, FRIDAY), (date(2027, 3, 1), date(2027, 3, 5))]
    # Another's are another's.
    await week_off(world, world.admin, **days)


async def test_what_is_beside_it_or_was_its_own_is_free(world: World) -> None:
    employee = world.acting(world.employee)
    absence = await week_off(world, world.employee)
    for day in (MONDAY - timedelta(1), FRIDAY + timedelta(1)):
        await week_off(world, world.employee, first_day=day, last_day=day)
    async with refused(world, RuleBroken, "first_day", match="on 2026-12-20"):
        await update_absence(employee, absence_id=absence.id, first_day=MONDAY - timedelta(1))
    await update_absence(employee, absence_id=absence.id, first_day=MONDAY + timedelta(1))
    assert (MONDAY + timedelta(1), FRIDAY) in await days_of(world.employee)


async def test_of_those_who_add_the_same_days_at_once_one_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody is ended by the database and has to come again: they take their turns.
    monkeypatch.setattr(command, "_ATTEMPTS", 1)
    before = await world.revision()
    for number in range(5):
        week = timedelta(weeks=number)
        days: dict[str, Any] = {"first_day": MONDAY + week, "last_day": FRIDAY + week}
        outcomes = await asyncio.gather(
            *(week_off(world, world.employee, by, **days) for by in (world.employee, world.owner, world.admin) * 2),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Absence"] + ["RuleBroken"] * 5
    assert await world.revision() == before + 5
    assert len(await days_of(world.employee)) == 5


async def test_of_two_who_change_it_the_second_is_told(world: World) -> None:
    absence = await week_off(world, world.employee)
    await update_absence(world.acting(world.owner), absence_id=absence.id, note="Agreed")
    async with refused(world, Conflict, "expected_version"):
        await update_absence(world.acting(world.employee), absence_id=absence.id, note="Mine", expected_version=1)
    async with refused(world, Conflict, "expected_version"):
        await delete_absence(world.acting(world.employee), absence_id=absence.id, expected_version=1)
    assert (await Absence.get(id=absence.id)).note == "Agreed"


async def test_what_is_as_it_was_is_no_change(world: World) -> None:
    absence = await week_off(world, world.employee)
    before = await world.revision()
    await update_absence(world.acting(world.employee), absence_id=absence.id, first_day=MONDAY, note="")
    assert await world.revision() == before


async def test_those_of_a_deactivated_member_stay_and_no_new_ones_come(world: World) -> None:
    owner = world.acting(world.owner)
    absence = await week_off(world, world.employee)
    await deactivate_member(owner, member_id=world.employee.id)
    async with refused(world, RuleBroken, "member_id", match="deactivated"):
        await week_off(world, world.employee, by=world.owner, first_day=date(2027, 3, 1), last_day=date(2027, 3, 1))
    assert await days_of(world.employee) == [(MONDAY, FRIDAY)]
    await update_absence(owner, absence_id=absence.id, last_day=MONDAY)


async def seen_by(member: Member) -> set[UUID]:
    """The absences that a member sees."""
    known = await viewer(member.id)
    assert known is not None
    return {absence.id for absence in await known.rows(Absence).where()}


async def test_who_sees_it(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    mine, admins = await week_off(world, world.employee), await week_off(world, world.admin)
    assert await seen_by(world.employee) == {mine.id}
    assert await seen_by(world.stranger) == set()
    for leader in (world.owner, world.admin, manager):
        assert await seen_by(leader) == {mine.id, admins.id}


@pytest.mark.parametrize("kind", [AbsenceCreated, AbsenceUpdated, AbsenceDeleted])
async def test_who_is_told_of_it(world: World, kind: type[AbsenceEvent]) -> None:
    further: dict[type[AbsenceEvent], dict[str, Any]] = {
        AbsenceUpdated: {"changes": {"note": ("", "Ill")}},
        AbsenceDeleted: {"first_day": MONDAY, "last_day": FRIDAY},
    }
    event = kind(absence=new_id(), member=world.employee.id, **further.get(kind, {}))
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    for member, told, told_of_own in (
        (manager, event, None),
        (world.owner, event, None),
        (world.stranger, None, None),
        # On their own stream, and on no board.
        (world.employee, None, event),
    ):
        known = await viewer(member.id)
        assert known is not None
        assert shown(event, known.scope) == told
        assert own(event, member.id, known.scope) == told_of_own
