"""All benchmarks, one after the other: `python -m bench`, or `python -m bench --quick`."""

import sys

from bench import (
    abstract,
    automatic,
    board,
    callers,
    documents,
    executions,
    executor,
    exports,
    fanout,
    faults,
    files,
    flow,
    growth,
    hoarder,
    idle,
    imports,
    items,
    lists,
    live,
    log,
    moves,
    points,
    reads,
    reconnect,
    reports,
    search,
    sheets,
    stalled,
)
from bench.goals import Goal, print_goals
from bench.house import measured

_ALL = (
    board,
    executor,
    abstract,
    documents,
    callers,
    reads,
    reports,
    flow,
    points,
    search,
    lists,
    sheets,
    files,
    exports,
    imports,
    moves,
    live,
    executions,
    items,
    fanout,
    hoarder,
    stalled,
    reconnect,
    growth,
    log,
    automatic,
    idle,
    faults,
)


def main() -> None:
    """Run them, and print how what was found stands to what is aimed at."""
    quick = "--quick" in sys.argv
    goals: list[Goal] = []
    broken = []
    for benchmark in _ALL:
        try:
            goals += measured(benchmark.benchmark, quick=quick)
        except SystemExit as reason:
            # One that cannot be measured must not take the others with it.
            broken.append(f"{benchmark.__name__} was given up: {reason}")
        print()
    if quick:
        print("A quick run: fewer rounds and sizes. The goals are for what `make bench` measures.")
    print_goals(goals)
    sys.exit("\n".join(broken) or None)


if __name__ == "__main__":
    main()
