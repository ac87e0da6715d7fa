"""Input coercion: what is wrong with a value, said without quoting it.

graphql-core decides what is accepted. Its messages are not used: they repeat the value, which may be a password or a
token, and end up in the logs of whoever called. Named here are types, fields and variables, and the place.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariableNode,
    VisitorAction,
    get_variable_values,
    is_required_input_field,
    type_from_ast,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import did_you_mean, print_path_list, suggestion_list
from graphql.utilities.replace_variables import replace_variables

from models.reasons import Parameter, Parameters, Reason, filled_in

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong, and where in the value."""

    message: str
    reason: Reason
    parameters: Mapping[Parameter, str]
    path: Path = ()

    @classmethod
    def of(cls, message: str, reason: Reason, path: Path = (), **parameters: Unpack[Parameters]) -> "Misfit":
        """One with the parameters of its reason."""
        return cls(message, reason, filled_in(reason, parameters), path)

    @property
    def told(self) -> dict[str, Any]:
        """What programs read of it."""
        parameters = {name.value: text for name, text in sorted(self.parameters.items())}
        return {"code": "INVALID", "reason": self.reason.value, "parameters": parameters}


MAX_ERRORS = 20
#: Of a name that the schema does not have, so many letters are repeated.
_LONGEST_NAME = 60
_LEAVES = {
    "Int": "An Int is a whole number from -2,147,483,648 to 2,147,483,647, without quotes.",
    "Float": "A Float is a number, without quotes.",
    "String": "A String is a text in quotes.",
    "Boolean": "A Boolean is true or false, without quotes.",
    "ID": "An ID is a text in quotes.",
}


def read_variables(
    schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode], given: Mapping[str, Any]
) -> VariableValues | list[GraphQLError]:
    """The variables of a valid operation, or what is wrong with them: at most MAX_ERRORS, and a note that there are
    more."""
    read = get_variable_values(schema, definitions, dict(given), max_errors=0, hide_suggestions=True)
    if not isinstance(read, list):
        return read
    errors: list[GraphQLError] = []
    try:
        for name, definition, misfit in _misfits_of(schema, definitions, given):
            if len(errors) == MAX_ERRORS:
                return [*errors, GraphQLError("There are more such errors. Mend these first.")]
            place = print_path_list(list(misfit.path))
            message = f"Variable '${name}' has invalid value{place}: {misfit.message}"
            extensions = misfit.told | {"inputPath": [name, *misfit.path]}
            errors.append(GraphQLError(message, definition, extensions=extensions))
    except RecursionError:
        errors.clear()
    return errors or [GraphQLError("The variables are nested too deeply.")]


def _misfits_of(
    schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode], given: Mapping[str, Any]
) -> Iterator[tuple[str, VariableDefinitionNode, Misfit]]:
    for definition in definitions:
        name = definition.variable.name.value
        type_: Any = type_from_ast(schema, definition.type)
        if name in given or definition.default_value is None:
            for misfit in value_misfits(given.get(name, Undefined), type_, name):
                yield name, definition, misfit


def value_misfits(value: Any, type_: Any, called: str, path: Path = ()) -> Iterator[Misfit]:
    """What is wrong with a value of JSON, which is called so."""
    if isinstance(type_, GraphQLNonNull):
        if value is Undefined:
            message = f"Expected a value of non-null type '{type_}' to be provided."
            yield Misfit.of(message, Reason.MISSING, path, field=called)
            return
        if value is None:
            yield _null(type_, path)
            return
        type_ = type_.of_type
    if value is None or value is Undefined:
        return
    if isinstance(type_, GraphQLList):
        for place, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            yield from value_misfits(item, type_.of_type, called, path if place is None else (*path, place))
    elif isinstance(type_, GraphQLInputObjectType):
        if not isinstance(value, dict):
            yield _no_object(type_, path)
            return
        for name, field in type_.fields.items():
            if name in value:
                yield from value_misfits(value[name], field.type, name, (*path, name))
        yield from (replace(misfit, path=path) for misfit in _wrong_fields(type_, value, hints=False))
        if type_.is_one_of and any(value.get(name) is None for name in value):
            yield _one_of(type_, path)
    else:
        yield from _wrong_leaf(type_, lambda: type_.coerce_input_value(value), path)


def literal_misfits(node: ValueNode, type_: Any, *, hints: bool) -> Iterator[tuple[Misfit, Node]]:
    """What is wrong with a literal, and with which node of it. Variables in it are those of other rules."""
    if isinstance(node, VariableNode):
        return
    if isinstance(type_, GraphQLNonNull):
        if isinstance(node, NullValueNode):
            yield _null(type_), node
            return
        type_ = type_.of_type
    if isinstance(node, NullValueNode):
        return
    if isinstance(type_, GraphQLList):
        for item in node.values if isinstance(node, ListValueNode) else (node,):
            yield from literal_misfits(item, type_.of_type, hints=hints)
    elif isinstance(type_, GraphQLInputObjectType):
        if not isinstance(node, ObjectValueNode):
            yield _no_object(type_), node
            return
        given = {field.name.value: field for field in node.fields}
        for name, field in type_.fields.items():
            if name in given:
                yield from literal_misfits(given[name].value, field.type, hints=hints)
        yield from ((misfit, node) for misfit in _wrong_fields(type_, given, hints=hints))
        if type_.is_one_of and any(isinstance(field.value, NullValueNode) for field in node.fields):
            yield _one_of(type_), node
    else:
        yield from ((misfit, node) for misfit in _wrong_leaf(type_, lambda: _read_literal(type_, node)))


def _read_literal(type_: Any, node: ValueNode) -> Any:
    if isinstance(type_, GraphQLEnumType):
        return type_.coerce_input_literal(replace_variables(node), True)
    if type_.coerce_input_literal is not None:
        return type_.coerce_input_literal(replace_variables(node))
    return type_.parse_literal(node, None)


def _wrong_fields(type_: GraphQLInputObjectType, given: Collection[str], *, hints: bool) -> Iterator[Misfit]:
    for name, field in type_.fields.items():
        if name not in given and is_required_input_field(field):
            message = f"Expected value of type '{type_}' to include required field '{name}'."
            yield Misfit.of(message, Reason.MISSING, field=name)
    for name in given:
        if name not in type_.fields:
            hint = did_you_mean(suggestion_list(name, list(type_.fields))) if hints else ""
            message = f"Expected value of type '{type_}' not to include unknown field '{shown(name)}'.{hint}"
            yield Misfit.of(message, Reason.UNKNOWN_FIELD, field=shown(name))
    if type_.is_one_of and sum(name in type_.fields for name in given) != 1:
        yield _one_of(type_)


def _one_of(type_: GraphQLInputObjectType, path: Path = ()) -> Misfit:
    message = (
        f"Within OneOf Input Object type '{type_}', exactly one field must be specified, and the value for that field "
        "must be non-null."
    )
    return Misfit.of(message, Reason.NOT_ONE_OF, path, values=list(type_.fields))


def _null(type_: Any, path: Path = ()) -> Misfit:
    return Misfit.of(f"Expected value of non-null type '{type_}' not to be None.", Reason.NULL, path)


def _no_object(type_: Any, path: Path = ()) -> Misfit:
    return Misfit.of(f"Expected value of type '{type_}' to be an object.", Reason.TYPE, path, expected=type_.name)


def _wrong_leaf(type_: Any, read: Callable[[], Any], path: Path = ()) -> Iterator[Misfit]:
    """The scalars of this product say themselves what they look like, and never what they were given."""
    try:
        if read() is not Undefined:
            return
        reason = ""
    except GraphQLError as error:
        reason = error.message
    except Exception:
        # Such as the ValueError of an Int with more digits than Python reads.
        reason = ""
    if isinstance(type_, GraphQLEnumType):
        message = f"Expected one of the values of the enum '{type_}'."
        yield Misfit.of(message, Reason.NOT_ONE_OF, path, values=list(type_.values))
    else:
        message = _LEAVES.get(type_.name) or reason or f"Expected value of type '{type_}'."
        yield Misfit.of(message, Reason.TYPE, path, expected=type_.name)


def shown(name: str) -> str:
    """A name that the schema does not have, no longer than anybody needs to recognise it."""
    return f"{name[:_LONGEST_NAME]}…" if len(name) > _LONGEST_NAME else name


class UnquotedValuesRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule, in words of our own."""

    def is_valid_value_node(self, node: ValueNode, input_type: Any) -> VisitorAction:
        if input_type is not None:
            for misfit, where in literal_misfits(node, input_type, hints=not self.context.hide_suggestions):
                self.report_error(GraphQLError(misfit.message, where, extensions=misfit.told))
        return self.SKIP
