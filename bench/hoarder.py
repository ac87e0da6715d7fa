"""One member who follows as many different documents as they can: what a change costs then, and what others notice.

`python -m bench.hoarder`
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import orjson
from websockets.asyncio.client import ClientConnection, connect

from bench.audience import CHANGES, Audience, audience, subscriber
from bench.burst import burst
from bench.changes import Commits, ringing
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.process import Served, served
from models.sign_in import issue_for

ROUNDS, QUICK_ROUNDS = 7, 3
OTHERS, QUICK_OTHERS = 500, 100
MEMBERS = 25
CHANGES_MADE = 10
#: What one employee asked for in the case that this is about: 4 sockets, 400 subscriptions.
SOCKETS, DOCUMENTS = 4, 100
GOAL = 1.2
_WITHOUT, _WITH = "nobody hoards", "one hoards"


class Round(NamedTuple):
    """Milliseconds from the commit to each of the others, and milliseconds of the server's CPU for a change."""

    latencies: list[float]
    cpu: float


async def benchmark(house: House) -> None:
    """Two servers with the same others, and at one of them somebody besides. The changes take turns."""
    others = QUICK_OTHERS if house.quick else OTHERS
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ringing(house))
        measures = {}
        for name in (_WITHOUT, _WITH):
            firm = await build_firm(jobs=100, members=MEMBERS)
            server = await stack.enter_async_context(served("ours", house))
            visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members[1:]]
            sockets = await stack.enter_async_context(audience(server, visits))
            await sockets.grow_to(others)
            if name is _WITH:
                token = await issue_for(firm.members[0].id, 1)
                begun, refused = await stack.enter_async_context(_hoarding(server, token))
            measures[name] = _telling(sockets, Commits(firm))
        found = await taking_turns(measures, QUICK_ROUNDS if house.quick else ROUNDS)
    _print(house, found, others, begun, refused)


def _telling(sockets: Audience, changes: Commits) -> Callable[[], Awaitable[Round]]:
    async def measure() -> Round:
        bursts = [await burst(sockets, changes) for _ in range(CHANGES_MADE)]
        return Round(
            [latency for one in bursts for latency in one.latencies],
            sum(one.cpu for one in bursts) * 1000 / CHANGES_MADE,
        )

    return measure


@asynccontextmanager
async def _hoarding(server: Served, token: str) -> AsyncIterator[tuple[int, int]]:
    """Somebody who asks for all of it and reads what comes: how many subscriptions began, how many were refused."""
    async with AsyncExitStack() as stack:
        begun = refused = 0
        for number in range(SOCKETS):
            socket = await stack.enter_async_context(_socket(server, token))
            for one in range(DOCUMENTS):
                name = f"Hoarded{number * DOCUMENTS + one}"
                query = CHANGES.replace("subscription Changes", f"subscription {name}")
                await _say(socket, id=name, type="subscribe", payload={"query": query})
                # So slowly that the rate of messages is no matter.
                while (kind := orjson.loads(await socket.recv())["type"]) not in ("next", "error"):
                    pass
                begun, refused = begun + (kind == "next"), refused + (kind == "error")
                await asyncio.sleep(1 / 50)
            reading = asyncio.create_task(_read_on(socket))
            stack.callback(reading.cancel)
        yield begun, refused


@asynccontextmanager
async def _socket(server: Served, token: str) -> AsyncIterator[ClientConnection]:
    url = server.url.replace("http", "ws", 1)
    async with connect(url, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item]
        await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
        await socket.recv()
        yield socket


async def _say(socket: ClientConnection, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())


async def _read_on(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


def _print(house: House, found: dict[str, list[Round]], others: int, begun: int, refused: int) -> None:
    heading(
        f"A change that {others} boards of one cohort are told, and one member who asks for {SOCKETS * DOCUMENTS} "
        f"documents (medians of {len(found[_WITH])} rounds)"
    )
    print(f"Of these, {begun} were begun, and {refused} refused.")
    table(
        ["", "CPU ms/change", "p50 ms", "p99 ms"],
        [
            (
                name,
                median([one.cpu for one in rounds]),
                *(median([percentile(one.latencies, percent) for one in rounds]) for percent in (50, 99)),
            )
            for name, rounds in found.items()
        ],
    )
    delays = [[percentile(one.latencies, 50) for one in found[name]] for name in (_WITH, _WITHOUT)]
    costs = [[one.cpu for one in found[name]] for name in (_WITH, _WITHOUT)]
    print(f"CPU of a change, with ÷ without: {ratio(*costs):.2f}")
    house.goals.append(Goal("one member's many documents: others' p50, with ÷ without", ratio(*delays), GOAL))


if __name__ == "__main__":
    run(benchmark)
