"""What comes into sight and what leaves it when a viewer's scope changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from models.rows import Job, Pipeline
from models.scope import Rows, Scope


@dataclass(frozen=True, slots=True)
class Difference:
    """The ids of what a viewer sees under a new scope and did not under the old one, and the reverse."""

    added_pipelines: list[UUID]
    removed_pipelines: list[UUID]
    added_jobs: list[UUID]
    removed_jobs: list[UUID]

    def __len__(self) -> int:
        return sum(map(len, (self.added_pipelines, self.removed_pipelines, self.added_jobs, self.removed_jobs)))


async def difference(old: Scope, new: Scope, jobs: Mapping[str, object], *, most: int) -> Difference:
    """How two scopes of one firm differ, in four statements; of the jobs only those under these conditions, and at most
    `most` of each kind. The rows are as they are now."""
    return Difference(
        added_pipelines=await _pipelines(new.pipelines_seen, old.pipelines_seen, most),
        removed_pipelines=await _pipelines(old.pipelines_seen, new.pipelines_seen, most),
        added_jobs=await _jobs(new.jobs, old.jobs, jobs, most),
        removed_jobs=await _jobs(old.jobs, new.jobs, jobs, most),
    )


async def _pipelines(seen: Rows[Pipeline], not_by: Rows[Pipeline], most: int) -> list[UUID]:
    query = seen.where(~not_by.visible)
    return list(await query.limit(most).values_list("id", flat=True))  # type: ignore[arg-type]


async def _jobs(seen: Rows[Job], not_by: Rows[Job], jobs: Mapping[str, object], most: int) -> list[UUID]:
    query = seen.where(~not_by.visible, **jobs).order_by("stage_id", "position", "id")
    return list(await query.limit(most).values_list("id", flat=True))  # type: ignore[arg-type]
