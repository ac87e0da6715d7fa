"""The real server, sent whatever there is: no fault, no 5xx, no 1011, no traceback, and nothing that grows.

A failure names its example; `make soak` goes on for longer, with other seeds each time.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import structlog
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    coerce_input_value,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.selections import root_fields
from tests.fuzz import seeds
from tests.fuzz.making import Maker
from tests.fuzz.serving import Fuzzed, check_what_is_kept
from tests.serving import Api

SHORT = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
#: Of the long run, in seconds; and how many bytes the process may grow by after the first part of it.
LONG = float(os.environ.get("FUZZ_SECONDS", "600"))
MOST_GROWTH = 64 * 1024 * 1024
#: What is worth a line of the log, but no fault.
HARMLESS = {"Invalid HTTP request received.", "Unsupported upgrade request."}
RANDOMS = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
async def fuzzed(api: Api) -> Fuzzed:
    return await Fuzzed.build(api, "fuzzed")


@pytest.fixture(autouse=True)
def no_faults_are_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with structlog.testing.capture_logs() as lines:
        yield
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    for record in caplog.records:
        assert record.exc_info is None, record.getMessage()
        assert record.levelno < logging.WARNING or record.getMessage() in HARMLESS, record.getMessage()


@pytest.mark.parametrize("document", seeds.DOCUMENTS)
async def test_documents_that_broke_something(fuzzed: Fuzzed, document: str) -> None:
    await fuzzed.post(json.dumps({"query": document}).encode())
    await fuzzed.talk([json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document}})])


@pytest.mark.parametrize("body", [*seeds.RAW_BODIES, *(json.dumps(body).encode() for body in seeds.BODIES)])
async def test_bodies_that_broke_something(fuzzed: Fuzzed, body: bytes) -> None:
    await fuzzed.post(body)


@pytest.mark.parametrize("frame", [*seeds.RAW_FRAMES, *seeds.NOT_UTF8, *map(json.dumps, seeds.FRAMES)])
async def test_frames_that_broke_something(fuzzed: Fuzzed, frame: str | bytes) -> None:
    await fuzzed.talk([frame])


@pytest.mark.parametrize("head", seeds.HEADS)
async def test_heads_that_broke_something(fuzzed: Fuzzed, head: str) -> None:
    await fuzzed.knock(seeds.request(head))


#: Half a second each.
HASHING = {"changePassword", "createMember", "signIn"}


class Always(Maker):
    """Puts one text into whatever takes a text, and never leaves anything out."""

    text = ""

    def value(self, type_: Any, levels: int = 4) -> Any:
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, levels - 1)]
        if isinstance(type_, GraphQLInputObjectType):
            fields = type_.fields.items() if levels > 0 else ()
            return {name: self.value(field.type, levels - 1) for name, field in fields}
        if isinstance(type_, GraphQLScalarType) and type_.name not in ("Int", "Boolean"):
            return self.text
        return self.value(type_.of_type, levels) if isinstance(type_, GraphQLNonNull) else super().value(type_, levels)


#: So many texts come with one request, as reading it and signing in takes longer than what is tried.
TOGETHER = 10


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("query", "mutation") for name in root_fields(kind)]
)
async def test_texts_that_broke_something_in_every_input(fuzzed: Fuzzed, kind: str, name: str) -> None:
    field = root_fields(kind)[name]
    several = 1 if name in HASHING or is_non_null_type(field.type) else TOGETHER
    for argument, definition in field.args.items():
        values = values_of(definition.type, fuzzed.ids, _texts(kind, name))
        if kind == "query":
            # What takes no text is the same again and again, and so would be the answer.
            values = list({json.dumps(value): value for value in values}.values())
        for at in range(0, len(values), several):
            await send_each(fuzzed, kind, name, argument, values[at : at + several])


_MUTATIONS = sorted(root_fields("mutation"))


def _texts(kind: str, name: str) -> list[str]:
    """Those to send: each query all of them, each mutation every other one, so that dozens of them have each."""
    if name in HASHING:
        return seeds.TEXTS[:6]
    return seeds.TEXTS if kind == "query" else seeds.TEXTS[_MUTATIONS.index(name) % 2 :: 2]


def values_of(type_: Any, ids: list[str], texts: list[str]) -> list[Any]:
    """A value with each of the texts, those that are refused as a variable last."""
    maker, values = Always(Random(0), ids), []
    for maker.text in texts:
        values.append(maker.value(type_))
    return sorted(values, key=lambda value: coerce_input_value(value, type_) is Undefined)


async def send_each(fuzzed: Fuzzed, kind: str, name: str, argument: str, values: list[Any]) -> None:
    """The field with each of the values, with one request as far as that reaches all of them."""
    try:
        answer = await fuzzed.post(json.dumps(request(kind, name, argument, values)).encode())
    except BaseException as fault:
        fault.add_note(f"of {name}, {argument}:")
        for number, value in enumerate(values):
            fault.add_note(f"call{number}: {json.dumps(value)[:500]}")
        raise
    if len(values) > 1 and len(answer.get("data") or ()) < len(values):
        # What is refused as a variable, or is too large together, takes the whole request with it.
        for value in values:
            await send_each(fuzzed, kind, name, argument, [value])


def request(kind: str, name: str, argument: str, values: list[Any]) -> dict[str, Any]:
    """An operation that has the field once for each of the values."""
    field = root_fields(kind)[name]
    rest = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    declared = ", ".join(f"$v{number}: {field.args[argument].type}" for number in range(len(values)))
    calls = (f"call{number}: {name}({argument}: $v{number}){rest}" for number in range(len(values)))
    variables = {f"v{number}": value for number, value in enumerate(values)}
    return {"query": f"{kind} Q({declared}) {{ {' '.join(calls)} }}", "variables": variables}


@SHORT
@given(RANDOMS)
async def test_operations(fuzzed: Fuzzed, random: Random) -> None:
    await fuzzed.post(Maker(random, fuzzed.ids).body())


@SHORT
@given(RANDOMS)
async def test_mutations(fuzzed: Fuzzed, random: Random) -> None:
    await fuzzed.post(json.dumps(Maker(random, fuzzed.ids).mutation()).encode())


@settings(SHORT, max_examples=40)
@given(RANDOMS)
async def test_frames(fuzzed: Fuzzed, random: Random) -> None:
    maker = Maker(random, fuzzed.ids)
    await fuzzed.talk([maker.frame() for _ in range(6)])


@settings(SHORT, max_examples=60)
@given(RANDOMS)
async def test_heads(fuzzed: Fuzzed, random: Random) -> None:
    await fuzzed.knock(Maker(random, fuzzed.ids).head())


async def test_it_is_of_use(fuzzed: Fuzzed) -> None:
    """Of what is made up something comes through, and something is refused; nothing that is kept has outgrown its
    bound."""
    # Whatever else this process has sent: another one may have taken the tests before this.
    for seed in range(60):
        await fuzzed.post(Maker(Random(seed), fuzzed.ids).body())
        await fuzzed.post(json.dumps(Maker(Random(seed), fuzzed.ids).mutation()).encode())
    assert {"data", "INVALID"} <= fuzzed.answered.keys(), fuzzed.answered
    check_what_is_kept()


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_for_long(fuzzed: Fuzzed) -> None:
    """By time; after a third of it memory must not grow any more."""
    warm, end = time.monotonic() + LONG / 3, time.monotonic() + LONG
    seed, before = Random().randrange(10**9), 0
    while time.monotonic() < end:
        seed += 1
        try:
            await fuzzed.anything(Random(seed))
        except BaseException as fault:
            fault.add_note(f"of seed {seed}")
            raise
        if not before and time.monotonic() > warm:
            before = resident()
    check_what_is_kept()
    assert resident() - before < MOST_GROWTH


def resident() -> int:
    """Bytes of this process that are in memory; the server is in it."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
