"""What an undo would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.undo import report
from models.undo.undo import undoable as look
from resolvers.inputs import spoken
from schema.payloads import UserError
from schema.per_viewer import always, per_viewer
from schema.scalars import Revision
from schema.undo import Undoable


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found, with its refusals as clients read them."""

    revision: int
    entries: Any
    errors: list[UserError]

    @classmethod
    def of(cls, found: report.Undoable) -> _Found:
        """What the domain found."""
        errors = [] if found.refused is None else spoken(found.refused)
        return cls(found.revision, found.entries, errors)


async def _undoable(
    info: Info,
    revision: Annotated[Revision, strawberry.argument(description="The revision.")],
) -> Undoable | None:
    context = info.context
    _ = context.now  # What stands in the way is gone a moment later: the answer is given to nobody else.
    found = await look(context.actor, revision)
    if found is None or not context.holds(len(found.entries)):
        return None
    return _Found.of(found)  # type: ignore[return-value]


undoable: Any = strawberry.field(
    resolver=_undoable,
    description="What `undo` would do with a revision now. Null for one that there is not, or of which you do not see "
    "all.",
    metadata=per_viewer(always),
)
