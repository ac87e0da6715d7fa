"""Measuring and printing: variants take turns, so that what else the machine does falls on all of them alike."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


async def taking_turns(
    variants: Mapping[str, Callable[[], Awaitable[T]]], rounds: int, *, warm: bool = False
) -> dict[str, list[T]]:
    """What each variant measured in each round. Every other round goes backwards, and one that does not count goes
    first, unless all are warm."""
    for measure in () if warm else variants.values():
        await measure()
    found: dict[str, list[T]] = {name: [] for name in variants}
    for number in range(rounds):
        order = list(variants.items())
        for name, measure in order if number % 2 == 0 else reversed(order):
            found[name].append(await measure())
    return found


class TooLate(Exception):
    """Not everything has come in time, or it was refused: `missing` are without it."""

    def __init__(self, message: str, missing: int = 0) -> None:
        super().__init__(message)
        self.missing = missing


async def able(variants: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, Callable[[], Awaitable[T]]]:
    """Those that can be measured, warm by now. The others are named, with the reason."""
    found = {}
    for name, measure in variants.items():
        try:
            await measure()
            found[name] = measure
        except TooLate as late:
            print(f"{name}: skipped: {late}", flush=True)
    return found


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of each round: what is measured side by side is compared side by side."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def heading(text: str) -> None:
    """Print what the figures below are about."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns: the first one to the left, figures to the right."""
    texts = [list(columns), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(columns))]
    for row in texts:
        first, *rest = (
            cell.ljust(w) if place == 0 else cell.rjust(w)
            for place, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip(), flush=True)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell >= 1_000 else f"{cell:.3g}" if cell < 0.01 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
