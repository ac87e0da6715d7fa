"""What a document takes before it runs: parsed, measured, validated, by its size and by each rule of validation.

`python -m bench.documents`
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from graphql import GraphQLError, parse, specified_rules
from graphql import validate as stock_validate
from graphql.validation import ASTValidationRule

from bench.goals import Goal, print_goals
from bench.house import House
from bench.machine import print_machine
from bench.measure import heading, median, table, taking_turns
from engine.documents import (
    PLAIN_RULES,
    RULES_FOR_THE_WELL_FORMED,
    DocumentCache,
    LimitExceeded,
    choose_operation,
    validate_document,
)
from engine.limits import TO_SIGN_IN, Limits, check_limits, check_outline
from engine.validation import validate
from resolvers.root import graphql_schema
from tests.engine.hostile import GROWS_IN, HOSTILE, largest

ROUNDS, QUICK_ROUNDS = 5, 3
MOST_SLOPE = 1.2
#: Milliseconds.
FOR_NOBODY, REFUSED, ACCEPTED = 5.0, 5.0, 50.0

SCHEMA = graphql_schema()
RULES: dict[str, type[ASTValidationRule]] = {rule.__name__: rule for rule in (*PLAIN_RULES, *RULES_FOR_THE_WELL_FORMED)}
MEMBER = Limits()


def _cpu(act: Callable[[], object]) -> Callable[[], Awaitable[float]]:
    """Milliseconds of this thread's CPU."""

    async def measure() -> float:
        started = time.thread_time()
        act()
        return (time.thread_time() - started) * 1000

    return measure


def examine(source: str, allowed: Limits) -> str:
    """All that is done to a document before it runs, and what became of it."""
    try:
        check_outline(source, allowed)
        document = DocumentCache().parse(source, max_tokens=allowed.tokens)
        chosen = choose_operation(document, next(iter(document.operations), None))
        check_limits(SCHEMA, document, chosen, {}, allowed)
    except LimitExceeded as error:
        return f"over {(error.extensions or {})['limit']}"
    except GraphQLError:
        return "no document"
    return "invalid" if validate_document(SCHEMA, document, suggestions=allowed is MEMBER) else "accepted"


@dataclass(frozen=True, slots=True)
class Growth:
    """How the CPU of a rule grows with a document, up to the largest within the limits."""

    rule: str
    sort: str
    characters: int
    ms: float
    slope: float
    stock_ms: float


async def _growth(rule: str, sort: str, rounds: int) -> Growth:
    size = largest(HOSTILE[sort], MEMBER, parsed=True)
    sources = [HOSTILE[sort](each) for each in (max(1, size // 4), size)]
    small, large = map(parse, sources)
    found = await taking_turns(
        {
            "small": _cpu(lambda: validate(SCHEMA, small, [RULES[rule]], max_errors=20, hide_suggestions=True)),
            "large": _cpu(lambda: validate(SCHEMA, large, [RULES[rule]], max_errors=20, hide_suggestions=True)),
            "stock": _cpu(lambda: stock_validate(SCHEMA, large, specified_rules)),
        },
        rounds,
    )
    slope = math.log(median(found["large"]) / median(found["small"])) / math.log(len(sources[1]) / len(sources[0]))
    return Growth(rule, sort, len(sources[1]), median(found["large"]), slope, median(found["stock"]))


async def _rules(rounds: int) -> float:
    """The steepest of all rules."""
    if missing := RULES.keys() ^ GROWS_IN.keys():
        raise SystemExit(f"Say in tests/engine/hostile.py, GROWS_IN, what these rules grow in: {', '.join(missing)}.")
    steepest = []
    for rule, sorts in GROWS_IN.items():
        growths = [await _growth(rule, sort, rounds) for sort in sorts]
        steepest.append(max(growths, key=lambda growth: growth.slope))
    heading(
        f"Each rule alone, where it is steepest (CPU ms, median of {rounds} rounds; from a quarter of the largest "
        "document within the limits to the whole; beside all of graphql-core's rules)"
    )
    steepest.sort(key=lambda growth: -growth.slope)
    rows = [(g.rule, g.sort, g.characters, g.ms, g.slope, g.stock_ms) for g in steepest]
    table(["", "document", "characters", "ms", "slope", "stock, all"], rows)
    return max(growth.slope for growth in steepest)


async def _whole(allowed: Limits, rounds: int) -> Mapping[tuple[str, str], float]:
    """The dearest document of each sort, by what becomes of it: the largest within the outline's limits, parts of it,
    and what is over them."""
    found: dict[tuple[str, str], float] = {}
    for sort, make in HOSTILE.items():
        size = largest(make, allowed)
        sources = {part: make(part) for part in sorted({size // 4, size // 2, size, 2 * size + 50})}
        verdicts = {part: examine(source, allowed) for part, source in sources.items()}
        measured = await taking_turns(
            {str(part): _cpu(lambda source=source: examine(source, allowed)) for part, source in sources.items()},  # type: ignore[misc]
            rounds,
        )
        for part in sources:
            key = sort, verdicts[part]
            found[key] = max(found.get(key, 0.0), median(measured[str(part)]))
    return found


def _print_whole(who: str, found: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """The dearest by verdict."""
    heading(f"All that is done before a document runs, {who}: the dearest ten (CPU ms)")
    dearest = sorted(found.items(), key=lambda item: -item[1])
    table(["", "verdict", "ms"], [(sort, verdict, ms) for (sort, verdict), ms in dearest[:10]])
    worst: dict[str, float] = {}
    for (_, verdict), ms in found.items():
        kind = verdict.partition(" ")[0] if verdict != "no document" else "over"
        worst[kind] = max(worst.get(kind, 0.0), ms)
    return worst


async def benchmark(house: House | None = None) -> None:
    """The rules, then whole documents of members and of nobody."""
    rounds = QUICK_ROUNDS if house is not None and house.quick else ROUNDS
    slope = await _rules(rounds)
    member = _print_whole("a member's", await _whole(MEMBER, rounds))
    nobody = _print_whole("nobody's", await _whole(TO_SIGN_IN, rounds))
    goals = [
        Goal("steepest rule of validation, within the limits (slope)", slope, MOST_SLOPE),
        Goal("a document of nobody's, whatever becomes of it", max(nobody.values()), FOR_NOBODY, unit=" ms"),
        Goal("a member's document over a limit", member["over"], REFUSED, unit=" ms"),
        Goal("a member's document that is invalid", member["invalid"], REFUSED, unit=" ms"),
        Goal("a member's document that is accepted", member["accepted"], ACCEPTED, unit=" ms"),
    ]
    if house is not None:
        house.goals.extend(goals)
    else:
        print_goals(goals)


if __name__ == "__main__":
    print_machine()
    asyncio.run(benchmark())
