"""The automations of stages, custom statuses and pipelines, for any number of these in one statement."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from models.rows import Automation
from models.scope import Scope

# By the column that names the place.
_AT: Mapping[str, str] = {
    "stage_id": "seen.stage_id = ANY($1)",
    "status_id": "seen.status_id = ANY($1)",
    "pipeline_id": "seen.pipeline_id = ANY($1) AND seen.stage_id IS NULL AND seen.status_id IS NULL",
}


async def automations_at(scope: Scope, column: str, places: Sequence[UUID]) -> dict[UUID, list[Automation]]:
    """The visible automations that act at each of these places, in their order."""
    found: dict[UUID, list[Automation]] = defaultdict(list)
    for row in await scope.rows(Automation).read(f"{_AT[column]} ORDER BY seen.position, seen.id", places):
        found[getattr(row, column)].append(row)
    return found
