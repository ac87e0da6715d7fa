"""What clients are built with besides the schema: files in schema/clients, made from the code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from graphql import GraphQLScalarType, is_abstract_type, is_specified_scalar_type

from models.order import between
from resolvers.root import graphql_schema

#: Vectors of each way to put something into an order.
_EACH = 40


def possible_types() -> dict[str, list[str]]:
    """The types behind each interface, as Apollo's cache is told them."""
    schema = graphql_schema()
    abstract: list[Any] = [type_ for type_ in schema.type_map.values() if is_abstract_type(type_)]
    return {type_.name: sorted(each.name for each in schema.get_possible_types(type_)) for type_ in abstract}


def scalars() -> dict[str, str]:
    """What TypeScript has for each scalar that GraphQL does not bring, as GraphQL Code Generator is told it: all of
    them are texts in JSON."""
    known = [type_ for type_ in graphql_schema().type_map.values() if isinstance(type_, GraphQLScalarType)]
    return {type_.name: "string" for type_ in known if not is_specified_scalar_type(type_)}


def positions() -> list[dict[str, str | None]]:
    """Which position the server gives between two others; null is the end on that side."""
    return [{"after": after, "before": before, "position": between(after, before)} for after, before in _gaps()]


def _gaps() -> Iterator[tuple[str | None, str | None]]:
    """The gaps of a stage into which cards are put: at its end, at its top, and again and again beside the same card,
    under it and over it."""
    first = between(None, None)
    yield None, None
    for direction in ("end", "top", "under", "over"):
        lower = upper = first if direction in ("end", "top") else None
        if direction in ("under", "over"):
            lower, upper = first, between(first, None)
        for _ in range(_EACH):
            gap = (lower, None) if direction == "end" else (None, upper) if direction == "top" else (lower, upper)
            yield gap
            if direction in ("end", "over"):
                lower = between(*gap)
            else:
                upper = between(*gap)


FILES: dict[str, Callable[[], object]] = {
    "possible-types.json": possible_types,
    "scalars.json": scalars,
    "positions.json": positions,
}


def texts(folder: Path) -> dict[Path, str]:
    """Each file in this folder, with what it should hold."""
    return {folder / name: json.dumps(make(), indent=2, sort_keys=True) + "\n" for name, make in FILES.items()}
