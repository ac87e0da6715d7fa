"""What stands on a checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models import checklists
from models.ids import Kind
from schema.field_resolvers import TypeCheck
from schema.scalars import DateTime
from schema.types.base import column, one

if TYPE_CHECKING:
    from schema.types.firm import Member


@strawberry.type(description="An entry of a task's checklist.")
class ChecklistEntry:
    """Its objects are `models.checklists.ChecklistEntry`."""

    number: int = column("What it is known by in its list: no other one there has it, or ever had it.")
    name: str = column("What is to be done.")
    checked: bool = column("Whether it is done.")
    checked_at: DateTime | None = column("When it was checked off; null while it is open.")
    checked_by: Annotated[Member, strawberry.lazy("schema.types.firm")] | None = one(
        Kind.MEMBER, "checked_by_id", "The member who checked it off; null while it is open, or where it was none."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, checklists.ChecklistEntry))
