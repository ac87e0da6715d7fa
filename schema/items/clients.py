"""What the kinds of items share that clients act on: whom they are for, and on whose behalf a member acts."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import RECIPIENTS
from models.ids import Kind
from models.items.recipients import recipients_of
from schema.inputs.base import Expecting, maybe_id_of
from schema.types.base import loaded


def recipients() -> Any:
    """The contacts whom an item is for."""
    return loaded(
        lambda item, context: context.load.named_by(recipients_of, Kind.CONTACT, item.id),
        f"The contacts who are asked, at most {RECIPIENTS.most}, as far as you see them, by name. Where none is named, "
        "anybody at the client may answer.",
        size=2,
    )


@strawberry.input
class ForClient(Expecting):
    """What every action takes that is the client's to do."""

    contact_id: strawberry.ID | None = maybe_id_of(
        Kind.CONTACT, "The contact of the account on whose behalf you do it; left out where it is not known."
    )
