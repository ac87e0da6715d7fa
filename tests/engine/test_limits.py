"""The limits before execution: each just at and just over, and the walk against a naive reference."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from hypothesis import assume, given
from hypothesis import strategies as st

import engine.costs
import engine.limits
import engine.list_sizes
import engine.selections
from engine.costs import Measured
from engine.documents import Document, DocumentCache, LimitExceeded, choose_operation, validate_document
from engine.limits import Limits, check_limits, check_variables
from engine.list_sizes import SATURATED, list_size
from schema.list_size import ListSize
from tests.engine import counting

SCHEMA = build_schema("""
    interface Node { id: ID!, owner: Client }
    type Client implements Node { id: ID!, owner: Client, jobs(first: Int, last: Int = 7): JobConnection! }
    type Job implements Node { id: ID!, owner: Client, tasks(limit: Int): [Job!]!, tags: [String!]! }
    type JobEdge { node: Job, cursor: String! }
    type JobConnection { nodes: [Job!]!, edges: [JobEdge]!, totalCount: Int, related: [Client!] }
    union Found = Job | Client
    type Query {
      id: ID, job(id: ID): Job, jobs(first: Int, last: Int): JobConnection!, clients: [Client]
      nodes(ids: [ID!]): [Node]!, found(first: Int): [Found!]!, self: Query
    }
    type Mutation { createJob: Job, archive: Int }
    type Subscription { changes: Job }
""")
SCHEMA.query_type.fields["clients"].extensions["assumed_size"] = 25  # type: ignore[union-attr]

#: What measures.
MEASURING = (engine.limits, engine.costs, engine.list_sizes, engine.selections)

UNLIMITED = Limits(*(10 * SATURATED for _ in fields(Limits)))


def document(source: str, max_tokens: int = 10_000) -> Document:
    return DocumentCache().parse(source, max_tokens=max_tokens)


def measure(
    source: str, variables: dict[str, Any] | None = None, limits: Limits = UNLIMITED, name: str | None = None
) -> Measured:
    parsed = document(source)
    return check_limits(SCHEMA, parsed, choose_operation(parsed, name), variables, limits)


def cost(source: str, **variables: Any) -> int:
    return measure(source, variables).cost


def nested(levels: int) -> str:
    return "{ self " * (levels - 1) + "{ id }" + "}" * (levels - 1)


def a_query(fields: int) -> str:
    """Another operation of the document: what is not to be run is looked at all the same."""
    return f"query Other {{ {'id ' * fields} }}"


# Each limit, just at and just over


@pytest.mark.parametrize(
    ("name", "allowed", "make", "message"),
    [
        (
            "depth",
            12,
            nested,
            "The operation is 13 levels deep; at most 12 are allowed."
            " Ask for fewer nested levels, or fetch the inner ones by id in a second request.",
        ),
        (
            "aliases",
            30,
            lambda count: "{ job {" + " ".join(f"a{number}: id" for number in range(count)) + "} }",
            "The operation uses 31 aliases, counting fragments wherever they are spread; at most 30 are"
            " allowed. Fetch items of a kind through one list, such as nodes(ids:).",
        ),
        (
            "rootFields",
            20,
            lambda count: "{" + "id " * count + "}",
            "The operation has 21 root fields; at most 20 are allowed. Send it as several requests.",
        ),
        (
            "cost",
            10_000,
            lambda count: f"{{ jobs(first: {count - 1}) {{ nodes {{ id }} }} }}",
            "The operation costs 10001 points; at most 10000 are allowed. A list costs its size times its"
            " content: ask for smaller pages, with first or last, or for fewer lists within lists.",
        ),
        (
            "selections",
            4_000,
            lambda count: (
                "query A { job {" + "...F " * 40 + "} } fragment F on Job {" + "id " * 98 + "}" + a_query(count - 3961)
            ),
            "The document selects 4001 fields and fragments, counting fragments wherever they are spread;"
            " at most 4000 are allowed. Ask for less, or send it as several requests.",
        ),
        (
            "directives",
            50,
            lambda count: "{ job { id " + "@include(if: true)" * count + " } }",
            "The document uses 51 directives; at most 50 are allowed."
            " Leave unwanted fields out of it rather than skipping them.",
        ),
        (
            "introspectionDepth",
            20,
            lambda count: '{ __type(name: "A") ' + "{ ofType " * (count - 2) + "{ name " + "}" * count,
            "The introspection is 21 levels deep; at most 20 are allowed. Ask for fewer levels of ofType.",
        ),
        (
            "introspectionAliases",
            3,
            lambda count: "{" + " ".join(f"a{n}: __schema {{ description }}" for n in range(count)) + "}",
            "The introspection uses 4 aliases; at most 3 are allowed. Ask for each part of the schema once.",
        ),
    ],
)  # fmt: skip
def test_a_limit_at_its_figure_and_over_it(name: str, allowed: int, make: Callable[[int], str], message: str) -> None:
    operation = "A" if name == "selections" else None
    measure(make(allowed), limits=Limits(), name=operation)
    with pytest.raises(LimitExceeded) as caught:
        measure(make(allowed + 1), limits=Limits(), name=operation)
    assert caught.value.extensions == {
        "code": "LIMIT", "limit": name, "allowed": allowed, "actual": allowed + 1,
    }  # fmt: skip
    assert caught.value.message == message


def test_a_limit_error_is_a_graphql_error() -> None:
    with pytest.raises(GraphQLError) as caught:
        measure(nested(13), limits=Limits())
    assert caught.value.formatted["extensions"]["limit"] == "depth"


# Introspection


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "descriptions": True,
            "specified_by_url": True,
            "directive_is_repeatable": True,
            "schema_description": True,
            "input_value_deprecation": True,
            "experimental_directive_deprecation": True,
            "one_of": True,
        },
    ],
)
def test_the_usual_introspection_query_passes(options: dict[str, bool]) -> None:
    parsed = document(get_introspection_query(**options), 2000)
    measured = check_limits(SCHEMA, parsed, choose_operation(parsed, None), None, Limits())
    assert (measured.depth, measured.introspection_depth, measured.cost) == (1, 15, 0)


def test_aliases_within_introspection_count() -> None:
    measured = measure("{ __schema { a: types { b: name } ...F } c: id } fragment F on __Schema { d: types { name } }")
    assert (measured.aliases, measured.introspection_aliases) == (4, 3)


# The cost


_JOB_AND_CLIENT = "fragment J on Job { owner { id } } fragment C on Client { owner { id } }"


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("{ id }", 0),
        ("{ job { id tags } }", 1),
        ("{ job { owner { id } } }", 2),
        ("{ job { tasks { id } } }", 1 + 10),
        ("{ job { tasks(limit: 3) { owner { id } } } }", 1 + 3 * 2),
        ("{ clients { id } }", 25),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ('{ nodes(ids: "a") { id } }', 1),
        ("{ jobs(first: 5) { totalCount } }", 1),
        ("{ jobs(first: 5) { nodes { owner { id } } } }", 1 + 5 * 2),
        ("{ jobs(first: 5) { edges { node { id } } } }", 1 + 5 * 2),
        ("{ jobs(first: 5) { nodes { id } related { id } } }", 1 + 5 + 10),
        ("{ jobs { nodes { id } } }", 1 + 10),
        ("{ jobs(first: null) { nodes { id } } }", 1 + 10),
        ("{ jobs(first: 5, last: 6) { nodes { id } } }", 1 + 6),
        ("{ job { owner { jobs { nodes { id } } } } }", 2 + 1 + 7),
        ("{ job { owner { jobs(last: null) { nodes { id } } } } }", 2 + 1 + 10),
        ("{ jobs(first: -5) { nodes { id } } }", 1 + 1),
        ("{ jobs(first: 0) { nodes { id } } }", 1 + 1),
        ('{ jobs(first: "many") { nodes { id } } }', 1 + 1),
        ("{ jobs(first: 5) { ...F } job { id } } fragment F on JobConnection { nodes { id } }", 1 + 5 + 1),
        # Of what is of one type alone the dearest counts, all that is said of a type together.
        ("{ found(first: 2) { ... on Job { owner { id } } ... on Client { owner { id } } } }", 2 * 2),
        ("{ found(first: 2) { ... on Job { owner { id } } ... on Client { owner { owner { id } } } } }", 2 * 3),
        ("{ found(first: 2) { ...J ... on Job { a: owner { id } } ...C } } " + _JOB_AND_CLIENT, 2 * 3),
        ("{ found(first: 2) { ... on Node { owner { id } } ... on Client { owner { id } } } }", 2 * 3),
        ("{ nodes(ids: 1) { ... on Node { ...J ...C } ... on Client { owner { id } } } } " + _JOB_AND_CLIENT, 1 + 2),
        ("{ __typename __schema { types { fields { name } } } }", 0),
        ("mutation { createJob { id } archive }", 1 + 2 * 10),
        ("subscription { changes { id } }", 1 + 5),
    ],
)
def test_what_an_operation_costs(source: str, points: int) -> None:
    assert cost(source) == points


def test_a_fragment_on_a_connection_counts_for_the_page_of_each_spread() -> None:
    spreads = "{ a: jobs(first: 5) { ...F } b: jobs(first: 7) { ...F } }"
    f = "fragment F on JobConnection { ... { nodes { id } ...G } }"
    g = "fragment G on JobConnection { edges { node { id } } }"
    assert cost(spreads + f + g) == 2 + 5 * 3 + 7 * 3


@pytest.mark.parametrize(
    ("variables", "points"),
    [
        ({}, 1 + 4),
        ({"n": 9}, 1 + 9),
        ({"n": 9.0}, 1 + 9),
        ({"n": None}, 1 + 10),
        ({"n": -1}, 1 + 1),
        ({"n": True}, 1 + 1),
        ({"n": "9"}, 1 + 1),
        ({"n": 9.5}, 1 + 1),
        ({"n": float("inf")}, 1 + 1),
        ({"n": float("nan")}, 1 + 1),
        ({"n": {"a": 1}}, 1 + 1),
        ({"n": 10**40}, SATURATED),
    ],
)
def test_a_page_size_from_a_variable(variables: dict[str, Any], points: int) -> None:
    assert cost("query($n: Int = 4) { jobs(first: $n) { nodes { id } } }", **variables) == points


def test_a_variable_that_is_left_out_leaves_the_arguments_default() -> None:
    source = "query($n: Int) { job { owner { jobs(last: $n) { nodes { id } } } } }"
    assert cost(source) == 2 + 1 + 7
    assert cost(source, n=None) == 2 + 1 + 10


def test_ids_from_a_variable_count_by_their_number() -> None:
    source = "query($ids: [ID!]) { nodes(ids: $ids) { id } }"
    assert cost(source, ids=["a", "b"]) == 2
    assert cost(source, ids="a") == 1
    assert cost("query($a: ID!) { nodes(ids: [$a, $a]) { id } }", a="a") == 2


def test_an_integer_with_thousands_of_digits() -> None:
    assert cost("{ jobs(first: " + "9" * 5000 + ") { nodes { id } } }") == SATURATED
    assert cost("{ jobs(first: -" + "9" * 5000 + ") { nodes { id } } }") == 2


def test_a_measurement_is_kept_for_the_sizes_that_it_depends_on() -> None:
    parsed = document("query($n: Int, $id: ID) { job(id: $id) { id } jobs(first: $n) { nodes { id } } }")
    operation = choose_operation(parsed, None)

    def check(**variables: Any) -> Measured:
        return check_limits(SCHEMA, parsed, operation, variables, Limits())

    assert check(n=5, id="a") is check(n=5, id="b")
    assert check(n=6).cost == check(n=5).cost + 1
    for number in range(100):
        assert check(n=number + 1).cost == number + 3


def test_operations_of_one_document_are_measured_apart() -> None:
    queries = "query A($n: Int = 2) { ...F } query B($n: Int = 3) { ...F }"
    parsed = document(queries + "fragment F on Query { jobs(first: $n) { nodes { id } } }")
    costs = [check_limits(SCHEMA, parsed, choose_operation(parsed, name), {}, Limits()).cost for name in ("A", "B")]
    assert costs == [3, 4]


# Assumed sizes


@strawberry.type
class Query:
    @strawberry.field(directives=[ListSize(assumed_size=50)])  # type: ignore[untyped-decorator]
    def told(self) -> list["Query"]:
        return []

    @strawberry.field(directives=[ListSize(slicing_arguments=["count"])])  # type: ignore[untyped-decorator]
    def sliced(self, count: int = 3, first: int = 99) -> list["Query"]:
        return []

    @strawberry.field
    def plain(self) -> list["Query"]:
        return []


STRAWBERRY = strawberry.Schema(Query)


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("{ told { __typename } }", 50),
        ("{ sliced { __typename } }", 3),
        ("{ sliced(count: 4) { __typename } }", 4),
        ("{ plain { __typename } }", 10),
    ],
)
def test_the_list_size_directive_of_a_strawberry_field(source: str, points: int) -> None:
    parsed = document(source)
    operation = choose_operation(parsed, None)
    assert check_limits(STRAWBERRY._schema, parsed, operation, None, Limits()).cost == points


def test_list_size_is_printed_in_the_schema() -> None:
    printed = STRAWBERRY.as_str()
    assert "directive @listSize(assumedSize: Int, slicingArguments: [String!]) on FIELD_DEFINITION" in printed
    assert "told: [Query!]! @listSize(assumedSize: 50)" in printed


def test_list_size_of_a_field_that_says_nothing() -> None:
    query = SCHEMA.query_type
    assert query is not None
    assert list_size(query.fields["found"]) == (10, ("first", "last", "limit", "ids"))
    assert list_size(query.fields["clients"]).assumed == 25


# Documents that validation will refuse


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ nothing { at { all } } }", Measured(3, 0, 1, 2)),
        ("{ ...Nowhere id }", Measured(1, 0, 1, 0)),
        ("{ ... on Nothing { id { id } } }", Measured(2, 0, 1, 1)),
        ("{ ...F } fragment F on Query { id ...F }", Measured(1, 0, 1, 0)),
        (
            "{ ...F } fragment F on Query { self { ...G } } fragment G on Query { self { ...F } id }",
            Measured(2, 0, 1, 2),
        ),
        ("{ id { a: id } }", Measured(2, 1, 1, 0)),
        ("{ job }", Measured(1, 0, 1, 1)),
        ("{ }", Measured(0, 0, 0, 0)),
    ],
)
def test_an_invalid_document_is_measured_all_the_same(source: str, expected: Measured) -> None:
    assert measure(source) == expected


def test_an_operation_type_that_the_schema_lacks() -> None:
    schema = build_schema("type Query { id: ID }")
    parsed = document("mutation { a { b } }")
    assert check_limits(schema, parsed, choose_operation(parsed, None), None, Limits()).cost == 11


# Linear time


def doubling(levels: int) -> str:
    """Every fragment spreads the next one twice, under aliases: 2 ** levels fields when written out."""
    spread = "fragment F{} on Query {{ a: self {{ ...F{} }} b: self {{ ...F{} }} }}"
    chain = " ".join(spread.format(level, level + 1, level + 1) for level in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on Query {{ id }}"


def lines_run(source: str) -> int:
    """Lines that checking this takes."""
    parsed = document(source, 100_000)
    operation = choose_operation(parsed, None)
    return counting.lines_run(MEASURING, lambda: check_limits(SCHEMA, parsed, operation, {}, UNLIMITED))


def mesh(levels: int) -> str:
    """Every fragment spreads all the later ones: the document itself is quadratic in the levels."""
    parts = (
        f"fragment F{at} on Query {{ id {' '.join(f'...F{to}' for to in range(at + 1, levels))} }}"
        for at in range(levels)
    )
    return "{ ...F0 }" + " ".join(parts)


def cycles(levels: int) -> str:
    """Every fragment spreads every one, itself too."""
    spreads = " ".join(f"...F{at}" for at in range(levels))
    return "{ ...F0 }" + " ".join(f"fragment F{at} on Query {{ {spreads} }}" for at in range(levels))


@pytest.mark.parametrize(
    ("make", "small", "large"),
    [
        (doubling, 50, 200),
        (lambda count: "{" + "job { id } " * count + "}", 100, 400),
        (lambda count: "{ job {" + "... { " * count + "id" + "}" * count + "} }", 25, 100),
        (mesh, 20, 40),
        (cycles, 20, 40),
    ],
    ids=["doubling", "flat", "deep", "mesh", "cycles"],
)
def test_the_work_is_linear_in_the_document(make: Callable[[int], str], small: int, large: int) -> None:
    growth = document(make(large)).tokens / document(make(small)).tokens
    assert lines_run(make(large)) <= 1.1 * growth * lines_run(make(small))


def test_doubling_fragments_saturate_and_are_refused() -> None:
    measured = measure(doubling(200))
    assert measured == Measured(201, SATURATED, 2, SATURATED)
    with pytest.raises(LimitExceeded, match="1000000000 or more aliases"):
        measure(doubling(200), limits=replace(UNLIMITED, aliases=30))
    with pytest.raises(LimitExceeded, match="201 levels deep"):
        measure(doubling(200), limits=Limits())


def test_a_long_chain_of_fragments_needs_no_recursion() -> None:
    chain = " ".join(f"fragment F{level} on Query {{ self {{ ...F{level + 1} }} }}" for level in range(900))
    assert measure(f"{{ ...F0 }} {chain} fragment F900 on Query {{ id }}").depth == 901


# The walk against a reference that writes every fragment out


def reference(parsed: Document, operation: OperationDefinitionNode, variables: dict[str, Any]) -> Measured:
    """Depth, aliases, root fields and cost with every fragment inlined, each by plain recursion."""

    def flat(selections: SelectionSetNode, type_: Any) -> list[tuple[FieldNode, Any]]:
        fields: list[tuple[FieldNode, Any]] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                fields.append((node, type_))
                continue
            inner: Any = parsed.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = inner.type_condition
            fields += flat(inner.selection_set, SCHEMA.get_type(condition.name.value) if condition else type_)
        return fields

    def returned(node: FieldNode, type_: Any) -> Any:
        definition = getattr(type_, "fields", {}).get(node.name.value)
        return definition and definition.type

    def depth(selections: SelectionSetNode | None, type_: Any) -> int:
        return (
            max((1 + depth(n.selection_set, None) for n, _ in flat(selections, type_)), default=0) if selections else 0
        )

    def aliases(selections: SelectionSetNode | None) -> int:
        fields = flat(selections, None) if selections else []
        return sum((n.alias is not None) + aliases(n.selection_set) for n, _ in fields)

    def slicing(node: FieldNode, type_: Any) -> int:
        sizes = []
        for argument in node.arguments or ():
            value = argument.value
            if isinstance(value, VariableNode):
                sizes.append(variables.get(value.name.value, 3))  # every variable's default, see below
            else:
                assert isinstance(value, IntValueNode)
                sizes.append(int(value.value))
        if node.name.value == "jobs" and getattr(type_, "name", "") == "Client" and not any(
            argument.name.value == "last" for argument in node.arguments or ()
        ):  # fmt: skip
            sizes.append(7)
        assumed = 25 if node.name.value == "clients" else 10
        return max((max(1, size) for size in sizes if size is not None), default=assumed)

    def points(selections: SelectionSetNode | None, type_: Any) -> tuple[int, int]:
        """What a selection costs, and what more for each item of the page."""
        plain: list[tuple[int, int]] = []
        of_types: dict[str, list[tuple[int, int]]] = {}
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                plain.append(points_of_field(node, type_))
                continue
            inner: Any = parsed.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = inner.type_condition
            on: Any = SCHEMA.get_type(condition.name.value) if condition else type_
            of_one = condition is not None and isinstance(on, GraphQLObjectType)
            places = of_types.setdefault(on.name, []) if of_one else plain
            places.append(points(inner.selection_set, on))
        sums = [added(each) for each in of_types.values()]
        dearest = tuple(max(column) for column in zip(*sums, strict=True)) if sums else (0, 0)
        return added([*plain, dearest])

    def added(parts: list[tuple[int, int]]) -> tuple[int, int]:
        return sum(cost for cost, _ in parts), sum(each for _, each in parts)

    def points_of_field(node: FieldNode, parent: Any) -> tuple[int, int]:
        type_of = returned(node, parent)
        named = type_of and get_named_type(type_of)
        content, each = points(node.selection_set, named)
        if type_of is None:
            return (1 if node.selection_set else 0) + content + 10 * each, 0
        if not is_composite_type(named):
            return 0, 0
        if not is_list_type(get_nullable_type(type_of)):
            return 1 + content + slicing(node, parent) * each, 0
        item = 1 + content + 10 * each
        if parent.name.endswith("Connection") and node.name.value in ("nodes", "edges"):
            return 0, item
        return slicing(node, parent) * item, 0

    root = SCHEMA.get_root_type(operation.operation)
    root_fields = len(flat(operation.selection_set, root))
    content, each = points(operation.selection_set, root)
    return Measured(
        depth(operation.selection_set, root),
        aliases(operation.selection_set),
        root_fields,
        content + 10 * each,
    )


TYPES = ("Query", "Job", "Client", "JobConnection", "JobEdge", "Node", "Found")
FIELDS: dict[str, tuple[tuple[str, str | None, tuple[str, ...]], ...]] = {
    "Query": (
        ("id", None, ()), ("job", "Job", ()), ("jobs", "JobConnection", ("first", "last")),
        ("clients", "Client", ()), ("found", "Found", ("first",)), ("self", "Query", ()),
    ),
    "Job": (("id", None, ()), ("owner", "Client", ()), ("tasks", "Job", ("limit",)), ("tags", None, ())),
    "Client": (("id", None, ()), ("owner", "Client", ()), ("jobs", "JobConnection", ("first", "last"))),
    "JobConnection": (
        ("nodes", "Job", ()), ("edges", "JobEdge", ()), ("totalCount", None, ()), ("related", "Client", ()),
    ),
    "JobEdge": (("node", "Job", ()), ("cursor", None, ())),
    "Node": (("id", None, ()), ("owner", "Client", ())),
    "Found": (("unknown", None, ()),),
}  # fmt: skip
SIZES = st.one_of(st.integers(-2, 30).map(str), st.sampled_from(["$a", "$b"]))


@st.composite
def selections(draw: st.DrawFn, type_: str, fragments: tuple[tuple[str, str], ...], levels: int) -> str:
    """A selection set on the type, spreading only the given fragments (name, type)."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["field", "field", "spread", "inline"]))
        if kind == "spread" and fragments:
            parts.append(f"...{draw(st.sampled_from(fragments))[0]}")
        elif kind == "inline" and levels:
            other = draw(st.sampled_from([None, type_, *TYPES]))
            on = f"on {other}" if other else ""
            parts.append(f"... {on} {draw(selections(other or type_, fragments, levels - 1))}")
        else:
            name, inner, arguments = draw(st.sampled_from(FIELDS[type_]))
            alias = draw(st.sampled_from(["", "", "x: "]))
            given_ = [f"{argument}: {draw(SIZES)}" for argument in arguments if draw(st.booleans())]
            written = f"({', '.join(given_)})" if given_ else ""
            if inner is None or not levels:
                parts.append(f"{alias}{name}{written}")
            else:
                parts.append(f"{alias}{name}{written} {draw(selections(inner, fragments, levels - 1))}")
    return "{ " + " ".join(parts) + " }"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A query and fragments that spread later ones, on types that need not fit the place."""
    fragments = tuple((f"F{number}", draw(st.sampled_from(TYPES))) for number in range(draw(st.integers(0, 4))))
    parts = ["query($a: Int = 3, $b: Int = 3) " + draw(selections("Query", fragments, 3))]
    for at, (name, type_) in enumerate(fragments):
        parts.append(f"fragment {name} on {type_} {draw(selections(type_, fragments[at + 1 :], 2))}")
    return " ".join(draw(st.permutations(parts)))


VARIABLES = st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(st.none(), st.integers(-2, 40)))


@given(documents(), st.lists(VARIABLES, min_size=1, max_size=3))
def test_the_walk_equals_the_reference(source: str, requests: list[dict[str, Any]]) -> None:
    parsed = document(source)
    operation = choose_operation(parsed, None)
    for variables in requests:
        expected = reference(parsed, operation, variables)
        assume(expected.cost < SATURATED)
        assert check_limits(SCHEMA, parsed, operation, variables, UNLIMITED) == expected


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=6, max_size=6))
def test_any_graph_of_fragments_is_measured_and_then_validated(graph: list[list[int]]) -> None:
    parts = (
        f"fragment F{at} on Query {{ id self {{ id {' '.join(f'...F{to}' for to in spreads)} }} }}"
        for at, spreads in enumerate(graph)
    )
    parsed = document("{ ...F0 ...F1 ...F2 ...F3 ...F4 ...F5 }" + " ".join(parts))
    measured = check_limits(SCHEMA, parsed, choose_operation(parsed, None), None, UNLIMITED)
    assert measured.depth <= 14
    validate_document(SCHEMA, parsed)


# The variables


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 0),
        ({"a": 1, "b": None}, 2),
        ({"a": [1, 2, 3]}, 4),
        ({"a": {"b": [{"c": 1}]}}, 4),
        ({"a": [[[[]]]]}, 4),
        ({"a": "x" * 10_000}, 1),
    ],
)
def test_values_in_variables_are_counted(variables: dict[str, Any], count: int) -> None:
    check_variables(variables, replace(UNLIMITED, values=count))
    if count:
        with pytest.raises(LimitExceeded) as caught:
            check_variables(variables, replace(UNLIMITED, values=count - 1))
        assert caught.value.extensions == {"code": "LIMIT", "limit": "values", "allowed": count - 1}
        assert caught.value.message == (
            f"The variables have more than {count - 1} values in them. Send it as several requests."
        )


def test_counting_values_stops_at_the_limit_and_needs_no_recursion() -> None:
    deep: Any = 0
    for _ in range(50_000):
        deep = [deep]
    for many in (deep, [deep] * 1_000, [0] * 50_000, [[0]] * 50_000, [{"a": 0}] * 50_000):
        assert counting.lines_run(engine.limits, lambda many=many: refused({"a": many})) < 1_000  # type: ignore[misc]


def refused(variables: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded):
        check_variables(variables, replace(UNLIMITED, values=100))
