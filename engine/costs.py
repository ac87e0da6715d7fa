"""How many points an operation costs, and what else of it is measured, in time linear in its document.

The cost model is that of the IBM GraphQL Cost Directives specification, its type weights and its @listSize
(https://ibm.github.io/graphql-specs/cost-spec.html): a field that returns an object, an interface or a
union has a weight of 1 and a leaf has 0; a list counts its size (`engine/list_sizes.py`) times its weight and
content.

The `nodes` and `edges` of a Relay connection, a type whose name ends in Connection, have the size that
the field has which returns the connection (the specification's `sizedFields`); so have the `rows` of a
type whose name ends in Report. A field of a mutation costs
10 more, a subscription 5 more. Of fragments on several object types at one place, the dearest type counts: no
object is of two of them. Those on interfaces and unions add up.

A measure stops growing at SATURATED, so that doubling fragments make no big integers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from engine.documents import Document
from engine.list_sizes import DEFAULT_ASSUMED_SIZE, ONE, SATURATED, Sizing, literal_size, size_of, sizing

MUTATION_FIELD_COST = 10
SUBSCRIPTION_COST = 5
MAX_MEASUREMENTS = 16


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation has of each. `cost` is in points, for extensions.cost and the caller's bucket."""

    depth: int
    aliases: int
    root_fields: int
    cost: int
    introspection_depth: int = 0
    introspection_aliases: int = 0


class Totals(NamedTuple):
    """What a selection adds to the selections around it."""

    depth: int = 0
    introspection_depth: int = 0
    fields: int = 0
    """Directly in this selection set, not in those below."""
    aliases: int = 0
    introspection_aliases: int = 0
    cost: int = 0
    cost_per_item: int = 0
    """For each item of the page, when this is the content of a connection: so a fragment on a connection is
    measured once for spreads of any size."""

    def plus(self, other: "Totals") -> "Totals":
        return Totals(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            min(self.fields + other.fields, SATURATED),
            min(self.aliases + other.aliases, SATURATED),
            min(self.introspection_aliases + other.introspection_aliases, SATURATED),
            min(self.cost + other.cost, SATURATED),
            min(self.cost_per_item + other.cost_per_item, SATURATED),
        )

    def beside(self, alternatives: Iterable["Totals"]) -> "Totals":
        """With what fragments on object types add, at whose place there is an object of one of them."""
        added = list(alternatives)
        together = reduce(Totals.plus, added, NOTHING)
        dearest = together._replace(
            cost=max(each.cost for each in added), cost_per_item=max(each.cost_per_item for each in added)
        )
        return self.plus(dearest)

    def cost_of(self, items: int) -> int:
        return min(self.cost + items * self.cost_per_item, SATURATED)


NOTHING = Totals()


@dataclass(frozen=True, slots=True)
class CostStep:
    """One selection of a definition, ready to be counted. `parent` is the index of the one around it."""

    parent: int
    spread: str | None = None
    on: str | None = None
    """The object type that a fragment is on; None for all else."""


@dataclass(frozen=True, slots=True)
class FieldCost(CostStep):
    alias: bool = False
    introspects: bool = False
    weight: int = 0
    listed: bool = False
    paged: bool = False
    """Is it the nodes or edges of a connection, or the rows of a report, whose size is that of the whole?"""
    sizing: Sizing = ONE
    """The list's, or else the page's should the field return a connection."""

    def totals(self, content: Totals, sizes: Mapping[str, int | None]) -> Totals:
        cost, cost_per_item = self._costs(content, sizes)
        aliases = min(content.aliases + self.alias, SATURATED)
        if self.introspects:
            below = max(content.depth, content.introspection_depth)
            return Totals(1, below + 1, 1, aliases, aliases, cost, cost_per_item)
        return Totals(
            content.depth + 1,
            content.introspection_depth,
            1,
            aliases,
            content.introspection_aliases,
            cost,
            cost_per_item,
        )

    def _costs(self, content: Totals, sizes: Mapping[str, int | None]) -> tuple[int, int]:
        if self.paged:
            return 0, min(self.weight + content.cost_of(DEFAULT_ASSUMED_SIZE), SATURATED)
        if not self.weight and not content.cost and not content.cost_per_item:
            return 0, 0
        items = self.sizing.items(sizes)
        if self.listed:
            return min(items * (self.weight + content.cost_of(DEFAULT_ASSUMED_SIZE)), SATURATED), 0
        return min(self.weight + content.cost_of(items), SATURATED), 0


@dataclass(frozen=True, slots=True)
class LeavesCost(CostStep):
    """All plain fields of a selection set, in one."""

    fields: int = 0
    aliases: int = 0

    def totals(self) -> Totals:
        return Totals(1, 0, self.fields, self.aliases)


@dataclass(slots=True, eq=False)
class CostPlan:
    """All that it takes to measure an operation, but for the sizes that its variables come to."""

    operation: OperationDefinitionNode
    """Held so that its id() stays its own while the plan is kept under it."""
    fragments: dict[str, tuple[CostStep, ...]]
    """Those that the operation reaches, each after the ones that it spreads."""
    steps: tuple[CostStep, ...]
    variables: tuple[str, ...]
    """The ones that a list's size depends on."""
    defaults: Mapping[str, int | None]
    _measured: dict[tuple[tuple[str, int | None], ...], Measured] = field(default_factory=dict)

    def measure(self, variables: Mapping[str, Any]) -> Measured:
        sizes = dict(self._sizes(variables))
        key = tuple(sizes.items())
        measured = self._measured.get(key)
        if measured is None:
            if len(self._measured) >= MAX_MEASUREMENTS:
                self._measured.clear()
            measured = self._measured[key] = self._walk(sizes)
        return measured

    def _sizes(self, variables: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
        for name in self.variables:
            if name in variables:
                yield name, size_of(variables[name])
            elif name in self.defaults:
                yield name, self.defaults[name]

    def _walk(self, sizes: Mapping[str, int | None]) -> Measured:
        fragments: dict[str, Totals] = {}
        for name, steps in self.fragments.items():
            fragments[name] = _count(steps, fragments, sizes)
        totals = _count(self.steps, fragments, sizes)
        cost = totals.cost_of(DEFAULT_ASSUMED_SIZE) + _operation_cost(self.operation, totals.fields)
        return Measured(
            totals.depth,
            totals.aliases,
            totals.fields,
            min(cost, SATURATED),
            totals.introspection_depth,
            totals.introspection_aliases,
        )


def _operation_cost(operation: OperationDefinitionNode, root_fields: int) -> int:
    if operation.operation is OperationType.MUTATION:
        return MUTATION_FIELD_COST * root_fields
    return SUBSCRIPTION_COST if operation.operation is OperationType.SUBSCRIPTION else 0


def _count(steps: tuple[CostStep, ...], fragments: Mapping[str, Totals], sizes: Mapping[str, int | None]) -> Totals:
    """One visit a step. Steps come after the one around them, so from the last to the first each step's
    content is complete when its turn comes, and there is no recursion."""
    contents = [NOTHING] * len(steps)
    # What is of objects of one type alone, by the place and the type.
    alternatives: dict[int, dict[str, Totals]] = {}
    for index in range(len(steps) - 1, 0, -1):
        step = steps[index]
        content = contents[index]
        if index in alternatives:
            content = content.beside(alternatives.pop(index).values())
        if isinstance(step, FieldCost):
            content = step.totals(content, sizes)
        elif isinstance(step, LeavesCost):
            content = step.totals()
        elif step.spread is not None:
            # Absent where the document lacks it, or it spreads itself through this one.
            content = fragments.get(step.spread, NOTHING)
        if step.on is not None:
            of_parent = alternatives.setdefault(step.parent, {})
            of_parent[step.on] = of_parent.get(step.on, NOTHING).plus(content)
        else:
            contents[step.parent] = contents[step.parent].plus(content)
    return contents[0].beside(alternatives[0].values()) if 0 in alternatives else contents[0]


def plan_of(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> CostPlan:
    """What it takes to measure an operation of the document."""
    root = schema.get_root_type(operation.operation)
    steps = _steps(schema, document, operation.selection_set, root)
    fragments = _reached_fragments(schema, document, steps)
    return CostPlan(operation, fragments, steps, _sizing_variables(steps, fragments), _defaults(operation))


def _reached_fragments(
    schema: GraphQLSchema, document: Document, steps: tuple[CostStep, ...]
) -> dict[str, tuple[CostStep, ...]]:
    """Depth first, and with a stack of our own: a chain of fragments may be hundreds long."""
    found: dict[str, tuple[CostStep, ...]] = {}
    ordered: dict[str, tuple[CostStep, ...]] = {}
    path: list[tuple[str | None, Iterator[str]]] = [(None, _spreads(steps))]
    while path:
        name, spreads = path[-1]
        spread = next(spreads, None)
        if spread is None:
            path.pop()
            if name is not None:
                ordered[name] = found[name]
        elif spread not in found and spread in document.fragments:
            fragment = document.fragments[spread]
            condition = _composite(schema, fragment.type_condition)
            found[spread] = _steps(schema, document, fragment.selection_set, condition)
            path.append((spread, _spreads(found[spread])))
    return ordered


def _spreads(steps: tuple[CostStep, ...]) -> Iterator[str]:
    return (step.spread for step in steps if step.spread is not None)


def _sizing_variables(steps: tuple[CostStep, ...], fragments: Mapping[str, tuple[CostStep, ...]]) -> tuple[str, ...]:
    names = {
        name: None
        for part in (steps, *fragments.values())
        for step in part
        if isinstance(step, FieldCost)
        for name, _ in step.sizing.variables
    }
    return tuple(names)


def _defaults(operation: OperationDefinitionNode) -> dict[str, int | None]:
    return {
        definition.variable.name.value: literal_size(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _steps(
    schema: GraphQLSchema,
    document: Document,
    selections: SelectionSetNode,
    parent_type: GraphQLCompositeType | None,
) -> tuple[CostStep, ...]:
    """The selections of one definition, flat, each after the one around it. The first stands for the
    definition itself."""
    steps = [CostStep(0)]
    to_do = [(0, parent_type, selections)]
    while to_do:
        index, type_, selection_set = to_do.pop()
        leaves = aliases = 0
        for node in selection_set.selections:
            if isinstance(node, FieldNode) and _is_leaf(type_, node):
                leaves += 1
                aliases += node.alias is not None
                continue
            step, inner_type = _step(schema, document, index, type_, node)
            steps.append(step)
            inner: SelectionSetNode | None = getattr(node, "selection_set", None)
            if inner is not None:
                to_do.append((len(steps) - 1, inner_type, inner))
        if leaves:
            steps.append(LeavesCost(index, None, None, leaves, aliases))
    return tuple(steps)


def _is_leaf(type_: GraphQLCompositeType | None, node: FieldNode) -> bool:
    """Whether a field counts for itself alone: what it returns, if it is known, has nothing below."""
    if node.selection_set is not None or node.name.value in ("__schema", "__type"):
        return False
    definition = getattr(type_, "fields", {}).get(node.name.value)
    return definition is None or not is_composite_type(get_named_type(definition.type))


def _step(
    schema: GraphQLSchema,
    document: Document,
    parent: int,
    type_: GraphQLCompositeType | None,
    node: SelectionNode,
) -> tuple[CostStep, GraphQLCompositeType | None]:
    if isinstance(node, FieldNode):
        return _field_step(schema, parent, type_, node)
    if isinstance(node, FragmentSpreadNode):
        name = node.name.value
        fragment = document.fragments.get(name)
        condition = None if fragment is None else _composite(schema, fragment.type_condition)
        return CostStep(parent, name, _object(condition)), None
    if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
        condition = _composite(schema, node.type_condition)
        return CostStep(parent, None, _object(condition)), condition
    return CostStep(parent), type_


def _field_step(
    schema: GraphQLSchema, parent: int, type_: GraphQLCompositeType | None, node: FieldNode
) -> tuple[FieldCost, GraphQLCompositeType | None]:
    name = node.name.value
    alias = node.alias is not None
    introspects = name in ("__schema", "__type")
    definition = schema.get_field(type_, name) if type_ is not None else None
    if definition is None:
        return FieldCost(parent, None, None, alias, introspects, weight=int(node.selection_set is not None)), None
    returned = get_named_type(definition.type)
    if not is_composite_type(returned):
        return FieldCost(parent, None, None, alias, introspects), None
    listed = is_list_type(get_nullable_type(definition.type))
    paged = listed and type_ is not None and _is_paged(type_.name, name)
    weight = 0 if returned.name.startswith("__") else 1
    size = sizing(definition, node)
    return FieldCost(parent, None, None, alias, introspects, weight, listed, paged, size), returned


def _is_paged(type_name: str, name: str) -> bool:
    if type_name.endswith("Report"):
        return name == "rows"
    return type_name.endswith("Connection") and name in ("nodes", "edges")


def _object(type_: GraphQLCompositeType | None) -> str | None:
    return type_.name if isinstance(type_, GraphQLObjectType) else None


def _composite(schema: GraphQLSchema, condition: NamedTypeNode) -> GraphQLCompositeType | None:
    type_ = schema.get_type(condition.name.value)
    return type_ if is_composite_type(type_) else None
