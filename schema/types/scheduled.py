"""What is coming."""

from __future__ import annotations

import strawberry

from models.bounds import SCHEDULED
from models.scheduled import Coming as _Coming
from models.scheduled import Schedule as _Schedule
from models.scheduled import scheduled_kinds
from schema.field_resolvers import TypeCheck
from schema.list_size import ListSize
from schema.per_viewer import own_rows
from schema.scalars import DateTime
from schema.types.base import Node, column, loaded


@strawberry.type(description="A thing about which something is done by itself, at its time.")
class Coming:
    """Its objects are `models.scheduled.Coming`."""

    at: DateTime = column("When: mail is sent, a client reminded. What is late is done as soon as it can be.")
    thing: Node | None = loaded(
        lambda coming, context: context.load.one(coming.kind, coming.id) if context.holds(1) else None,
        "The thing; null when it has just been deleted.",
        depends=own_rows(*scheduled_kinds()),
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, _Coming))


@strawberry.type(description="What is coming: the first of it.")
class Schedule:
    """Its objects are `models.scheduled.Schedule`."""

    coming: list[Coming] = strawberry.field(
        description=f"What comes first is first; at most {SCHEDULED.most}.",
        directives=[ListSize(assumed_size=SCHEDULED.most, slicing_arguments=[])],
    )
    cut: bool = column("Whether there is more than is here: go on by the lists of each kind.")

    is_type_of = TypeCheck(lambda source: isinstance(source, _Schedule))
