"""An empty list is given, and means nobody, nothing or none: it is never taken for one that was left out."""

import re
from typing import Any

import orjson
import pytest
from graphql import get_named_type, is_leaf_type, is_required_argument

from models.database import sql
from models.ids import Kind, decode
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import root_fields
from tests.serving import Api


def lists_of(mutation: str) -> list[str]:
    """The fields of a mutation's input that take a list."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return [name for name, field in type_.fields.items() if "[" in str(field.type)]


PLACES = [(mutation, field) for mutation in MUTATIONS for field in lists_of(mutation)]
#: What a list must have one of: its description says so, and of no other list.
AT_LEAST_ONE = re.compile(r"(?<!of )\b1 to [\d,]+|^From one ")
#: Of these there must be one because of the thing that they are about: one of its options is to be chosen.
NEEDED_THERE = {("recordProposalSignature", "chosen")}
#: They say what is not to follow: the event of the change tells it, and not the thing.
TOLD_BY_THE_MOVE = {("moveJob", "skipAutomations"), ("moveJobs", "skipAutomations")}


#: What is given in a list, and shown in pages.
PAGES = {"accounts"}


def is_needed(mutation: str, field: str) -> bool:
    """Whether the schema says that the list has something in it."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return AT_LEAST_ONE.search(type_.fields[field].description) is not None


def shown_lists(mutation: str) -> dict[str, str]:
    """The lists of the thing that a mutation answers, each with what to ask of it."""
    payload: Any = root_fields("mutation")[mutation].type
    thing: Any = get_named_type(next(iter(payload.fields.values())).type)
    return {
        name: name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
        for name, field in thing.fields.items()
        if "[" in str(field.type) and not any(map(is_required_argument, field.args.values()))
    } | {name: f"{name} {{ nodes {{ id }} }}" for name in PAGES & thing.fields.keys()}


async def changed(api: Api, mutation: str, **given: Any) -> dict[str, Any]:
    """What a fresh firm's owner is answered."""
    firm = await Furnished.build()
    input = filled(Sampler(mutation, firm.word).input(), firm.id)["input"] | given
    definition = root_fields("mutation")[mutation]
    payload: Any = definition.type
    query = (
        f"mutation Empty($input: {definition.args['input'].type}) {{ {mutation}(input: $input) "
        f"{{ thing: {next(iter(payload.fields))} {{ id {' '.join(shown_lists(mutation).values())} }} "
        "revision errors { code path } } }"
    )
    answer: dict[str, Any] = (await api.ask(firm.world.owner, query, input=input))[mutation]
    return answer


@pytest.mark.parametrize(("mutation", "field"), PLACES)
async def test_an_empty_list_in_an_input(database: str, api: Api, mutation: str, field: str) -> None:
    answer = await changed(api, mutation, **{field: []})
    if is_needed(mutation, field) or (mutation, field) in NEEDED_THERE:
        code = "RULE" if (mutation, field) in NEEDED_THERE else "INVALID"
        assert answer["errors"] == [{"code": code, "path": ["input", field]}]
        assert answer["revision"] is None
        return
    assert answer["errors"] == []
    usual = await changed(api, mutation)
    if (mutation, field) in TOLD_BY_THE_MOVE:
        assert [len(await _skipped(each)) for each in (answer, usual)] == [0, 1]
        return
    shorter = {name for name in shown_lists(mutation) if len(_list(answer, name)) < len(_list(usual, name))}
    assert shorter, "Nothing is taken off that is there otherwise."


async def _skipped(answer: dict[str, Any]) -> list[str]:
    thing = answer["thing"][0] if isinstance(answer["thing"], list) else answer["thing"]
    last = "SELECT data -> 'skipped_automations' AS skipped FROM event WHERE job = $1 AND type = 'JobMoved'"
    rows = await sql(f"{last} ORDER BY revision DESC LIMIT 1", decode(Kind.JOB, thing["id"]))
    skipped: list[str] = orjson.loads(rows[0]["skipped"])
    return skipped


def _list(answer: dict[str, Any], name: str) -> list[Any]:
    thing = answer["thing"][0] if isinstance(answer["thing"], list) else answer["thing"]
    found: Any = thing[name] or []
    shown: list[Any] = found["nodes"] if name in PAGES else found
    return shown


async def test_an_empty_list_in_a_query(database: str, api: Api) -> None:
    firm = await Furnished.build()
    answer = await api.ask(
        firm.world.owner,
        "{ nodes(ids: []) { id } usual: jobs { nodes { id } } jobs(sort: []) { nodes { id } } }",
    )
    assert answer["nodes"] == []
    assert answer["jobs"] == answer["usual"]
