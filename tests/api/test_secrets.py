"""No error and no line of a log repeats a text that was sent: it may be a password, or a token."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from graphql import GraphQLInputObjectType, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from engine.engine import Engine
from engine.session import Session
from tests.api.samples import Id, Sampler
from tests.api.selections import root_fields
from tests.serving import Api
from tests.world import World
from transport.engine import Refused, Request

SECRET = "hunter2-CANARY-hunter2"
ROOTS = [(kind, name) for kind in ("query", "mutation", "subscription") for name in root_fields(kind)]


def wrong_values(type_: Any, within: set[str] | None = None) -> Iterator[Any]:
    """Values with the secret in them, each wrong for this type in one way, or right in all but what the rules say. Each
    type of inputs is gone through once, wherever else it is within: `within` are those that have been."""
    within = set() if within is None else within
    inner = type_.of_type if is_non_null_type(type_) else type_
    yield from (SECRET, [SECRET], {"secret": SECRET}, [[SECRET]], {"secret": {"secret": [SECRET]}})
    if is_list_type(inner):
        for value in wrong_values(inner.of_type, within):
            yield [value]
            yield [value, None]
        return
    named: Any = get_named_type(inner)
    if is_leaf_type(named) or named.name in within:
        return
    within.add(named.name)
    assert isinstance(named, GraphQLInputObjectType)
    texts = {name: SECRET for name, field in named.fields.items() if get_named_type(field.type).name == "String"}
    yield texts
    yield texts | {"unknown": SECRET}
    yield texts | dict.fromkeys(named.fields)
    yield dict.fromkeys(named.fields, SECRET)
    for name, field in named.fields.items():
        for value in wrong_values(field.type, within):
            yield texts | {name: value}


def literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """Everything that is logged meanwhile, by whichever way."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        yield [lines, caplog.records]


def told_by(engine: Engine, query: str, **variables: Any) -> str | None:
    """What is said of a request that is refused before it runs. Each is somebody else's: nobody sends so many."""
    member = uuid4()
    try:
        engine.prepare(Request(query, variables=variables), Session("192.0.2.1", str(member), member_id=member))
    except Refused as refusal:
        return json.dumps(refusal.errors)
    return None


@pytest.mark.parametrize(("kind", "name"), ROOTS)
async def test_what_is_refused_before_it_runs(engine: Engine, logged: list[Any], kind: str, name: str) -> None:
    field = root_fields(kind)[name]
    rest = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    refused = 0
    for argument, definition in field.args.items():
        as_variable = f"{kind} Q($v: {definition.type}) {{ {name}({argument}: $v){rest} }}"
        as_default = f"{kind} Q($v: {definition.type} = %s) {{ {name}({argument}: $v){rest} }}"
        for number, value in enumerate(wrong_values(definition.type)):
            written = literal(value)
            told = [told_by(engine, as_variable, v=value)]
            # What is written out is read by one way for all fields: each has some of these.
            if number % 3 == 0:
                told.append(told_by(engine, f"{kind} {{ {name}({argument}: {written}){rest} }}"))
            if number % 7 == 0:
                told.append(told_by(engine, as_default % written))
                told.append(told_by(engine, f"{kind} {{ {name}({argument}: {written.replace(chr(34), '')}){rest} }}"))
            for one in filter(None, told):
                refused += 1
                assert SECRET not in one
                assert '"INTERNAL"' not in one
    assert refused or not field.args
    assert SECRET not in str(logged)


@pytest.mark.parametrize("mutation", root_fields("mutation"))
async def test_what_a_mutation_refuses(api: Api, world: World, logged: list[Any], mutation: str) -> None:
    """With the secret in all its texts, and in all its ids; the owner asks, whom no right is withheld from."""
    given = Sampler(mutation, "unused").input()
    field = root_fields("mutation")[mutation]
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in field.args.items())
    passed = ", ".join(f"{name}: ${name}" for name in field.args)
    arguments = f"({passed})" if passed else ""
    query = f"mutation Q{f'({declared})' if declared else ''} {{ {mutation}{arguments} {{ errors {{ message }} }} }}"
    for of_ids in (SECRET, f"job_{SECRET}", "job_" + "0" * 26):
        answer = await api.post(world.owner, query, **filled(given, of_ids))
        assert SECRET not in json.dumps(answer)
        assert "INTERNAL" not in json.dumps(answer)
    if mutation == "signOut":
        api.tokens.pop(world.owner.id)
    assert SECRET not in str(logged)


def is_text(value: Any) -> bool:
    """Whether it is a text of any form: no value of an enum, day or number."""
    return isinstance(value, str) and re.fullmatch(r"[A-Z_]+|[0-9.-]+", value) is None


def filled(value: Any, of_ids: str) -> Any:
    """The sample with the secret in every text."""
    if isinstance(value, Id):
        return of_ids
    if isinstance(value, dict):
        return {name: filled(inner, of_ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, of_ids) for inner in value]
    return SECRET if is_text(value) else value


@pytest.mark.parametrize("name", root_fields("query"))
async def test_what_a_query_refuses(api: Api, world: World, logged: list[Any], name: str) -> None:
    field = root_fields("query")[name]
    rest = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    for argument, definition in field.args.items():
        if get_named_type(definition.type).name in ("ID", "String"):
            value = [SECRET] if is_list_type(getattr(definition.type, "of_type", definition.type)) else SECRET
            query = f"query Q($v: {definition.type}) {{ {name}({argument}: $v){rest} }}"
            answer = await api.post(world.owner, query, v=value)
            assert SECRET not in json.dumps(answer)
            assert "INTERNAL" not in json.dumps(answer)
    assert SECRET not in str(logged)
