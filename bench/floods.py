"""How soon a server says that it lives, while several clients send it the same again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import reduce
from itertools import count, cycle, islice
from operator import add

from bench.anonymous import alive, nothing, sign_in
from bench.families import Aim, Family
from bench.flood import Flooder, Said, flooder
from bench.house import House
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.outcome import ANSWERED
from bench.process import Served
from bench.threads import Spent, spent_at_rest, spent_by

FLOODERS = 4
#: What each of them asks for at most, and what is asked of `/healthz`: so many a second.
MOST_A_SECOND, PROBES_A_SECOND = 250, 100
#: How much they leave to the server and to who looks at it: on a machine of their own they would take nothing from it.
NICE = 10
SECONDS, QUICK_SECONDS = 2.0, 1.0
ROUNDS, QUICK_ROUNDS = 3, 1
CONTROL, EQUAL = "nobody", "{ __typename }"
#: On so many connections at once from each client: more than can have their turn within a second.
SIGNING_IN, AT_ONCE = "signIn, 25 at once each", 25


@dataclass(frozen=True, slots=True)
class Round:
    """How long `/healthz` took, in milliseconds; what was sent meanwhile; and the cores that the server took."""

    probes: list[float]
    said: Said | None
    cores: Spent


@dataclass(frozen=True, slots=True)
class Flood:
    """What is sent. Each client is a network of its own, or a member, and its budget is as any other's; `many` is from
    another one each time, as nobody is who has no botnet, and so no budget is in the way."""

    family: Family
    many: bool = False
    at_once: int = 1

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.family.name}, many networks" if self.many else self.family.name


Found = dict[str, list[Round]]


class Floods:
    """The clients, and the one who looks."""

    def __init__(self, server: Served, flooders: Sequence[Flooder], prober: Flooder, tokens: Sequence[str]) -> None:
        self._server, self._flooders, self._prober = server, flooders, prober
        self._tokens, self._networks = cycle(tokens), count(1)
        self._all = tokens

    def under(self, flood: Flood | None, seconds: float) -> Callable[[], Awaitable[Round]]:
        """A round of it, or of nothing."""

        async def measure() -> Round:
            before, begun = await spent_at_rest(self._server), time.perf_counter()
            floods = [] if flood is None else [self._send(each, flood, seconds) for each in self._flooders]
            probes = self._prober.follow(alive(), seconds=seconds, rate=PROBES_A_SECOND, punctual=True, network=0)
            seen, *said = await asyncio.gather(probes, *floods)
            spent = spent_by(self._server).since(before)
            # Longer than what was asked for, when the last answers are late.
            lasted = time.perf_counter() - begun
            cores = spent.a_second(lasted)
            if seen.outcomes[ANSWERED] != seen.total:
                raise SystemExit(f"/healthz: {seen.outcomes}")
            return Round([wait * 1000 for wait in seen.seconds], reduce(add, said) if said else None, cores)

        return measure

    async def _send(self, flooder: Flooder, flood: Flood, seconds: float) -> Said:
        return await flooder.follow(
            flood.family.script,
            tokens=self._all if flood.many else list(islice(self._tokens, 1)),
            network=None if flood.many else next(self._networks),
            seconds=seconds,
            rate=MOST_A_SECOND,
            at_once=flood.at_once,
        )


async def under_floods(house: House, server: Served, families: Sequence[Family], tokens: Sequence[str]) -> Found:
    """All of them by turns, beside no flood at all and the cheapest one."""
    seconds, rounds = (QUICK_SECONDS, QUICK_ROUNDS) if house.quick else (SECONDS, ROUNDS)
    floods = {flood.name: flood for flood in _floods(families)}
    async with AsyncExitStack() as stack:
        flooders = [await stack.enter_async_context(flooder(server, nice=NICE)) for _ in range(FLOODERS)]
        prober = await stack.enter_async_context(flooder(server))
        clients = Floods(server, flooders, prober, tokens)
        measures = {CONTROL: clients.under(None, seconds)}
        measures |= {name: clients.under(flood, seconds) for name, flood in floods.items()}
        return await taking_turns(measures, rounds, warm=True)


def _floods(families: Sequence[Family]) -> list[Flood]:
    cheapest = Family(EQUAL, nothing(), Aim.ANONYMOUS)
    signing_in = Family(SIGNING_IN, sign_in(), Aim.ANONYMOUS, hashes=True)
    many = [family for family in families if family.aim is Aim.ANONYMOUS and family.many]
    return [
        Flood(cheapest),
        Flood(signing_in, at_once=AT_ONCE),
        *(Flood(family) for family in families),
        *(Flood(family, many=True) for family in many),
    ]


def print_floods(found: Found) -> None:
    """The worst first, the controls above."""
    rounds = len(found[CONTROL])
    heading(
        f"/healthz, {PROBES_A_SECOND} times a second, while {FLOODERS} clients send ({rounds} rounds; each at most "
        f"{MOST_A_SECOND} a second and connection, with nice {NICE})"
    )
    names = [CONTROL, EQUAL, *sorted(found.keys() - {CONTROL, EQUAL}, key=lambda name: -_at(found[name], 99))]
    table(
        [
            "",
            "p50 ms",
            "p99 ms",
            "p50 ÷ nobody",
            "sent/s",
            "answered %",
            "refused %",
            "cut off %",
            "loop %",
            "beside %",
            "no core %",
        ],
        [_row(name, found[name], found[CONTROL]) for name in names],
    )


def worst_at(found: Found, percent: float) -> float:
    """The longest of all floods."""
    return max(_at(rounds, percent) for name, rounds in found.items() if name != CONTROL)


def hashing_cores(found: Found) -> float:
    """Those that hashes of sign-ins took at the most: no other thread beside the event loop has as much to do."""
    return max(one.cores.busiest for one in found[SIGNING_IN])


def longest_wait(found: Found) -> float:
    """For the answer to a sign-in, in seconds."""
    return max(wait for one in found[SIGNING_IN] if one.said for wait in one.said.seconds)


def _at(rounds: Sequence[Round], percent: float) -> float:
    return percentile([probe for one in rounds for probe in one.probes], percent)


_THREADS = "loop", "beside", "kept_waiting"


def _row(name: str, rounds: Sequence[Round], control: Sequence[Round]) -> tuple[object, ...]:
    said = reduce(add, [one.said for one in rounds if one.said]) if rounds[0].said else None
    middles = [[percentile(one.probes, 50) for one in each] for each in (rounds, control)]
    sent = "-" if said is None else f"{said.total / len(rounds):,.0f}"
    shares = ["-"] * 3 if said is None else [f"{share:.0f}" for share in said.shares]
    cores = [f"{100 * median([getattr(one.cores, thread) for one in rounds]):.0f}" for thread in _THREADS]
    return (name, _at(rounds, 50), _at(rounds, 99), ratio(*middles), sent, *shares, *cores)
