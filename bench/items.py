"""What the linked items of a card cost: on a board, and in the message of a card that moved.

`python -m bench.items`
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp

from bench.audience import audience, subscriber
from bench.board import BOARD, CARDS, ROUNDS, Clock, Ours, count
from bench.changes import Commits, ringing
from bench.executions import Cost, costing
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.process import served
from bench.tap import tapped
from engine.engine import Engine
from models.database import sql
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub

QUICK_ROUNDS = 5
MESSAGE_ROUNDS, QUICK_MESSAGE_ROUNDS = 9, 3
#: Few, so that what a message takes is its execution and not its frames.
SOCKETS = 5
TASKS = "with its tasks' count"
_COUNTED = "openTaskCount"
#: What a card says of its items, by what is measured: of tasks alone, first.
CARDS_OF = {
    TASKS: _COUNTED,
    "with its items' count": "openItemCount",
    "with what is outstanding": "openItemCount outstanding { kind itemId title awaited since }",
}
CHANGES = """subscription Changes($after: Revision) {
  boardChanges(after: $after) {
    revision previous resync
    events { __typename revision ... on JobEvent { job {
      id version name position stage { id } account { id name } status { id name category color }
      assignees { id name } openTaskCount
    } } }
  }
}"""


async def benchmark(house: House) -> None:
    """The same card, which says more and more of its items."""
    await _board(house)
    await _message(house)


async def _board(house: House) -> None:
    firm = await build_firm(jobs=CARDS, accounts=100)
    await sql("ANALYZE")
    engine = Engine(graphql_schema(), Hub(Bell(house.redis_url)))
    session = await engine.sign_in(await issue_for(firm.members[0].id, 1))
    changes, rounds = Commits(firm), QUICK_ROUNDS if house.quick else ROUNDS
    clocks = {
        name: Clock(Ours(engine, session, firm, BOARD.replace(_COUNTED, said)).known, lambda: changes.make(1))
        for name, said in CARDS_OF.items()
    }
    statements, sizes = await count(clocks)
    for clock in clocks.values():
        clock.cpu.clear()
    found = await taking_turns({name: clock.measure for name, clock in clocks.items()}, rounds)
    heading(f"A board of {CARDS} cards, cold (median of {rounds} rounds)")
    table(
        ["", "ms", "CPU ms", "ms ÷ the first", "statements", "bytes"],
        [
            (
                name,
                median(times),
                median(clocks[name].cpu),
                ratio(times, found[TASKS]),
                len(statements[name]),
                sizes[name],
            )
            for name, times in found.items()
        ],
    )


async def _message(house: House) -> None:
    measures: dict[str, Callable[[], Awaitable[Cost]]] = {}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ringing(house))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        for name, said in CARDS_OF.items():
            firm = await build_firm(jobs=100)
            tap = await stack.enter_async_context(tapped(house))
            server = await stack.enter_async_context(served("ours", tap.house))
            query = CHANGES.replace(_COUNTED, said)
            visit = subscriber(await issue_for(firm.members[0].id, 1), query=query)
            sockets = await stack.enter_async_context(audience(server, [visit]))
            await sockets.grow_to(SOCKETS)
            measures[name] = costing(tap, sockets, Commits(firm), client)
        found = await taking_turns(measures, QUICK_MESSAGE_ROUNDS if house.quick else MESSAGE_ROUNDS)
    heading(f"A moved card, told to {SOCKETS} boards of one cohort (medians of {len(found[TASKS])} rounds)")
    cpu = {name: [one.cpu for one in rounds] for name, rounds in found.items()}
    table(
        ["", "SQL statements", "executions", "CPU ms", "CPU ÷ the first"],
        [
            (name, *(median(values) for values in zip(*rounds, strict=True)), ratio(cpu[name], cpu[TASKS]))
            for name, rounds in found.items()
        ],
    )
    for name in CARDS_OF:
        if name is not TASKS:
            house.goals.append(Goal(f"CPU of a message, {name} ÷ {TASKS}", ratio(cpu[name], cpu[TASKS]), 1.2))


if __name__ == "__main__":
    run(benchmark)
