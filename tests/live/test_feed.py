"""How a feed tells what is old news from what is another log."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from models.database import sql
from models.log import Head, heads
from models.position import Position
from subscriptions.feed import Feed
from tests.api.test_statements import counted
from tests.live.house import Ear
from tests.world import World


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
async def ear() -> Ear:
    return Ear()


@pytest.fixture
async def suspected() -> list[frozenset[UUID] | None]:
    """Whose scope may have changed, as the feed said."""
    return []


@pytest.fixture
async def feed(world: World, ear: Ear, suspected: list[frozenset[UUID] | None]) -> AsyncIterator[Feed]:
    head = (await heads([world.firm.id]))[world.firm.id]
    feed = Feed(world.firm.id, head, now(), lambda _firm, members: suspected.append(members))
    feed.listeners.add(ear)
    yield feed
    feed.close()


async def present(world: World) -> Head:
    return (await heads([world.firm.id]))[world.firm.id]


async def test_an_answer_older_than_what_was_heard_is_no_other_log(world: World, feed: Feed, ear: Ear) -> None:
    asked_at, old = now(), await present(world)
    for _ in range(3):
        await world.job()
    await feed.reach(await world.revision())
    feed.confirm(old.position, asked_at)
    assert ear.losses == 0
    assert feed.head == await world.revision()
    assert len(ear.heard) == 3


@pytest.mark.parametrize("what", ["shorter", "another"])
async def test_a_restored_log_is_read_anew(
    what: str, world: World, feed: Feed, ear: Ear, suspected: list[frozenset[UUID] | None]
) -> None:
    await asyncio.sleep(0)
    there = Position(feed.epoch, feed.head - 1) if what == "shorter" else Position(uuid4(), feed.head)
    feed.confirm(there, now() + 0.001)
    assert ear.losses == 1
    assert feed.position == there
    # Anybody's rights may be others there.
    assert suspected == [None]


async def test_a_ring_for_nothing_is_forgotten(world: World, feed: Feed, ear: Ear) -> None:
    head = feed.head
    feed.hear(head + 1_000, lambda: None)
    async with asyncio.timeout(5):
        assert feed._catching_up is not None
        await feed._catching_up
    assert (feed.head, ear.losses) == (head, 0)
    await world.job()
    await feed.reach(await world.revision())
    assert ear.heard == [head + 1]


async def test_waiting_for_a_revision_that_a_restored_log_lacks_ends(world: World, feed: Feed) -> None:
    waiting = asyncio.create_task(feed.reach(feed.head + 5))
    await asyncio.sleep(0)
    feed.start_over(Position(uuid4(), feed.head - 1))
    async with asyncio.timeout(5):
        await waiting


async def test_a_busy_firm_is_confirmed_although_its_head_never_rests(world: World, feed: Feed) -> None:
    for _ in range(2):
        await world.job()
    asked_at = now() + 5
    feed.confirm(Position(feed.epoch, feed.head + 1), asked_at)
    feed.confirm(Position(feed.epoch, feed.head + 2), asked_at + 1)
    assert feed.confirmed_at < asked_at
    await feed.reach(feed.head + 1)
    assert feed.confirmed_at == asked_at


async def test_the_head_is_asked_for_once_by_all_who_ask_together(world: World, feed: Feed) -> None:
    first = [asyncio.create_task(feed.ask()) for _ in range(10)]
    await asyncio.sleep(0)
    with counted(of_the_hub=True) as statements:
        # What is under way may have been asked too early for those who come now: they share the next one.
        await asyncio.sleep(0)
        later = [asyncio.create_task(feed.ask()) for _ in range(10)]
        answers = await asyncio.gather(*first, *later)
    assert {head.revision for head in answers} == {await world.revision()}
    assert len([statement for statement in statements if "scope_revision" in statement]) <= 2


async def test_who_asks_for_the_head_is_never_told_what_was_asked_before(world: World, feed: Feed) -> None:
    for _ in range(20):
        earlier = asyncio.create_task(feed.ask())
        await world.job()
        assert (await feed.ask()).revision == await world.revision()
        await earlier


async def test_the_log_is_read_back_once(world: World, feed: Feed) -> None:
    start = feed.head
    for _ in range(5):
        await world.job()
    await feed.reach(await world.revision())
    feed.tail.clear(feed.head)
    with counted() as statements:
        found = await asyncio.gather(*(feed.reach_back(start + number % 3) for number in range(30)))
    assert found == [True] * 30
    assert 1 <= len(statements) <= 3
    assert [revision.number for revision in feed.tail.after(start) or ()] == list(range(start + 1, feed.head + 1))


async def test_what_the_log_lacks_is_asked_for_once(world: World, feed: Feed) -> None:
    for _ in range(5):
        await world.job()
    await feed.reach(await world.revision())
    feed.tail.clear(feed.head)
    cut = feed.head - 2
    await sql("DELETE FROM event WHERE firm_id = $1 AND revision <= $2", world.firm.id, cut)
    with counted() as statements:
        assert not await feed.reach_back(cut - 1)
        # Where the last days of the log are looked at first, that is more than one.
        once = len(statements)
        for _ in range(5):
            assert not await feed.reach_back(cut - 1)
            assert not await feed.reach_back(cut - 2)
    assert len(statements) == once
    assert await feed.reach_back(cut)
