"""Which answers depend on who asks, beyond what they may see: those are made for each viewer, all others once."""

from __future__ import annotations

from collections.abc import Callable

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from engine.documents import Document
from models.event_kinds import KINDS
from models.events import TimeEvent
from models.rights import Right
from models.scope import Scope

Coordinates = frozenset[tuple[str, str]]


def _always(_scope: Scope) -> bool:
    return True


def _own_entries(scope: Scope) -> bool:
    """Whether members are told of time entries of which they see their own only: those of others for the sake of
    budgets, or because they are where the scope does not reach by now."""
    sees_all = Right.MANAGE_TIME_ENTRIES in scope.rights and scope.accounts is None and scope.pipelines is None
    return not (TimeEvent.needs.isdisjoint(scope.rights) or sees_all)


#: The streams of what is the viewer's own.
OWN: Coordinates = frozenset({("Subscription", "viewerChanges")})
#: The fields whose value depends on the viewer, each with the scopes under which it does. A resolver that reaches for
#: the viewer and does not stand here fails at once when its answer is shared (`resolvers.context.Context.viewer`).
PER_VIEWER: dict[tuple[str, str], Callable[[Scope], bool]] = {
    ("Query", "viewer"): _always,
    ("Query", "timeEntries"): _always,
    ("Query", "absences"): _always,
    ("Query", "node"): _always,
    ("Query", "nodes"): _always,
    **dict.fromkeys(OWN, _always),
    ("TimeEvent", "entry"): _own_entries,
    **{(name, "entry"): _own_entries for name, kind in KINDS.items() if issubclass(kind, TimeEvent)},
}
#: The fields that change without a revision, within a day: with time, or when the log is pruned.
TIMELY: Coordinates = frozenset({("TimeEntry", "forgotten"), ("Job", "history")})


def check_coordinates(schema: GraphQLSchema) -> None:
    """`TypeError` when the tables name a field that the schema does not have."""
    for owner, field in {*PER_VIEWER, *TIMELY}:
        found = schema.type_map.get(owner)
        if not isinstance(found, GraphQLObjectType | GraphQLInterfaceType) or field not in found.fields:
            raise TypeError(f"engine/sharing.py names {owner}.{field}, which the schema does not have.")


def is_per_viewer(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode, scope: Scope) -> bool:
    """Whether two viewers of this scope may be answered differently."""
    return any(PER_VIEWER[field](scope) for field in _selected(schema, document, operation) if field in PER_VIEWER)


def may_be_per_viewer(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    """Whether there is a scope under which they may."""
    return not PER_VIEWER.keys().isdisjoint(_selected(schema, document, operation))


def is_own(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    """Whether it is a stream of what is the viewer's own."""
    return not OWN.isdisjoint(_selected(schema, document, operation))


def is_timely(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    """Whether the answer may change without a revision, within the firm's day."""
    return not TIMELY.isdisjoint(_selected(schema, document, operation))


def _selected(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> Coordinates:
    name = operation.name.value if operation.name else None
    return document.remember(("selected", name), lambda: _select(schema, document, operation))


def _select(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> Coordinates:
    """Every field of either table that the operation selects, in its fragments too."""
    found: set[tuple[str, str]] = set()
    spread: set[str] = set()
    types = TypeInfo(schema)

    class Collector(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = types.get_parent_type()
            if parent is not None and _is_listed(coordinate := (parent.name, node.name.value)):
                found.add(coordinate)

        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            if (name := node.name.value) not in spread and name in document.fragments:
                spread.add(name)
                visit(document.fragments[name], TypeInfoVisitor(types, self))

    visit(operation, TypeInfoVisitor(types, Collector()))
    return frozenset(found)


def _is_listed(coordinate: tuple[str, str]) -> bool:
    return coordinate in PER_VIEWER or coordinate in TIMELY
