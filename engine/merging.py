"""Field merging (https://spec.graphql.org/draft/#sec-Field-Selection-Merging), in one pass over what is selected.

The specification compares every pair of fields with the same response name, and graphql-core does, which is quadratic.
But "has the same shape", and "is the same field with the same arguments", are equivalences: it is enough to compare
each of a group with the first one. Fields exclude each other only where they are on different object types; so within
a response name the fields of each object type are a group, together with those on interfaces and unions, which may meet
any of them. (Simon Adameit's algorithm, known from Sangria and graphql-java.)

For documents that the other rules found sound: fragments, fields and arguments exist, and no fragment is in itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    ValueNode,
    VariableNode,
    VisitorAction,
    get_named_type,
    is_leaf_type,
)
from graphql.validation.validate import ValidationAbortedError

#: The most selections that are visited, and fields that are compared. A document within the limits needs a fraction of
#: it, unless it asks many types of an interface for the same fields, on many levels.
BUDGET = 20_000

Part = tuple[Any, SelectionSetNode]
Arguments = tuple[tuple[str, object], ...]


class Selected(NamedTuple):
    """A field, on the type where it was selected. `type` is None for `__typename`."""

    parent: Any
    node: FieldNode
    type: Any


class FieldsMergeRule(ValidationRule):
    """Fields with the same response name are one field."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._left = BUDGET
        self._arguments: dict[int, Arguments] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> VisitorAction:
        """Check the operation, and with it every fragment that it reaches."""
        parts: list[Part] = [(self.context.schema.get_root_type(node.operation), node.selection_set)]
        # What is still to be checked: selection sets that are one in the answer, and whether only their shape counts.
        waiting = [(parts, False)]
        while waiting:
            parts, only_shape = waiting.pop()
            for name, fields in self._collect(parts).items():
                waiting += self._check(name, fields, only_shape=only_shape)
        return self.SKIP

    def enter_fragment_definition(self, *_: object) -> VisitorAction:
        """What operations do not reach is refused by another rule."""
        return self.SKIP

    def _collect(self, parts: Iterable[Part]) -> dict[str, list[Selected]]:
        """The fields of selection sets by response name, fragments written out, each once."""
        found: dict[str, list[Selected]] = {}
        spread: set[str] = set()
        waiting = list(parts)
        while waiting:
            parent, selection_set = waiting.pop()
            self._spend(len(selection_set.selections))
            for node in selection_set.selections:
                if isinstance(node, FieldNode):
                    name = (node.alias or node.name).value
                    definition = getattr(parent, "fields", {}).get(node.name.value)
                    found.setdefault(name, []).append(Selected(parent, node, definition and definition.type))
                elif isinstance(node, InlineFragmentNode):
                    waiting.append((self._condition(node) or parent, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self.context.get_fragment(node.name.value)
                    if fragment is not None:
                        waiting.append((self._condition(fragment), fragment.selection_set))
        return found

    def _condition(self, node: Any) -> Any:
        condition = node.type_condition
        return condition and self.context.schema.get_type(condition.name.value)

    def _check(self, name: str, fields: list[Selected], *, only_shape: bool) -> Iterator[tuple[list[Part], bool]]:
        """Compare fields of one response name, and say what is to be checked below them."""
        if only_shape:
            groups = []
        elif len(groups := _meeting(fields)) > 1:
            self._spend(sum(map(len, groups)))
        if not all(self._are_one_field(name, group) for group in groups) or not self._have_one_shape(name, fields):
            return
        inner = [(group, False) for group in groups]
        if len(groups) != 1:
            inner.append((fields, True))
        for group, shape in inner:
            parts = [(get_named_type(f.type), f.node.selection_set) for f in group if f.node.selection_set is not None]
            if parts:
                yield parts, shape

    def _are_one_field(self, name: str, group: list[Selected]) -> bool:
        first = group[0]
        for other in group[1:]:
            if first.node.name.value != other.node.name.value:
                one, two = _as_written(first, other)
                reason = f"'{one.node.name.value}' and '{two.node.name.value}' are different fields"
                self._report(name, reason, one, two)
                return False
            if self._arguments_of(first.node) != self._arguments_of(other.node):
                self._report(name, "they have differing arguments", *_as_written(first, other))
                return False
        return True

    def _have_one_shape(self, name: str, fields: list[Selected]) -> bool:
        first = fields[0]
        for other in fields[1:]:
            if first.type is not other.type and _shapes_differ(first.type, other.type):
                one, two = _as_written(first, other)
                self._report(name, f"they return conflicting types '{one.type}' and '{two.type}'", one, two)
                return False
        return True

    def _arguments_of(self, node: FieldNode) -> Arguments:
        if not node.arguments:
            return ()
        key = id(node)
        if key not in self._arguments:
            given = [(argument.name.value, _value(argument.value)) for argument in node.arguments]
            self._arguments[key] = tuple(sorted(given, key=_name))
        return self._arguments[key]

    def _report(self, name: str, reason: str, first: Selected, other: Selected) -> None:
        message = f"Fields '{name}' conflict because {reason}."
        advice = " Use different aliases on the fields to fetch both if this was intentional."
        self.report_error(GraphQLError(message + advice, [first.node, other.node]))

    def _spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise ValidationAbortedError("Validation aborted.")


def _as_written(one: Selected, two: Selected) -> tuple[Selected, Selected]:
    """Two fields in the order in which they stand in the document."""
    swapped = one.node.loc is not None and two.node.loc is not None and one.node.loc.start > two.node.loc.start
    return (two, one) if swapped else (one, two)


def _meeting(fields: list[Selected]) -> list[list[Selected]]:
    """Groups of fields of which any two may be asked of one object."""
    by_type: dict[str, list[Selected]] = {}
    everywhere = []
    for field in fields:
        if isinstance(field.parent, GraphQLObjectType):
            by_type.setdefault(field.parent.name, []).append(field)
        else:
            everywhere.append(field)
    return [everywhere + group for group in by_type.values()] or [everywhere]


def _shapes_differ(one: Any, two: Any) -> bool:
    """SameResponseShape, but for what is below the fields."""
    while one is not two and one is not None and two is not None:
        for wrapper in (GraphQLNonNull, GraphQLList):
            if isinstance(one, wrapper) or isinstance(two, wrapper):
                if type(one) is not type(two):
                    return True
                one, two = one.of_type, two.of_type
                break
        else:
            return is_leaf_type(one) or is_leaf_type(two)
    return False


def _value(node: ValueNode) -> object:
    """A literal in a form that equal ones have in common: the order of an object's fields does not matter."""
    if isinstance(node, VariableNode):
        return "variable", node.name.value
    if isinstance(node, ListValueNode):
        return "list", tuple(map(_value, node.values))
    if isinstance(node, ObjectValueNode):
        return "object", tuple(sorted(((field.name.value, _value(field.value)) for field in node.fields), key=_name))
    return node.kind, getattr(node, "value", None)


def _name(pair: tuple[str, object]) -> str:
    return pair[0]
