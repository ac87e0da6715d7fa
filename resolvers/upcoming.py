"""What is going to be made by itself."""

from __future__ import annotations

from typing import Any, Optional

import strawberry
from strawberry.types.info import Info

from models.bounds import UPCOMING
from models.errors import Invalid
from models.ids import Kind, decode
from models.reasons import Reason
from models.recurrences.upcoming import upcoming
from schema.list_fields import argument, declare
from schema.list_size import ListSize
from schema.recurrences.upcoming import UpcomingOccurrence


def _expect_number(first: int) -> None:
    if first not in UPCOMING:
        least, most = UPCOMING.least, UPCOMING.most
        told = f"This must be from {UPCOMING}, and is {first:,}."
        raise Invalid(told, "first", reason=Reason.OUT_OF_RANGE, minimum=least, maximum=most, unit="THINGS")


async def _upcoming(info: Info, recurrence_id: Any, account_id: Any = None, first: int = 10) -> Any:
    context = info.context
    _expect_number(first)
    # How far a recurrence has come is no revision: the answer is given to nobody else.
    _ = context.now
    recurrence = decode(Kind.RECURRENCE, recurrence_id)
    account = None if account_id is None else decode(Kind.ACCOUNT, account_id)
    found = await upcoming(context.scope, recurrence, account, first)
    return found if found is None or context.holds(len(found)) else []


_FIRST = argument("first", int, f"How many at most, from {UPCOMING}.", default=10)
declare(
    _upcoming,
    [
        argument("recurrence_id", strawberry.ID, "The recurrence."),
        argument("account_id", Optional[strawberry.ID], "The account that names are for.", default=None),  # noqa: UP045 - at run time
        _FIRST,
    ],
    Optional[list[UpcomingOccurrence]],  # noqa: UP045 - at run time
)
upcoming_occurrences: Any = strawberry.field(
    resolver=_upcoming,
    description="The next occurrences of a recurrence that have not been made, with their dates and names: of an "
    "account, or else of one of its own that you see. Null where something is out of your sight; none where it "
    "has ended.",
    directives=[ListSize(slicing_arguments=["first"])],
)
