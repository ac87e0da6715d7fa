"""Reminders: how they are set, and how their events come about."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from models import reminder_ends as events
from models.actor import Actor
from models.database import sql
from models.ids import Kind, encode
from models.items.client_requests import delete_client_request, submit_client_request
from models.reminding.reminders import remind, remind_of_client_request, remind_of_organizer, stop_reminding
from models.rows.reminders import Reminder
from tests.asking import mailable
from tests.kinds import client_requests, organizers
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """Of a client request of its own."""
    request = await client_requests.make(actor, word, spot)
    made = remind_of_client_request(
        actor, client_request_id=request, every_days=7, at_most=3, text=f"{word}: please."[:200]
    )
    return (await made).value.id


async def come_due(reminder_id: UUID) -> None:
    """Let its time come, and it be sent."""
    await sql("UPDATE reminder SET next_at = $2 WHERE id = $1", reminder_id, datetime(2001, 1, 1, tzinfo=UTC))
    row = await Reminder.get(id=reminder_id)
    await remind(row.firm_id, row.id)


async def make_of_organizer(actor: Actor, word: str, spot: Spot) -> UUID:
    """An organizer that is reminded of."""
    organizer = await organizers.make(actor, word, spot)
    await remind_of_organizer(actor, organizer_id=organizer, every_days=7, at_most=3, text=f"{word}: please."[:200])
    return organizer


async def make_request(_actor: Actor, _word: str, spot: Spot) -> UUID:
    """The client request that is reminded of."""
    reminder = await Reminder.filter(account_id=spot.account, item_kind=Kind.CLIENT_REQUEST).order_by("id").first()
    assert reminder is not None
    return reminder.item


async def _is_active(reminder: Reminder) -> bool:
    return reminder.next_at is not None


async def _request(reminder: Reminder) -> set[str]:
    return {encode(Kind.CLIENT_REQUEST, reminder.item)}


async def _organizer(reminder: Reminder) -> set[str]:
    return {encode(Kind.ORGANIZER, reminder.item)}


SPECIMENS = Specimens(
    kind=Kind.REMINDER,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"organizer to remind of": make_of_organizer, "request to remind of": make_request},
    chosen={
        "reminders.clientRequest": "request to remind of",
        "reminders.organizer": "organizer to remind of",
        "remindOfOrganizer.organizerId": "organizer to remind of",
    },
    facts={"active": _is_active, "clientRequest": _request, "organizer": _organizer},
)


@causes(events.RemindersSet)
async def set_(world: World) -> AsyncIterator[None]:
    yield
    await make(owner_of(world), "Please", Spot(world.account.id))


@causes(events.ClientReminded)
async def reminded(world: World) -> AsyncIterator[None]:
    reminder = await make(owner_of(world), "Please", Spot(world.account.id, (await world.job()).id))
    await mailable(owner_of(world), Spot(world.account.id))
    yield
    await come_due(reminder)


@causes(events.RemindersEnded)
async def ended(world: World) -> AsyncIterator[None]:
    stopped = await make(owner_of(world), "Please", Spot(world.account.id))
    submitted = (await Reminder.get(id=await make(owner_of(world), "Please", Spot(world.account.id)))).item
    yield
    await stop_reminding(owner_of(world), reminder_id=stopped)
    await submit_client_request(owner_of(world), client_request_id=submitted)


@causes(events.RemindersDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    request = (await Reminder.get(id=await make(owner_of(world), "Please", Spot(world.account.id)))).item
    yield
    await delete_client_request(owner_of(world), client_request_id=request)
