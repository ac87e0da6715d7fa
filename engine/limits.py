"""What one operation may ask for, checked before it is validated or run.

check_outline looks at the text alone, before it is parsed: characters, lines, tokens, operations, fragments, spreads.

check_limits measures an operation in time linear in its document: every selection is visited once, and
a fragment is measured once, however many spreads it has. It runs before validation, so it takes any
document that parses: unknown fields, types and fragments count as they stand, and a fragment that spreads
itself counts as empty there. Validation refuses these later.

The measures, each with fragments counted at every spread, and nothing left out for @skip or @include:

depth         levels of fields, a leaf's too; `{ job { id } }` has 2. What is below `__schema` and `__type`
              has a limit of its own, as the usual introspection query is deeper than any other.
aliases       fields with an alias. Within introspection they have a lower limit too: introspection costs
              no points, and the aliases are what would make it run many times.
root fields   fields of the operation itself.
directives    in the whole document, as written.
selections    fields, spreads and inline fragments of all operations of the document: what validation looks at.
cost          points, below.

The cost model is that of the IBM GraphQL Cost Directives specification, its type weights and its @listSize
(https://ibm.github.io/graphql-specs/cost-spec.html): a field that returns an object, an interface or a
union has a weight of 1 and a leaf has 0; a list counts its size times its weight and content. The size is

* the greatest of its slicing arguments: `first`, `last`, `limit` as they stand, `ids` by its length, each
  from the literal, the variable, the variable's default or the argument's default. What is no size
  (negative, not a number) counts as 1, for coercion to refuse it later;
* without any, or with null, the assumed size of the field: @listSize(assumedSize:), or 10.

The `nodes` and `edges` of a Relay connection, a type whose name ends in Connection, have the size that
the field has which returns the connection (the specification's `sizedFields`); so have the `rows` of a
type whose name ends in Report. A field of a mutation costs
10 more, a subscription 5 more. Where fragments on several types apply to one place, their costs add up: the
dearest of them would be closer, but the sum is an upper bound too, and simple.

check_variables counts the values in the variables: each is coerced, whatever it is for.

A measure stops growing at SATURATED, so that doubling fragments make no big integers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from strawberry import UNSET

from engine.documents import Document, LimitExceeded
from engine.outline import Excess, Outline, outline
from schema.list_size import ListSize

__all__ = [
    "LimitExceeded",
    "Limits",
    "Measured",
    "check_limits",
    "check_outline",
    "check_variables",
    "has_more_values",
    "list_size",
]

SATURATED = 1_000_000_000
"""Points, or aliases, or fields: where counting stops."""

DEFAULT_ASSUMED_SIZE = 10
DEFAULT_SLICING_ARGUMENTS = ("first", "last", "limit", "ids")
MUTATION_FIELD_COST = 10
SUBSCRIPTION_COST = 5
MAX_MEASUREMENTS = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may have of each. The units are in the module's docstring."""

    tokens: int = 2_000
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    cost: int = 10_000
    directives: int = 50
    introspection_depth: int = 20
    introspection_aliases: int = 3
    characters: int = 50_000
    #: Where an error stands is said by line: they are counted for each.
    lines: int = 2_000
    #: Of strings, numbers and comments in the document, in characters.
    text: int = 20_000
    name: int = 200
    operations: int = 20
    fragments: int = 100
    spreads: int = 200
    selections: int = 4_000
    #: In the variables: texts, numbers, lists, objects, each item and field.
    values: int = 5_000


#: What signing in and staying in needs, twice over.
TO_SIGN_IN = Limits(
    tokens=120,
    depth=6,
    aliases=5,
    root_fields=2,
    cost=50,
    directives=5,
    introspection_depth=0,
    introspection_aliases=0,
    characters=4_000,
    lines=200,
    text=1_000,
    name=60,
    operations=3,
    fragments=5,
    spreads=10,
    selections=120,
    values=20,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation has of each. `cost` is in points, for extensions.cost and the caller's bucket."""

    depth: int
    aliases: int
    root_fields: int
    cost: int
    introspection_depth: int = 0
    introspection_aliases: int = 0


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
        DEFAULT_ASSUMED_SIZE if assumed in (None, UNSET) else _size(assumed) or DEFAULT_ASSUMED_SIZE,
        DEFAULT_SLICING_ARGUMENTS if arguments in (None, UNSET) else tuple(arguments),
    )


def _list_size_directive(definition: GraphQLField) -> ListSize:
    strawberry_field = definition.extensions.get("strawberry-definition")
    directives = getattr(strawberry_field, "directives", None) or ()
    return next((each for each in directives if isinstance(each, ListSize)), ListSize())


def check_outline(source: str, limits: Limits) -> Outline:
    """Count in the text of a document. LimitExceeded for the first limit that it is over."""
    counted = outline(source, most_characters=limits.characters, most_tokens=limits.tokens)
    if isinstance(counted, Excess):
        raise _over(
            counted.limit, getattr(limits, counted.limit), None if counted.limit == "tokens" else counted.actual
        )
    for limit in ("lines", "text", "name", "operations", "fragments", "spreads"):
        _refuse_over(limit, getattr(limits, limit), getattr(counted, limit))
    return counted


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Count the values in the variables. LimitExceeded when there are more than allowed."""
    if has_more_values(variables, limits.values):
        raise _over("values", limits.values)


def has_more_values(variables: Mapping[str, Any], most: int) -> bool:
    """Whether there are more values in the variables than so many: texts, numbers, lists, objects, each item and
    field."""
    count, waiting = 0, [iter((variables,))]
    while waiting:
        for value in waiting[-1]:
            count += 1
            if count - 1 > most:
                return True
            if isinstance(value, dict | list):
                waiting.append(iter(value.values() if isinstance(value, dict) else value))
                break
        else:
            waiting.pop()
    return False


def check_limits(
    schema: GraphQLSchema,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    limits: Limits,
) -> Measured:
    """Measure one operation of the document. LimitExceeded for the first limit that it is over.

    `variables` are as the client sent them, not coerced. They matter to the cost alone, and only those that
    a slicing argument takes; a measurement is kept with the document for the sizes that they come to.
    """
    directives = document.remember("directives", lambda: _count_directives(document))
    _refuse_over("directives", limits.directives, directives)
    plan = document.remember(("plan", schema, id(operation)), lambda: _plan(schema, document, operation))
    measured = plan.measure(variables or {})
    _refuse_over("depth", limits.depth, measured.depth)
    _refuse_over("introspectionDepth", limits.introspection_depth, measured.introspection_depth)
    _refuse_over("aliases", limits.aliases, measured.aliases)
    _refuse_over("introspectionAliases", limits.introspection_aliases, measured.introspection_aliases)
    _refuse_over("rootFields", limits.root_fields, measured.root_fields)
    _refuse_over("cost", limits.cost, measured.cost)
    selections = document.remember("selections", lambda: _count_selections(document))
    _refuse_over("selections", limits.selections, selections)
    return measured


_MESSAGES = {
    "characters": "The document has {actual} characters; at most {allowed} are allowed. Send texts as variables.",
    "lines": "The document has {actual} lines; at most {allowed} are allowed. Leave empty lines out, and send texts as"
    " variables.",
    "tokens": "The document has more than {allowed} tokens. Ask for less, or send it as several requests.",
    "text": "The document has {actual} characters in strings, numbers and comments; at most {allowed} are allowed."
    " Send texts as variables.",
    "name": "The document has a name of {actual} letters; at most {allowed} are allowed.",
    "operations": "The document has {actual} operations; at most {allowed} are allowed."
    " Send only the one that is to run.",
    "fragments": "The document defines {actual} fragments; at most {allowed} are allowed."
    " Write the small ones out where they are spread.",
    "spreads": "The document spreads fragments {actual} times; at most {allowed} are allowed."
    " Write the small ones out where they are spread.",
    "selections": "The document selects {actual} fields and fragments, counting fragments wherever they are spread;"
    " at most {allowed} are allowed. Ask for less, or send it as several requests.",
    "values": "The variables have more than {allowed} values in them. Send it as several requests.",
    "directives": "The document uses {actual} directives; at most {allowed} are allowed."
    " Leave unwanted fields out of it rather than skipping them.",
    "depth": "The operation is {actual} levels deep; at most {allowed} are allowed."
    " Ask for fewer nested levels, or fetch the inner ones by id in a second request.",
    "introspectionDepth": "The introspection is {actual} levels deep; at most {allowed} are allowed."
    " Ask for fewer levels of ofType.",
    "aliases": "The operation uses {actual} aliases, counting fragments wherever they are spread;"
    " at most {allowed} are allowed. Fetch items of a kind through one list, such as nodes(ids:).",
    "introspectionAliases": "The introspection uses {actual} aliases; at most {allowed} are allowed."
    " Ask for each part of the schema once.",
    "rootFields": "The operation has {actual} root fields; at most {allowed} are allowed. Send it as several requests.",
    "cost": "The operation costs {actual} points; at most {allowed} are allowed. A list costs its size times"
    " its content: ask for smaller pages, with first or last, or for fewer lists within lists.",
}


def _refuse_over(limit: str, allowed: int, actual: int) -> None:
    if actual > allowed:
        raise _over(limit, allowed, actual)


def _over(limit: str, allowed: int, actual: int | None = None) -> LimitExceeded:
    figure = f"{actual} or more" if actual is not None and actual >= SATURATED else str(actual)
    message = _MESSAGES[limit].format(actual=figure, allowed=allowed)
    return LimitExceeded(message, limit=limit, allowed=allowed, actual=actual)


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

    def cost_of(self, items: int) -> int:
        return min(self.cost + items * self.cost_per_item, SATURATED)


NOTHING = Totals()


class Sizing(NamedTuple):
    """The size of one list in the document, as far as it is known without variables."""

    literal: int | None
    variables: tuple[tuple[str, int | None], ...]
    """Each with the size to take when the variable is absent: the argument's default."""
    assumed: int

    def items(self, sizes: Mapping[str, int | None]) -> int:
        given = [self.literal, *(sizes.get(name, default) for name, default in self.variables)]
        return max((size for size in given if size is not None), default=self.assumed)


ONE = Sizing(1, (), 1)


@dataclass(frozen=True, slots=True)
class CostStep:
    """One selection of a definition, ready to be counted. `parent` is the index of the one around it."""

    parent: int
    spread: str | None = None


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
                yield name, _size(variables[name])
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
    for index in range(len(steps) - 1, 0, -1):
        step = steps[index]
        content = contents[index]
        if isinstance(step, FieldCost):
            content = step.totals(content, sizes)
        elif isinstance(step, LeavesCost):
            content = step.totals()
        elif step.spread is not None:
            # Absent where the document lacks it, or it spreads itself through this one.
            content = fragments.get(step.spread, NOTHING)
        contents[step.parent] = contents[step.parent].plus(content)
    return contents[0]


def _plan(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> CostPlan:
    root = schema.get_root_type(operation.operation)
    steps = _steps(schema, operation.selection_set, root)
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
            found[spread] = _steps(schema, fragment.selection_set, condition)
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
        definition.variable.name.value: _literal_size(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _steps(
    schema: GraphQLSchema, selections: SelectionSetNode, parent_type: GraphQLCompositeType | None
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
            step, inner_type = _step(schema, index, type_, node)
            steps.append(step)
            inner: SelectionSetNode | None = getattr(node, "selection_set", None)
            if inner is not None:
                to_do.append((len(steps) - 1, inner_type, inner))
        if leaves:
            steps.append(LeavesCost(index, None, leaves, aliases))
    return tuple(steps)


def _is_leaf(type_: GraphQLCompositeType | None, node: FieldNode) -> bool:
    """Whether a field counts for itself alone: what it returns, if it is known, has nothing below."""
    if node.selection_set is not None or node.name.value in ("__schema", "__type"):
        return False
    definition = getattr(type_, "fields", {}).get(node.name.value)
    return definition is None or not is_composite_type(get_named_type(definition.type))


def _step(
    schema: GraphQLSchema, parent: int, type_: GraphQLCompositeType | None, node: SelectionNode
) -> tuple[CostStep, GraphQLCompositeType | None]:
    if isinstance(node, FieldNode):
        return _field_step(schema, parent, type_, node)
    if isinstance(node, FragmentSpreadNode):
        return CostStep(parent, node.name.value), None
    if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
        return CostStep(parent), _composite(schema, node.type_condition)
    return CostStep(parent), type_


def _field_step(
    schema: GraphQLSchema, parent: int, type_: GraphQLCompositeType | None, node: FieldNode
) -> tuple[FieldCost, GraphQLCompositeType | None]:
    name = node.name.value
    alias = node.alias is not None
    introspects = name in ("__schema", "__type")
    definition = schema.get_field(type_, name) if type_ is not None else None
    if definition is None:
        return FieldCost(parent, None, alias, introspects, weight=int(node.selection_set is not None)), None
    returned = get_named_type(definition.type)
    if not is_composite_type(returned):
        return FieldCost(parent, None, alias, introspects), None
    listed = is_list_type(get_nullable_type(definition.type))
    paged = listed and type_ is not None and _is_paged(type_.name, name)
    weight = 0 if returned.name.startswith("__") else 1
    sizing = _sizing(definition, node)
    return FieldCost(parent, None, alias, introspects, weight, listed, paged, sizing), returned


def _is_paged(type_name: str, name: str) -> bool:
    if type_name.endswith("Report"):
        return name == "rows"
    return type_name.endswith("Connection") and name in ("nodes", "edges")


def _composite(schema: GraphQLSchema, condition: NamedTypeNode) -> GraphQLCompositeType | None:
    type_ = schema.get_type(condition.name.value)
    return type_ if is_composite_type(type_) else None


def _sizing(definition: GraphQLField, node: FieldNode) -> Sizing:
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
            literals.append(_default_size(definition, name) if value is None else _literal_size(value))
    known = max((size for size in literals if size is not None), default=None)
    return Sizing(known, tuple(variables), rule.assumed)


def _default_size(definition: GraphQLField, argument: str) -> int | None:
    """The size that an argument has when it is left out. graphql-core 3.3 has two places for its default."""
    default = definition.args[argument].default
    if default is not None:
        literal: ValueNode | None = default.literal
        return _size(default.value) if literal is None else _literal_size(literal)
    value = definition.args[argument].default_value
    return None if value is Undefined else _size(value)


def _literal_size(value: ValueNode) -> int | None:
    if isinstance(value, NullValueNode):
        return None
    if isinstance(value, ListValueNode):
        return _size(value.values)
    if not isinstance(value, IntValueNode) or value.value.startswith("-"):
        return 1
    # Longer than any Int, and int() refuses thousands of digits.
    return SATURATED if len(value.value) > 10 else _size(int(value.value))


def _size(value: object) -> int | None:
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


def _count_directives(document: Document) -> int:
    count = 0
    to_do: list[Any] = list(document.ast.definitions)
    while to_do:
        node = to_do.pop()
        count += len(getattr(node, "directives", None) or ())
        to_do.extend(getattr(node, "variable_definitions", None) or ())
        selection_set = getattr(node, "selection_set", None)
        if selection_set is not None:
            to_do.extend(selection_set.selections)
    return count


def _count_selections(document: Document) -> int:
    """Those of all operations, with fragments counted at every spread. A fragment within itself counts as nothing
    there."""
    own, spreads = {}, {}
    for name, fragment in document.fragments.items():
        own[name], spreads[name] = _own_selections(fragment)
    counts: dict[str, int] = {}
    for name in _inner_first(spreads):
        counts[name] = min(own[name] + sum(n * counts.get(to, 0) for to, n in spreads[name].items()), SATURATED)
    total = 0
    for definition in document.ast.definitions:
        if isinstance(definition, OperationDefinitionNode):
            count, spread = _own_selections(definition)
            total += count + sum(n * counts.get(to, 0) for to, n in spread.items())
    return min(total, SATURATED)


def _own_selections(definition: OperationDefinitionNode | FragmentDefinitionNode) -> tuple[int, Counter[str]]:
    """How many selections are written in a definition, and how often it spreads which fragment."""
    count = 0
    spreads: Counter[str] = Counter()
    to_do = [definition.selection_set]
    while to_do:
        selections = to_do.pop().selections
        count += len(selections)
        for node in selections:
            if isinstance(node, FragmentSpreadNode):
                spreads[node.name.value] += 1
            elif (inner := getattr(node, "selection_set", None)) is not None:
                to_do.append(inner)
    return count, spreads


def _inner_first(spreads: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The fragments, each after those that it spreads; depth first, with a stack of our own."""
    seen: set[str] = set()
    for root in spreads:
        path = [] if root in seen else [(root, iter(spreads[root]))]
        seen.add(root)
        while path:
            name, inner = path[-1]
            spread = next((to for to in inner if to in spreads and to not in seen), None)
            if spread is None:
                path.pop()
                yield name
            else:
                seen.add(spread)
                path.append((spread, iter(spreads[spread])))
