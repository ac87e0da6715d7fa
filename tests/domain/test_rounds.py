"""What workers look after: nothing ends it, and who rings is not kept waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from subscriptions.cancellation import cancel_all
from workers.rounds import Round, keep_going

#: In seconds: no test takes so long.
NEVER = 3_600.0


class Looks:
    """Counts them, and does in each what it is told."""

    def __init__(self, *acts: Callable[[], bool]) -> None:
        self.acts = list(acts)
        self.number = 0
        self.looked = asyncio.Event()

    async def go_on(self) -> bool:
        """Whether there is more, as the next act says; nothing when there is none."""
        self.number += 1
        self.looked.set()
        return self.acts.pop(0)() if self.acts else False

    async def come_to(self, number: int) -> None:
        """Wait for so many."""
        async with asyncio.timeout(20):
            while self.number < number:
                self.looked.clear()
                await self.looked.wait()


@asynccontextmanager
async def going(looks: Looks, glance: float = NEVER) -> AsyncIterator[Round]:
    each = Round("told", looks.go_on, glance)
    task = asyncio.create_task(keep_going(each))
    try:
        yield each
    finally:
        await cancel_all([task])


def away() -> bool:
    raise ConnectionResetError


def broken() -> bool:
    raise ZeroDivisionError


async def test_it_looks_again_at_once_where_there_is_more_and_else_when_somebody_rings() -> None:
    looks = Looks(lambda: True, lambda: True)
    async with going(looks) as each:
        await looks.come_to(3)
        await asyncio.sleep(0)
        for number in range(4, 20):
            each.rung.set()
            await looks.come_to(number)
        assert looks.number == 19


async def test_who_rings_during_a_look_is_heard_after_it() -> None:
    async def ring() -> bool:
        if looks.number == 0:
            each.rung.set()
        looks.number += 1
        looks.looked.set()
        return False

    looks = Looks()
    each = Round("told", ring, NEVER)
    task = asyncio.create_task(keep_going(each))
    await looks.come_to(2)
    await cancel_all([task])


async def test_neither_a_database_that_is_away_nor_a_fault_ends_it() -> None:
    looks = Looks(away, broken, away, broken)
    async with going(looks, glance=0.001):
        await looks.come_to(8)
