"""An operation whose connection can be asked for page after page, with variables of its own: it stays one document,
with one plan of execution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    NamedTypeNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from engine.documents import choose_operation, document_of
from engine.prepared import Prepared
from engine.sheets.table import Walked

N = TypeVar("N", bound=Node)


@dataclass(frozen=True, slots=True)
class Pages:
    """The operation for one page, and where the answer says how it goes on."""

    _prepared: Prepared
    _after: str
    _counting: str
    _info: str
    _count: str

    def page(self, after: str | None, *, counting: bool) -> Prepared:
        """The operation for the page after this cursor."""
        variables = {**self._prepared.variables, self._after: after, self._counting: counting}
        return replace(self._prepared, variables=variables, read=None)

    def next(self, held: Mapping[str, Any]) -> str | None:
        """The cursor to go on after, of a page that was answered; None on the last one."""
        info = held[self._info]
        return info["endCursor"] if info["hasNextPage"] else None

    def count(self, held: Mapping[str, Any]) -> int | None:
        """How many things there are on all pages, if that was counted."""
        return held.get(self._count)


def pages_of(prepared: Prepared, walked: Walked) -> Pages:
    """The operation, made ready to be asked page by page."""
    declared = {definition.variable.name.value for definition in prepared.node.variable_definitions or ()}
    after, counting = _free("after", declared), _free("counting", declared)
    info, count = _free("page", walked.keys), _free("count", walked.keys)
    added = [_field(info, "pageInfo", _field(None, "hasNextPage"), _field(None, "endCursor"))]
    if walked.counted:
        added.append(_field(count, "totalCount", directives=[_if(counting)]))
    operation = prepared.node
    ast: DocumentNode = visit(prepared.document.ast, _Rewriting(operation, walked.field.nodes, after, counting, added))
    document = document_of(prepared.document.source, ast, prepared.document.tokens)
    rewritten = replace(prepared, document=document, node=choose_operation(document, prepared.name))
    return Pages(rewritten, after, counting, info, count)


class _Rewriting(Visitor):
    """Gives an operation two variables more, and the fields of a connection its cursor and what is added to them."""

    def __init__(
        self,
        operation: OperationDefinitionNode,
        fields: Sequence[FieldNode],
        after: str,
        counting: str,
        added: Sequence[FieldNode],
    ) -> None:
        super().__init__()
        self._operation = operation
        # Not the nodes themselves: graphql-core compares these by their whole content.
        self._fields = {id(field) for field in fields}
        self._after = after
        self._counting = counting
        self._added = added

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> Node | None:
        """Declare the variables."""
        if node is not self._operation:
            return None
        variables = [_variable(self._after, "String"), _variable(self._counting, "Boolean")]
        return _changed(node, variable_definitions=(*(node.variable_definitions or ()), *variables))

    def enter_field(self, node: FieldNode, *_: object) -> Node | None:
        """Use them. What is in a connection is no part of another one's."""
        if id(node) not in self._fields or node.selection_set is None:
            return None
        kept = [argument for argument in node.arguments or () if argument.name.value != "after"]
        arguments = (*kept, ArgumentNode(name=_name("after"), value=_use(self._after)))
        selections = (*node.selection_set.selections, *self._added)
        return _changed(node, arguments=arguments, selection_set=SelectionSetNode(selections=selections))


def _changed(node: N, **parts: Any) -> N:
    return type(node)(**{key: getattr(node, key) for key in node.keys} | parts)


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _field(alias: str | None, name: str, *selected: FieldNode, directives: Sequence[DirectiveNode] = ()) -> FieldNode:
    return FieldNode(
        alias=None if alias is None else _name(alias),
        name=_name(name),
        arguments=(),
        directives=tuple(directives),
        selection_set=SelectionSetNode(selections=selected) if selected else None,
    )


def _if(variable: str) -> DirectiveNode:
    return DirectiveNode(name=_name("include"), arguments=(ArgumentNode(name=_name("if"), value=_use(variable)),))


def _variable(name: str, of: str) -> VariableDefinitionNode:
    # A default makes it fit where a value must be: `if` takes no null.
    default = BooleanValueNode(value=False) if of == "Boolean" else None
    type_ = NamedTypeNode(name=_name(of))
    return VariableDefinitionNode(variable=_use(name), type=type_, default_value=default, directives=())


def _use(name: str) -> VariableNode:
    return VariableNode(name=_name(name))


def _name(value: str) -> NameNode:
    return NameNode(value=value)
