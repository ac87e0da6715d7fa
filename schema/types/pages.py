"""Pages of lists, by the Relay connection specification (https://relay.dev/graphql/connections.htm), with `nodes`."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry

from schema.types.page_info import PageInfo


@cache
def edge(of: type) -> Any:
    """The edge type of a connection."""
    return strawberry.type(
        type(
            f"{of.__name__}Edge",
            (),
            {
                "__annotations__": {"node": of, "cursor": str},
                "node": strawberry.field(description="The thing."),
                "cursor": strawberry.field(description="Where to go on after it, or before it, in this same list."),
            },
        ),
        description="A thing in a list, with its place.",
    )


def nodes_of(plural: str) -> Any:
    """The field with the things of a page."""
    return strawberry.field(description=f"The {plural} of the page.")


def edges_of(plural: str) -> Any:
    """The field with the things of a page and their places."""
    return strawberry.field(description=f"The {plural} of the page, each with its cursor.")


def page_info_of_page() -> Any:
    """The field that says where a page stands."""
    return strawberry.field(description="Whether there is more, and from where.")


@cache
def connection(of: type, plural: str) -> Any:
    """The connection type of a list of things, and its edge type."""
    return strawberry.type(
        type(
            f"{of.__name__}Connection",
            (),
            {
                "__annotations__": {
                    "nodes": list[of],  # type: ignore[valid-type]
                    "edges": list[edge(of)],  # type: ignore[misc]
                    "page_info": PageInfo,
                    "total_count": int,
                },
                "nodes": nodes_of(plural),
                "edges": edges_of(plural),
                "page_info": page_info_of_page(),
                "total_count": _total_count(plural),
            },
        ),
        description=f"A page of {plural}.",
    )


async def _count(root: strawberry.Parent[Any]):
    return await root.count()


def _total_count(plural: str) -> Any:
    return strawberry.field(
        resolver=_count,
        description=f"How many {plural} there are on all pages; counted up to 10,000, and no further.",
    )
