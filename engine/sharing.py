"""Which answers depend on who asks, beyond what they may see: those are made for each viewer, all others once.

Each field says it of itself, where it is declared (schema/per_viewer.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from strawberry.types.field import StrawberryField

from engine.documents import Document
from models.scope import Scope
from schema.per_viewer import OWN_STREAM, PER_VIEWER, Condition

#: A type, and a field of it.
Coordinate = tuple[str, str]


# Tests make schemas of their own.
@lru_cache(maxsize=8)
def per_viewer(schema: GraphQLSchema) -> Mapping[Coordinate, tuple[Condition, ...]]:
    """The fields that depend on the viewer, each with the conditions of a scope of which any says that it does. A field
    of an interface depends on them where that of one of its types does."""
    found: dict[Coordinate, list[Condition]] = defaultdict(list)
    for owner in _owners(schema):
        for name, field in owner.fields.items():
            if (condition := _metadata(field).get(PER_VIEWER)) is not None:
                for said_by in (owner, *(each for each in owner.interfaces if name in each.fields)):
                    found[said_by.name, name].append(condition)
    return {coordinate: tuple(conditions) for coordinate, conditions in found.items()}


@lru_cache(maxsize=8)
def own_streams(schema: GraphQLSchema) -> frozenset[Coordinate]:
    """The streams of what is the viewer's own."""
    streams = schema.subscription_type
    fields = streams.fields if streams is not None else {}
    return frozenset(
        (streams.name, name) for name, field in fields.items() if streams and OWN_STREAM in _metadata(field)
    )


def _owners(schema: GraphQLSchema) -> list[GraphQLObjectType | GraphQLInterfaceType]:
    types = schema.type_map.values()
    return [type_ for type_ in types if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)]


def _metadata(field: GraphQLField) -> Mapping[object, Any]:
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata if isinstance(definition, StrawberryField) else {}


def is_per_viewer(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode, scope: Scope) -> bool:
    """Whether two viewers of this scope may be answered differently."""
    declared = per_viewer(schema)
    selected = _selected(schema, document, operation)
    return any(condition(scope) for coordinate in selected for condition in declared[coordinate])


def may_be_per_viewer(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    """Whether there is a scope under which they may."""
    return bool(_selected(schema, document, operation))


def is_own(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    """Whether it is a stream of what is the viewer's own."""
    return not own_streams(schema).isdisjoint(_selected(schema, document, operation))


def _selected(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> frozenset[Coordinate]:
    name = operation.name.value if operation.name else None
    return document.remember(("per viewer", name), lambda: _select(schema, document, operation))


def _select(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> frozenset[Coordinate]:
    """Every field that depends on the viewer and that the operation selects, in its fragments too."""
    declared = per_viewer(schema)
    found: set[Coordinate] = set()
    spread: set[str] = set()
    types = TypeInfo(schema)

    class Collector(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = types.get_parent_type()
            if parent is not None and (coordinate := (parent.name, node.name.value)) in declared:
                found.add(coordinate)

        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            if (name := node.name.value) not in spread and name in document.fragments:
                spread.add(name)
                visit(document.fragments[name], TypeInfoVisitor(types, self))

    visit(operation, TypeInfoVisitor(types, Collector()))
    return frozenset(found)
