"""Lists of an interface: the events of a message, and what an executor itself takes for them. Nothing is loaded.

`python -m bench.abstract`
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLInterfaceType, GraphQLSchema
from graphql import execute as stock_execute

from bench.executor import Clock
from bench.goals import Goal
from bench.house import House
from bench.machine import print_machine
from bench.measure import heading, median, ratio, table, taking_turns
from engine.documents import Document, parse_document
from engine.execution.executor import execute
from models.events import Event, JobCreated, JobMoved, TagDeleted
from models.ids import new_id
from models.log import Logged
from models.position import Position
from models.scope import Scope
from resolvers.context import Context
from resolvers.root import assembled
from subscriptions.message import Message

ROUNDS = 31
GOAL = 2.0
#: Events in a message: a change, and what somebody is sent who comes back.
SIZES = (1, 5, 100, 1_000)
QUERY = """subscription { boardChanges { revision previous resync events {
  __typename revision at cause actor { kind label }
  ... on JobEvent { jobId } ... on JobMoved { fromStageId toStageId } ... on JobCreated { stageId }
  ... on TagDeleted { tagId name } } } }"""


def _message(size: int) -> Message:
    now, ids = datetime.now(UTC), [new_id() for _ in range(6)]
    return Message(
        Position(ids[0], size), None, False, [_logged(n, now, ids) for n in range(size)], Scope.whole(ids[0])
    )


def _logged(number: int, at: datetime, ids: list[UUID]) -> Logged:
    job: Any = {"job": ids[1], "account": ids[2], "pipeline": ids[3]}
    kinds: list[Callable[[], Event]] = [
        lambda: JobMoved(**job, from_pipeline=ids[3], from_stage=ids[4], to_stage=ids[5]),
        lambda: JobCreated(**job, stage=ids[4]),
        lambda: TagDeleted(tag=ids[5], name="urgent"),
    ]
    actor = {"kind": "MEMBER", "id": None, "label": "Somebody"}
    return Logged(number, 0, kinds[number % len(kinds)](), actor, None, at)


def _as_graphql_core_has_it(schema: GraphQLSchema) -> GraphQLSchema:
    """Its abstract types say of what type a thing is, but not how: they are completed one by one."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInterfaceType) and (tell := type_.resolve_type) is not None:
            type_.resolve_type = lambda source, info, of, tell=tell: tell(source, info, of)
    return schema


def _clocks(document: Document, message: Message) -> dict[str, Clock]:
    direct, one_by_one = assembled()._schema, _as_graphql_core_has_it(assembled()._schema)
    context = Context(message.scope)
    return {
        "ours": Clock(lambda: execute(direct, document, message, context)),
        "ours, events one by one": Clock(lambda: execute(one_by_one, document, message, context)),
        "graphql-core": Clock(lambda: stock_execute(direct, document.ast, message, context)),
    }


async def benchmark(house: House | None = None) -> None:
    """Ours beside the same without batches of events, and beside graphql-core's."""
    document = parse_document(QUERY, max_tokens=500)
    rows, one = [], None
    for size in SIZES:
        clocks = _clocks(document, _message(size))
        results = {name: await clock.result() for name, clock in clocks.items()}
        if any(result != results["ours"] or result.errors for result in results.values()):
            raise SystemExit("They answer different things.")
        measured = await taking_turns({name: clock.measure for name, clock in clocks.items()}, ROUNDS)
        ours = measured["ours"]
        rows.append([size, median(ours), *(ratio(measured[name], ours) for name in list(clocks)[1:])])
        one = ratio(measured["ours, events one by one"], ours) if size == 100 else one
    heading(f"Events of a message, three kinds in turn, nothing loaded (median of {ROUNDS} rounds)")
    table(["events", "ours, ms", "one by one ÷ ours", "graphql-core ÷ ours"], rows)
    if house is not None:
        house.goals.append(Goal("100 events: one by one ÷ in batches", one, GOAL, at_least=True))


if __name__ == "__main__":
    print_machine()
    asyncio.run(benchmark())
