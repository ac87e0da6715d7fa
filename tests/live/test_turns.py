"""Who is told first, when there is much to tell: those of the many, and then each member in turn."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from models.commands.jobs import update_job
from models.rows import Job, Member
from subscriptions.cohorts import Cohorts
from subscriptions.live_documents import BOUNDS
from subscriptions.message import Message
from subscriptions.turns import AT_ONCE, MANY, Turns
from tests.live.house import Bulletin, Reader, reading
from tests.world import World


async def rename(world: World, job: Job, name: str) -> int:
    """The revision of a new name."""
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


class House:
    """Topics by name, and in which order they were executed."""

    def __init__(self, cohorts: Cohorts, stack: contextlib.AsyncExitStack) -> None:
        self.cohorts, self.stack = cohorts, stack
        self.begun: list[str] = []
        self.under_way: list[str] = []
        #: Set: executions take their time.
        self.slow: asyncio.Event | None = None
        self._topics: dict[str, Bulletin] = {}

    async def open(self, member: Member, name: str) -> Reader:
        """A subscription of a member to the topic of this name."""
        if name not in self._topics:

            async def begin(message: Message) -> None:
                if message.events:
                    await self._execute(name)

            self._topics[name] = Bulletin(reading=begin)
        return await self.stack.enter_async_context(reading(self.cohorts, member, self._topics[name]))

    async def _execute(self, name: str) -> None:
        self.begun.append(name)
        self.under_way.append(name)
        if self.slow is not None:
            await self.slow.wait()
        self.under_way.remove(name)


@pytest.fixture
async def house(cohorts: Cohorts) -> AsyncIterator[House]:
    """A process of the test's own."""
    async with contextlib.AsyncExitStack() as stack:
        yield House(cohorts, stack)


async def told(reader: Reader, revision: int) -> None:
    """Until it was told this revision."""
    while reader.told[-1].revision < revision:
        await reader.next()


async def test_the_many_are_told_before_one_members_own_documents(world: World, house: House) -> None:
    job = await world.job()
    hoarder = await world.member("Hugo Hoarder")
    await hoarder.filter(id=hoarder.id).update(role="ADMIN")
    own = [await house.open(hoarder, f"own {number}") for number in range(BOUNDS.of_member)]
    people = [world.owner, world.admin, *[await world.member(f"Viewer {n}") for n in range(MANY)]]
    await Member.filter(id__in=[member.id for member in people]).exclude(role="OWNER").update(role="ADMIN")
    board = [await house.open(people[number % len(people)], "board") for number in range(200)]
    for number in range(5):
        house.begun.clear()
        revision = await rename(world, job, f"name {number}")
        for reader in board:
            await told(reader, revision)
        # Facts, not times: how much of the one's has been executed when the last of the many has been told.
        assert house.begun[0] == "board"
        assert len(house.begun) <= 4, house.begun
        for reader in own:
            await told(reader, revision)
        assert sorted(house.begun) == sorted(["board", *(f"own {n}" for n in range(BOUNDS.of_member))])


async def test_members_take_turns(world: World, house: House) -> None:
    job = await world.job()
    people = [await world.member(f"Person {number}") for number in range(12)]
    await Member.filter(id__in=[member.id for member in people]).update(role="ADMIN")
    hoarder, *others = people
    own = [await house.open(hoarder, f"own {number}") for number in range(20)]
    theirs = [await house.open(member, f"of {member.name}") for member in others]
    revision = await rename(world, job, "all in turn")
    for reader in (*own, *theirs):
        await told(reader, revision)
    # Each of the others had a turn before the one had a third.
    last_of_others = max(place for place, name in enumerate(house.begun) if name.startswith("of"))
    assert sum(name.startswith("own") for name in house.begun[:last_of_others]) <= 2, house.begun
    assert len(house.begun) == len(own) + len(theirs)


async def test_a_member_has_one_step_under_way_and_all_have_a_few(world: World, house: House) -> None:
    job = await world.job()
    people = [await world.member(f"Person {number}") for number in range(AT_ONCE + 4)]
    await Member.filter(id__in=[member.id for member in people]).update(role="ADMIN")
    hoarder, *others = people
    own = [await house.open(hoarder, f"own {number}") for number in range(20)]
    house.slow = asyncio.Event()
    revision = await rename(world, job, "held up by the one")
    async with asyncio.timeout(20):
        while not house.under_way:
            await asyncio.sleep(0.005)
    # What comes now waits for none of the one's other documents.
    theirs = [await house.open(member, f"of {member.name}") for member in others]
    last = await rename(world, job, "for all")
    async with asyncio.timeout(20):
        while len(house.under_way) < AT_ONCE:
            await asyncio.sleep(0.005)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(house.under_way) == AT_ONCE
    assert [name for name in house.under_way if name.startswith("own")] == [house.begun[0]]
    house.slow.set()
    for reader in own:
        await told(reader, revision)
    for reader in (*own, *theirs):
        await told(reader, last)


async def hold(turns: Turns, member: UUID, log: list[UUID], steps: int = 1, *, with_: tuple[UUID, ...] = ()) -> None:
    """Take a turn that lasts for so many turns of the event loop."""
    async with turns.turn((member, *with_)):
        log.append(member)
        for _ in range(steps):
            await asyncio.sleep(0)


async def test_the_largest_goes_first_among_those_who_are_due() -> None:
    turns = Turns(at_once=1)
    log: list[UUID] = []
    small, larger, largest = uuid4(), uuid4(), uuid4()
    await asyncio.gather(
        hold(turns, small, log),
        hold(turns, larger, log, with_=(uuid4(),)),
        hold(turns, largest, log, with_=(uuid4(), uuid4())),
        hold(turns, small, log, with_=()),
    )
    assert log == [largest, larger, small, small]


async def test_the_many_wait_for_the_larger_alone() -> None:
    turns = Turns(at_once=1)
    log: list[UUID] = []
    few, many, more = uuid4(), uuid4(), uuid4()
    crowd = tuple(uuid4() for _ in range(MANY))
    slow = asyncio.create_task(hold(turns, few, log, steps=1_000))
    while not log:
        await asyncio.sleep(0)
    colluding = [hold(turns, many, log, with_=crowd[1:]) for _ in range(10)]
    await asyncio.gather(*colluding, hold(turns, more, log, with_=crowd))
    # Neither for whoever else is under way, nor for smaller ones that were there first.
    assert log == [few, more, *[many] * 10]
    assert not slow.done()
    await slow
    assert not turns.busy


async def test_what_several_share_is_no_more_than_a_turn_of_one_of_them() -> None:
    turns = Turns(at_once=1)
    log: list[UUID] = []
    one, two, alone = uuid4(), uuid4(), uuid4()
    await asyncio.gather(*(hold(turns, one, log, with_=(two,)) for _ in range(20)), hold(turns, alone, log))
    # Two that have twenty documents in common are two members: who is alone waits for a turn of each.
    assert log.index(alone) <= 2


@pytest.mark.parametrize("seed", range(5))
async def test_no_turn_is_lost_whoever_gives_up(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    turns = Turns(at_once=3)
    log: list[UUID] = []
    members = [uuid4() for _ in range(6)]
    tasks: list[asyncio.Task[None]] = []
    for _ in range(400):
        tasks.append(asyncio.create_task(hold(turns, chance.choice(members), log, chance.randrange(4))))
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert sum(each is None for each in ended) > 100
    assert all(each is None or isinstance(each, asyncio.CancelledError) for each in ended)
    assert not turns.busy
    await hold(turns, members[0], log)
