"""The conventions of the API, kept by every type and field: also by those that are added later."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_introspection_type,
    is_non_null_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from models.commands.time import log_time
from models.ids import Kind, encode
from resolvers.root import graphql_schema
from schema.inputs.base import KIND
from schema.kinds import MUTATIONS
from tests.api.asking import SESSIONS, kind_of_bulk
from tests.api.samples import camel
from tests.api.selections import root_fields
from tests.serving import Api
from tests.world import World

TYPES = {name: type_ for name, type_ in graphql_schema().type_map.items() if not is_introspection_type(type_)}


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that wants a description."""
    for name, type_ in TYPES.items():
        if not (isinstance(type_, GraphQLScalarType) and is_specified_scalar_type(type_)):
            yield name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                yield from ((f"{name}.{field_name}({a})", arg.description) for a, arg in field.args.items())
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{name}.{field_name}", field.description) for field_name, field in type_.fields.items())
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value_name}", value.description) for value_name, value in type_.values.items())
    for directive in graphql_schema().directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_everything_has_a_description() -> None:
    assert [what for what, description in described() if not (description or "").strip()] == []
    assert [what for what, description in described() if not description.strip().endswith((".", "`", "!"))] == []  # type: ignore[union-attr]


def test_names_are_as_clients_expect_them() -> None:
    for name, type_ in TYPES.items():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name), name
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field in type_.fields:
                assert re.fullmatch(r"[a-z][A-Za-z0-9]*", field), (name, field)
        if isinstance(type_, GraphQLEnumType):
            for value in type_.values:
                assert re.fullmatch(r"[A-Z][A-Z0-9_]*", value), (name, value)


#: What something can be done to: a mutation does not begin with it.
NOUNS = {kind.value.partition("_")[0] for kind in Kind}


#: What is told when it is made, and never again.
ONCE = {declared.name: list(declared.once) for declared in MUTATIONS}


@pytest.mark.parametrize("mutation", sorted(root_fields("mutation").keys() - SESSIONS))
def test_a_mutation_takes_one_input_and_answers_with_its_errors(mutation: str) -> None:
    field = root_fields("mutation")[mutation]
    verb = re.match(r"[a-z]+", mutation)
    assert verb is not None
    assert verb[0] not in NOUNS and verb[0] != mutation, f"{mutation} is to be a verb and a noun."
    assert list(field.args) == ["input"]
    input = field.args["input"].type
    assert is_non_null_type(input)
    input_type: Any = get_named_type(input)
    assert input_type.name.endswith("Input")
    assert "idempotencyKey" in input_type.fields
    payload: Any = field.type  # Nullable: a fault of one leaves the others.
    assert payload.name == mutation[0].upper() + mutation[1:] + "Payload"
    thing, *rest = payload.fields
    assert rest == [*ONCE[mutation], "revision", "errors"]
    assert str(payload.fields["revision"].type) == "Revision"
    assert str(payload.fields["errors"].type) == "[UserError!]!"
    assert str(payload.fields[thing].type).startswith("[") == (kind_of_bulk(mutation) is not None)


#: What makes something new, or is about oneself.
CREATIONS = re.compile(
    r"copy|create|add(?!DocumentVersion)|applyFolder|log|recordPayment|save|sendMail$|start|stop|transfer|change|post|undo"
)


@pytest.mark.parametrize("mutation", sorted(root_fields("mutation").keys() - SESSIONS))
def test_a_change_of_one_thing_takes_the_version_that_was_seen(mutation: str) -> None:
    input: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    assert ("id" in input.fields) == (
        re.match(r"copy|create|add(?!DocumentVersion)|logTime|recordPayment|save|sendMail$|startTimer|post", mutation)
        is not None
    )
    kind = kind_of_bulk(mutation)
    target: Any = input if kind is None else TYPES[f"{kind.title().replace('_', '')}Target"]
    assert ("expectedVersion" in target.fields) == (CREATIONS.match(mutation) is None)


def test_every_id_in_an_input_says_what_it_names() -> None:
    for type_ in TYPES.values():
        if not isinstance(type_, GraphQLInputObjectType) or type_.name == "IdFilter":
            continue
        declared = {camel(field.python_name): field for field in type_.extensions["strawberry-definition"].fields}
        for name, field in type_.fields.items():
            if get_named_type(field.type).name == "ID":
                assert isinstance(declared[name].metadata.get(KIND), Kind), (type_.name, name)


def test_what_has_a_version_is_a_node_and_every_kind_of_thing_is_one() -> None:
    possible = {type_.name for type_ in graphql_schema().get_possible_types(TYPES["Node"])}  # type: ignore[arg-type]
    assert possible == {"".join(word.capitalize() for word in kind.split("_")) for kind in Kind}


CONNECTIONS = sorted(name for name in TYPES if name.endswith("Connection"))
LISTS = sorted(
    name
    for name, field in root_fields("query").items()
    if (of := get_named_type(field.type).name).endswith("Connection") and of != "EventConnection"
)


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_is_a_connection(name: str) -> None:
    type_ = TYPES[name]
    assert isinstance(type_, GraphQLObjectType)
    # A history is read in one direction, and not counted.
    more = {"since": "DateTime"} if name == "EventConnection" else {"totalCount": "Int!"}
    assert {field: str(definition.type) for field, definition in type_.fields.items()} == {
        "nodes": f"[{name.removesuffix('Connection')}!]!",
        "edges": f"[{name.removesuffix('Connection')}Edge!]!",
        "pageInfo": "PageInfo!",
        **more,
    }


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_in_pages(name: str) -> None:
    arguments = {argument: str(definition.type) for argument, definition in root_fields("query")[name].args.items()}
    for argument, type_ in {"first": "Int", "after": "String", "last": "Int", "before": "String"}.items():
        assert arguments[argument] == type_


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 0", "A page has from 1 to 100 things, not 0."),
        ("first: 101", "A page has from 1 to 100 things, not 101."),
        ("last: -1", "A page has from 1 to 100 things, not -1."),
        ("first: 1, last: 1", "Ask for either the first or the last, not both."),
    ],
)
async def test_the_bounds_of_a_page(world: World, api: Api, name: str, arguments: str, message: str) -> None:
    answer = await api.post(world.owner, f"{{ {name}({arguments}) {{ nodes {{ id }} }} }}")
    assert (answer["errors"][0]["message"], answer["errors"][0]["extensions"]["code"]) == (message, "INVALID")


#: What cannot be read as each scalar, and a document that takes one.
BAD = {
    "Revision": ["-1", "4_2", " 42", "+42", "٤٢", "", "1.0", 1.5, True, str(2**63), "9" * 5000, None],
    "Date": ["2026-02-30", "20260415", "2026-W01-1", "2026-4-15", "2026-04-15T00:00", "0000-01-01", "", 20260415],
    "DateTime": [
        "2026-04-15",
        "2026-04-15T09:30:00",
        "2026-W16-3T09:30:00Z",
        "20260415T093000+0000",
        "9999-12-31T23:59:59-10:00",
        5,
    ],
    "Decimal": ["NaN", "Infinity", "1e3", "1_000", " 1", "", "٤", "9" * 41, 1.5, 2],
}
TAKES = {
    "Revision": "subscription A($v: Revision!) { boardChanges(after: $v) { revision } }",
    "Date": "query A($v: Date!) { jobs(filter: {due: {on: $v}}) { nodes { id } } }",
    "DateTime": "query A($v: DateTime!) { jobs(filter: {created: {after: $v}}) { nodes { id } } }",
    "Decimal": 'mutation A($v: Decimal!) { setTimeEntryRate(input: {timeEntryId: "x", rate: $v}) { errors { code } } }',
}


def test_every_scalar_has_its_bad_values() -> None:
    ours = {
        name
        for name, type_ in TYPES.items()
        if isinstance(type_, GraphQLScalarType) and not is_specified_scalar_type(type_)
    }
    assert ours == BAD.keys()


@pytest.mark.parametrize(("scalar", "value"), [(scalar, value) for scalar, values in BAD.items() for value in values])
async def test_a_bad_value_is_refused(world: World, api: Api, scalar: str, value: Any) -> None:
    answer = await api.post(world.owner, TAKES[scalar], v=value)
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"
    if value is not None:
        assert "Variable '$v' has invalid value: A " in answer["errors"][0]["message"]


@pytest.mark.parametrize("rate", ["-1", "0.001", "10000000000"])
async def test_an_amount_that_is_none(world: World, api: Api, rate: str) -> None:
    entry = (await log_time(world.acting(world.owner), minutes=5, account_id=world.account.id)).value
    query = "mutation A($i: SetTimeEntryRateInput!) { setTimeEntryRate(input: $i) { errors { code message } } }"
    answer = await api.ask(world.owner, query, i={"timeEntryId": encode(Kind.TIME_ENTRY, entry.id), "rate": rate})
    (error,) = answer["setTimeEntryRate"]["errors"]
    assert error["message"] == "This must be an amount of at least 0 with at most two decimals."
