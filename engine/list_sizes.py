"""The sizes of lists in a document: @listSize, of the IBM GraphQL Cost Directives specification
(https://ibm.github.io/graphql-specs/cost-spec.html). A list counts for

* the greatest of its slicing arguments: `first`, `last`, `limit` as they stand, `ids` by its length, each
  from the literal, the variable, the variable's default or the argument's default. What is no size
  (negative, not a number) counts as 1, for coercion to refuse it later;
* without any, or with null, the assumed size of the field: @listSize(assumedSize:), or 10.
"""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from strawberry import UNSET

from schema.list_size import ListSize

SATURATED = 1_000_000_000
"""Points, or aliases, or fields: where counting stops."""

DEFAULT_ASSUMED_SIZE = 10
DEFAULT_SLICING_ARGUMENTS = ("first", "last", "limit", "ids")


class SizeRule(NamedTuple):
    """How to tell the number of items of a field's list, or of its connection's page."""

    assumed: int = DEFAULT_ASSUMED_SIZE
    arguments: tuple[str, ...] = DEFAULT_SLICING_ARGUMENTS


def list_size(definition: GraphQLField) -> SizeRule:
    """The field's @listSize, from graphql-core's extensions `assumed_size` and `slicing_arguments` or from
    the directive on strawberry's field."""
    directive = _list_size_directive(definition)
    assumed = definition.extensions.get("assumed_size", directive.assumed_size)
    arguments = definition.extensions.get("slicing_arguments", directive.slicing_arguments)
    return SizeRule(
        DEFAULT_ASSUMED_SIZE if assumed in (None, UNSET) else size_of(assumed) or DEFAULT_ASSUMED_SIZE,
        DEFAULT_SLICING_ARGUMENTS if arguments in (None, UNSET) else tuple(arguments),
    )


def _list_size_directive(definition: GraphQLField) -> ListSize:
    strawberry_field = definition.extensions.get("strawberry-definition")
    directives = getattr(strawberry_field, "directives", None) or ()
    return next((each for each in directives if isinstance(each, ListSize)), ListSize())


class Sizing(NamedTuple):
    """The size of one list in the document, as far as it is known without variables."""

    literal: int | None
    variables: tuple[tuple[str, int | None], ...]
    """Each with the size to take when the variable is absent: the argument's default."""
    assumed: int

    def items(self, sizes: Mapping[str, int | None]) -> int:
        """How many there are, where the variables come to these sizes."""
        given = [self.literal, *(sizes.get(name, default) for name, default in self.variables)]
        return max((size for size in given if size is not None), default=self.assumed)


ONE = Sizing(1, (), 1)


def sizing(definition: GraphQLField, node: FieldNode) -> Sizing:
    """The size of the list that a field is, or of its page should it return a connection."""
    rule = list_size(definition)
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    literals: list[int | None] = []
    variables: list[tuple[str, int | None]] = []
    for name in rule.arguments:
        if name not in definition.args:
            continue
        value = given.get(name)
        if isinstance(value, VariableNode):
            variables.append((value.name.value, _default_size(definition, name)))
        else:
            literals.append(_default_size(definition, name) if value is None else literal_size(value))
    known = max((size for size in literals if size is not None), default=None)
    return Sizing(known, tuple(variables), rule.assumed)


def _default_size(definition: GraphQLField, argument: str) -> int | None:
    """The size that an argument has when it is left out. graphql-core 3.3 has two places for its default."""
    default = definition.args[argument].default
    if default is not None:
        literal: ValueNode | None = default.literal
        return size_of(default.value) if literal is None else literal_size(literal)
    value = definition.args[argument].default_value
    return None if value is Undefined else size_of(value)


def literal_size(value: ValueNode) -> int | None:
    """What a value in the document asks for, as `size_of` says it."""
    if isinstance(value, NullValueNode):
        return None
    if isinstance(value, ListValueNode):
        return size_of(value.values)
    if not isinstance(value, IntValueNode) or value.value.startswith("-"):
        return 1
    # Longer than any Int, and int() refuses thousands of digits.
    return SATURATED if len(value.value) > 10 else size_of(int(value.value))


def size_of(value: object) -> int | None:
    """How many items a value asks for: at least 1. None for null, which asks for no number."""
    if value is None or value is UNSET:
        return None
    if isinstance(value, list | tuple):
        value = len(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 100.0 is an Int in JSON
    if not isinstance(value, int) or isinstance(value, bool):
        return 1
    return max(1, min(value, SATURATED))
