"""One change on many open boards: what it costs, how fast it spreads, and how long the last board waits.

`python -m bench.fanout`
"""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import orjson
from redis.asyncio import Redis

from bench.audience import STOCK_CHANGES, Audience, audience, subscriber
from bench.burst import burst
from bench.changes import Commits, Messages, ringing
from bench.fanout_side import Figures, Round, Side
from bench.firms import build_firm, split
from bench.goals import Goal
from bench.house import House, run
from bench.measure import TooLate, heading, median, ratio, table, taking_turns
from bench.process import served
from models.sign_in import issue_for

ROUNDS, QUICK_ROUNDS = 5, 3
#: Sockets, and among how many cohorts ours are.
SIZES = {100: (1,), 500: (1, 10, 100), 2_000: (1, 10, 100), 8_000: (1, 10, 100)}
QUICK = {100: (1,), 500: (1, 10)}
RAW, STOCK = "raw", "stock Strawberry"
#: A member may have 50 sockets.
SOCKETS_OF_A_MEMBER = 40

Found = Mapping[str, list[Round]]


async def benchmark(house: House) -> None:
    """Ours beside the same bytes from a bare endpoint, and beside one execution per subscriber."""
    sizes = QUICK if house.quick else SIZES
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(Redis.from_url(house.redis_url))
        await stack.enter_async_context(ringing(house))
        ours = {
            cohorts: await _ours(stack, house, cohorts, max(sizes))
            for cohorts in dict.fromkeys(cohorts for some in sizes.values() for cohorts in some)
        }
        text = await _example(ours[1])
        raw = Side(RAW, await _opened(stack, house, "bare", None), Messages(redis, "bare", text))
        stock = Side(STOCK, await _opened(stack, house, "stock", STOCK_CHANGES), Messages(redis, "stock", text))
        await _check_alike(stock, text)
        found: dict[int, Found] = {}
        for size, cohorts in sizes.items():
            sides = [raw, stock, *(ours[number] for number in cohorts)]
            found[size] = await _compare(sides, size, QUICK_ROUNDS if house.quick else ROUNDS)
    _aim(house, found)


async def _ours(stack: AsyncExitStack, house: House, cohorts: int, most: int) -> Side:
    """A server of its own, and a firm whose members have so many scopes."""
    members = cohorts * -(-most // (cohorts * SOCKETS_OF_A_MEMBER))
    firm = await build_firm(jobs=100, members=members + 1)
    await split(firm, cohorts)
    server = await stack.enter_async_context(served("ours", house))
    visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members[1:]]
    name = f"ours, cohorts {cohorts}"
    return Side(name, await stack.enter_async_context(audience(server, visits)), Commits(firm))


async def _opened(stack: AsyncExitStack, house: House, kind: str, query: str | None) -> Audience:
    server = await stack.enter_async_context(served(kind, house))
    visits = [subscriber(None, query=query)] if query else [[]]
    return await stack.enter_async_context(audience(server, visits))


async def _example(side: Side) -> str:
    """The bytes that the controls send."""
    await side.audience.grow_to(1)
    return (await burst(side.audience, side.changes)).messages[0].text


async def _check_alike(stock: Side, text: str) -> None:
    """A control that tells something else measures nothing."""
    await stock.audience.grow_to(1)
    said = (await burst(stock.audience, stock.changes)).messages[0].text
    for one in (wanted := orjson.loads(text), found := orjson.loads(said)):
        one["payload"]["data"]["boardChanges"].update(revision="", previous="")
    if found != wanted:
        raise SystemExit(f"Stock says something else: {said} instead of {text}")


async def _compare(sides: Sequence[Side], size: int, rounds: int) -> Found:
    """All of them with so many sockets, by turns."""
    heading(f"{size:,} sockets (medians of {rounds} rounds)")
    ready = [side for side in sides if await side.prepare(size)]
    for side in sides:
        if side.skipped:
            print(f"{side.name}: skipped: {side.skipped}", flush=True)
    try:
        found = await taking_turns({side.name: side.measure for side in ready}, rounds, warm=True)
    except TooLate as late:
        print(f"Given up: {late}", flush=True)
        return {}
    sizes = {side.name: side.frame_size for side in ready}
    _print_single({name: [one.single for one in some] for name, some in found.items()}, sizes)
    _print_bursts({name: [one.burst for one in some] for name, some in found.items()})
    return found


def _print_single(found: Mapping[str, list[Figures]], sizes: Mapping[str, int]) -> None:
    columns = [
        "one change at a time",
        "bytes",
        "CPU µs/frame",
        "raw ÷ it",
        "client's",
        "frames/s",
        "÷ stock",
        "p50 ms",
        "p99 ms",
    ]
    table(
        [*columns, "p99 ÷ raw"],
        [
            (
                name,
                sizes[name],
                median([one.cpu_of_frame for one in rounds]),
                _ratio(found.get(RAW), rounds, "cpu_of_frame"),
                median([one.client_cpu for one in rounds]),
                median([one.deliveries for one in rounds]),
                _ratio(rounds, found.get(STOCK), "deliveries"),
                median([one.p50 for one in rounds]),
                median([one.p99 for one in rounds]),
                _ratio(rounds, found.get(RAW), "p99"),
            )
            for name, rounds in found.items()
        ],
    )


def _print_bursts(found: Mapping[str, list[Figures]]) -> None:
    print()
    table(
        ["back to back", "changes", "CPU µs/frame", "CPU µs/change", "frames/s", "changes/s", "p50 ms", "p99 ms"],
        [
            (
                name,
                rounds[0].changes,
                median([one.cpu_of_frame for one in rounds]),
                median([one.cpu_of_told for one in rounds]),
                median([one.deliveries for one in rounds]),
                median([one.told for one in rounds]),
                median([one.p50 for one in rounds]),
                median([one.p99 for one in rounds]),
            )
            for name, rounds in found.items()
        ],
    )


def _aim(house: House, found: Mapping[int, Found]) -> None:
    """The goals are for 2,000 sockets of one scope; in a quick run, for the most that there were."""
    size = 2_000 if 2_000 in found else max(found)
    singles = {name: [one.single for one in rounds] for name, rounds in found[size].items()}
    ours, raw, stock = singles.get("ours, cohorts 1"), singles.get(RAW), singles.get(STOCK)
    where = f"{size:,} sockets"
    house.goals.extend(
        [
            Goal(
                f"fan-out, {where}: CPU per frame, raw ÷ ours", _number(raw, ours, "cpu_of_frame"), 0.8, at_least=True
            ),
            Goal(f"fan-out, {where}: frames/s, ours ÷ stock", _number(ours, stock, "deliveries"), 15, at_least=True),
            Goal(f"fan-out, {where}: p99, ours ÷ raw", _number(ours, raw, "p99"), 1.5),
        ]
    )


def _number(over: list[Figures] | None, under: list[Figures] | None, what: str) -> float | None:
    if over is None or under is None:
        return None
    return ratio([getattr(one, what) for one in over], [getattr(one, what) for one in under])


def _ratio(over: list[Figures] | None, under: list[Figures] | None, what: str) -> float | str:
    found = _number(over, under, what)
    return "-" if found is None else found


if __name__ == "__main__":
    run(benchmark)
