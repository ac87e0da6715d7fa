"""From the commit of a change to its frame on the open boards, and the memory of a board that waits.

`python -m bench.live`
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from redis.asyncio import Redis

from bench.audience import Audience
from bench.bare_socket import CHANNEL
from bench.firms import BenchFirm, build_firm
from bench.house import House, run
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.moves import Move, Mover, through_http
from bench.process import served
from models.commands.moves import move_job
from models.log import on_commit
from models.sign_in import issue_for
from subscriptions.bell import Bell

ROUNDS = 5
#: Sockets, and how many changes each round makes for them.
SIZES = {1: 20, 100: 4, 500: 2}
#: Seconds of silence before a change: the system is idle when it comes.
SILENCE = 0.02
#: Memory is measured by adding so many sockets at a time.
STEP = 100
GOAL = 10.0
#: One scope, as many members as their sockets need: a member may have 50.
MEMBERS = 20


@dataclass(slots=True)
class Times:
    """Milliseconds from the commit to each frame, and for each change to the last of its frames."""

    frames: list[float] = field(default_factory=list)

    def note(self, since: float, arrivals: Sequence[float]) -> float:
        """The median of one change."""
        took = [(at - since) * 1000 for at in arrivals]
        self.frames += took
        return median(took)


async def benchmark(house: House) -> None:
    """Ours, committed in another process than the one that serves, beside bare sockets fed by the same Redis."""
    firm = await build_firm(jobs=100, members=MEMBERS)
    tokens = [await issue_for(member.id, 1) for member in firm.members]
    async with served("ours", house) as ours, served("bare", house) as bare, _ringing(house):
        await _latency(house, firm, Audience(ours, tokens), Audience(bare))
        await _through_http(firm, Audience(ours, tokens))
    await _memory(house, tokens)


async def _latency(house: House, firm: BenchFirm, ours: Audience, bare: Audience) -> None:
    changes = Changes(firm)
    rows: list[tuple[str, float, float, float]] = []
    async with Redis.from_url(house.redis_url) as redis:
        for size, repeats in SIZES.items():
            await ours.grow_to(size)
            await bare.grow_to(size)
            rows += await _compare(changes, redis, ours, bare, repeats)
    heading(f"From commit to frame, {len(ours.frame)} bytes, idle system (medians of {ROUNDS} rounds)")
    table(["", "median ms", "p99 ms", "median ÷ bare"], rows)
    print(f"Goal: {GOAL:.0f} ms or less with 1 socket", flush=True)
    ours.leave()
    bare.leave()


async def _compare(
    changes: "Changes", redis: Redis, ours: Audience, bare: Audience, repeats: int
) -> list[tuple[str, float, float, float]]:
    of_ours, of_bare = Times(), Times()
    await changes.commit(ours, Times())  # the bytes that the control sends
    found = await taking_turns(
        {
            "ours": _repeated(lambda: changes.commit(ours, of_ours), repeats),
            "bare": _repeated(lambda: _publish(redis, bare, ours.frame, of_bare), repeats),
        },
        ROUNDS,
    )
    return [
        (
            f"{name}, sockets {len(ours.sockets)}",
            median(times.frames),
            percentile(times.frames, 99),
            ratio(found[name], found["bare"]),
        )
        for name, times in (("ours", of_ours), ("bare", of_bare))
    ]


class Changes:
    """Moves of one firm's cards, made in this process: what a worker or another server would commit."""

    def __init__(self, firm: BenchFirm) -> None:
        self._firm = firm
        self._numbers = itertools.count()

    def next(self) -> Move:
        """Another card to another stage than before."""
        number = next(self._numbers)
        jobs, stages = self._firm.jobs, self._firm.stages
        place = number + number // len(jobs) + 1
        return Move(self._firm, jobs[number % len(jobs)].id, stages[place % len(stages)].id)

    async def commit(self, audience: Audience, times: Times) -> float:
        """Make a change; the milliseconds until the frame that tells of it, from right after the commit."""
        await asyncio.sleep(SILENCE)
        committed: list[float] = []
        move = self.next()
        frames = audience.expect(b'"JobMoved"')
        silence = on_commit(lambda _committed: committed.append(time.perf_counter()))
        try:
            await move_job(self._firm.actor, job_id=move.job, stage_id=move.stage)
        finally:
            silence()
        return times.note(committed[0], await frames.all())


async def _publish(redis: Redis, audience: Audience, frame: bytes, times: Times) -> float:
    await asyncio.sleep(SILENCE)
    frames = audience.expect(b'"JobMoved"')
    started = time.perf_counter()
    await redis.publish(CHANNEL, frame)
    return times.note(started, await frames.all())


async def _through_http(firm: BenchFirm, audience: Audience) -> None:
    """One board, and a move by a client of the same server: how long until its answer, and until the frame."""
    changes, answers, frames = Changes(firm), Times(), Times()
    await audience.grow_to(1)
    async with aiohttp.ClientSession() as client:
        move = await through_http(client, audience.server.url, [firm])
        found = await taking_turns(
            {"move": _repeated(lambda: _ask(move, changes.next(), audience, answers, frames), 10)}, ROUNDS
        )
    heading(f"A move through HTTP, one open board, idle system (median of {ROUNDS} rounds)")
    table(
        ["from the request", "median ms", "p99 ms"],
        [
            ("to the answer", median(answers.frames), percentile(answers.frames, 99)),
            ("to the frame", median(found["move"]), percentile(frames.frames, 99)),
        ],
    )
    audience.leave()


async def _ask(move: Mover, wanted: Move, audience: Audience, answers: Times, frames: Times) -> float:
    await asyncio.sleep(SILENCE)
    expected = audience.expect(b'"JobMoved"')
    started = time.perf_counter()
    await move(wanted)
    answers.note(started, [time.perf_counter()])
    return frames.note(started, await expected.all())


async def _memory(house: House, tokens: Sequence[str]) -> None:
    """What each further socket adds to a server that has a hundred of them already."""
    async with served("ours", house) as ours, served("bare", house) as bare:
        audiences = {"idle subscription": Audience(ours, tokens), "bare websocket": Audience(bare)}
        found = await taking_turns({name: _grown(audience) for name, audience in audiences.items()}, ROUNDS)
    heading(f"Memory of a socket (mean of {ROUNDS} times {STEP} more sockets)")
    means = {name: sum(sizes) / len(sizes) for name, sizes in found.items()}
    table(["", "KiB", "÷ bare"], [(name, mean, mean / means["bare websocket"]) for name, mean in means.items()])


def _grown(audience: Audience) -> Callable[[], Awaitable[float]]:
    async def measure() -> float:
        before, number = audience.server.memory, len(audience.sockets)
        await audience.grow_to(number + STEP)
        return (audience.server.memory - before) / STEP / 1024

    return measure


def _repeated(once: Callable[[], Awaitable[float]], times: int) -> Callable[[], Awaitable[float]]:
    async def measure() -> float:
        return median([await once() for _ in range(times)])

    return measure


@asynccontextmanager
async def _ringing(house: House) -> AsyncIterator[None]:
    """What this process commits, it rings for, as every process of the product does."""
    bell = Bell(house.redis_url)
    await bell.start_ringing()
    silence = on_commit(bell.ring)
    try:
        yield
    finally:
        silence()
        await bell.stop()


if __name__ == "__main__":
    run(benchmark)
