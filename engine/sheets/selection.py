"""What an operation selects, as the executor would collect it: by response name, fragments written out, without what
`@skip` and `@include` leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_variable_values,
    is_abstract_type,
)

from engine.prepared import Prepared
from resolvers.context import Context
from schema.permissions import Guard

#: A type, and what is selected of it. Several of them are one in the answer.
Part = tuple[GraphQLNamedType, SelectionSetNode]


@dataclass(frozen=True, slots=True)
class Selected:
    """A field under its response name, with all the places that select it, and the types that it was selected of."""

    key: str
    nodes: Sequence[FieldNode]
    owners: Sequence[GraphQLNamedType]
    #: None for `__typename`.
    definition: GraphQLField | None

    @property
    def name(self) -> str:
        """The field's own name."""
        return self.nodes[0].name.value

    @property
    def aliased(self) -> bool:
        """Whether it was given another name."""
        return self.nodes[0].alias is not None

    @property
    def type(self) -> GraphQLNamedType | None:
        """The type of its value, whatever is around that."""
        return None if self.definition is None else get_named_type(self.definition.type)

    @property
    def parts(self) -> list[Part]:
        """What is selected of its value."""
        assert self.type is not None
        return [(self.type, node.selection_set) for node in self.nodes if node.selection_set is not None]


class Selection:
    """An operation's selection, with its variables."""

    def __init__(self, prepared: Prepared) -> None:
        self._schema = prepared.schema
        self._fragments = prepared.document.fragments
        values = get_variable_values(prepared.schema, prepared.node.variable_definitions or (), prepared.variables)
        assert not isinstance(values, list)
        self._values = values
        root = prepared.schema.query_type
        assert root is not None
        self.root: list[Part] = [(root, prepared.node.selection_set)]

    def fields(self, parts: Sequence[Part]) -> list[Selected]:
        """The fields of parts that are one in the answer, in the order of their first places."""
        found: dict[str, list[tuple[GraphQLNamedType, FieldNode]]] = {}
        for owner, node in self._collected(parts, set()):
            found.setdefault((node.alias or node.name).value, []).append((owner, node))
        return [self._selected(key, places) for key, places in found.items()]

    def arguments(self, field: Selected) -> dict[str, Any]:
        """What a field is given."""
        assert field.definition is not None
        return get_argument_values(field.definition, field.nodes[0], self._values)

    def withheld(self, field: Selected, context: Context) -> Guard | None:
        """What stands in front of a field, if it does not let this viewer pass: of any of the types that it is of."""
        for type_ in self._objects(field.owners):
            definition = type_.fields.get(field.name)
            guard = definition.resolve if definition is not None else None
            if isinstance(guard, Guard) and not guard.permits(context):
                return guard
        return None

    def _selected(self, key: str, places: Sequence[tuple[GraphQLNamedType, FieldNode]]) -> Selected:
        owner, node = places[0]
        definition = getattr(owner, "fields", {}).get(node.name.value)
        return Selected(key, [node for _, node in places], [owner for owner, _ in places], definition)

    def _collected(self, parts: Sequence[Part], spread: set[str]) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        for owner, selection_set in parts:
            for node in filter(self._included, selection_set.selections):
                if isinstance(node, FieldNode):
                    yield owner, node
                elif isinstance(node, InlineFragmentNode):
                    yield from self._collected([(self._narrowed(owner, node), node.selection_set)], spread)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    yield from self._collected([(self._narrowed(owner, fragment), fragment.selection_set)], spread)

    def _included(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._values)
        include = get_directive_values(GraphQLIncludeDirective, node, self._values)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _narrowed(self, owner: GraphQLNamedType, node: Any) -> GraphQLNamedType:
        condition = node.type_condition
        type_ = None if condition is None else self._schema.get_type(condition.name.value)
        return owner if type_ is None else type_

    def _objects(self, owners: Sequence[GraphQLNamedType]) -> Iterator[GraphQLObjectType]:
        for owner in owners:
            if is_abstract_type(owner):
                yield from self._schema.get_possible_types(owner)
            elif isinstance(owner, GraphQLObjectType):
                yield owner
