"""Why jobs do not move on by themselves."""

from __future__ import annotations

import strawberry

from models.automation.automove import Why
from models.ids import Kind, encode
from schema.enums import WaitingReason
from schema.field_resolvers import TypeCheck
from schema.scalars import DateTime
from schema.types.base import column, value
from schema.types.items import OutstandingItem


@strawberry.type(
    description="One reason why a job does not move on by itself: told alike to everybody who sees the job."
)
class JobWaiting:
    """Its objects are `models.automation.automove.Why`."""

    reason: WaitingReason = column("Which reason.")
    text: str = column("What people read of it.")
    item: OutstandingItem | None = value(lambda why: why.item, "The item that holds it; null of other reasons.")
    run_id: strawberry.ID | None = value(
        lambda why: why.run and encode(Kind.AUTOMATION_RUN, why.run),
        "The run of an automation that has failed, or is still to be done; null of other reasons, and where no worker "
        "has heard yet that the job came there.",
    )
    until: DateTime | None = column("When it goes on, where that is known; null where it is not.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Why))
