"""Whose turn is next, and who is told to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from models.caller import OURSELVES, Caller
from models.errors import LimitReached
from models.turns import FEWEST_PLACES, LONGEST_WAIT, Turns


@dataclass
class Room:
    """Turns, and who had them. A turn takes as long as the test says."""

    turns: Turns
    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    at_once: int = 0
    hour: float = 0.0

    async def ask(self, network: str, name: str = "", caller: Caller | None = None) -> None:
        """Take a turn for somebody of a network."""
        name = f"{network}{name}"
        try:
            async with self.turns.turn(caller or Caller(network)):
                self.at_once += 1
                assert self.at_once == 1
                await asyncio.sleep(0)
                self.at_once -= 1
                self.done.append(name)
        except LimitReached:
            self.refused.append(name)

    def start(self, network: str, *names: str, caller: Caller | None = None) -> list[asyncio.Task[None]]:
        """Let somebody of a network ask, for each name."""
        return [asyncio.create_task(self.ask(network, name, caller)) for name in names]

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Somebody has the turn, for as long as the block; whoever asks meanwhile waits."""
        async with self.turns.turn(Caller("first")):
            yield

    async def settled(self) -> None:
        """Everybody has a place, or has been refused."""
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def room() -> Room:
    """A room where a turn has always taken a tenth of a second: ten may wait for a second."""
    room = Room(Turns("Too much at once.", longest_wait=1.0))
    room.turns._lasts = 0.1
    room.turns._clock = lambda: room.hour
    return room


async def test_networks_take_turns(room: Room) -> None:
    async with room.taken():
        tasks = room.start("a", "1", "2", "3")
        await room.settled()
        tasks += [*room.start("b", "1", "2"), *room.start("c", "1")]
        await room.settled()
        assert room.turns.waiting == 6
    await asyncio.gather(*tasks)
    assert room.done == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert not room.refused


async def test_who_comes_when_all_places_are_taken_is_told_when_to_come_back(room: Room) -> None:
    async with room.taken():
        tasks = room.start("a", *map(str, range(40)))
        await room.settled()
        assert room.turns.waiting == room.turns.places == 10
        assert len(room.refused) == 30
        with pytest.raises(LimitReached, match=r"^Too much at once\. Try again in 1 second\.$") as refusal:
            async with room.turns.turn(Caller("a")):
                pytest.fail("There was a place.")
        assert (refusal.value.retry_after, refusal.value.path) == (1, ())
    await asyncio.gather(*tasks)
    assert room.done == [f"a{number}" for number in range(10)]


async def test_a_flood_of_one_network_leaves_places_for_others(room: Room) -> None:
    async with room.taken():
        tasks = room.start("flood", *map(str, range(90)))
        await room.settled()
        tasks += room.start("honest", "")
        await room.settled()
        assert "honest" not in room.refused
        assert len(room.refused) == 81
    await asyncio.gather(*tasks)
    assert room.done.index("honest") <= 1


async def test_as_many_networks_as_places_share_them(room: Room) -> None:
    async with room.taken():
        tasks = room.start("flood", *map(str, range(10)))
        await room.settled()
        for number in range(9):
            tasks += room.start(f"n{number}", "")
            await room.settled()
        assert sorted(room.refused) == [f"flood{number}" for number in range(1, 10)]
        # One more than there are places: nobody has more than they would have.
        tasks += room.start("late", "")
        await room.settled()
        assert room.refused[-1] == "late"
    await asyncio.gather(*tasks)
    assert len(room.done) == 10


async def test_nobody_waits_for_longer_than_promised() -> None:
    room = Room(Turns("Too much at once.", longest_wait=0.02))
    async with room.taken():
        (task,) = room.start("a", "1")
        async with asyncio.timeout(10):
            await task
    assert (room.done, room.refused, room.turns.waiting) == ([], ["a1"], 0)
    assert LONGEST_WAIT == 1


async def test_whoever_has_less_patience_is_refused_when_it_is_over_and_not_at_once() -> None:
    room = Room(Turns("Too much at once.", longest_wait=3600.0, patience=0.02))
    async with room.taken():
        tasks = room.start("a", *map(str, range(50)))
        await room.settled()
        assert (room.refused, room.turns.waiting) == ([], 50)
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks)
    assert (room.done, len(room.refused)) == ([], 50)


async def test_what_was_waited_for_something_else_counts() -> None:
    room = Room(Turns("Too much at once.", longest_wait=3600.0))
    async with room.taken():
        (patient,) = room.start("a", "1")
        (task,) = room.start("b", "1", caller=Caller("b", waited=3600.0))
        async with asyncio.timeout(10):
            await task
        assert (room.done, room.refused, room.turns.waiting) == ([], ["b1"], 1)
    await patient


async def test_who_has_left_has_no_turn_and_no_place(room: Room) -> None:
    gone = False
    leaver = Caller("a", has_left=lambda: gone)
    async with room.taken():
        tasks = room.start("a", *map(str, range(10)), caller=leaver)
        await room.settled()
        gone = True
        tasks += room.start("a", "stays")
        await room.settled()
        assert room.turns.waiting == 1
    await asyncio.gather(*tasks)
    assert room.done == ["astays"]
    # Also when there is nobody to wait for.
    await room.ask("a", "late", leaver)
    assert room.done == ["astays"]


async def test_who_is_cancelled_keeps_nobody_waiting(room: Room) -> None:
    async with room.taken():
        first, second, third = room.start("a", "1", "2", "3")
        await room.settled()
        second.cancel()
        await room.settled()
        assert room.turns.waiting == 2
    # The turn is the first one's by now, who has not noticed.
    first.cancel()
    await third
    assert room.done == ["a3"]
    await room.ask("a", "4")
    assert room.turns.waiting == 0


async def test_the_process_itself_waits_for_nobody_and_nobody_is_refused_for_it(room: Room) -> None:
    async with room.taken():
        tasks = room.start(OURSELVES.network, *map(str, range(50)), caller=OURSELVES)
        tasks += room.start("a", "")
        await room.settled()
        assert not room.refused
    await asyncio.gather(*tasks)
    assert room.done.index("a") <= 1
    assert len(room.done) == 51


async def test_there_are_as_many_places_as_can_be_served_in_time(room: Room) -> None:
    for _ in range(100):
        async with room.taken():
            room.hour += 0.02
    assert 45 <= room.turns.places <= 50
    for _ in range(100):
        async with room.taken():
            room.hour += 5
    assert room.turns.places == FEWEST_PLACES


async def test_after_a_turn_nobody_has_one_for_a_while() -> None:
    room = Room(Turns("Too much at once.", longest_wait=3600.0, rest=3.0))
    room.turns._clock = lambda: room.hour
    async with room.taken():
        room.hour += 100
    (task,) = room.start("a", "1")
    await room.settled()
    assert (room.done, room.turns.waiting) == ([], 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_after_the_rest_it_is_the_next_ones_turn(room: Room) -> None:
    room.turns._rest = 3.0
    async with room.taken():
        tasks = room.start("a", "1", "2")
        await room.settled()
        room.hour += 0.01
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    assert room.done == ["a1", "a2"]


async def test_a_loop_that_is_no_more_keeps_nobody_waiting() -> None:
    turns = Turns("Too much at once.")

    async def is_interrupted() -> None:
        turns._settle_in()
        turns._busy = True

    await asyncio.to_thread(lambda: asyncio.run(is_interrupted()))
    async with asyncio.timeout(5), turns.turn(Caller("a")):
        pass
