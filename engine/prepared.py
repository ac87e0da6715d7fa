"""An operation that may be executed, and what makes two of them the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_argument_values,
    get_variable_values,
    visit,
)
from graphql.execution.values import VariableValues

from engine.costs import Measured
from engine.documents import Document
from engine.sharing import is_own, is_per_viewer, may_be_per_viewer
from models.scope import Scope

#: The arguments that say where a client stands: the answer to two who stand elsewhere is made the same way.
RESUMING = frozenset({"after", "epoch"})

Key = tuple[str, str | None, bytes]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Parsed, measured, validated, its variables read."""

    schema: GraphQLSchema
    document: Document
    node: OperationDefinitionNode
    name: str | None
    variables: dict[str, Any]
    measured: Measured
    #: The variables as they were read, so that they are not read again to execute it: thousands of values take long.
    #: None where that is still to be done.
    read: VariableValues | None = None
    #: In seconds: how long whoever asks has waited for it to be read.
    waited: float = 0.0

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]:
        """What it does."""
        return self.node.operation.value

    @property
    def key(self) -> Key:
        """Operations with the same key ask the same. Of a subscription, wherever its client stands."""
        names = {definition.variable.name.value for definition in self.node.variable_definitions or ()}
        if self.kind == "subscription":
            names -= self._find_resuming()
        asked = {name: value for name, value in self.variables.items() if name in names}
        return self.document.source, self.name, orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)

    def is_per_viewer(self, scope: Scope) -> bool:
        """Whether two viewers of this scope may be answered differently."""
        return is_per_viewer(self.schema, self.document, self.node, scope)

    @property
    def may_be_per_viewer(self) -> bool:
        """Whether there is a scope under which they may."""
        return may_be_per_viewer(self.schema, self.document, self.node)

    @property
    def is_own(self) -> bool:
        """Whether it is a stream of what is the viewer's own."""
        return self.kind == "subscription" and is_own(self.schema, self.document, self.node)

    def look_through(self) -> None:
        """Look for what takes a walk through the document and is kept with it, before anybody waits for it to be
        executed."""
        if self.kind != "mutation":
            may_be_per_viewer(self.schema, self.document, self.node)
        if self.kind == "subscription":
            self._find_resuming()

    def _find_resuming(self) -> frozenset[str]:
        return self.document.remember(("resuming", self.name), lambda: _resuming(self.schema, self.document.ast))

    def standing(self) -> tuple[int | None, str | None]:
        """Of a subscription: the `after` and the `epoch` that it comes with."""
        field = self.document.remember(("root", self.name), lambda: _root_field(self.document, self.node))
        owner = self.schema.subscription_type
        assert owner is not None
        values = get_variable_values(self.schema, self.node.variable_definitions or (), self.variables)
        assert not isinstance(values, list)
        given = get_argument_values(owner.fields[field.name.value], field, values)
        return given.get("after"), given.get("epoch")


def _root_field(document: Document, node: OperationDefinitionNode) -> FieldNode:
    """The one root field of a valid subscription, wherever it stands."""
    waiting = [node.selection_set]
    while True:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                return selection
            if isinstance(selection, FragmentSpreadNode):
                waiting.append(document.fragments[selection.name.value].selection_set)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)


def _resuming(schema: GraphQLSchema, ast: DocumentNode) -> frozenset[str]:
    """The variables that are used for nothing but to say where a client stands."""
    # No other type has fields of these names.
    streams = schema.subscription_type.fields if schema.subscription_type else {}
    uses: Counter[str] = Counter()
    resuming: Counter[str] = Counter()

    class Collector(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
            uses[node.variable.name.value] -= 1

        def enter_variable(self, node: VariableNode, *_: object) -> None:
            uses[node.name.value] += 1

        def enter_field(self, node: FieldNode, *_: object) -> None:
            if node.name.value in streams:
                for argument in node.arguments or ():
                    if argument.name.value in RESUMING and isinstance(argument.value, VariableNode):
                        resuming[argument.value.name.value] += 1

    visit(ast, Collector())
    return frozenset(name for name, count in resuming.items() if uses[name] == count)
