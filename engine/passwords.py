"""At most one field of an operation brings a password: each is hashed, which takes a core for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    get_argument_values,
    get_named_type,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from strawberry import UNSET

from engine.documents import Document, LimitExceeded
from schema.inputs.base import PASSWORD

#: So many fields of one operation may bring a password.
MOST_WITH_PASSWORDS = 1


def check_passwords(
    schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> None:
    """`LimitExceeded` when more fields than one bring a password, under whatever names, in whatever fragments. The
    document is a valid one, and the variables fit it."""
    root = schema.mutation_type
    if operation.operation is not OperationType.MUTATION or root is None:
        return
    # By the name in the answer: fields that share one are one, and are executed once.
    able = [
        (node, definition)
        for node in _root_fields(document, operation)
        if (definition := root.fields.get(node.name.value)) is not None
        and any(map(_passwords, definition.args.values()))
    ]
    if len({_response_name(node) for node, _ in able}) <= MOST_WITH_PASSWORDS:
        return
    read = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    assert isinstance(read, VariableValues)
    bringing = {_response_name(node) for node, definition in able if _brings_password(definition, node, read)}
    if len(bringing) > MOST_WITH_PASSWORDS:
        raise LimitExceeded(
            f"The operation brings passwords in {len(bringing)} fields; at most {MOST_WITH_PASSWORDS} is allowed. "
            "Send each in a request of its own.",
            limit="passwords",
            allowed=MOST_WITH_PASSWORDS,
            actual=len(bringing),
        )


def _root_fields(document: Document, operation: OperationDefinitionNode) -> Iterator[FieldNode]:
    """Each once, however often its fragment is spread."""
    waiting, seen = [operation.selection_set], set[str]()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                waiting.append(document.fragments[selection.name.value].selection_set)


def _response_name(node: FieldNode) -> str:
    return (node.alias or node.name).value


def _brings_password(definition: GraphQLField, node: FieldNode, variables: VariableValues) -> bool:
    given = get_argument_values(definition, node, variables)
    return any(
        (given.get(name) or {}).get(password) not in (None, UNSET)
        for name, argument in definition.args.items()
        for password in _passwords(argument)
    )


def _passwords(argument: Any) -> list[str]:
    """The fields of an argument's input that are passwords, as clients know them."""
    type_ = get_named_type(argument.type)
    if not isinstance(type_, GraphQLInputObjectType):
        return []
    declared = type_.extensions["strawberry-definition"].fields
    by_name = dict(zip(type_.fields, declared, strict=True))
    return [name for name, field in by_name.items() if field.metadata.get(PASSWORD)]
