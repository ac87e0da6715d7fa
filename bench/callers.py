"""What a caller can cost, signed in or not: CPU for each request and frame, and how soon `/healthz` answers meanwhile.

`python -m bench.callers`
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from bench.anonymous import anonymous
from bench.costs import Cost, cost_of, idle_share, print_costs, worst, worst_in_all
from bench.dearest import Dear, dearest
from bench.families import Aim, Family
from bench.firms import build_firm
from bench.flood import Flooder, flooder
from bench.floods import (
    Found,
    hashing_cores,
    longest_wait,
    print_floods,
    under_floods,
    worst_at,
)
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, table
from bench.outcome import ANSWERED, REFUSED
from bench.process import served
from bench.signed_in import signed_in
from engine.limits import TO_SIGN_IN, Limits
from models.sign_in import issue_for
from tests.engine.hostile import GROWS_IN

#: Times that each family is sent, those that are hashed, and each document while the dearest is looked for.
TIMES, HASHED, LOOKS = 300, 20, 10
QUICK_TIMES, QUICK_HASHED, QUICK_LOOKS = 20, 4, 1
#: So many share the documents among them that one member's budget would not allow.
MEMBERS = 120
#: In seconds: for so long it is looked at what the server does by itself.
IDLE = 3.0
HEALTHY, HEALTHY_TAIL = 50.0, 250.0
_SHOWN = 5


async def benchmark(house: House) -> None:
    """One server, which is told by a proxy for whom it asks. First what each costs, then floods of it."""
    firm = await build_firm(jobs=20, members=MEMBERS)
    tokens = [await issue_for(member.id, 1) for member in firm.members]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served("proxied", house))
        caller = await stack.enter_async_context(flooder(server))
        strangers = [*await _documents(house, caller, []), *anonymous(_forged(tokens[0]))]
        members = [*await _documents(house, caller, tokens), *signed_in()]
        costs = [await _cost(house, caller, family, tokens) for family in (*strangers, *members)]
        idle = await idle_share(server, IDLE)
        print_costs("Nobody's requests and frames", costs[: len(strangers)], idle)
        print_costs("A member's requests and frames", costs[len(strangers) :], idle)
        found = await under_floods(house, server, [*strangers, *members], tokens)
    print_floods(found)
    _aim(house, costs, found)


async def _documents(house: House, caller: Flooder, tokens: Sequence[str]) -> list[Family]:
    """The dearest that is accepted, and the dearest that is refused, of the event loop and of all threads together."""
    limits, who = (Limits(), "a member's") if tokens else (TO_SIGN_IN, "nobody's")
    times = QUICK_LOOKS if house.quick else LOOKS
    found = await dearest(caller, limits, tokens, times)
    heading(f"The dearest of {len(found)} documents, {who} ({times} of each)")
    families = []
    for outcome, aim in ((ANSWERED, Aim.ACCEPTED), (REFUSED, Aim.REFUSED)):
        some = [dear for dear in found if dear.outcome == outcome]
        _print_dear(outcome, some[:_SHOWN])
        in_all = max(some, key=lambda dear: dear.in_all)
        for dear in {each.sent: each for each in (some[0], in_all)}.values():
            name = f"document {outcome}: {dear.name}"
            families.append(Family(name, dear.sent.script, aim if tokens else Aim.ANONYMOUS, many=not tokens))
    _print_rules(found)
    return families


def _print_rules(found: Sequence[Dear]) -> None:
    """For each rule of validation the dearest of what it likes least."""
    of_rules = {rule: next(dear for dear in found if dear.sent.sort in sorts) for rule, sorts in GROWS_IN.items()}
    rows = sorted(of_rules.items(), key=lambda item: -item[1].ms)
    table(["rule", "document", "", "event loop ms"], [(rule, dear.name, dear.outcome, dear.ms) for rule, dear in rows])


def _print_dear(outcome: str, some: Sequence[Dear]) -> None:
    table([outcome, "event loop ms", "all threads ms"], [(dear.name, dear.ms, dear.in_all) for dear in some])


async def _cost(house: House, caller: Flooder, family: Family, tokens: Sequence[str]) -> Cost:
    times = (QUICK_HASHED if house.quick else HASHED) if family.hashes else QUICK_TIMES if house.quick else TIMES
    return await cost_of(caller, family, tokens, times)


def _one_hash(costs: Sequence[Cost]) -> float:
    """The seconds that a sign-in takes when there is no other."""
    return min(median(cost.said.seconds) for cost in costs if cost.family.hashes)


def _forged(token: str) -> str:
    """The same token, as somebody who has seen it may change it: all of it is read before its signature is no good."""
    head, claims, signature = token.split(".")
    return ".".join((head, claims, signature[::-1]))


def _aim(house: House, costs: Sequence[Cost], found: Found) -> None:
    house.goals.extend(
        [
            Goal("nobody's dearest request or frame, on the event loop", worst(costs, Aim.ANONYMOUS), 5, unit=" ms"),
            Goal("a member's dearest that is refused, likewise", worst(costs, Aim.REFUSED), 5, unit=" ms"),
            Goal("a member's dearest that is accepted, before it runs", worst(costs, Aim.ACCEPTED), 50, unit=" ms"),
            Goal("a member's dearest that is refused, on all threads", worst_in_all(costs, Aim.REFUSED), 5, unit=" ms"),
            Goal(
                "a member's dearest that is accepted, on all threads", worst_in_all(costs, Aim.ACCEPTED), 50, unit=" ms"
            ),
            Goal("cores that hash, while 100 sign in at once", hashing_cores(found), 1),
            Goal("the longest wait of these, less a hash", longest_wait(found) - _one_hash(costs), 1, unit=" s"),
            Goal("/healthz, median under the worst flood", worst_at(found, 50), HEALTHY, unit=" ms"),
            Goal("/healthz, 99th percentile under the worst flood", worst_at(found, 99), HEALTHY_TAIL, unit=" ms"),
        ]
    )


if __name__ == "__main__":
    run(benchmark)
