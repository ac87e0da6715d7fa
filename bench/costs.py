"""What one request or frame costs the server, by thread."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bench.families import Aim, Family
from bench.flood import Flooder, Said
from bench.measure import heading, table
from bench.outcome import FAILED, GONE
from bench.process import Served
from bench.threads import spent_at_rest, spent_by


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for each one: of the event loop, and of other threads; and of the clock, until it was answered."""

    family: Family
    loop: float
    beside: float
    lasted: float
    said: Said


async def cost_of(flooder: Flooder, family: Family, tokens: Sequence[str], times: int) -> Cost:
    """One after the other, each from another network or member, so that no budget is in the way. Everything is counted
    that the server does from the first to the end of the last, connections that are opened for it included."""
    script = family.script
    turns = max(2, times // script.units)
    before = await spent_at_rest(flooder.server)
    said = await flooder.follow(script, tokens=tokens, count=turns)
    spent = (await spent_at_rest(flooder.server)).since(before)
    if said.outcomes[FAILED] + said.outcomes[GONE]:
        raise SystemExit(f"{family.name}: {said.outcomes}")
    number = turns * script.units
    each = 1000 / number
    return Cost(family, spent.loop * each, spent.beside * each, sum(said.seconds) * each, said)


async def idle_share(server: Served, seconds: float) -> float:
    """Of a core, what the event loop takes when nobody wants anything."""
    before = await spent_at_rest(server)
    await asyncio.sleep(seconds)
    return spent_by(server).since(before).loop / seconds


def print_costs(title: str, costs: Sequence[Cost], idle: float) -> None:
    """The dearest first."""
    heading(title)
    table(
        ["", "event loop ms", "of itself ms", "other threads ms", "goal ms", "answered %", "refused %", "cut off %"],
        [
            (
                cost.family.name,
                cost.loop,
                cost.lasted * idle,
                cost.beside,
                "-" if cost.family.aim is None else f"{cost.family.aim.most:g}",
                *(f"{share:.0f}" for share in cost.said.shares),
            )
            for cost in sorted(costs, key=lambda cost: -cost.loop)
        ],
    )


def worst(costs: Sequence[Cost], aim: Aim) -> float | None:
    """Of all that have this aim, on the event loop."""
    return max((cost.loop for cost in costs if cost.family.aim is aim), default=None)


def worst_in_all(costs: Sequence[Cost], aim: Aim) -> float | None:
    """The same, on all threads together."""
    return max((cost.loop + cost.beside for cost in costs if cost.family.aim is aim), default=None)
