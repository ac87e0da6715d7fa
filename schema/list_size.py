"""The directive that says how long a list is taken to be."""

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description=(
        "How many items a list, or a page of a connection, counts for in an operation's cost."
        " As @listSize in the IBM GraphQL Cost Directives specification."
    ),
)
class ListSize:
    """Put on a field that is a list, or returns a connection. What it counts for, `engine.list_sizes` says."""

    assumed_size: int | None = strawberry.field(
        name="assumedSize",
        default=UNSET,
        description="Items to count when no slicing argument is given. 10 where this is not said.",
    )
    slicing_arguments: list[str] | None = strawberry.field(
        name="slicingArguments",
        default=UNSET,
        description=(
            "Arguments that set the number of items: a number by its value, a list by its length; the"
            " greatest counts. first, last, limit and ids where this is not said."
        ),
    )
