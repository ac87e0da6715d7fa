"""What is kept of links between jobs and items, as it was before a command that takes something back: what such
a command ends did not happen, and what it begins anew had gone on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.database import sql

_READ = """
SELECT job_id, item, stays::text AS stays, dismissed_at, linked_at, linked_by_id FROM job_item
WHERE {which} FOR NO KEY UPDATE
"""
_RESTORE = """
UPDATE job_item AS link SET stays = given.stays::int4multirange, dismissed_at = given.dismissed_at,
    linked_at = given.linked_at, linked_by_id = given.linked_by_id
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::uuid[])
    AS given(job_id, item, stays, dismissed_at, linked_at, linked_by_id)
WHERE link.job_id = given.job_id AND link.item = given.item
"""
# Nothing is left of a link that never was.
_FORGET = """
DELETE FROM job_item AS link USING unnest($1::uuid[], $2::uuid[]) AS given(job_id, item)
WHERE link.job_id = given.job_id AND link.item = given.item AND link.unlinked_at IS NOT NULL AND link.stays = '{}'
"""

#: A job and an item.
Pairs = Sequence[tuple[UUID, UUID]]


@dataclass(frozen=True, slots=True)
class Links:
    """Links as they were when this was read."""

    _rows: Sequence[dict[str, Any]]

    @classmethod
    async def of_items(cls, items: Iterable[UUID]) -> "Links":
        """Those of these items, to whichever jobs."""
        return cls(await sql(_READ.format(which="item = ANY($1)"), list(items)))

    @classmethod
    async def of_pairs(cls, pairs: Pairs) -> "Links":
        """Just these."""
        which = "(job_id, item) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))"
        return cls(await sql(_READ.format(which=which), *_columns(pairs)))

    async def restore(self) -> None:
        """Let their stays, who linked them and whether they were dismissed be what they were."""
        names = ("job_id", "item", "stays", "dismissed_at", "linked_at", "linked_by_id")
        if self._rows:
            await sql(_RESTORE, *([row[name] for row in self._rows] for name in names))


async def forget(pairs: Pairs) -> None:
    """Forget links that are no more, of which nothing was kept before they were made."""
    await sql(_FORGET, *_columns(pairs))


def _columns(pairs: Pairs) -> list[list[UUID]]:
    return [[job for job, _ in pairs], [item for _, item in pairs]]
