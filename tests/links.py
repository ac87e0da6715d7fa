"""Links between jobs and items, past the commands: what tests stand on is not what they test."""

from datetime import UTC, datetime
from uuid import UUID

from models.ids import Kind
from models.items.links import new_link
from models.rows import Item, Job, JobItem


async def linked(item: Item, job: Job) -> None:
    """Link an item that has just been written to a job."""
    await new_link(job, item, datetime.now(UTC), None).save()


async def jobs_of(item: Item) -> set[UUID]:
    """The jobs that an item is linked to, as the database has it now."""
    return {link.job_id for link in await JobItem.filter(item=item.id, unlinked_at__isnull=True)}


async def job_of(item: Item) -> UUID | None:
    """The one that it is linked to, where it is one at most."""
    jobs = await jobs_of(item)
    assert len(jobs) <= 1
    return next(iter(jobs), None)


async def items_of(job: Job, kind: Kind) -> list[UUID]:
    """The items of a kind that a job has, as the database has them now."""
    links = await JobItem.filter(job_id=job.id, kind=kind, unlinked_at__isnull=True)
    return [link.item for link in links]
