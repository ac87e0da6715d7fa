"""How many executions and SQL statements one change takes, for few subscribers and for many of the same scope; and for
boards beside which each member follows what is their own.

`python -m bench.executions`
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

import aiohttp

from bench.audience import Audience, audience, subscriber
from bench.burst import burst
from bench.changes import Commits, ringing
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.process import Served, served
from bench.serve import METRICS_TOKEN
from bench.tap import Tap, tapped
from models.sign_in import issue_for

SIZES, QUICK_SIZES = (10, 2_000), (10, 200)
CHANGES_MADE = 9
MEMBERS = 50
#: Boards, and members who each follow their own stream as well.
BOARDS, QUICK_BOARDS = 1_000, 200
OWN, QUICK_OWN = 500, 100
OWN_ROUNDS, QUICK_OWN_ROUNDS = 7, 3
OWN_CHANGES = """subscription Own($after: Revision) { viewerChanges(after: $after) { revision previous resync
  events { __typename ... on TimeEvent { timeEntryId timeEntry { id version running minutes } } } } }"""
_EXECUTIONS = re.compile(r"^jobwire_messages_rendered_total(?:{[^}]*})? (\S+)$", re.MULTILINE)


async def benchmark(house: House) -> None:
    """Counted from outside: statements on the way to PostgreSQL, executions by what the server says of itself."""
    firm = await build_firm(jobs=100, members=MEMBERS)
    visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members]
    async with (
        tapped(house) as tap,
        served("ours", tap.house) as server,
        audience(server, visits) as sockets,
        ringing(house),
    ):
        rows = []
        sizes = QUICK_SIZES if house.quick else SIZES
        for size in sizes:
            await sockets.grow_to(size)
            rows.append((f"{size:,} subscribers", *await _count(tap, sockets, Commits(firm))))
    heading(f"One change, one cohort (medians of {CHANGES_MADE} changes)")
    table(
        ["", "SQL statements", "executions"], [(*row[:2], "not counted" if row[2] is None else row[2]) for row in rows]
    )
    (_, few_statements, few), (_, many_statements, many) = rows
    where = f"{sizes[1]:,} subscribers ÷ {sizes[0]}"
    house.goals.append(Goal(f"SQL statements of a change, {where}", _over(many_statements, few_statements), 1))
    house.goals.append(Goal(f"executions of a change, {where}", _over(many, few), 1))
    await _beside_own_streams(house)


class Cost(NamedTuple):
    """What a change of a card took: medians of some."""

    statements: float
    executions: float
    cpu: float


async def _beside_own_streams(house: House) -> None:
    """Two servers with the same boards; at one of them each member follows what is their own, too."""
    boards, members = (QUICK_BOARDS, QUICK_OWN) if house.quick else (BOARDS, OWN)
    without, beside = "boards alone", f"boards, and {members:,} own streams"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ringing(house))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        measures = {}
        for name in (without, beside):
            firm = await build_firm(jobs=100, members=members)
            tokens = [await issue_for(member.id, 1) for member in firm.members]
            tap = await stack.enter_async_context(tapped(house))
            server = await stack.enter_async_context(served("ours", tap.house))
            sockets = await stack.enter_async_context(audience(server, [subscriber(token) for token in tokens]))
            await sockets.grow_to(boards)
            if name is beside:
                own = [subscriber(token, query=OWN_CHANGES) for token in tokens]
                await (await stack.enter_async_context(audience(server, own))).grow_to(members)
            measures[name] = costing(tap, sockets, Commits(firm), client)
        found = await taking_turns(measures, QUICK_OWN_ROUNDS if house.quick else OWN_ROUNDS)
    heading(f"A moved card, told to {boards:,} boards of one cohort (medians of {len(found[beside])} rounds)")
    table(
        ["", "SQL statements", "executions", "CPU ms"],
        [(name, *(median(values) for values in zip(*rounds, strict=True))) for name, rounds in found.items()],
    )
    where = "boards beside own streams ÷ alone"
    for number, what in enumerate(("SQL statements", "executions", "CPU")):
        pair = [[one[number] for one in found[name]] for name in (beside, without)]
        house.goals.append(Goal(f"{what} of a change, {where}", ratio(*pair), 1.1 if what == "CPU" else 1))


def costing(
    tap: Tap, sockets: Audience, commits: Commits, client: aiohttp.ClientSession
) -> Callable[[], Awaitable[Cost]]:
    """What measures a round of changes."""

    async def measure() -> Cost:
        costs = []
        for _ in range(CHANGES_MADE):
            told, before = await _executions(client, sockets.server), tap.statements
            one = await burst(sockets, commits)
            # Counted before the metrics are asked for, which takes a statement.
            after, now = tap.statements, await _executions(client, sockets.server)
            costs.append(Cost(after - before, (now or 0) - (told or 0), one.cpu * 1000))
        return Cost(*(median(values) for values in zip(*costs, strict=True)))

    return measure


async def _count(tap: Tap, sockets: Audience, commits: Commits) -> tuple[float, float | None]:
    """The server also looks around once a second; the median is of changes that it did not do so during."""
    statements: list[float] = []
    executions: list[float | None] = []
    async with aiohttp.ClientSession() as client:
        await burst(sockets, commits)
        for _ in range(CHANGES_MADE):
            told, before = await _executions(client, sockets.server), tap.statements
            await burst(sockets, commits)
            statements.append(tap.statements - before)
            now = await _executions(client, sockets.server)
            executions.append(None if told is None or now is None else now - told)
    known = [number for number in executions if number is not None]
    return median(statements), median(known) if known else None


async def _executions(client: aiohttp.ClientSession, server: Served) -> float | None:
    """None when the server does not count them."""
    signed = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with client.get(server.at("/metrics"), headers=signed) as answer:
        found = _EXECUTIONS.findall(await answer.text())
    return sum(float(number) for number in found) if found else None


def _over(many: float | None, few: float | None) -> float | None:
    if many is None or few is None:
        return None
    return many / few if few else float(many == few)


if __name__ == "__main__":
    run(benchmark)
