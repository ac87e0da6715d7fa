"""Everybody comes back at once: sockets that were cut, and boards that are opened again after a deploy.

`python -m bench.reconnect`
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp

from bench.audience import STOCK_CHANGES, Audience, Visit, asking, audience, subscriber
from bench.board import BOARD
from bench.changes import Commits, ringing
from bench.firms import BenchFirm, build_firm
from bench.house import House, run
from bench.measure import TooLate, able, heading, median, percentile, ratio, table, taking_turns
from bench.process import Served, served
from bench.tap import Tap, tapped
from models.ids import Kind, encode
from models.sign_in import issue_for

ROUNDS, QUICK_ROUNDS = 5, 2
CLIENTS, QUICK_CLIENTS = 1_000, 200
#: So many come back when statements are counted, which slows PostgreSQL down.
COUNTED = 50
#: What was missed.
MISSED = 20
#: The board of those who have to read it again, which is a small one, and the board of the deploy.
CARDS, MANY_CARDS = 20, 500
BOARDS = 100
#: Two for each of the places that a member has: those of before may not be gone when all come back.
MEMBERS = 40
RESUME, ANEW, STOCK, BARE = "ours, with `after`", "ours, reading anew", "stock, reading anew", "bare sockets"

Visits = Callable[[int], list[Visit]]


class Storm(NamedTuple):
    """Seconds until half of them, and all of them, were up to date; the server's CPU milliseconds for each; how many
    connections it took for each."""

    half: float
    all: float
    cpu: float
    calls: float


async def benchmark(house: House) -> None:
    """Ours beside the stock way, and beside sockets that only connect."""
    clients = QUICK_CLIENTS if house.quick else CLIENTS
    firm = await build_firm(jobs=CARDS, members=MEMBERS)
    tokens = [await issue_for(member.id, 1) for member in firm.members]
    board = {"id": encode(Kind.PIPELINE, firm.pipeline.id)}
    visits: dict[str, Visits] = {
        RESUME: lambda head: [
            subscriber(token, after=head - MISSED, until=f'"revision":"{head}","previous"') for token in tokens
        ],
        ANEW: lambda _head: [[*subscriber(token), asking(BOARD, board)] for token in tokens],
        STOCK: lambda _head: [[*subscriber(None, query=STOCK_CHANGES), asking(BOARD, board)]],
        BARE: lambda _head: [[]],
    }
    async with ringing(house):
        await _storms(house, firm, visits, clients)
        await _statements(house, firm, visits)
    await _deploy(house)


async def _storms(house: House, firm: BenchFirm, visits: dict[str, Visits], clients: int) -> None:
    commits, path = Commits(firm), f"/graphql?firm={firm.id}"
    async with (
        served("ours", house) as ours,
        served("stock", house) as stock,
        served("bare", house) as bare,
        audience(ours) as resuming,
        audience(ours) as rereading,
        audience(stock, path=path) as stock_sockets,
        audience(bare) as bare_sockets,
    ):
        crowds = {RESUME: resuming, ANEW: rereading, STOCK: stock_sockets, BARE: bare_sockets}
        storms = {name: _storm(crowd, commits, visits[name], clients) for name, crowd in crowds.items()}
        rounds = QUICK_ROUNDS if house.quick else ROUNDS
        heading(f"{clients:,} sockets come back at once after {MISSED} changes (medians of {rounds} rounds)")
        found = await taking_turns(await able(storms), rounds, warm=True)
    everybody = {name: [storm.all for storm in some] for name, some in found.items()}
    table(
        ["", "half after s", "all after s", "÷ ours", "CPU ms each", "connections each"],
        [
            (
                name,
                median([storm.half for storm in some]),
                median(everybody[name]),
                ratio(everybody[name], everybody[RESUME]) if RESUME in found else "-",
                median([storm.cpu for storm in some]),
                median([storm.calls for storm in some]),
            )
            for name, some in found.items()
        ],
    )


def _storm(crowd: Audience, commits: Commits, visits: Visits, clients: int) -> Callable[[], Awaitable[Storm]]:
    async def measure() -> Storm:
        await commits.make(MISSED)
        crowd.visits = visits(await commits.head())
        cpu, started = crowd.server.cpu, time.perf_counter()
        try:
            entry = await crowd.grow_to(clients, at_once=clients)
            spent = await crowd.server.cpu_at_rest() - cpu
        finally:
            await crowd.leave()
        took = sorted(at - started for at in entry.readied)
        return Storm(median(took), took[-1], spent * 1000 / clients, entry.calls / clients)

    return measure


async def _statements(house: House, firm: BenchFirm, visits: dict[str, Visits]) -> None:
    """Of one client of many that come at once."""
    commits, path = Commits(firm), f"/graphql?firm={firm.id}"
    rows: list[tuple[str, float | str]] = []
    for kind, names in (("ours", (RESUME, ANEW)), ("stock", (STOCK,))):
        async with tapped(house) as tap, served(kind, tap.house) as server, audience(server, path=path) as crowd:
            for name in names:
                rows.append((name, await _counted(tap, crowd, commits, visits[name])))
    heading(f"SQL statements of each, when {COUNTED} come back at once")
    table(["", "statements"], rows)


async def _counted(tap: Tap, crowd: Audience, commits: Commits, visits: Visits) -> float | str:
    found: list[float] = []
    # The first time, connections are made and asked what they know.
    for _ in range(3):
        await commits.make(MISSED)
        crowd.visits = visits(await commits.head())
        before = tap.statements
        try:
            await crowd.grow_to(COUNTED, at_once=COUNTED)
        except TooLate as late:
            return f"skipped: {late}"
        finally:
            await crowd.leave()
        found.append((tap.statements - before) / COUNTED)
    return min(found)


class Opening(NamedTuple):
    """Milliseconds until each board was there, and the server's CPU milliseconds for each."""

    took: list[float]
    cpu: float


async def _deploy(house: House) -> None:
    """Everybody asks for the board, at a revision that nobody has asked for before."""
    firm = await build_firm(jobs=MANY_CARDS, accounts=100, members=MEMBERS)
    headers = {"Authorization": f"Bearer {await issue_for(firm.members[0].id, 1)}"}
    async with (
        served("ours", house) as ours,
        served("stock", house) as stock,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=BOARDS), headers=headers) as client,
    ):
        commits = Commits(firm)
        rounds = QUICK_ROUNDS if house.quick else ROUNDS
        heading(f"{BOARDS} boards of {MANY_CARDS} cards opened at once, one scope (medians of {rounds} rounds)")
        openings = {
            "ours": _open_all(client, ours, ours.url, commits),
            "stock": _open_all(client, stock, f"{stock.url}?firm={firm.id}", commits),
        }
        found = await taking_turns(await able(openings), rounds, warm=True)
    everybody = {name: [max(one.took) for one in some] for name, some in found.items()}
    table(
        ["", "half after ms", "all after ms", "÷ ours", "CPU ms each"],
        [
            (
                name,
                median([percentile(one.took, 50) for one in some]),
                median(everybody[name]),
                ratio(everybody[name], everybody["ours"]) if "ours" in found else "-",
                median([one.cpu for one in some]),
            )
            for name, some in found.items()
        ],
    )


def _open_all(
    client: aiohttp.ClientSession, server: Served, url: str, commits: Commits
) -> Callable[[], Awaitable[Opening]]:
    question = {"query": BOARD, "variables": {"id": encode(Kind.PIPELINE, commits.firm.pipeline.id)}}

    async def open_one(started: float) -> float:
        async with client.post(url, json=question) as answer:
            body = await answer.read()
        took = (time.perf_counter() - started) * 1000
        if body.count(b'"openTaskCount"') != MANY_CARDS:
            raise TooLate(f"not a board of {MANY_CARDS} cards: {body[:200].decode()}")
        return took

    async def measure() -> Opening:
        await commits.make(1)
        cpu, started = server.cpu, time.perf_counter()
        took = await asyncio.gather(*(open_one(started) for _ in range(BOARDS)), return_exceptions=True)
        for one in took:
            if isinstance(one, BaseException):
                raise one
        return Opening([one for one in took if isinstance(one, float)], (server.cpu - cpu) * 1000 / BOARDS)

    return measure


if __name__ == "__main__":
    run(benchmark)
