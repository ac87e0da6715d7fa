"""What is kept of the links between jobs and items: written here and nowhere else.

Whoever writes holds the item, and the job: neither is the stay that a run begins or ends with another one meanwhile,
nor is the item linked elsewhere.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.database import sql
from models.rows import Item, Job, JobItem


class OpenItems(StrEnum):
    """What becomes of the items that are open when a job is moved."""

    KEEP = "KEEP"
    DISMISS = "DISMISS"


def new_link(job: Job, item: Item, now: datetime, by: UUID | None) -> JobItem:
    """The link of a new item to a job, as a row to be stored."""
    return JobItem(
        firm_id=job.firm_id,
        job_id=job.id,
        kind=item.kind,
        item=item.id,
        open=item.open,
        open_since=now if item.open else None,
        open_since_stay=job.stay if item.open else None,
        minutes=item.tracked,
        linked_at=now,
        linked_by_id=by,
    )


# Linked before, it is the same row, with the stays that it was open in.
_TIE = """
INSERT INTO job_item (firm_id, job_id, kind, item, open, open_since, open_since_stay, minutes, linked_at, linked_by_id)
SELECT firm_id, id, $2, $3, $4, CASE WHEN $4 THEN $6::timestamptz END, CASE WHEN $4 THEN stay END, $5, $6, $7
FROM job WHERE id = ANY($1)
ON CONFLICT (job_id, item) DO UPDATE SET
    open = excluded.open, open_since = excluded.open_since, open_since_stay = excluded.open_since_stay,
    minutes = excluded.minutes, linked_at = excluded.linked_at, linked_by_id = excluded.linked_by_id,
    unlinked_at = NULL, dismissed_at = NULL
"""


async def tie(item: Item, jobs: Collection[UUID], now: datetime, by: UUID | None) -> None:
    """Link an item to jobs."""
    await sql(_TIE, list(jobs), item.kind.value, item.id, item.open, item.tracked, now, by)


# The stays of the run that ends, with those before it. Where it was dismissed, that was said then: of the stays
# afterwards it is none.
_WITH_RUN = "link.stays + int4multirange(int4range(link.open_since_stay, job.stay, '[]'))"
_ENDED = f"CASE WHEN link.open AND link.dismissed_at IS NULL THEN {_WITH_RUN} ELSE link.stays END"

_UNTIE = f"""
UPDATE job_item AS link SET
    unlinked_at = $3, open = false, open_since = NULL, open_since_stay = NULL, stays = {_ENDED}
FROM job WHERE job.id = link.job_id AND link.job_id = $1 AND link.item = $2 AND link.unlinked_at IS NULL
"""


async def untie(item: Item, job_id: UUID, now: datetime) -> None:
    """Unlink an item from a job."""
    await sql(_UNTIE, job_id, item.id, now)


# What was dismissed was so for as long as it stayed open: taken up again, it holds the job again.
_OPEN = f"""
UPDATE job_item AS link SET
    open = given.open, open_since = CASE WHEN given.open THEN $3::timestamptz END,
    open_since_stay = CASE WHEN given.open THEN job.stay END, stays = {_ENDED},
    dismissed_at = CASE WHEN given.open THEN NULL ELSE link.dismissed_at END
FROM job, unnest($1::uuid[], $2::boolean[]) AS given(item, open)
WHERE job.id = link.job_id AND link.item = given.item AND link.unlinked_at IS NULL AND link.open <> given.open
"""


async def keep_open(items: Sequence[Item], now: datetime) -> None:
    """Keep on each of their links whether items are open, as they are now."""
    await sql(_OPEN, [item.id for item in items], [item.open for item in items], now)


async def keep_trashed(items: Collection[UUID], trashed: bool) -> None:
    """Keep on each of their links, also of those that are no more, whether items are in the trash."""
    await sql("UPDATE job_item SET trashed = $2 WHERE item = ANY($1)", list(items), trashed)


async def keep_minutes(item: Item) -> None:
    """Keep on each of its links what the item adds to the minutes of the job, as it is now."""
    await sql("UPDATE job_item SET minutes = $2 WHERE item = $1 AND unlinked_at IS NULL", item.id, item.tracked)


_DISMISS = f"""
UPDATE job_item AS link SET dismissed_at = $2, stays = {_WITH_RUN}
FROM job WHERE job.id = link.job_id AND link.job_id = ANY($1)
AND link.unlinked_at IS NULL AND link.open AND link.dismissed_at IS NULL RETURNING link.job_id, link.item
"""


async def dismiss(jobs: Sequence[UUID], items: OpenItems, now: datetime) -> Mapping[UUID, Sequence[UUID]]:
    """Let what holds these jobs, which the transaction holds, hold them no longer, if that is asked for: it stays open,
    and linked. Returns of which items of each job that was so."""
    if items is OpenItems.KEEP:
        return {}
    dismissed = defaultdict(list)
    for row in await sql(_DISMISS, list(jobs), now):
        dismissed[row["job_id"]].append(row["item"])
    return dismissed


# Where something opened on a stay that was taken back, the job was on the one that it is on again.
_KEEP_OPEN_SINCE = """
UPDATE job_item AS link SET open_since_stay = job.stay FROM job
WHERE job.id = link.job_id AND link.job_id = ANY($1) AND link.open_since_stay > job.stay
"""


async def keep_open_since(jobs: Sequence[UUID]) -> None:
    """Let nothing be open on these jobs, which went back to earlier stays, since a later one."""
    await sql(_KEEP_OPEN_SINCE, list(jobs))


_HOLD_AGAIN = """
UPDATE job_item AS link SET dismissed_at = NULL FROM unnest($1::uuid[], $2::uuid[]) AS given(job, item)
WHERE link.job_id = given.job AND link.item = given.item
"""

_DISMISS_ITEMS = f"""
UPDATE job_item AS link SET dismissed_at = $3, stays = {_WITH_RUN}
FROM job, unnest($1::uuid[], $2::uuid[]) AS given(job, item)
WHERE job.id = link.job_id AND link.job_id = given.job AND link.item = given.item
AND link.unlinked_at IS NULL AND link.open AND link.dismissed_at IS NULL
"""

#: A job and an item that is linked to it.
Pairs = Sequence[tuple[UUID, UUID]]


async def hold_again(pairs: Pairs) -> None:
    """Let items hold jobs again that were dismissed there."""
    if pairs:
        await sql(_HOLD_AGAIN, *map(list, zip(*pairs, strict=True)))


async def dismiss_items(pairs: Pairs, now: datetime) -> None:
    """As `dismiss`, of just these."""
    if pairs:
        await sql(_DISMISS_ITEMS, *map(list, zip(*pairs, strict=True)), now)
