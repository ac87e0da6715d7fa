"""Nothing that is answered tells how many things there are that the caller may not see, or what they are called: two
firms that differ in nothing else give the same answers.

The schema says what is tried, so that a query or mutation that is added later is tried too.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.ids import Kind, encode
from resolvers.mutations import ACTIONS
from tests.api.asking import MUTATIONS, QUERIES, post, said_by_server
from tests.api.peers import in_order
from tests.api.samples import Id, Sampler, asked, filled, ids_in
from tests.api.selections import document, root_fields
from tests.api.twins import ALL_BUT_SIGHT, FEW, MANY, Twin
from tests.serving import Api

Pair = tuple[Twin, Twin]


@pytest.fixture(scope="module", params=[ALL_BUT_SIGHT, ()], ids=["all rights", "no rights"])
async def pair(database: str, request: pytest.FixtureRequest) -> Pair:
    """Nothing changes in them."""
    return await Twin.build(FEW, *request.param), await Twin.build(MANY, *request.param)


async def same(api: Api, twins: Pair, query: str, *variables: dict[str, Any]) -> Any:
    """What both are answered, which is the same."""
    told = []
    for twin, values in zip(twins, variables, strict=True):
        answer = await post(api, twin.member, query, values)
        assert twin.word.encode() not in answer, answer
        told.append(twin.plain(json.loads(in_order(said_by_server(answer, values)))))
    assert told[0] == told[1]
    return told[0]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_answers_the_same(pair: Pair, api: Api, query: str) -> None:
    for arguments, named in asked(query, root_fields("query")[query]):
        text = document("query", query, arguments)
        tried: list[list[Any]] = []
        for way in ("usual", "unseen", "deserted") if named else ("usual",):
            given = [filled(arguments, getattr(twin, way)) for twin in pair]
            if given not in tried:  # Of some kinds nothing is hidden.
                await same(api, pair, text, *given)
                tried.append(given)


WAYS = {"first": ("after", "endCursor", "hasNextPage"), "last": ("before", "startCursor", "hasPreviousPage")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("query", [name for name in QUERIES if "before" in root_fields("query")[name].args])
async def test_a_list_has_the_same_pages(pair: Pair, api: Api, query: str, way: str) -> None:
    cursor, end, more = WAYS[way]
    page = (
        f"query Page($c: String) {{ {query}({way}: 1, {cursor}: $c) {{ totalCount edges {{ cursor node {{ id }} }} "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    await _walk(api, pair, page, [query], end, more)


EVENTS = (
    "since nodes { __typename at actor { member { name } } } edges { cursor } "
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
)


@pytest.mark.parametrize("first", [7, 20])
async def test_the_activity_has_the_same_pages(pair: Pair, api: Api, first: int) -> None:
    page = f"query Page($c: String) {{ activity(first: {first}, after: $c) {{ {EVENTS} }} }}"
    await _walk(api, pair, page, ["activity"], "endCursor", "hasNextPage")


@pytest.mark.parametrize("first", [3, 7])
async def test_a_history_has_the_same_pages(pair: Pair, api: Api, first: int) -> None:
    page = (
        f"query Page($id: ID!, $c: String) {{ job(id: $id) {{ history(first: {first}, after: $c) {{ {EVENTS} }} }} }}"
    )
    ids = [{"id": encode(Kind.JOB, twin.firm.things["job"])} for twin in pair]
    await _walk(api, pair, page, ["job", "history"], "endCursor", "hasNextPage", ids)


async def _walk(
    api: Api,
    twins: Pair,
    page: str,
    way: list[str],
    end: str,
    more: str,
    variables: list[dict[str, Any]] | None = None,
) -> None:
    variables = variables or [{}, {}]
    while True:
        found: Any = (await same(api, twins, page, *variables))["data"]
        for step in way:
            found = found[step]
        if not found["pageInfo"][more]:
            return
        for twin, values in zip(twins, variables, strict=True):
            raw: Any = json.loads(await post(api, twin.member, page, values))["data"]
            for step in way:
                raw = raw[step]
            values["c"] = raw["pageInfo"][end]


def variants(mutation: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The mutation with things of each sort; without each of the ids that it takes; with a version that is none."""
    sample = Sampler(mutation, "word").input()
    for way in ("unseen", "deserted", "usual"):
        yield way, sample, way
        for path in sorted({path[:2] for path, _ in ids_in(sample)} if way != "unseen" else ()):
            without = copy.deepcopy(sample)
            del without["input"][path[1]]
            yield f"{way}, without {path[1]}", without, way
    old = copy.deepcopy(sample)
    old["input"]["expectedVersion"] = 999
    yield "old", old, "usual"
    if "jobs" in sample["input"]:
        some = copy.deepcopy(sample)
        some["input"] |= {"atomic": False, "jobs": [*sample["input"]["jobs"], {"jobId": Id(Kind.JOB, "hidden")}]}
        yield "some", some, "usual"
    yield "chosen", sample, "chosen"


def variables(twin: Twin, sample: dict[str, Any], way: str) -> dict[str, Any]:
    """The sample with this firm's things."""

    def choose(place: Id) -> str:
        if place.where == "hidden":
            return twin.unseen(place)
        return twin.firm.id(place) if way == "chosen" else getattr(twin, way)(place)

    values: dict[str, Any] = filled(sample, choose)
    return values


#: Those that need a role are for people who see everything. One's password is nobody else's matter, and takes long.
TRIED = [name for name in MUTATIONS if ACTIONS[name].role is None and name != "changePassword"]

#: These are about what the log has of before. What all others tell of it are histories, which queries are asked for.
READS_THE_LOG = {"undoRevision"}


@pytest.mark.parametrize("mutation", TRIED)
async def test_a_mutation_answers_the_same(database: str, api: Api, mutation: str) -> None:
    log = mutation in READS_THE_LOG
    twins = await Twin.build(FEW, *ALL_BUT_SIGHT, log=log), await Twin.build(MANY, *ALL_BUT_SIGHT, log=log)
    query = document("mutation", mutation, ["input"])
    answered = set()
    for name, sample, way in variants(mutation):
        told = await same(api, twins, query, *(variables(twin, sample, way) for twin in twins))
        if told.get("data"):
            answered.add(name)
    assert answered >= {"unseen", "deserted", "usual", "chosen"}
