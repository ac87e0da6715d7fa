"""Loaders: what is asked for together is loaded together, and once."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from resolvers.batching import Loader


class Source:
    """Squares of numbers, as if they had been read; it has none of odd ones. Notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False
        self.loader: Loader[int, Any] = Loader(self.load, lambda: None)

    async def load(self, numbers: Sequence[int]) -> dict[int, Any]:
        """Waits for `open`."""
        self.asked.append(list(numbers))
        await self.open.wait()
        if self.broken:
            raise ConnectionError("away")
        return {number: number**2 for number in numbers if number % 2 == 0}


@pytest.fixture
async def source() -> Source:
    """A fresh one."""
    return Source()


async def settled(value: Any) -> Any:
    """What `get` gives, now or later."""
    return await value if isinstance(value, Awaitable) else value


async def test_what_is_asked_for_in_one_turn_is_loaded_together(source: Source) -> None:
    async def ask(number: int) -> Any:
        return await settled(source.loader.get(number))

    asking: list[Awaitable[Any]] = [ask(2), ask(4), ask(3), ask(2), source.loader.many([6, 4]), source.loader.future(8)]
    assert await asyncio.gather(*asking) == [4, 16, None, 4, [36, 16], 64]
    (together,) = source.asked
    assert sorted(together) == [2, 3, 4, 6, 8]


async def test_what_is_known_is_handed_over_as_it_is(source: Source) -> None:
    assert await settled(source.loader.get(2)) == 4
    assert await settled(source.loader.get(3)) is None
    assert source.loader.get(2) == 4
    assert source.loader.get(3) is None
    assert await source.loader.future(2) == 4
    assert await source.loader.many([3, 2, 3]) == [None, 4, None]
    assert await source.loader.many([]) == []
    assert source.asked == [[2], [3]]


async def test_what_comes_later_is_loaded_later(source: Source) -> None:
    source.open.clear()
    first = source.loader.future(2)
    await until(lambda: source.asked == [[2]])
    second, again = source.loader.future(4), source.loader.future(2)
    assert again is first
    source.open.set()
    assert await asyncio.gather(first, second, source.loader.many([2, 4])) == [4, 16, [4, 16]]
    assert source.asked == [[2], [4]]


async def until(fact: Any) -> None:
    """Wait for it."""
    async with asyncio.timeout(5):
        while not fact():
            await asyncio.sleep(0)


async def test_what_is_taken_over_is_not_loaded(source: Source) -> None:
    waiting = source.loader.future(2)
    source.loader.know({2: 5, 6: 7})
    assert source.loader.get(6) == 7
    assert await asyncio.gather(waiting, source.loader.many([2, 4])) == [5, [5, 16]]
    assert source.asked == [[4]]
    source.loader.know({2: 1})
    assert source.loader.get(2) == 5


async def test_whoever_waits_is_told_of_a_failure_and_the_next_one_tries_again(source: Source) -> None:
    source.broken = True
    loader = source.loader
    waiting: list[Awaitable[Any]] = [loader.future(2), loader.future(4), loader.many([4, 6])]
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in found] == [ConnectionError] * 3
    source.broken = False
    assert await source.loader.many([2, 4, 6]) == [4, 16, 36]
    assert len(source.asked) == 2


async def test_one_who_is_cancelled_takes_nobody_along(source: Source) -> None:
    source.open.clear()
    gone, unmissed = source.loader.future(2), source.loader.future(6)
    gone_too = asyncio.ensure_future(source.loader.many([2, 4]))
    await until(lambda: source.asked)
    for waiting in (gone, unmissed, gone_too):
        waiting.cancel()
    late, other = source.loader.future(2), source.loader.many([4])
    source.open.set()
    assert await late == 4
    assert await other == [16]
    assert source.asked == [[2, 6, 4]]
