"""Executing a list of 500 objects with 12 plain fields each, with nothing loaded: what an executor itself takes.

`python -m bench.executor`
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLSchema
from graphql import execute as stock_execute
from strawberry.schema.config import StrawberryConfig

from bench.goals import Goal
from bench.house import House
from bench.machine import print_machine
from bench.measure import heading, median, ratio, table, taking_turns
from engine.documents import parse_document
from engine.execution.executor import execute
from schema.field_resolvers import resolve_directly
from schema.scalars import SCALARS, Date, DateTime

OBJECTS = 500
ROUNDS = 31
GOAL = 4.0
FIELDS = "id name note color position version minutes billable kind day at endedAt"


@strawberry.enum
class Kind(Enum):
    """Two of them."""

    WORK = "work"
    REST = "rest"


@strawberry.type
class Entry:
    """An object of 12 fields."""

    id: strawberry.ID
    name: str
    note: str
    color: str | None
    position: str
    version: int
    minutes: int | None
    billable: bool
    kind: Kind
    day: Date
    at: DateTime
    ended_at: DateTime | None


@strawberry.type
class Query:
    """The root."""

    entries: list[Entry] = strawberry.field(resolver=lambda root: root)


def _entries() -> list[Entry]:
    now = datetime.now(UTC)
    return [
        Entry(
            id=strawberry.ID(f"entry_{n}"),
            name=f"Entry {n}",
            note="What was done.",
            color="#2f80ed" if n % 2 else None,
            position=f"a{n:04}",
            version=n,
            minutes=n if n % 3 else None,
            billable=n % 2 == 0,
            kind=Kind.WORK if n % 2 else Kind.REST,
            day=Date(date(2026, 4, 15)),
            at=DateTime(now),
            ended_at=None,
        )
        for n in range(OBJECTS)
    ]


def _schema() -> GraphQLSchema:
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema


def _bare(entries: list[Entry]) -> dict[str, Any]:
    """The least that can be done in Python."""
    at, day = SCALARS[DateTime].serialize, SCALARS[Date].serialize
    assert at is not None and day is not None
    return {
        "entries": [
            {
                "id": entry.id,
                "name": entry.name,
                "note": entry.note,
                "color": entry.color,
                "position": entry.position,
                "version": entry.version,
                "minutes": entry.minutes,
                "billable": entry.billable,
                "kind": entry.kind.name,
                "day": day(entry.day),
                "at": at(entry.at),
                "endedAt": None if entry.ended_at is None else at(entry.ended_at),
            }
            for entry in entries
        ]
    }


@dataclass(frozen=True, slots=True)
class Clock:
    """Takes the time of an execution."""

    run: Callable[[], ExecutionResult | Awaitable[ExecutionResult]]

    async def result(self) -> ExecutionResult:
        """What it gives."""
        result = self.run()
        return await result if isawaitable(result) else result

    async def measure(self) -> float:
        """Milliseconds."""
        started = time.perf_counter()
        await self.result()
        return (time.perf_counter() - started) * 1000


async def benchmark(house: House | None = None) -> None:
    """Ours beside graphql-core's, on the same resolvers and on those of Strawberry."""
    entries = _entries()
    document = parse_document(f"{{ entries {{ {FIELDS} }} }}", max_tokens=100)
    wrapped, direct = _schema(), _schema()
    resolve_directly(direct)
    clocks = {
        "ours": Clock(lambda: execute(direct, document, entries)),
        "graphql-core": Clock(lambda: stock_execute(direct, document.ast, entries)),
        "graphql-core, Strawberry's resolvers": Clock(lambda: stock_execute(wrapped, document.ast, entries)),
        "a plain comprehension": Clock(lambda: ExecutionResult(_bare(entries), None)),
    }
    results = {name: await clock.result() for name, clock in clocks.items()}
    if any(result != results["ours"] or result.errors for result in results.values()):
        raise SystemExit("They answer different things.")
    measured = await taking_turns({name: clock.measure for name, clock in clocks.items()}, ROUNDS)
    heading(
        f"{OBJECTS} objects of 12 plain fields (median of {ROUNDS} rounds; aimed at: graphql-core takes {GOAL:.0f} "
        "times ours)"
    )
    table(
        ["", "ms", "ms ÷ ours"],
        [(name, median(times), ratio(times, measured["ours"])) for name, times in measured.items()],
    )
    if house is not None:
        found = ratio(measured["graphql-core"], measured["ours"])
        house.goals.append(Goal("500 objects of 12 plain fields: graphql-core ÷ ours", found, GOAL, at_least=True))


if __name__ == "__main__":
    print_machine()
    asyncio.run(benchmark())
