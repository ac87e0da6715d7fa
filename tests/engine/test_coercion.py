"""What is wrong with a value: graphql-core's verdict, in words that quote nothing."""

import json
import math
from typing import Any

import pytest
from graphql import (
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    ValuesOfCorrectTypeRule,
    build_schema,
    get_variable_values,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from engine.coercion import MAX_ERRORS, UnquotedValuesRule, read_variables
from engine.documents import DocumentCache, validate_document

SCHEMA = build_schema("""
    scalar Date
    enum Color { RED GREEN }
    input Choice @oneOf { a: Int, b: String }
    input Inner { n: Int!, list: [Inner!], color: Color }
    input Outer {
      text: String!, flag: Boolean, id: ID, real: Float, day: Date, inner: Inner, many: [[Int!]], one: Choice
    }
    type Query { ask(input: Outer, inputs: [Outer!], n: Int): ID }
""")


def _date(value: object) -> object:
    if value != "2026-01-01":
        raise GraphQLError('A Date is written as "2026-01-01".')
    return value


SCHEMA.type_map["Date"].coerce_input_value = _date  # type: ignore[attr-defined]
SECRET = "hunter2-hunter2"
INT = " has invalid value: An Int is a whole number from -2,147,483,648 to 2,147,483,647, without quotes."
TYPES = [
    "Outer",
    "[Outer!]!",
    "Int",
    "Inner!",
    "[[Int!]]",
    "Choice",
    "Color!",
    "Date",
    "Float",
    "ID",
    "Boolean",
    "String",
]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.sampled_from([0, 1, 1.0, 1.5, 1e300, -0.0, 2**31 - 1]),
    st.sampled_from(["", SECRET, "RED", "2026-01-01", "1"]),
)  # fmt: skip
NAMES = st.sampled_from(
    ["text", "flag", "id", "real", "day", "inner", "many", "one", "n", "list", "color", "a", "b", "__proto__", "x"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(NAMES, inner, max_size=4),
        inner.map(lambda value: {"text": "t", "inner": {"n": 1, "list": [value]}}),
        inner.map(lambda value: {"text": "t", "one": value}),
        inner.map(lambda value: {"text": "t", "many": [[value]]}),
    ),
    max_leaves=12,
)


def errors_in(declared: str, given: dict[str, Any]) -> list[GraphQLError]:
    (operation,) = parse(f"query({declared}) {{ ask }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    read = read_variables(SCHEMA, operation.variable_definitions or (), given)
    return read if isinstance(read, list) else []


def errors_of(type_: str, value: Any) -> list[GraphQLError]:
    return errors_in(f"$v: {type_}", {"v": value})


@given(st.sampled_from(TYPES), VALUES)
def test_the_verdict_on_a_variable_is_that_of_graphql_core(type_: str, value: Any) -> None:
    (operation,) = parse(f"query($v: {type_}) {{ ask }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    read = get_variable_values(SCHEMA, operation.variable_definitions or (), {"v": value})
    errors = errors_of(type_, value)
    assert bool(errors) == isinstance(read, list)
    assert all(error.message != "The variables are nested too deeply." for error in errors)
    assert SECRET not in str(errors)


def written(value: Any) -> str:
    """The value as a literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {written(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return value if value in ("RED", "GREEN") else json.dumps(value)


@given(st.sampled_from(["input", "inputs", "n"]), VALUES)
def test_the_verdict_on_a_literal_is_that_of_graphql_core(argument: str, value: Any) -> None:
    document = parse(f"{{ ask({argument}: {written(value)}) }}")
    errors = validate(SCHEMA, document, [UnquotedValuesRule])
    assert bool(errors) == bool(validate(SCHEMA, document, [ValuesOfCorrectTypeRule]))
    assert SECRET not in str([error.message for error in errors])
    assert all(error.locations for error in errors)


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Int", SECRET, INT),
        ("Int", 10**400, INT),
        ("Float", math.inf, " has invalid value: A Float is a number, without quotes."),
        ("String", 1, " has invalid value: A String is a text in quotes."),
        ("Boolean", "true", " has invalid value: A Boolean is true or false, without quotes."),
        ("ID", [1], " has invalid value: An ID is a text in quotes."),
        ("Color", SECRET, " has invalid value: Expected one of the values of the enum 'Color'."),
        ("Date", SECRET, ' has invalid value: A Date is written as "2026-01-01".'),
        ("Outer", SECRET, " has invalid value: Expected value of type 'Outer' to be an object."),
        ("Outer", {}, " has invalid value: Expected value of type 'Outer' to include required field 'text'."),
        (
            "Outer",
            {"text": SECRET, "pasword": SECRET},
            " has invalid value: Expected value of type 'Outer' not to include unknown field 'pasword'.",
        ),
        (
            "Outer",
            {"text": "", "inner": {"n": 1, "list": [{"n": SECRET}]}},
            " has invalid value at .inner.list[0].n: An Int is a whole number",
        ),
        (
            "Choice",
            {"a": 1, "b": SECRET},
            " has invalid value: Within OneOf Input Object type 'Choice', exactly one field must be specified, and the"
            " value for that field must be non-null.",
        ),
        ("Int!", None, " has invalid value: Expected value of non-null type 'Int!' not to be None."),
    ],
)  # fmt: skip
def test_what_is_said_of_a_variable(type_: str, value: Any, message: str) -> None:
    (error,) = errors_of(type_, value)
    assert error.message.startswith(f"Variable '$v'{message}")
    assert error.original_error is None


def test_a_variable_that_is_not_there() -> None:
    declared = "$v: Int!, $w: Int! = 3"
    (error,) = errors_in(declared, {})
    assert error.message == "Variable '$v' has invalid value: Expected a value of non-null type 'Int!' to be provided."
    (error,) = errors_in(declared, {"v": 1, "w": None})
    assert error.message == "Variable '$w' has invalid value: Expected value of non-null type 'Int!' not to be None."


def test_a_name_that_the_schema_does_not_have_is_not_sent_back_whole() -> None:
    (error,) = errors_of("Outer", {"text": "", "x" * 10_000: 1})
    assert len(error.message) < 200


def test_there_are_at_most_so_many_errors() -> None:
    errors = errors_of("[[Int!]]", [["x"] * 1_000])
    assert len(errors) == MAX_ERRORS + 1
    assert errors[-1].message == "There are more such errors. Mend these first."


@pytest.mark.parametrize("levels", [100, 200, 900, 50_000])
def test_a_value_that_is_nested_deeply_is_refused(levels: int) -> None:
    value: Any = {"n": SECRET}
    for _ in range(levels):
        value = {"n": 1, "list": [value]}
    (error,) = errors_of("Inner", value)
    assert error.message.startswith("Variable '$v' has invalid value" if levels < 100 else "")
    assert SECRET not in error.message


@pytest.mark.parametrize("digits", [11, 400, 4_300, 4_301, 19_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_whole_number_of_any_length_is_an_error_of_the_document(digits: int, sign: str) -> None:
    for place in ("n: %s", "input: {text: %s}", 'input: {text: "", inner: {n: %s}}', 'input: {text: "", real: %s}'):
        document = DocumentCache().parse("{ ask(" + place % (sign + "9" * digits) + ") }", max_tokens=50)
        for error in validate_document(SCHEMA, document):
            assert "99999" not in error.message
            assert error.original_error is None
        assert "real" in place or validate_document(SCHEMA, document)


@pytest.mark.parametrize("literal", ["1e999999", "-1e999999", "1.5", '"1"', "true", "RED", "[1, 2]", "{a: 1}", "null"])
def test_odd_numbers(literal: str) -> None:
    for variable in (False, True):
        source = f"query($n: Int = {literal}) {{ ask(n: $n) }}" if variable else f"{{ ask(n: {literal}) }}"
        for error in validate_document(SCHEMA, DocumentCache().parse(source, max_tokens=50)):
            assert error.original_error is None


# Syntax


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{ ask(n "hunter2") }', "Expected ':', found String."),
        ('{ ask(n """hunter2""") }', "Expected ':', found BlockString."),
        ("{ ask(n hunter2) }", "Expected ':', found Name."),
        ("{ ask(n 12345) }", "Expected ':', found Int."),
        ("{ ask(n 12.345) }", "Expected ':', found Float."),
        ("hunter2", "Unexpected Name."),
        ('{ ask(n: "hunter2', "Unterminated string."),
        ('{ ask(n: "hunter2\\u12zz") }', "Invalid Unicode escape sequence."),
        ('{ ask(n: "hunter2\\q") }', "Invalid character escape sequence."),
        ("{ ask(n: 123a) }", "Invalid number, expected digit but got."),
        ("{ ask(n: 0123) }", "Invalid number, unexpected digit after 0."),
        ("{ ask(n: .123) }", "Invalid number, expected digit before '.'"),
        ("{ ask(n: $v) ) }", "Expected Name, found ')'."),
    ],
)
def test_a_syntax_error_says_what_was_expected_and_quotes_nothing(source: str, message: str) -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        DocumentCache().parse(source, max_tokens=100)
    assert caught.value.message == f"Syntax Error: {message}"
    assert caught.value.locations


SIGN_IN = 'mutation { signIn(input: {email: "a@b.test", password: "hunter2-hunter2"}) { viewer { role } } }'


@given(st.integers(0, len(SIGN_IN)), st.integers(0, 8), st.text(alphabet='{}()[]:."\\#$@!|a1 \n', max_size=3))
def test_a_slip_beside_a_secret_does_not_tell_it(at: int, length: int, instead: str) -> None:
    source = SIGN_IN[:at] + instead + SIGN_IN[at + length :]
    told = ""
    try:
        DocumentCache().parse(source, max_tokens=200)
    except GraphQLError as error:
        told = error.message
    assert "unter2" not in told
