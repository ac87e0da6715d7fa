"""Nobody of the demo firm works day and night, however many jobs it has."""

from collections.abc import Sequence
from dataclasses import replace

from models.commands.imports import NewEntry, NewJob
from models.time_sums import minutes_of_days

WORKING_DAY = 10 * 60


async def within_working_days(jobs: Sequence[NewJob]) -> list[NewJob]:
    """The jobs with as much of their logged time as fits into the days of whoever logged it, beside what they have."""
    entries = [entry for job in jobs for entry in job.entries]
    logged = await minutes_of_days((entry.member_id for entry in entries), (entry.day for entry in entries))

    def fits(entry: NewEntry) -> bool:
        day = (entry.member_id, entry.day)
        minutes = logged.get(day, 0) + entry.minutes
        if minutes > WORKING_DAY:
            return False
        logged[day] = minutes
        return True

    return [replace(job, entries=[entry for entry in job.entries if fits(entry)]) for job in jobs]
