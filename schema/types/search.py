"""What a text search finds."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import RESULTS
from models.searching import Found, Hit, searched_kinds
from schema.enums import Match, SearchedKind
from schema.field_resolvers import TypeCheck
from schema.list_size import ListSize
from schema.per_viewer import own_rows
from schema.types.base import Node, column, loaded, value


def _kind(hit: Hit) -> Any:
    return SearchedKind(hit.kind.value)


@strawberry.type(description="A thing that was found.")
class SearchHit:
    """Its objects are `models.searching.Hit`."""

    kind: SearchedKind = value(_kind, "What kind of thing it is.")
    match: Match = column("How well it fits.")
    thing: Node | None = loaded(
        lambda hit, context: context.load.one(hit.kind, hit.id) if context.holds(1) else None,
        "The thing; null when it has just been deleted.",
        depends=own_rows(*searched_kinds()),
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Hit))


@strawberry.type(description="What a search has found: the best of it.")
class SearchResult:
    """Its objects are `models.searching.Found`."""

    hits: list[SearchHit] = strawberry.field(
        description=f"The best first: how well they fit, then what was made last; at most {RESULTS.most}.",
        directives=[ListSize(assumed_size=RESULTS.most, slicing_arguments=[])],
    )
    cut: bool = column("Whether more was found than is here: give more words, or narrow a list with `search`.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Found))
