"""Asking the API in bytes: for what must not be in an answer, wherever in it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import get_named_type

from models.ids import Kind, plural
from models.rows import Member
from resolvers.sign_in import OPEN_MUTATIONS
from tests.api.samples import camel
from tests.api.selections import root_fields
from tests.serving import Api

#: They take no id and are of no firm: tests/api/test_sign_in.py is about them.
SESSIONS = {*OPEN_MUTATIONS, "signOut"}
MUTATIONS = sorted(root_fields("mutation").keys() - SESSIONS)
QUERIES = sorted(root_fields("query"))
SUBSCRIPTIONS = sorted(root_fields("subscription"))


def kind_of_bulk(mutation: str) -> Kind | None:
    """Of which kind a mutation changes many things in one call; None where it does not."""
    takes: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return next((kind for kind in Kind if {"atomic", camel(plural(kind))} <= takes.fields.keys()), None)


#: So much is asked for with one request, which is the most there may be: signing in and reading it takes as long for
#: one.
TOGETHER = 20


async def post(api: Api, member: Member, query: str, variables: dict[str, Any]) -> bytes:
    """The bytes of the answer."""
    return (await api.ask_in_bytes(member, query, variables)).body


async def post_each(api: Api, member: Member, query: str, tries: Sequence[dict[str, Any]]) -> list[bytes]:
    """The bytes of the answer to a query with each of these variables. Which are the same is asked once."""
    answers: dict[str, bytes] = {}
    for variables in tries:
        if (key := json.dumps(variables)) not in answers:
            answers[key] = await post(api, member, query, variables)
    return [answers[json.dumps(variables)] for variables in tries]


def different(inputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each of them once, but the first two in any case: where a mutation needs all that it takes they are the same, and
    the second one finds what the first has done."""
    first, second, *others = inputs
    sent = [first, second]
    for each in others:
        if each not in sent:
            sent.append(each)
    return sent


async def refused_of_each(api: Api, member: Member, mutation: str, inputs: Sequence[dict[str, Any]]) -> list[Any]:
    """The errors that a mutation answers each of these inputs with, which come one after the other."""
    # With one request comes no more than one password.
    several = 1 if any("password" in name.lower() for each in inputs for name in each) else TOGETHER
    return [
        errors for part in _parts(inputs, several) for errors in await _refused_of_some(api, member, mutation, part)
    ]


#: Of what a request may have, by far the most of which is its inputs.
_BYTES = 80_000


def _parts(inputs: Sequence[dict[str, Any]], several: int) -> Iterator[list[dict[str, Any]]]:
    """The inputs in parts that a request may have, in their order."""
    part: list[dict[str, Any]] = []
    size = 0
    for each in inputs:
        length = len(json.dumps(each))
        if part and (len(part) == several or size + length > _BYTES):
            yield part
            part, size = [], 0
        part.append(each)
        size += length
    if part:
        yield part


async def _refused_of_some(api: Api, member: Member, mutation: str, inputs: Sequence[dict[str, Any]]) -> list[Any]:
    type_ = root_fields("mutation")[mutation].args["input"].type
    declared = ", ".join(f"$input{number}: {type_}" for number in range(len(inputs)))
    calls = (f"call{number}: {mutation}(input: $input{number}) {{ ...Refused }}" for number in range(len(inputs)))
    told = root_fields("mutation")[mutation].type
    said = f"fragment Refused on {told} {{ errors {{ code message path reason parameters {{ name value }} }} }}"
    given = {f"input{number}": each for number, each in enumerate(inputs)}
    data = await api.ask(member, f"mutation Together({declared}) {{ {' '.join(calls)} }} {said}", **given)
    return [data[f"call{number}"]["errors"] for number in range(len(inputs))]


def said_by_server(answer: bytes, variables: dict[str, Any]) -> bytes:
    """The answer without the ids of errors that say which of the ids that were sent is nobody's."""
    sent = json.dumps(variables)

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("name") == "ID" and json.dumps(value.get("value")) in sent:
            return {**value, "value": None}
        return {
            name: None if name == "ID" and json.dumps(inner) in sent else known(inner) for name, inner in value.items()
        }

    return json.dumps(known(json.loads(answer)), separators=(",", ":")).encode()
