"""All benchmarks, one after the other: `python -m bench`."""

from bench import board, live, moves
from bench.house import run

for benchmark in (board, moves, live):
    run(benchmark.benchmark)
