"""What a card costs that says more: of its linked items, on a board and in the message of a card that moved; and all
that a board may show of it.

`python -m bench.items`
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

import aiohttp
import orjson

from bench.audience import audience, subscriber
from bench.bare_cards import all_cards, usual_cards
from bench.board import BOARD, CARDS, ROUNDS, Clock, Ours, count
from bench.changes import Commits, ringing
from bench.executions import Cost, costing
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.process import served
from bench.tap import tapped
from common.collector import keep_what_is_here
from engine.engine import Engine
from models.commands.pipelines import CARD_FIELDS
from models.database import sql
from models.rows import CardField
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub

S = TypeVar("S")

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
#: What is asked for what a card shows, besides its name.
SHOWN = {
    CardField.ACCOUNT: "account { id name }",
    CardField.ASSIGNEES: "assignees { id name }",
    CardField.BLOCKED: "blocked",
    CardField.BUDGET: "budget tracked",
    CardField.CLIENT_STATUS: "clientStatus { visible name color }",
    CardField.DEADLINE: "deadline",
    CardField.DESCRIPTION: "description",
    CardField.DUE_DATE: "dueDate overdue",
    CardField.PERIOD: "period { text }",
    CardField.PRIORITY: "priority",
    CardField.START_DATE: "startDate",
    CardField.STATUS: "status { id name category color }",
    CardField.TAGS: "account { tags { id name color } }",
    CardField.TASKS: "openTaskCount",
    CardField.TIME_IN_STAGE: "stageEnteredAt stageLimitAt",
}
USUAL = "with what it shows unless told otherwise"
BOARDS = {
    USUAL: [SHOWN[field] for field in CARD_FIELDS],
    "with all that it can show": [SHOWN[field] for field in CardField],
    "and its items' count": [*(SHOWN[field] for field in CardField), "openItemCount"],
}
ByHand = Callable[[UUID, UUID, date], Awaitable[bytes]]
BY_HAND: Mapping[str, ByHand] = {USUAL: usual_cards, "with all that it can show": all_cards}
CARD = "query Board($id: ID!) { pipeline(id: $id) { id name stages { id name jobs { id version name position %s } } } }"
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
    await _board(house, CARDS_OF, lambda said: BOARD.replace(_COUNTED, said))
    await _board(house, BOARDS, lambda shown: CARD % " ".join(shown), at_most=1.25, by_hand=BY_HAND)
    await _message(house)


async def _board(
    house: House,
    cards: Mapping[str, S],
    document: Callable[[S], str],
    *,
    at_most: float | None = None,
    by_hand: Mapping[str, ByHand] | None = None,
) -> None:
    first = next(iter(cards))
    firm = await build_firm(jobs=CARDS, accounts=100)
    await sql("ANALYZE")
    engine = Engine(graphql_schema(), Hub(Bell(house.redis_url)))
    session = await engine.sign_in(await issue_for(firm.members[0].id, 1))
    changes, rounds = Commits(firm), QUICK_ROUNDS if house.quick else ROUNDS
    clocks = {
        name: Clock(Ours(engine, session, firm, document(said)).known, lambda: changes.make(1))
        for name, said in cards.items()
    }
    for name, bare in (by_hand or {}).items():
        clocks[f"{name}, by hand"] = await _beside(clocks[name], bare, firm)
    statements, sizes = await count(clocks)
    keep_what_is_here()  # as the server does when it starts
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
                ratio(times, found[first]),
                len(statements[name]),
                sizes[name],
            )
            for name, times in found.items()
        ],
    )
    if by_hand:
        of_first, *others = [found[f"{name}, by hand"] for name in by_hand]
        print(f"By hand, what shows more ÷ what shows less: {max(ratio(times, of_first) for times in others):.2f}")
    if at_most is not None:
        worst = max(ratio(found[name], found[first]) for name in cards)
        house.goals.append(Goal(f"a board of {CARDS} cards that show all ÷ {first}", worst, at_most))


async def _beside(ours: Clock, bare: ByHand, firm: BenchFirm) -> Clock:
    """The same answer by hand: one that says something else measures nothing."""
    today = datetime.now(UTC).date()
    hand = Clock(lambda: bare(firm.id, firm.pipeline.id, today), ours.before)
    if orjson.loads(await hand.answer())["data"] != orjson.loads(await ours.answer())["data"]:
        raise SystemExit("By hand something else is answered.")
    return hand


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
