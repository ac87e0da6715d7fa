"""The executor answers as graphql-core's does, whatever fails and wherever."""

import asyncio
import gc
import itertools
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, validate
from graphql import execute as stock_execute
from graphql import parse as parse_anew
from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.documents import parse_document
from engine.execution.batches import Batches
from engine.execution.executor import execute
from tests.engine.execution_comparing import apart, assert_same, result_of
from tests.engine.execution_documents import Generator
from tests.engine.execution_world import (
    FAULTS,
    HELD,
    VALUES,
    Color,
    Same,
    Scope,
    Source,
    World,
    fault_schema,
)

#: A document is executed several times.
parse = lru_cache(maxsize=4)(parse_anew)
RANDOM = st.integers(0, 2**32).map(Random)
WORLDS = st.builds(
    World,
    seed=st.integers(0, 10**6),
    faults=st.sampled_from([0.0, 0.02, 0.1, 0.4]),
    scope=st.sampled_from([Scope(frozenset()), Scope(frozenset({HELD}))]),
)
#: graphql-core drops coroutines when it gives up on what is around them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def times(parent: str, name: str, field: GraphQLField, number: int) -> dict[str, Any] | None:
    """Arguments of the fields that have any."""
    return {"times": number} if number and "times" in field.args else {}


@pytest.fixture(scope="module", autouse=True)
def dropped() -> Iterator[None]:
    """What was dropped here is warned of here."""
    yield
    gc.collect()


async def ours(world: World, text: str, variables: dict[str, Any]) -> ExecutionResult:
    """Our answer."""
    document = parse_document(text, max_tokens=100_000)
    return await result_of(lambda: execute(fault_schema(), document, Source(world, "Query", 0), world, variables))


async def stock(world: World, text: str, variables: dict[str, Any]) -> ExecutionResult:
    """The answer of graphql-core."""
    root = Source(world, "Query", 0)
    return await result_of(lambda: stock_execute(fault_schema(), parse(text), root, world, variables))


async def compare(world: World, text: str, variables: dict[str, Any]) -> ExecutionResult:
    """Our answer, when it is the same."""
    each, together = apart(text)
    possible = await stock(world, each, variables)
    assert_same(await ours(world, each, variables), possible)
    answer = await ours(world, together, variables)
    assert_same(answer, await stock(world, together, variables), possible.errors or [])
    return answer


def some_document(random: Random, leading_to: tuple[str, ...] = ("",)) -> tuple[str, list[dict[str, Any]]]:
    """A document of root fields that have one of these in their names, and values for its variables."""
    generator = Generator(fault_schema(), random, times)
    query = fault_schema().query_type
    assert query is not None
    names = [name for name in query.fields if any(part in name for part in leading_to)]
    # What may be null at the root leaves the most to compare.
    text = generator.document([name for name in names if not name.endswith("Sure")])
    return text, generator.variants()


@settings(max_examples=200, deadline=None)
@given(random=RANDOM, world=WORLDS)
async def test_the_same_as_the_stock_executor(random: Random, world: World) -> None:
    text, variants = some_document(random)
    note(text)
    assert not validate(fault_schema(), parse(apart(text)[1]))
    for variables in variants:
        await compare(world, text, variables)


@settings(max_examples=200, deadline=None)
@given(random=RANDOM, world=WORLDS, strays=st.booleans())
async def test_the_same_for_lists_of_several_types(random: Random, world: World, strays: bool) -> None:
    """Of those types which say of what type a thing is: the things are completed in batches, by their types."""
    text, variants = some_document(random, ("Markeds", "AnyOfs"))
    note(text)
    for variables in variants:
        await compare(replace(world, longest=8, strays=strays), text, variables)


async def test_there_are_lists_of_several_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or there would be nothing to compare."""
    several: list[int] = []
    usual = Batches.__init__

    def noted(self: Batches, executor: Any, details: Any, types: Any, *args: Any) -> None:
        several.append(1 if isinstance(types, GraphQLObjectType) else len(set(types)))
        usual(self, executor, details, types, *args)

    monkeypatch.setattr(Batches, "__init__", noted)
    for seed in range(50):
        text, variants = some_document(Random(seed), ("Markeds", "AnyOfs"))
        await ours(World(seed, 0.02, Scope(frozenset({HELD})), longest=8, strays=False), text, variants[0])
    assert sum(number > 1 for number in several) > 10


@pytest.mark.parametrize("leaf", [*itertools.chain(*VALUES.values()), *Color, *FAULTS])
async def test_every_leaf_of_every_type(leaf: Any) -> None:
    query = fault_schema().query_type
    assert query is not None
    names = [name for name, field in query.fields.items() if is_leaf_type(get_named_type(field.type))]
    await compare(Same(0, 0.0, Scope(frozenset({HELD})), leaf=leaf), f"query Leaves {{ {' '.join(names)} }}", {})


def test_nothing_is_left_behind_where_resolvers_return_futures() -> None:
    """No coroutine that nobody awaits, whatever fails. docs/decisions/0013."""
    gc.collect()
    # On a loop of its own, where nothing else is running.
    with left_behind() as found, asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(execute_some())
        gc.collect()
    assert not found


async def execute_some() -> None:
    """Many documents with faults, each until nothing of it is running any more."""
    for seed in range(200):
        world = World(seed, 0.1, Scope(frozenset({HELD})), futures_only=True)
        text, variants = some_document(Random(seed))
        await ours(world, text, variants[0])
        async with asyncio.timeout(10):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)


@contextmanager
def left_behind() -> Iterator[list[str]]:
    """What Python warns of meanwhile."""
    found: list[str] = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda thing: found.append(f"{thing.object}: {thing.exc_value}")
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            yield found
        found += [str(warning.message) for warning in told]
    finally:
        sys.unraisablehook = hook
