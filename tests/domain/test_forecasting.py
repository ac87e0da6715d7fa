"""A forecast is what futures have in common that are tried one by one, and the same whenever it is asked for."""

import math
from random import Random

import pytest

from models.forecasting import FARTHEST, days_until_done

SHARES = (0.5, 0.85, 0.95)


def tried(remaining: int, done: list[int], share: float) -> float:
    """After how many days it is done in this share of futures, one day after the other."""
    chance, futures = Random(1), []
    for _ in range(2_000):
        left, days = remaining, 0
        while left > 0:
            left, days = left - chance.choice(done), days + 1
        futures.append(days)
    return sorted(futures)[math.ceil(share * len(futures)) - 1]


@pytest.mark.parametrize(
    ("remaining", "done"), [(1, [0, 0, 1]), (20, [0, 2]), (100, [0, 0, 0, 12, 1, 3]), (7, [7, 0]), (40, [1, 90])]
)
def test_it_is_what_futures_tell_that_are_tried_day_by_day(remaining: int, done: list[int]) -> None:
    for days, share in zip(days_until_done(remaining, done, SHARES), SHARES, strict=True):
        assert days is not None
        assert abs(days - tried(remaining, done, share)) <= max(1, days * 0.08), share


@pytest.mark.parametrize(
    ("remaining", "done", "days"),
    [(0, [], 0), (0, [0], 0), (11, [5, 5, 5], 3), (10, [5], 2), (1, [], None), (1, [0, 0], None)],
)
def test_what_is_certain(remaining: int, done: list[int], days: int | None) -> None:
    assert days_until_done(remaining, done, SHARES) == [days] * 3


def test_what_is_too_far_is_never() -> None:
    assert days_until_done(FARTHEST, [1], SHARES) == [FARTHEST] * 3
    assert days_until_done(FARTHEST + 1, [1], SHARES) == [None] * 3
    assert days_until_done(1_000_000, [1, 0], SHARES) == [None] * 3


def test_the_same_question_has_the_same_answer() -> None:
    question = (60, [0, 1, 4, 0, 0, 2])
    first = days_until_done(*question, SHARES)
    assert all(days_until_done(*question, SHARES) == first for _ in range(2))
    assert first == sorted(days for days in first if days is not None)
