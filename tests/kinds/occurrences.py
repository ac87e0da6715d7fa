"""Occurrences: how one comes about, and its events."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.events import recurrences as events
from models.ids import Kind
from models.recurrences.occurrences import make_occurrence, refuse_occurrence, retry_occurrence
from models.rows import Job, Occurrence, OccurrenceState, PipelineMember, Recurrence, RecurrenceAccount
from tests.kinds import recurrences
from tests.kinds.recurrences import today
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World

#: When all of them are due.
BY = datetime(2160, 1, 1, tzinfo=UTC)


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that could not be made, of a recurrence that there is, or of a new one."""
    recurrence = await _recurrence(actor, word, spot)
    place: dict[str, Any] = {"recurrence_id": recurrence, "account_id": spot.account}
    if not await RecurrenceAccount.filter(**place).exists():
        await RecurrenceAccount.create(**place)
    day = today() + timedelta(await Occurrence.filter(**place).count())
    schedule, reason = Actor.schedule(actor.firm_id, word), f"{word} is why."
    refused = await refuse_occurrence(
        schedule, recurrence_id=recurrence, account_id=spot.account, day=day, reason=reason
    )
    assert refused.value is not None
    return refused.value.id


async def _recurrence(actor: Actor, word: str, spot: Spot) -> UUID:
    where: dict[str, Any] = {} if spot.job is None else {"pipeline_id": (await Job.get(id=spot.job)).pipeline_id}
    going_on = Recurrence.filter(firm_id=actor.firm_id, ended_at=None, of_template=False).order_by("id")
    found = await going_on.filter(**where).first()
    if found is None and where and await PipelineMember.filter(**where).exists():
        # Whoever does not see the account may see the pipeline: no recurrence is made there because of it.
        found = await going_on.first()
    return await recurrences.make(actor, f"{word} refused", spot) if found is None else found.id


async def make_made(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of which the spot's job was made."""
    made = await Occurrence.get(id=await make(actor, f"{word} made", spot))
    made.state, made.reason, made.job_id = OccurrenceState.MADE, None, spot.job
    await made.save()
    return made.id


async def make_recurrence(actor: Actor, word: str, spot: Spot) -> UUID:
    """The recurrence of one."""
    return (await Occurrence.get(id=await make(actor, f"{word} further", spot))).recurrence_id


async def _day(occurrence: Occurrence) -> object:
    return occurrence.day


SPECIMENS = Specimens(
    kind=Kind.OCCURRENCE,
    make=make,
    hidden_with=frozenset({"account", "pipeline"}),
    further={"made occurrence": make_made, "recurrence of an occurrence": make_recurrence},
    chosen={"occurrences.recurrence": "recurrence of an occurrence"},
    facts={"day": _day},
)


async def _spot(world: World) -> Spot:
    return Spot(world.account.id, (await world.job()).id)


@causes(events.OccurrenceNotMade)
async def not_made(world: World) -> AsyncIterator[None]:
    spot = await _spot(world)
    yield
    await make(owner_of(world), "Usual", spot)


@causes(events.OccurrenceMade)
async def made(world: World) -> AsyncIterator[None]:
    spot = await _spot(world)
    recurrence = await recurrences.make(owner_of(world), "Usual", spot)
    refused = await make(owner_of(world), "Usual", spot)
    yield
    schedule = Actor.schedule(world.firm.id, "Usual")
    await make_occurrence(
        schedule, recurrence_id=recurrence, account_id=spot.account, day=today() + timedelta(1), by=BY
    )
    await retry_occurrence(owner_of(world), occurrence_id=refused)
