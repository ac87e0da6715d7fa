"""What comes into sight and what leaves it when a viewer's scope changes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from models.rows import Account, Job, Pipeline
from models.scope import Rows, Scope


@dataclass(frozen=True, slots=True)
class Difference:
    """The ids of what a viewer sees under a new scope and did not under the old one, and the reverse."""

    added_accounts: list[UUID]
    removed_accounts: list[UUID]
    added_pipelines: list[UUID]
    removed_pipelines: list[UUID]
    added_jobs: list[UUID]
    removed_jobs: list[UUID]

    def __len__(self) -> int:
        return sum(len(getattr(self, field.name)) for field in fields(self))


async def difference(old: Scope, new: Scope, jobs: Mapping[str, object], *, most: int) -> Difference:
    """How two scopes of one firm differ, in six statements; of the jobs only those under these conditions, and at most
    `most` of each kind. The rows are as they are now."""
    by_place = {"order_by": ("stage_id", "position", "id"), "conditions": jobs}
    return Difference(
        added_accounts=await _only(new.rows(Account), old.rows(Account), most),
        removed_accounts=await _only(old.rows(Account), new.rows(Account), most),
        added_pipelines=await _only(new.rows(Pipeline), old.rows(Pipeline), most),
        removed_pipelines=await _only(old.rows(Pipeline), new.rows(Pipeline), most),
        added_jobs=await _only(new.rows(Job), old.rows(Job), most, **by_place),  # type: ignore[arg-type]
        removed_jobs=await _only(old.rows(Job), new.rows(Job), most, **by_place),  # type: ignore[arg-type]
    )


async def _only(
    seen: Rows[Any],
    not_by: Rows[Any],
    most: int,
    *,
    order_by: tuple[str, ...] = ("id",),
    conditions: Mapping[str, object] = {},
) -> list[UUID]:
    query = seen.where(~not_by.visible, **conditions).order_by(*order_by)
    return list(await query.limit(most).values_list("id", flat=True))  # type: ignore[arg-type]
