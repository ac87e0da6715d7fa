"""Field merging: the same verdict as graphql-core's, which compares pairs, for work that is linear."""

import random

import pytest
from graphql import (
    DocumentNode,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    validate,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import merging
from engine.merging import FieldsMergeRule
from tests.engine.counting import lines_run

SCHEMA = build_schema("""
    interface Node { id: ID, next: Node, name: String, all: [Node] }
    type A implements Node { id: ID, next: A, name: String, all: [A], size(of: Int, by: By): Int, n: Int!, any: Any }
    type B implements Node { id: ID, next: B, name: String, all: [B], size(of: Int, by: By): String, n: Int, any: Any }
    type C implements Node { id: ID, next: Node, name: String, all: [C], n: [Int] }
    union Any = A | B | C
    input By { a: Int, b: Int }
    type Query { node: Node, a: A, b: B, c: C, any: Any, name: String }
""")
LEAVES = {
    "Query": ["name"], "Node": ["id", "name"], "A": ["id", "name", "size", "n"], "B": ["id", "name", "size", "n"],
    "C": ["id", "name", "n"], "Any": ["__typename"],
}  # fmt: skip
INNER = {
    "Query": {"node": "Node", "a": "A", "b": "B", "c": "C", "any": "Any"}, "Node": {"next": "Node", "all": "Node"},
    "A": {"next": "A", "all": "A", "any": "Any"}, "B": {"next": "B", "all": "B", "any": "Any"},
    "C": {"next": "Node", "all": "C"}, "Any": {},
}  # fmt: skip
ARGUMENTS = ["", "", "", "(of: 1)", "(of: 1, by: {a: 1, b: 2})", "(by: {b: 2, a: 1}, of: 1)"]


def selections(chance: random.Random, type_: str, levels: int, fragments: list[tuple[str, str]]) -> str:
    parts = []
    for _ in range(chance.randint(1, 4)):
        kind = chance.random()
        fitting = [name for name, on in fragments if (on == "Query") == (type_ == "Query")]
        if kind < 0.25 and levels:
            on = "Query" if type_ == "Query" else chance.choice(["A", "B", "C", "Node", "Any", type_])
            parts.append(f"... on {on} {selections(chance, on, levels - 1, fragments)}")
        elif kind < 0.45 and fitting:
            parts.append(f"...{chance.choice(fitting)}")
        elif kind < 0.75 and levels and INNER[type_]:
            name, inner = chance.choice(list(INNER[type_].items()))
            alias = chance.choice(["", "", "", "", "", "next: "])
            parts.append(f"{alias}{name} {selections(chance, inner, levels - 1, fragments)}")
        else:
            name = chance.choice(LEAVES[type_])
            alias = chance.choice(["", "", "", "", "", "", "name: "])
            parts.append(alias + name + (chance.choice(ARGUMENTS) if name == "size" else ""))
    return "{ " + " ".join(parts) + " }"


@st.composite
def documents(draw: st.DrawFn) -> DocumentNode:
    """Fragments spread later ones only, and are all used."""
    chance = draw(st.randoms(use_true_random=False))
    fragments = [(f"F{at}", chance.choice(list(LEAVES))) for at in range(chance.randint(0, 4))]
    source = selections(chance, "Query", 4, fragments) + " ".join(
        f"fragment {name} on {on} {selections(chance, on, 2, fragments[at + 1 :])}"
        for at, (name, on) in enumerate(fragments)
    )
    return parse(source)


VERDICTS = {True: 0, False: 0}


@given(documents())
def test_the_verdict_is_that_of_graphql_core(document: DocumentNode) -> None:
    assume(not validate(SCHEMA, document, [NoUnusedFragmentsRule, NoFragmentCyclesRule]))
    expected = bool(validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule]))
    VERDICTS[expected] += 1
    assert bool(validate(SCHEMA, document, [FieldsMergeRule])) == expected


def test_there_were_documents_of_both_kinds() -> None:
    assert min(VERDICTS.values()) > 10, VERDICTS


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{ a { x: id x: name } }", "Fields 'x' conflict because 'id' and 'name' are different fields."),
        ("{ a { size(of: 1) size(of: 2) } }", "Fields 'size' conflict because they have differing arguments."),
        ("{ a { size size(of: 2) } }", "Fields 'size' conflict because they have differing arguments."),
        (
            "{ any { ... on A { size } ... on B { size } } }",
            "Fields 'size' conflict because they return conflicting types 'Int' and 'String'.",
        ),
        (
            "{ any { ... on A { n } ... on B { n } } }",
            "Fields 'n' conflict because they return conflicting types 'Int!' and 'Int'.",
        ),
        ("{ a { id } a { id: name } }", "Fields 'id' conflict because 'id' and 'name' are different fields."),
        (
            "{ a { ...F } } fragment F on A { next { ...G } next { x: name } } fragment G on A { x: id }",
            "Fields 'x' conflict because 'name' and 'id' are different fields.",
        ),
    ],
)
def test_what_is_said(source: str, message: str) -> None:
    (error,) = validate(SCHEMA, parse(source), [FieldsMergeRule])
    advice = " Use different aliases on the fields to fetch both if this was intentional."
    assert error.message == message + advice
    assert len(error.locations or ()) == 2


@pytest.mark.parametrize(
    "source",
    [
        "{ any { ... on A { x: next { id } } ... on B { x: any { ... on B { id } } } } }",
        "{ any { ... on A { size(of: 1) } ... on A { size(of: 1) } } }",
        "{ any { ... on A { y: next { id } } ... on B { y: next { id } } } }",
        "{ a { size(by: {a: 1, b: 2}) size(by: {b: 2, a: 1}) } }",
        "{ __typename __typename a { __typename } }",
    ],
)
def test_what_may_be_merged(source: str) -> None:
    assert validate(SCHEMA, parse(source), [FieldsMergeRule]) == []


def same(count: int) -> str:
    return "{" + "a { id } " * count + "}"


def fan(count: int) -> str:
    return (
        "{ a {"
        + " ".join(f"...F{at}" for at in range(count))
        + "} }"
        + " ".join(f"fragment F{at} on A {{ id size(of: 1) next {{ id }} }}" for at in range(count))
    )


def chain(count: int) -> str:
    parts = (f"fragment F{at} on A {{ id next {{ id }} ...F{at + 1} }}" for at in range(count))
    return "{ a { ...F0 } }" + " ".join(parts) + f" fragment F{count} on A {{ id }}"


def inline(count: int) -> str:
    return "{ any {" + " ".join("... on A { id next { id } }" for _ in range(count)) + "} }"


@pytest.mark.parametrize("make", [same, fan, chain, inline])
def test_the_work_is_linear(make: object) -> None:
    assert callable(make)
    small, large = parse(make(20)), parse(make(80))

    def check(document: DocumentNode) -> int:
        return lines_run(merging, lambda: validate(SCHEMA, document, [FieldsMergeRule]))

    assert check(large) <= 4.4 * check(small)
