"""Counts of what is written in a document: directives, and what validation has to look at."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode

from engine.documents import Document
from engine.list_sizes import SATURATED


def count_directives(document: Document) -> int:
    """Those in the whole document, as written."""
    count = 0
    to_do: list[Any] = list(document.ast.definitions)
    while to_do:
        node = to_do.pop()
        count += len(getattr(node, "directives", None) or ())
        to_do.extend(getattr(node, "variable_definitions", None) or ())
        selection_set = getattr(node, "selection_set", None)
        if selection_set is not None:
            to_do.extend(selection_set.selections)
    return count


def count_selections(document: Document) -> int:
    """Those of all operations, with fragments counted at every spread. A fragment within itself counts as nothing
    there."""
    own, spreads = {}, {}
    for name, fragment in document.fragments.items():
        own[name], spreads[name] = _own_selections(fragment)
    counts: dict[str, int] = {}
    for name in _inner_first(spreads):
        counts[name] = min(own[name] + sum(n * counts.get(to, 0) for to, n in spreads[name].items()), SATURATED)
    total = 0
    for definition in document.ast.definitions:
        if isinstance(definition, OperationDefinitionNode):
            count, spread = _own_selections(definition)
            total += count + sum(n * counts.get(to, 0) for to, n in spread.items())
    return min(total, SATURATED)


def _own_selections(definition: OperationDefinitionNode | FragmentDefinitionNode) -> tuple[int, Counter[str]]:
    """How many selections are written in a definition, and how often it spreads which fragment."""
    count = 0
    spreads: Counter[str] = Counter()
    to_do = [definition.selection_set]
    while to_do:
        selections = to_do.pop().selections
        count += len(selections)
        for node in selections:
            if isinstance(node, FragmentSpreadNode):
                spreads[node.name.value] += 1
            elif (inner := getattr(node, "selection_set", None)) is not None:
                to_do.append(inner)
    return count, spreads


def _inner_first(spreads: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The fragments, each after those that it spreads; depth first, with a stack of our own."""
    seen: set[str] = set()
    for root in spreads:
        path = [] if root in seen else [(root, iter(spreads[root]))]
        seen.add(root)
        while path:
            name, inner = path[-1]
            spread = next((to for to in inner if to in spreads and to not in seen), None)
            if spread is None:
                path.pop()
                yield name
            else:
                seen.add(spread)
                path.append((spread, iter(spreads[spread])))
