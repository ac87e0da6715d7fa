"""What recurrences have to make by now: one indexed question, whose cost depends on what is due alone."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.database import sql
from models.events import RecurrenceEnded
from models.recurrences.placing import Setting, setting_of
from models.recurrences.schedule import Coming
from models.rights import Right
from models.rows import Recurrence


@dataclass(frozen=True, slots=True)
class Due:
    """A recurrence that somebody is to look at."""

    recurrence_id: UUID
    firm_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class Left:
    """An occurrence that is due, and accounts that it has not been made for yet."""

    day: date
    accounts: Sequence[UUID]


_DUE = "SELECT id, firm_id, name FROM recurrence WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2"
_LEFT = """
SELECT account_id FROM recurrence_account AS place WHERE recurrence_id = $1 AND NOT EXISTS (
    SELECT FROM occurrence WHERE recurrence_id = $1 AND account_id = place.account_id AND day = $2
) ORDER BY account_id LIMIT $3
"""
# Only where it stands as it was read: whoever has changed it meanwhile, or has moved to another zone, has said anew
# when to look.
_ADVANCE = """
UPDATE recurrence SET next_day = $5, next_at = $6
WHERE id = $1 AND version = $2 AND next_day = $3 AND next_at = $4
"""


async def due(now: datetime, limit: int) -> list[Due]:
    """The recurrences that have something to do, the longest due first."""
    return [Due(row["id"], row["firm_id"], row["name"]) for row in await sql(_DUE, now, limit)]


async def left_to_make(due: Due, now: datetime, limit: int) -> Left | None:
    """The first occurrence of a recurrence that is due, and for which accounts it is still to be made, so many at most.
    None where nothing is due any more, and it is then known when to look again; none of the accounts where all of one
    has been made."""
    recurrence = await Recurrence.filter(id=due.recurrence_id, next_at__lte=now).first()
    if recurrence is None:
        return None
    setting = await setting_of(recurrence)
    coming = await to_thread(next, setting.coming(recurrence.next_day), None)
    if coming is None or setting.made_at(coming) > now:
        await _look_again(due, setting, recurrence.next_day, coming)
        return None
    left = [row["account_id"] for row in await sql(_LEFT, recurrence.id, coming.day, limit)]
    if not left:
        # The next one may be due as well.
        after = coming.day + timedelta(1)
        await _look_again(due, setting, after, await to_thread(next, setting.coming(after), None))
    return Left(coming.day, left)


async def _look_again(due: Due, setting: Setting, next_day: date, coming: Coming | None) -> None:
    recurrence = setting.recurrence
    read = (recurrence.id, recurrence.version, recurrence.next_day, recurrence.next_at)
    if coming is not None:
        await sql(_ADVANCE, *read, next_day, setting.made_at(coming))
        return
    await finish_recurrence(Actor.schedule(due.firm_id, due.label), recurrence_id=due.recurrence_id, day=next_day)


@command("finishRecurrence", Right.MANAGE_RECURRENCES, internal=True)
async def finish_recurrence(change: Change, *, recurrence_id: UUID, day: date) -> Recurrence:
    """End a recurrence that has no occurrence from a day on."""
    recurrence = await change.scope.rows(Recurrence).lock(recurrence_id)
    setting = await setting_of(recurrence)
    if recurrence.ended_at is None and await to_thread(next, setting.coming(day), None) is None:
        recurrence.next_day, recurrence.next_at, recurrence.ended_at = day, None, change.now
        await recurrence.store("next_day", "next_at", "ended_at")
        change.record(RecurrenceEnded(recurrence=recurrence.id, pipeline=recurrence.pipeline_id))
    return recurrence
