"""Absences: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

from models.actor import Actor
from models.firm import absences
from models.firm.absences import Absence, add_absence, delete_absence, update_absence
from models.ids import Kind
from models.rights import Right
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_one, hidden_text
from tests.specimens import Specimens, Spot, of_team
from tests.world import World

MONDAY = date(2026, 3, 2)


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A week of somebody on the account's team, after those that they have."""
    member = await of_team(spot, actor)
    first = MONDAY + timedelta(weeks=await Absence.filter(member_id=member).count())
    last = first + timedelta(days=hidden_one(4, 4, 3, Right.MANAGE_TEAM))
    note = hidden_text(word, Right.MANAGE_TEAM)
    return (await add_absence(actor, first_day=first, last_day=last, note=note, member_id=member)).value.id


async def _first_day(absence: Absence) -> date:
    return absence.first_day


async def _last_day(absence: Absence) -> date:
    return absence.last_day


SPECIMENS = Specimens(
    kind=Kind.ABSENCE,
    make=make,
    hidden_with=frozenset(),
    not_any_more={"updateAbsence": ["UPDATE absence SET note = repeat('x', 30000) WHERE id = $1"]},
    facts={"firstDay": _first_day, "lastDay": _last_day},
)


@causes(absences.AbsenceCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await add_absence(owner_of(world), first_day=MONDAY, last_day=MONDAY, member_id=world.admin.id)


@causes(absences.AbsenceUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    absence = await make(owner_of(world), "Holiday", Spot(world.account.id))
    yield
    await update_absence(owner_of(world), absence_id=absence, first_day=MONDAY + timedelta(days=1), note="Ill")


@causes(absences.AbsenceDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    absence = await make(owner_of(world), "Holiday", Spot(world.account.id))
    yield
    await delete_absence(owner_of(world), absence_id=absence)
