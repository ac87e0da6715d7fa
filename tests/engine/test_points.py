"""Points: what a member owes, and how long until they may spend again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from redis.exceptions import RedisError

import embedded
from engine.admission import BudgetSpent
from engine.ledger import Ledger
from engine.points import Points, Standing
from models.ids import new_id


@dataclass
class Clock:
    """One that stands until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def points(clock: Clock) -> Points:
    """Of which there are 600 in a minute, 10 in a second."""
    return Points(600, clock=clock)


def test_what_is_spent_comes_back_within_a_minute(points: Points, clock: Clock) -> None:
    member = new_id()
    assert points.standing(member) == Standing(600, 0)
    points.spend(member, 600)
    assert points.standing(member) == Standing(0, 60)
    clock.now += 30
    assert points.standing(member) == Standing(300, 30)
    points.spend(member, 300)
    clock.now += 600
    assert points.standing(member) == Standing(600, 0)


def test_who_has_spent_them_is_told_how_long_to_wait_and_owes_nothing_more(points: Points, clock: Clock) -> None:
    member = new_id()
    points.spend(member, 500)
    with pytest.raises(BudgetSpent, match="600 points of a minute") as caught:
        points.spend(member, 150)
    assert caught.value.retry_after == 5
    assert caught.value.extensions == {"code": "LIMIT", "limit": "points", "retryAfter": 5}
    assert points.standing(member).left == 100
    clock.now += 4.9
    with pytest.raises(BudgetSpent):
        points.spend(member, 150)
    clock.now += 0.1
    points.spend(member, 150)


def test_who_keeps_some_spends_the_rest(points: Points, clock: Clock) -> None:
    member = new_id()
    points.spend(member, 300, keeping=300)
    with pytest.raises(BudgetSpent):
        points.spend(member, 10, keeping=300)
    assert points.standing(member).left == 300
    clock.now += 1
    points.spend(member, 10, keeping=300)
    points.spend(member, 300)
    assert points.standing(member).left == 0


def test_members_do_not_spend_each_others(points: Points) -> None:
    one, other = new_id(), new_id()
    points.spend(one, 600)
    points.spend(other, 600)


def test_what_is_given_back_can_be_spent(points: Points) -> None:
    member = new_id()
    points.spend(member, 600)
    points.give_back(member, 599)
    assert points.standing(member).left == 599


def test_a_bounded_number_of_members_is_remembered(clock: Clock) -> None:
    points, members = Points(600, clock=clock, most_members=10), [new_id() for _ in range(30)]
    for member in members:
        points.spend(member, 600)
    assert len(points) == 10
    assert points.standing(members[-1]).left == 0
    # Nobody has to be told of those that were forgotten.
    assert points.take_untold() == dict.fromkeys(members[-10:], 600)


def test_what_was_spent_is_told_once(points: Points) -> None:
    one, other = new_id(), new_id()
    points.spend(one, 100)
    points.give_back(one, 40)
    points.spend(other, 7)
    points.give_back(other, 7)
    told = points.take_untold()
    assert told == {one: 60}
    assert points.take_untold() == {}
    points.take_back(told)
    points.spend(one, 1)
    points.give_back(other, 2)
    assert points.take_untold() == {one: 61, other: -2}
    points.hear(one, 500)
    assert points.take_untold() == {}


@dataclass
class Process:
    """The points of one process, and how it tells others."""

    points: Points
    ledger: Ledger


@pytest.fixture
async def processes(servers: embedded.Servers) -> AsyncIterator[list[Process]]:
    """Three of one Redis."""
    made = []
    for _ in range(3):
        points = Points(600_000)
        made.append(Process(points, Ledger(servers.redis_url, points)))
    yield made
    for process in made:
        await process.ledger.stop()


def is_spent(points: Points, member: UUID) -> bool:
    """Whether so much is owed that most of a minute is not to be had: for most of a minute that stays so."""
    try:
        points.spend(member, 500_000)
    except BudgetSpent:
        return True
    return False


async def test_processes_hear_of_each_other(processes: list[Process]) -> None:
    one, other, third = processes
    member = uuid4()
    one.points.spend(member, 590_000)
    await one.ledger.exchange()
    other.points.spend(member, 1)
    await other.ledger.exchange()
    assert is_spent(other.points, member)
    one.points.give_back(member, 589_000)
    await one.ledger.exchange()
    third.points.spend(member, 1)
    await third.ledger.exchange()
    assert not is_spent(third.points, member)


async def test_while_redis_is_away_each_goes_by_itself_and_tells_the_rest_later(processes: list[Process]) -> None:
    one, other, _ = processes
    member = uuid4()
    one.points.spend(member, 590_000)
    away = Ledger("redis://127.0.0.1:1/0", one.points)
    with pytest.raises(RedisError):
        await away.exchange()
    assert is_spent(one.points, member)
    await one.ledger.exchange()
    other.points.spend(member, 1)
    await other.ledger.exchange()
    assert is_spent(other.points, member)


async def test_a_redis_that_was_emptied_lets_nobody_off(processes: list[Process]) -> None:
    one, member = processes[0], uuid4()
    one.points.spend(member, 600_000)
    await one.ledger.exchange()
    await one.ledger._redis.delete(f"jobwire:points:{member}")
    one.points.give_back(member, 1)
    await one.ledger.exchange()
    assert is_spent(one.points, member)


async def test_what_is_owed_no_more_is_forgotten(processes: list[Process]) -> None:
    one, member = processes[0], uuid4()
    one.points.spend(member, 300_000)
    await one.ledger.exchange()
    assert 0 < await one.ledger._redis.pttl(f"jobwire:points:{member}") <= 31_000


async def test_it_is_told_without_being_asked(processes: list[Process]) -> None:
    one, other, _ = processes
    member = uuid4()
    await one.ledger.start()
    try:
        one.points.spend(member, 600_000)
        async with asyncio.timeout(20):
            while other.points.standing(member).left > 400_000:
                other.points.spend(member, 1)
                await other.ledger.exchange()
                await asyncio.sleep(0.01)
    finally:
        await one.ledger.stop()
