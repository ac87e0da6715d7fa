"""Readers that stop reading: what the others notice of it.

`python -m bench.stalled`
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from redis.asyncio import Redis

from bench.audience import Audience, audience, subscriber
from bench.burst import burst
from bench.changes import Changes, Commits, Messages, ringing
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import TooLate, heading, median, percentile, ratio, table, taking_turns
from bench.process import served
from bench.send_queues import send_queues
from models.sign_in import issue_for

ROUNDS, QUICK_ROUNDS = 5, 3
OTHERS, QUICK_OTHERS = 500, 100
STALLED = 20
#: Changes of a round. A server gives a stuck reader ten seconds, and they must be over by then.
CHANGES_MADE = 10
#: In seconds: who has heard nothing until then is taken to have been stopped.
PATIENCE = 5.0
MEMBERS = 20
#: Frames of 127 bytes, so many at a time: 64 KiB and more.
_FILL = 600
#: How often it is looked, and with how many seconds between.
_MOST_LOOKS = 100
_SETTLE = 0.05
GOAL = 1.1


class Told(NamedTuple):
    """Milliseconds of the frames that came, how many of the others were cut off from them, and how many of those that
    do not read were still connected in the end."""

    latencies: list[float]
    cut_off: int
    connected: int


async def benchmark(house: House) -> None:
    """Ours beside the loop that awaits one socket after the other."""
    others = QUICK_OTHERS if house.quick else OTHERS
    firm = await build_firm(jobs=100, members=MEMBERS)
    visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members]
    async with (
        served("ours", house) as ours,
        served("bare", house) as bare,
        audience(ours, visits) as boards,
        audience(bare) as sockets,
        Redis.from_url(house.redis_url) as redis,
        ringing(house),
    ):
        await boards.grow_to(others)
        await sockets.grow_to(others)
        commits = Commits(firm)
        messages = Messages(redis, "bare", (await burst(boards, commits)).messages[0].text)
        found = await taking_turns(
            {
                "ours": _telling(boards, commits),
                f"ours, {STALLED} stalled": _with_stalled(boards, commits),
                "await in a loop": _telling(sockets, messages),
                f"await in a loop, {STALLED} stalled": _with_stalled(sockets, messages),
            },
            QUICK_ROUNDS if house.quick else ROUNDS,
        )
    _print(house, found, others)


def _telling(sockets: Audience, changes: Changes) -> Callable[[], Awaitable[Told]]:
    async def measure() -> Told:
        latencies: list[float] = []
        for _ in range(CHANGES_MADE):
            try:
                latencies += (await burst(sockets, changes, patience=PATIENCE)).latencies
            except TooLate as late:
                return Told(latencies, late.missing, 0)
        return Told(latencies, 0, 0)

    return measure


def _with_stalled(sockets: Audience, changes: Changes) -> Callable[[], Awaitable[Told]]:
    """The same, while some have stopped reading."""

    async def measure() -> Told:
        ports = await sockets.stall(STALLED)
        await _fill(sockets, ports)
        told = await _telling(sockets, changes)()
        connected = len(send_queues(sockets.server.port, ports))
        await sockets.release()
        await _gone(sockets, ports)
        if told.cut_off:
            # What was on its way comes now, and must not count for the next ones.
            await _telling(sockets, changes)()
        return told._replace(connected=connected)

    return measure


async def _fill(sockets: Audience, ports: list[int]) -> None:
    """Have the server write to those that do not read until the kernel takes no more of it: the last that it wrote has
    stayed with itself, and is as much as uvicorn lets wait before it makes writers wait."""
    before: list[int] = []
    for _ in range(_MOST_LOOKS):
        queues = send_queues(sockets.server.port, ports)
        if queues == before and any(queues) and all(queues):
            return
        before = queues
        await sockets.fill(_FILL)
        await asyncio.sleep(_SETTLE)
    raise SystemExit("The server goes on writing to who does not read.")


async def _gone(sockets: Audience, ports: list[int]) -> None:
    for _ in range(_MOST_LOOKS):
        if not send_queues(sockets.server.port, ports):
            return
        await asyncio.sleep(_SETTLE)
    raise SystemExit("The server does not notice that sockets are gone.")


def _print(house: House, found: dict[str, list[Told]], others: int) -> None:
    heading(f"{others} sockets, and {STALLED} that do not read (medians of rounds of {CHANGES_MADE} changes)")
    tails = {name: [_tail(told) for told in rounds] for name, rounds in found.items()}
    table(
        ["", "p50 ms", "p99 ms", "cut off", "still connected"],
        [
            (
                name,
                "-" if any(told.cut_off for told in rounds) else median([median(told.latencies) for told in rounds]),
                "-" if any(told.cut_off for told in rounds) else median(tails[name]),
                f"{median([told.cut_off for told in rounds]):.0f} of {others}",
                f"{median([told.connected for told in rounds]):.0f} of {STALLED}" if "stalled" in name else "",
            )
            for name, rounds in found.items()
        ],
    )
    stopped = any(told.cut_off for rounds in (found["ours"], found[f"ours, {STALLED} stalled"]) for told in rounds)
    over = None if stopped else ratio(tails[f"ours, {STALLED} stalled"], tails["ours"])
    house.goals.append(Goal(f"{STALLED} stalled sockets: p99 of {others} others, with ÷ without", over, GOAL))


def _tail(told: Told) -> float:
    return percentile(told.latencies, 99) if told.latencies else float("inf")


if __name__ == "__main__":
    run(benchmark)
