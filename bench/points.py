"""What a point is worth: the CPU of operations of every sort, beside what they cost.

`python -m bench.points`
"""

import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson

from bench.changes import Commits
from bench.firms import build_firm
from bench.house import House, run
from bench.measure import heading, median, table, taking_turns
from engine.engine import Engine
from engine.limits import Limits
from engine.points import A_MINUTE, Points
from engine.session import Session
from models.database import sql
from models.ids import Kind, encode
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from transport.engine import Request

CARDS = 500
ROUNDS, QUICK_ROUNDS = 9, 3
#: All that a card may show, of what it is itself, and what is listed on it.
CARD = """id version name nameOrder description priority startDate dueDate deadline overdue position
  budget tracked remaining percentUsed openTaskCount openItemCount stageEnteredAt createdAt
  period { text unit } clientStatus { name color description visible }
  status { id name category color } account { id name type tags { id name color } }
  assignees { id name }"""
#: By what they are called: a selection of the query, with its variables.
OPERATIONS = {
    "a board of 500 cards, a few fields": "pipeline(id: $id) { stages { id name jobs { id name version position } } }",
    "a board of 500 cards, all fields": f"pipeline(id: $id) {{ stages {{ id name jobs {{ {CARD} }} }} }}",
    "two of them": """one: pipeline(id: $id) { stages { id name jobs { ...Card } } }
        other: pipeline(id: $other) { stages { id name jobs { ...Card } } }""",
    "a page of jobs": "jobs(first: 100) { nodes { id name account { name } status { name } } }",
    "a page of jobs with their tasks": "jobs(first: 50) { nodes { id tasks { id name assignees { name } } } }",
    "a page of members": "members(first: 100) { nodes { id name } }",
    "who asks": "viewer { role }",
}


@dataclass(slots=True)
class Asked:
    """An operation, at a revision that nobody has asked at."""

    engine: Engine
    session: Session
    request: Request
    before: Callable[[], Awaitable[object]]
    points: int = 0
    bytes: int = 0
    cpu: list[float] = field(default_factory=list)

    async def measure(self) -> float:
        """Milliseconds of this process."""
        await self.before()
        prepared = self.engine.prepare(self.request, self.session)
        started = time.process_time()
        body = await self.engine.execute(prepared, self.session)
        self.cpu.append((time.process_time() - started) * 1000)
        answer = orjson.loads(body)
        if "errors" in answer:
            raise SystemExit(f"{self.request.query}: {answer['errors'][0]}")
        self.points, self.bytes = prepared.measured.cost, len(body)
        return self.cpu[-1]


async def benchmark(house: House) -> None:
    """Each in turn. The budget of a member is no matter of it."""
    firm = await build_firm(jobs=CARDS, accounts=100)
    await sql("ANALYZE")
    engine = Engine(graphql_schema(), Hub(Bell(house.redis_url)), points=Points(10**12), limits=Limits(cost=10**9))
    session = await engine.sign_in(await issue_for(firm.members[0].id, 1))
    changes = Commits(firm)
    id = encode(Kind.PIPELINE, firm.pipeline.id)
    asked = {}
    for name, selection in OPERATIONS.items():
        variables = "".join(f", ${each}: ID!" for each in ("id", "other") if f"${each}" in selection).removeprefix(", ")
        card = f" fragment Card on Job {{ {CARD} }}" if "...Card" in selection else ""
        query = f"query {f'({variables})' if variables else ''} {{ {selection} }}{card}"
        request = Request(query, None, {"id": id, "other": id})
        asked[name] = Asked(engine, session, request, lambda: changes.make(1))
    rounds = QUICK_ROUNDS if house.quick else ROUNDS
    for each in asked.values():
        await each.measure()
    gc.collect()
    gc.freeze()  # as the server does when it starts
    found = await taking_turns({name: each.measure for name, each in asked.items()}, rounds)
    heading(f"What operations take and what they cost (median of {rounds} rounds)")
    table(
        ["", "CPU ms", "points", "µs a point", "bytes"],
        [
            (
                name,
                median(times),
                asked[name].points,
                1000 * median(times) / max(1, asked[name].points),
                asked[name].bytes,
            )
            for name, times in found.items()
        ],
    )
    print(f"An operation may cost {Limits().cost:,} points, a member may spend {A_MINUTE:,} in a minute.")


if __name__ == "__main__":
    run(benchmark)
