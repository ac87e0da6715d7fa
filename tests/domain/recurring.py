"""Recurrences of tests, and what workers make of them at moments that tests choose."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from models.clock import day_in, zone
from models.recurrences.due import due
from models.recurrences.recurrences import create_recurrence
from models.rows import Job, Occurrence, Recurrence
from models.rows.recurrences import Frequency
from tests.world import World
from workers.recurring import make_some

#: Where the firms of worlds are.
NEW_YORK = "America/New_York"


def in_days(number: int) -> date:
    """A day from the firm's today on."""
    return day_in(NEW_YORK, datetime.now(UTC)) + timedelta(number)


def at(day: date, hour: int = 0, minute: int = 0, where: str = NEW_YORK) -> datetime:
    """A moment of a day, there."""
    return datetime.combine(day, time(hour, minute), tzinfo=zone(where)).astimezone(UTC)


async def new_recurrence(world: World, **fields: Any) -> Recurrence:
    """A daily one for the world's account, that begins tomorrow."""
    usual: dict[str, Any] = {
        "name": "Bookkeeping",
        "job_name": "Books",
        "pipeline_id": world.pipeline.id,
        "frequency": Frequency.DAILY,
        "first_day": in_days(1),
        "account_ids": [world.account.id],
    }
    return (await create_recurrence(world.acting(world.owner), **usual | fields)).value


async def work_at(world: World, moment: datetime) -> None:
    """What a worker makes of the world's recurrences at a moment, to the end."""
    # Other tests' firms have some, too, and theirs may be due before.
    while found := [each for each in await due(moment, 1_000_000) if each.firm_id == world.firm.id]:
        for each in found:
            while await make_some(each, moment):
                pass


async def jobs_of(recurrence: Recurrence) -> list[Job]:
    """The jobs that it has made, in the order in which it did."""
    return await Job.filter(recurrence_id=recurrence.id).order_by("id")


async def days_made(recurrence: Recurrence) -> list[date]:
    """The days of its occurrences of which there is a job, in the order in which these were made."""
    return [each.day for each in await Occurrence.filter(recurrence_id=recurrence.id).order_by("id") if each.job_id]
