"""From the commit of a change to its frame on the open boards, and the memory of a board that waits.

`python -m bench.live`
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from redis.asyncio import Redis

from bench.audience import Audience, Visit, audience, subscriber
from bench.burst import burst
from bench.changes import Changes, Commits, Messages, ringing
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.moves import Mover, through_http
from bench.process import served
from models.sign_in import issue_for

ROUNDS = 5
#: Sockets, and how many changes each round makes for them.
SIZES = {1: 20, 100: 4, 500: 2}
#: Seconds of silence before a change: the system is idle when it comes.
SILENCE = 0.02
#: Memory is measured by adding so many sockets at a time.
STEP = 200
#: One scope, as many members as their sockets need: a member may have 50.
MEMBERS = 25
#: In milliseconds.
GOAL = 10.0
MEMORY_GOAL = 1.3


async def benchmark(house: House) -> None:
    """Ours, committed in another process than the one that serves, beside bare sockets fed by the same Redis."""
    firm = await build_firm(jobs=100, members=MEMBERS)
    visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members]
    async with served("ours", house) as ours, served("bare", house) as bare, ringing(house):
        async with audience(ours, visits) as boards, audience(bare) as sockets:
            await _latency(house, Commits(firm), boards, sockets)
        async with audience(ours, visits) as boards:
            await _through_http(firm, boards)
    await _memory(house, visits)


async def _latency(house: House, commits: Commits, ours: Audience, bare: Audience) -> None:
    rows: list[tuple[str, float, float, float]] = []
    async with Redis.from_url(house.redis_url) as redis:
        for size, repeats in SIZES.items():
            await ours.grow_to(size)
            await bare.grow_to(size)
            text = (await burst(ours, commits)).messages[0].text
            rows += await _compare({"ours": (ours, commits), "bare": (bare, Messages(redis, "bare", text))}, repeats)
    heading(f"From commit to frame, {len(text)} bytes, idle system (medians of {ROUNDS} rounds)")
    table(["", "median ms", "p99 ms", "median ÷ bare"], rows)
    house.goals.append(Goal("commit to frame, 1 socket, idle system: median", rows[0][1], GOAL, unit=" ms"))


async def _compare(sides: dict[str, tuple[Audience, Changes]], repeats: int) -> list[tuple[str, float, float, float]]:
    found = await taking_turns({name: _told(*side, repeats) for name, side in sides.items()}, ROUNDS)
    medians = {name: [median(times) for times in rounds] for name, rounds in found.items()}
    return [
        (
            f"{name}, sockets {sides[name][0].size}",
            median([time for times in rounds for time in times]),
            percentile([time for times in rounds for time in times], 99),
            ratio(medians[name], medians["bare"]),
        )
        for name, rounds in found.items()
    ]


def _told(sockets: Audience, changes: Changes, repeats: int) -> Callable[[], Awaitable[list[float]]]:
    """The milliseconds from each change to each of its frames."""

    async def measure() -> list[float]:
        latencies: list[float] = []
        for _ in range(repeats):
            await asyncio.sleep(SILENCE)
            latencies += (await burst(sockets, changes)).latencies
        return latencies

    return measure


async def _through_http(firm: BenchFirm, board: Audience) -> None:
    """One board, and a move by a client of the same server: how long until its answer, and until the frame."""
    commits = Commits(firm)
    answers: list[float] = []
    frames: list[float] = []
    await board.grow_to(1)
    async with aiohttp.ClientSession() as client:
        move = await through_http(client, board.server.url, [firm])
        for _ in range(10 * (ROUNDS + 1)):
            await asyncio.sleep(SILENCE)
            asked, answered, arrived = await _ask(move, commits, board)
            answers.append((answered - asked) * 1000)
            frames.append((arrived - asked) * 1000)
    heading(f"A move through HTTP, one open board, idle system ({len(frames)} moves)")
    table(
        ["from the request", "median ms", "p99 ms"],
        [
            (name, median(times), percentile(times, 99))
            for name, times in (("to the answer", answers), ("to the frame", frames))
        ],
    )


async def _ask(move: Mover, commits: Commits, board: Audience) -> tuple[float, float, float]:
    expected = await board.expect(await commits.head() + 1)
    asked = time.perf_counter()
    await move(commits.next())
    answered = time.perf_counter()
    return asked, answered, (await expected.all())[0].times[0]


async def _memory(house: House, visits: Sequence[Visit]) -> None:
    """What each further socket adds to a server that has some of them already."""
    async with (
        served("ours", house) as ours,
        served("bare", house) as bare,
        audience(ours, visits) as boards,
        audience(bare) as sockets,
    ):
        grown = {"idle subscription": _grown(boards), "bare websocket": _grown(sockets)}
        found = await taking_turns(grown, ROUNDS)
    heading(f"Memory of a socket (mean of {ROUNDS} times {STEP} more sockets)")
    means = {name: sum(sizes) / len(sizes) for name, sizes in found.items()}
    table(["", "KiB", "÷ bare"], [(name, mean, mean / means["bare websocket"]) for name, mean in means.items()])
    over = means["idle subscription"] / means["bare websocket"]
    house.goals.append(Goal("memory of an idle subscription ÷ a bare websocket", over, MEMORY_GOAL))


def _grown(sockets: Audience) -> Callable[[], Awaitable[float]]:
    async def measure() -> float:
        before = sockets.server.memory
        await sockets.grow_to(sockets.size + STEP)
        return (sockets.server.memory - before) / STEP / 1024

    return measure


if __name__ == "__main__":
    run(benchmark)
