"""What a change costs as things grow: subscribers, cohorts, firms, jobs.

`python -m bench.growth`
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import UUID

from bench.audience import Audience, audience, subscriber
from bench.burst import Burst, burst
from bench.changes import Commits, ringing
from bench.firms import BenchFirm, build_firm, split
from bench.house import House, run
from bench.measure import able, heading, median, ratio, table, taking_turns
from bench.process import Served, served
from models.database import sql
from models.sign_in import issue_for

ROUNDS, QUICK_ROUNDS = 5, 3
#: Changes of a round: as many as fit into about so many seconds.
SECONDS = 0.4
MOST_CHANGES = 10

SUBSCRIBERS = (10, 100, 1_000, 5_000)
COHORTS = (1, 10, 50, 200)
SOCKETS_OF_COHORTS = 1_000
FIRMS = (1, 10, 50, 200)
JOBS = (10, 100, 1_000, 10_000)
SOCKETS_OF_JOBS = 10
#: A member may have 50.
SOCKETS_OF_A_MEMBER = 40


class Cost(NamedTuple):
    """Of one change: the server's CPU milliseconds, and the median of the milliseconds from commit to frame."""

    cpu: float
    latency: float


async def benchmark(house: House) -> None:
    """One thing grows at a time, the others stay. All sizes of it are measured by turns."""
    async with ringing(house):
        await _subscribers(house)
        await _cohorts(house)
        await _firms(house)
        await _jobs(house)


async def _subscribers(house: House) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served("ours", house))
        sizes = SUBSCRIBERS[:3] if house.quick else SUBSCRIBERS
        sides = {size: await _side(stack, server, sockets=size) for size in sizes}
        await _compare(house, "subscribers, one cohort", sides)


async def _cohorts(house: House) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served("ours", house))
        sockets = 200 if house.quick else SOCKETS_OF_COHORTS
        sides = {number: await _side(stack, server, sockets=sockets, cohorts=number) for number in COHORTS}
        await _compare(house, f"cohorts, {sockets:,} subscribers", sides)


async def _firms(house: House) -> None:
    """Each with one subscriber; they change in turn. Each number of firms has a server of its own."""
    async with AsyncExitStack() as stack:
        sides: dict[int, Callable[[], Awaitable[Burst]]] = {}
        for number in FIRMS[:3] if house.quick else FIRMS:
            server = await stack.enter_async_context(served("ours", house))
            firms = [await build_firm(jobs=10, members=1) for _ in range(number)]
            sockets = await _listening(stack, server, [firm.members[0].id for firm in firms], number)
            sides[number] = _in_turn(sockets, firms)
        await sql("ANALYZE")
        await _compare(house, "firms, one subscriber each", sides)


async def _jobs(house: House) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served("ours", house))
        sizes = JOBS[:3] if house.quick else JOBS
        sides = {number: await _side(stack, server, sockets=SOCKETS_OF_JOBS, jobs=number) for number in sizes}
        await sql("ANALYZE")
        await _compare(house, f"jobs on the board, {SOCKETS_OF_JOBS} subscribers", sides)


async def _side(
    stack: AsyncExitStack, server: Served, *, sockets: int, cohorts: int = 1, jobs: int = 100
) -> Callable[[], Awaitable[Burst]]:
    """A firm, and those who listen to it."""
    members = cohorts * -(-sockets // (cohorts * SOCKETS_OF_A_MEMBER))
    firm = await build_firm(jobs=jobs, members=members + 1)
    await split(firm, cohorts)
    listening = await _listening(stack, server, [member.id for member in firm.members[1:]], sockets)
    commits = Commits(firm)
    return lambda: burst(listening, commits)


async def _listening(stack: AsyncExitStack, server: Served, members: Sequence[UUID], sockets: int) -> Audience:
    visits = [subscriber(await issue_for(member, 1)) for member in members]
    listening = await stack.enter_async_context(audience(server, visits))
    await listening.grow_to(sockets)
    return listening


def _in_turn(sockets: Audience, firms: Sequence[BenchFirm]) -> Callable[[], Awaitable[Burst]]:
    several = itertools.cycle([Commits(firm) for firm in firms])
    return lambda: burst(sockets, next(several), sockets=1)


async def _compare(house: House, what: str, sides: Mapping[int, Callable[[], Awaitable[Burst]]]) -> None:
    rounds = QUICK_ROUNDS if house.quick else ROUNDS
    heading(f"{what[0].upper()}{what[1:]} (one change; medians of {rounds} rounds)")
    ready = await able({f"{size:,}": _costing(change) for size, change in sides.items()})
    found = await taking_turns(ready, rounds, warm=True)
    first = next(iter(found.values()), [])
    table(
        [what.partition(",")[0], "CPU ms", "÷ the first", "p50 ms", "÷ the first"],
        [
            (
                size,
                median([one.cpu for one in costs]),
                ratio([one.cpu for one in costs], [one.cpu for one in first]),
                median([one.latency for one in costs]),
                ratio([one.latency for one in costs], [one.latency for one in first]),
            )
            for size, costs in found.items()
        ],
    )


def _costing(change: Callable[[], Awaitable[Burst]]) -> Callable[[], Awaitable[Cost]]:
    async def measure() -> Cost:
        bursts = [await change()]
        for _ in range(min(MOST_CHANGES - 1, int(SECONDS / bursts[0].seconds))):
            bursts.append(await change())
        cpu = sum(one.cpu for one in bursts) * 1000 / len(bursts)
        return Cost(cpu, median([latency for one in bursts for latency in one.latencies]))

    return measure


if __name__ == "__main__":
    run(benchmark)
