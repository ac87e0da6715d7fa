"""When present work will be done, if the days to come are like those of the past: in futures made of days drawn from it
(https://en.wikipedia.org/wiki/Monte_Carlo_method). Pure: the same question has the same answer."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from random import Random

#: How many futures are tried, and of how many days.
FUTURES = 1_000
FARTHEST = 3 * 366


def days_until_done(remaining: int, done: Sequence[int], shares: Sequence[float]) -> list[int | None]:
    """After how many days so much is done, in each of these shares of the futures. `done` is how much was done on each
    day of the past; None is later than `FARTHEST`."""
    chance = Random(0)
    futures = sorted(_future(remaining, done, chance) for _ in range(FUTURES))
    days = [futures[math.ceil(share * FUTURES) - 1] for share in shares]
    return [day if day <= FARTHEST else None for day in days]


def _future(remaining: int, done: Sequence[int], chance: Random) -> int:
    """After how many days it is done in one future."""
    if remaining <= 0:
        return 0
    usual = sum(done) / len(done) if done else 0
    if not usual:
        return FARTHEST + 1
    passed = 0
    while passed <= FARTHEST:
        # About as many days as it will take; and more, where they were not enough.
        drawn = list(accumulate(chance.choices(done, k=min(FARTHEST + 1, math.ceil(remaining / usual) + 7))))
        if drawn[-1] >= remaining:
            return passed + bisect_left(drawn, remaining) + 1
        passed, remaining = passed + len(drawn), remaining - drawn[-1]
    return passed
