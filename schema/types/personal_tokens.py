"""Personal tokens, as clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models.ids import Kind
from models.seen import named
from schema.enums import Right
from schema.scalars import DateTime
from schema.types.base import Versioned, column, entity, loaded, one

if TYPE_CHECKING:
    from schema.types.firm import Member


@entity(named(Kind.PERSONAL_TOKEN))
class PersonalToken(Versioned):
    """What a member's script or integration comes with. Everybody sees their own; others' with the right MANAGE_TEAM.
    The secret itself is shown once, to whoever makes it."""

    member: Annotated[Member, strawberry.lazy("schema.types.firm")] | None = one(
        Kind.MEMBER, "member_id", "As whom it comes."
    )
    name: str = column("What it is for, as its owner called it.")
    rights: list[Right] = column("What it may do at most. What its owner may not do at the time, it may not either.")
    read_only: bool = column("Whether it changes nothing.")
    expires_at: DateTime = column("Until when it is good.")
    revoked_at: DateTime | None = column("When it was ended before that, if it was.")
    last_used_at: DateTime | None = loaded(
        lambda token, context: context.last_used(token), "When it was last used, to a minute; null for never."
    )
