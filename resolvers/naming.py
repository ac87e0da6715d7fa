"""What a field is given the ids of."""

from __future__ import annotations

from uuid import UUID

import strawberry

from models.errors import Invalid
from models.ids import Kind, decode
from models.reasons import Reason
from resolvers.context import Context


async def visible_ids(context: Context, kind: Kind, ids: list[strawberry.ID], most: int, field: str) -> frozenset[UUID]:
    """What these ids name, in this argument. `Invalid` for none or too many, `NotFound` where one is out of sight."""
    if not 1 <= len(ids) <= most:
        told = f"Name from 1 to {most} {field}, not {len(ids)}."
        if not ids:
            raise Invalid(told, field, reason=Reason.TOO_FEW, minimum=1, actual=0)
        raise Invalid(told, field, reason=Reason.TOO_MANY, maximum=most, actual=len(ids))
    wanted = {decode(kind, id) for id in ids}
    rows = context.scope.of_kind(kind)
    seen = await rows.many(wanted)
    for id in wanted - seen.keys():
        await rows.get(id, field)
    return frozenset(wanted)
