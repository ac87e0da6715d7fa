"""What is to be done for each object of a type, worked out once for a selection.

A plan has a step for each key of the response, in order, of one of three kinds:

LeafStep    read at once, for all objects together, and written as it is.
FetchStep   read or loaded for all objects together; what is found is completed together, too.
StockStep   done by graphql-core, one object at a time: whatever has a resolver that does not say what it does, or how
            it takes arguments, or leads to lists of lists, or to objects of which it takes more than a value to know
            the type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    TypeNameMetaFieldDef,
    Undefined,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import is_awaitable

from engine.execution.leaves import Leaf, Leaves, leaf_of
from schema.field_resolvers import Load, LoadBy, Read, TypeCheck, TypeOf
from schema.permissions import Guard

#: Of one document: one for each set of values of the variables that its @skip and @include name.
MAX_VARIANTS = 16

#: The type of all, or of each.
TypesFound = GraphQLObjectType | Sequence[GraphQLObjectType]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One key of the response."""

    key: str
    field: GraphQLField
    details: FieldDetailsList
    guard: Guard | None


@dataclass(frozen=True, slots=True, eq=False)
class StockStep(Step):
    """Left to graphql-core."""


@dataclass(frozen=True, slots=True, eq=False)
class LeafStep(Step):
    """Read and written at once."""

    read: Callable[[Any], Any]
    leaf: Leaf | Leaves


@dataclass(frozen=True, slots=True, eq=False)
class FetchStep(Step):
    """Read or loaded, then completed. `to` is what is found: leaves, objects, or lists of objects."""

    loading: Load | LoadBy
    to: Leaf | Leaves | Objects


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Objects, or lists of them where there is an item type. `types` says of which type each is."""

    types: OneType | AbstractType
    nullable: bool
    item_type: GraphQLOutputType | None

    def types_of(self, value: Any) -> Sequence[GraphQLObjectType] | None:
        """The type of each thing in a list, or of the one thing, where the values alone say so."""
        assert isinstance(self.types, AbstractType)
        if self.item_type is None:
            return self.types((value,))
        return self.types(value) if type(value) is list or type(value) is tuple else None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The steps for an object of a type."""

    type: GraphQLObjectType
    steps: tuple[Step, ...]
    #: Whether equal objects have equal answers, errors apart.
    leaves_only: bool = field(init=False)
    #: Whether something is left to graphql-core.
    has_stock: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "leaves_only", all(isinstance(step, LeafStep) for step in self.steps))
        object.__setattr__(self, "has_stock", any(isinstance(step, StockStep) for step in self.steps))


class Plans:
    """The plans of one document on one schema, made as they are needed."""

    def __init__(self, document: DocumentNode) -> None:
        self._conditions = sorted(_Conditions(document).names)
        self._variants: dict[tuple[Any, ...], dict[Any, Plan | None]] = {}

    def variant(self, variables: dict[str, Any]) -> dict[Any, Plan | None]:
        """The plans for these values of the variables: those that @skip or @include name make another selection."""
        key = tuple(variables.get(name) for name in self._conditions)
        if key not in self._variants:
            if len(self._variants) >= MAX_VARIANTS:
                self._variants.clear()
            self._variants[key] = {}
        return self._variants[key]


class _Conditions(Visitor):
    """Collects the names of the variables in @skip and @include."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self.names: set[str] = set()
        visit(document, self)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in ("skip", "include"):
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {value.name.value for value in values if isinstance(value, VariableNode)}


def make_plan(schema: GraphQLSchema, type_: GraphQLObjectType, fields: GroupedFieldSet) -> Plan | None:
    """The plan for the fields that were collected for a type; None where a valid document would not be so."""
    steps = []
    for key, details in fields.items():
        found = schema.get_field(type_, details[0].node.name.value)
        if found is None or any(detail.fragment_variable_values is not None for detail in details):
            return None
        steps.append(_step(schema, key, found, details, type_))
    return Plan(type_, tuple(steps)) if steps else None


def _step(
    schema: GraphQLSchema, key: str, field: GraphQLField, details: FieldDetailsList, parent: GraphQLObjectType
) -> Step:
    guard, resolve = None, field.resolve
    if isinstance(resolve, Guard):
        guard, resolve = resolve, resolve.resolve
    if field is TypeNameMetaFieldDef:
        resolve = Read(lambda source: parent.name)
    takes_arguments = bool(field.args or details[0].node.arguments)
    if not isinstance(resolve, LoadBy if takes_arguments else Read | Load):
        return StockStep(key, field, details, guard)
    to = _end(schema, field.type)
    if to is None:
        return StockStep(key, field, details, guard)
    if isinstance(resolve, Load | LoadBy):
        return FetchStep(key, field, details, guard, resolve, to)
    read = resolve.read
    if not isinstance(to, Objects):
        return LeafStep(key, field, details, guard, read, to)
    loading = Load(lambda source, context: read(source), together=lambda sources, context: list(map(read, sources)))
    return FetchStep(key, field, details, guard, loading, to)


def _end(schema: GraphQLSchema, type_: GraphQLOutputType) -> Leaf | Leaves | Objects | None:
    """What a field leads to, where that can be completed together."""
    named, nullable = _nullable(type_)
    if is_leaf_type(named):
        return leaf_of(named, nullable)
    if not isinstance(named, GraphQLList):
        return _objects(schema, named, nullable, None)
    item, item_nullable = _nullable(named.of_type)
    if is_leaf_type(item):
        return Leaves(leaf_of(item, item_nullable), nullable)
    return _objects(schema, item, nullable, named.of_type)


def _nullable(type_: GraphQLOutputType) -> tuple[GraphQLOutputType, bool]:
    return (type_.of_type, False) if isinstance(type_, GraphQLNonNull) else (type_, True)


def _objects(
    schema: GraphQLSchema, type_: GraphQLOutputType, nullable: bool, item_type: GraphQLOutputType | None
) -> Objects | None:
    types = types_within(schema, type_)
    return Objects(types, nullable, item_type) if types is not None else None


def types_within(schema: GraphQLSchema, type_: GraphQLOutputType) -> OneType | AbstractType | None:
    """How to tell the types of values that are said to be of this type, by the values alone. None where it takes more
    to know."""
    if isinstance(type_, GraphQLObjectType):
        accepts = _acceptance(type_)
        of_class = type_.is_type_of.accepts_all if isinstance(type_.is_type_of, TypeCheck) else _none
        return None if accepts is None else OneType(type_, accepts, of_class)
    if is_abstract_type(type_) and isinstance(type_.resolve_type, TypeOf):
        possible: dict[str | None, _Possible] = {
            each.name: (each, _acceptance(each)) for each in schema.get_possible_types(type_)
        }
        return AbstractType(type_.resolve_type.name, possible)
    return None


#: A type, and whether a value is one of its objects, where the value alone says so.
_Possible = tuple[GraphQLObjectType, Callable[[Any], bool] | None]


@dataclass(frozen=True, slots=True, eq=False)
class OneType:
    """All values are of this type."""

    type: GraphQLObjectType
    accepts: Callable[[Any], bool]
    accepts_all: Callable[[Any], bool]

    def fit(self, values: Sequence[Any]) -> bool:
        """Whether all of these values are of the type, by their classes."""
        return all(map(self.accepts_all, set(map(type, values))))

    def lists_fit(self, values: Sequence[Any]) -> bool:
        """Whether these are lists of such values, by their classes."""
        return set(map(type, values)) <= {list, tuple} and self.fit(list(chain.from_iterable(values)))

    def fits(self, value: Any) -> bool:
        """Whether a value is of the type."""
        try:
            return self.accepts(value)
        except Exception:
            return False  # graphql-core asks again, and says it where it belongs

    def lists(self, value: Any) -> bool:
        """Whether a value is a list of such values."""
        try:
            return (type(value) is list or type(value) is tuple) and all(map(self.accepts, value))
        except Exception:
            return False  # as above

    def __call__(self, values: Sequence[Any]) -> GraphQLObjectType | None:
        try:
            return self.type if all(map(self.accepts, values)) else None
        except Exception:
            return None  # graphql-core asks again, and says it where it belongs


@dataclass(frozen=True, slots=True, eq=False)
class AbstractType:
    """Each value is of one of the possible types."""

    name_of: Callable[[Any], str | None]
    possible: Mapping[str | None, _Possible]

    def __call__(self, values: Sequence[Any]) -> Sequence[GraphQLObjectType] | None:
        types: list[GraphQLObjectType] = []
        try:
            for value in values:
                type_, accepts = self.possible[self.name_of(value)]
                if accepts is None or not accepts(value):
                    return None
                types.append(type_)
        except Exception:
            return None  # graphql-core asks again, and says it where it belongs
        return types


def _acceptance(type_: GraphQLObjectType) -> Callable[[Any], bool] | None:
    """Whether a value is an object of this type, by the value alone. None where it takes more to know."""
    if type_.is_type_of is None:
        return _is_anything
    return type_.is_type_of.accepts if isinstance(type_.is_type_of, TypeCheck) else None


def _none(_class: type) -> bool:
    return False


def _is_anything(value: Any) -> bool:
    return not (value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value))
