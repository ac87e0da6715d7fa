"""Links between jobs and items, past the commands: what tests stand on is not what they test."""

from datetime import UTC, datetime
from uuid import UUID

from models.ids import Kind
from models.items.links import new_link
from models.rows import Item, Job, JobItem


async def linked(item: Item, job: Job) -> None:
    """Link an item that has just been written to a job."""
    await new_link(job, item, datetime.now(UTC), None).save()


async def job_of(item: Item) -> UUID | None:
    """The job that an item is linked to, as the database has it now."""
    links = await JobItem.filter(item=item.id, unlinked_at__isnull=True)
    assert len(links) <= 1
    return links[0].job_id if links else None


async def items_of(job: Job, kind: Kind) -> list[UUID]:
    """The items of a kind that a job has, as the database has them now."""
    links = await JobItem.filter(job_id=job.id, kind=kind, unlinked_at__isnull=True)
    return [link.item for link in links]
