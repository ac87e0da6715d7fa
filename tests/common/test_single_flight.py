"""Work that is done once for all who ask for it: whoever leaves, and whatever becomes of it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from common.single_flight import SingleFlight


class Work:
    """Numbers, each made when it is let through."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number


async def until(fact: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not fact():
            await asyncio.sleep(0)


async def fail() -> int:
    """Nobody's result."""
    raise OSError("It failed.")


def asking(flights: SingleFlight[str, int], work: Callable[[], object], number: int = 1) -> list[asyncio.Task[int]]:
    """So many who ask, each in a task of their own."""
    return [asyncio.create_task(flights.get("key", work)) for _ in range(number)]  # type: ignore[arg-type]


async def until_begun(work: Work, number: int = 1) -> None:
    """Until so much is under way."""
    await until(lambda: work.begun >= number)


async def test_all_who_ask_meanwhile_share_it_and_who_asks_later_does_not() -> None:
    flights, work = SingleFlight[str, int]("work"), Work()
    early = asking(flights, work, 3)
    await until_begun(work)
    late = asking(flights, work, 3)
    other = asyncio.create_task(flights.get("another key", work))
    await until_begun(work, 2)
    work.go.set()
    assert await asyncio.gather(*early, *late) == [1] * 6
    assert await other == 2
    assert await flights.get("key", work) == 3
    assert "key" not in flights


async def test_who_leaves_takes_nobodys_result_along() -> None:
    flights, work = SingleFlight[str, int]("work"), Work()
    first, *others = asking(flights, work, 3)
    await until_begun(work)
    first.cancel()
    await asyncio.wait([first])
    work.go.set()
    assert first.cancelled()
    assert await asyncio.gather(*others) == [1, 1]
    assert work.cancelled == 0


@pytest.mark.parametrize("abandoned", [True, False])
async def test_when_all_have_left_it_goes_on_or_is_abandoned(abandoned: bool) -> None:
    flights, work = SingleFlight[str, int]("work", abandoned=abandoned), Work()
    left = asking(flights, work, 2)
    await until_begun(work)
    for each in left:
        each.cancel()
    await asyncio.wait(left)
    (later,) = asking(flights, work)
    await until(lambda: work.begun == 1 + abandoned)
    work.go.set()
    # What goes on is joined, what is abandoned is not.
    assert await later == 1 + abandoned
    assert work.cancelled == abandoned
    assert flights.tasks == []


async def test_a_failure_is_told_to_all_who_waited_and_to_nobody_later() -> None:
    flights, work = SingleFlight[str, int]("work", kept_for=60), Work()
    outcomes = await asyncio.gather(*asking(flights, fail, 3), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError] * 3
    work.go.set()
    assert await flights.get("key", work) == 1


async def test_a_failure_that_nobody_waits_for_is_no_warning() -> None:
    flights, told = SingleFlight[str, int]("work"), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    try:
        go = asyncio.Event()

        async def late() -> int:
            await go.wait()
            return await fail()

        (alone,) = asking(flights, late)
        await until(lambda: bool(flights.tasks))
        alone.cancel()
        await asyncio.wait([alone])
        go.set()
        await until(lambda: not flights.tasks)
        gc.collect()
        await asyncio.sleep(0)
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert told == []


async def test_whoever_comes_just_as_it_fails_has_it_done_anew() -> None:
    flights, work, found = SingleFlight[str, int]("work"), Work(), list[asyncio.Task[int]]()
    work.go.set()

    async def failing() -> int:
        # Runs in the turn of the loop after this one: the task has ended by then, and nobody was told yet.
        asyncio.get_running_loop().call_soon(lambda: found.extend(asking(flights, work)))
        return await fail()

    with pytest.raises(OSError, match="It failed"):
        await flights.get("key", failing)
    await until(lambda: bool(found))
    assert await found[0] == 1


async def test_a_result_is_kept_for_a_while_among_so_many_and_until_it_is_forgotten() -> None:
    flights, work = SingleFlight[str, int]("work", kept_for=60, most=2), Work()
    work.go.set()
    assert await flights.get("key", work) == 1
    assert await flights.get("key", work) == 1
    flights.forget("key")
    assert await flights.get("key", work) == 2
    for name in ("another", "a third"):
        await flights.get(name, work)
    assert list(flights) == ["another", "a third"]
    assert await flights.get("key", work) == 5
    briefly = SingleFlight[str, int]("work", kept_for=0.001)
    await briefly.get("key", work)
    await until(lambda: "key" not in briefly)
