"""What comes between two steps: of a cohort, of a subscriber who goes from one to another, of a feed that reads."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.pipelines import set_pipeline_members
from models.log import Committed, heads, on_commit, read_log
from subscriptions import feed as feeds
from subscriptions.cohort import AT_A_TIME, Cohort
from subscriptions.cohorts import Cohorts
from subscriptions.feed import Feed
from subscriptions.interest import BoardInterest
from subscriptions.message import Message
from subscriptions.subscribe import Standing
from tests.live.house import Bare, Bulletin, hub_on, kinds, reading
from tests.live.test_cohorts import everybody, heard, many, rename
from tests.world import World


@contextlib.contextmanager
def committing() -> Iterator[list[Committed]]:
    """What is committed meanwhile, in order. Nobody hears of it but from the test."""
    rung: list[Committed] = []
    silence = on_commit(rung.append)
    try:
        yield rung
    finally:
        silence()


@pytest.fixture
async def not_stuck() -> AsyncIterator[None]:
    """Fails a test that lets the event loop do nothing else for so long."""
    alarms = []
    loop, turning = asyncio.get_running_loop(), list[asyncio.TimerHandle]()

    def put_off() -> None:
        """The loop turns: the alarm is for later."""
        signal.setitimer(signal.ITIMER_REAL, 8)
        turning[:] = [loop.call_later(0.2, put_off)]

    def stuck(*_: object) -> None:
        # Whoever spins may catch it: that it rang is what counts.
        alarms.append(True)
        raise AssertionError("The event loop is stuck.")

    before = signal.signal(signal.SIGALRM, stuck)
    put_off()
    yield
    turning[0].cancel()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    assert not alarms


async def turn() -> None:
    """Let the event loop turn until whatever was begun has had its time."""
    for _ in range(20):
        await asyncio.sleep(0.05)


async def test_a_heartbeat_reaches_those_at_an_old_cursor_and_a_newcomer(
    world: World, servers: embedded.Servers
) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url, heartbeat=0.5) as hub:
        cohorts, topic = Cohorts(hub), Bulletin()
        async with reading(cohorts, world.stranger, topic) as one, reading(cohorts, world.stranger, topic) as two:
            await everybody([one, two], one.told[-1].revision)
            unseen = await rename(world, job, "unseen")
            await heard(cohorts, world, unseen)
            async with reading(cohorts, world.stranger, topic) as new:
                for reader in (one, two, new):
                    await reader.next()


async def test_heartbeats_go_on_after_a_read_that_failed(world: World, servers: embedded.Servers) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url, heartbeat=1.0) as hub:
        cohorts, failing = Cohorts(hub), False
        failed: list[Message] = []

        class Failing(Bulletin):
            async def render(self, message: Message) -> Bare:
                bare = await super().render(message)
                if message.events and failing and not failed:
                    failed.append(message)
                    bare.unread = True
                    # Something happens that nobody here is told, meanwhile.
                    await heard(cohorts, world, await rename(world, job, "unseen"))
                return bare

        topic = Failing()
        async with reading(cohorts, world.stranger, topic) as slow, reading(cohorts, world.stranger, topic) as quick:
            slow.room = False
            await everybody([quick], (await update_firm(world.acting(world.owner), name="Firm & Co")).revision)
            failing = True
            (cohort,) = cohorts._cohorts.values()
            # The message that fails is one of a beat.
            slow.make_room()
            cohort._beat_now()
            while not failed:
                await asyncio.sleep(0.01)
            told = len(quick.told)
            async with asyncio.timeout(20):
                while len(quick.told) < told + 2:
                    await asyncio.sleep(0.01)


async def test_a_quiet_board_in_a_busy_firm_need_not_read_anew(world: World, servers: embedded.Servers) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url, heartbeat=1.5) as hub:
        cohorts = Cohorts(hub)
        async with reading(cohorts, world.stranger) as reader:
            hub.feeds[world.firm.id].tail._most = 3
            for number in range(6):
                last = await rename(world, job, f"unseen {number}")
            await heard(cohorts, world, last)
            # What came after its cursor is not kept any more, but nothing of it was for this board.
            message = await reader.next()
            assert not message.resync


async def test_whoever_comes_back_from_far_delays_the_others_by_one_message(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    before = await world.revision()
    for number in range(10):
        await world.job(f"missed {number}")
    topic, all_here, news = Bulletin(), asyncio.Event(), asyncio.Event()

    def of_what_was_missed(messages: list[Message]) -> list[Message]:
        return [each for each in messages if each.events and each.events[-1].revision <= before + 10]

    async def slowly(message: Message) -> None:
        if of_what_was_missed([message]):
            await all_here.wait()
            if len(of_what_was_missed(topic.read)) == 2:
                await news.wait()

    topic.reading = slowly

    async def come_back(after: int) -> None:
        async with reading(cohorts, world.employee, topic, Standing(after)):
            pass

    async with many(cohorts, world.employee, 3, topic=topic) as readers:
        far = [asyncio.create_task(come_back(before + number)) for number in range(9)]
        while cohorts.hub.counts.subscribers < 12:
            await asyncio.sleep(0.01)
        all_here.set()
        while len(of_what_was_missed(topic.read)) < 2:
            await asyncio.sleep(0.01)
        # It is heard while one of them is being told: that one, and no other, comes before it.
        new = await rename(world, job, "new")
        await heard(cohorts, world, new)
        news.set()
        await everybody(readers, new)
        first_new = next(place for place, each in enumerate(topic.read) if each.revision == new)
        assert len(of_what_was_missed(topic.read[:first_new])) == 2
        await asyncio.gather(*far)
        # The other seven are told what they missed together with what is new.
        later = [each.previous for each in topic.read[first_new:] if each.previous is not None]
        assert len([cursor for cursor in later if cursor < before + 9]) == 7


async def test_a_scope_that_changes_while_a_rank_is_told_leaves_no_gap(
    world: World, servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url, sweep=30) as hub:
        cohorts = Cohorts(hub)
        with committing() as rung:
            async with many(cohorts, world.employee, AT_A_TIME + 1) as readers:
                feed, cursor = hub.feeds[world.firm.id], readers[0].told[-1].revision
                may_tell = Cohort._may_tell

                async def then_the_team_changes(self: Cohort, message: Message) -> bool:
                    """The change is committed right after the head was asked for, and rings while they are told."""
                    may = await may_tell(self, message)
                    if len(rung) == 1:
                        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
                        asyncio.get_running_loop().call_soon(feed.hear, rung[1].revision, lambda: rung[1])
                    return may

                monkeypatch.setattr(Cohort, "_may_tell", then_the_team_changes)
                changed = await rename(world, job, "told")
                feed.hear(changed, lambda: rung[0])
                await everybody(readers, changed + 1)
                for reader in readers:
                    places = [cursor, *(message.revision for message in reader.told[1:])]
                    assert [message.previous for message in reader.told[1:]] == places[:-1]


async def test_a_scope_changes_by_a_board_that_is_not_followed(world: World, cohorts: Cohorts, not_stuck: None) -> None:
    other = await world.new_pipeline("Payroll")
    topic = Bulletin(BoardInterest(frozenset({world.pipeline.id})))
    async with reading(cohorts, world.employee, topic) as reader:
        await set_pipeline_members(world.acting(world.owner), pipeline_id=other.id, member_ids=[world.employee.id])
        await turn()
        last = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
        await everybody([reader], last)


async def test_what_a_rescoping_could_not_read_is_read_again(world: World, cohorts: Cohorts) -> None:
    await world.job()
    failed: list[Message] = []

    class Failing(Bulletin):
        async def render(self, message: Message) -> Bare:
            bare = await super().render(message)
            if message.events and not failed:
                failed.append(message)
                bare.unread = True
            return bare

    async with reading(cohorts, world.employee, Failing()) as reader:
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        message = await reader.next()
        assert failed
        assert not message.resync
        assert sorted(kinds(message)) == ["AccountRemoved", "JobRemoved"]


async def test_a_sink_that_fails_in_a_rescoping_ends_it(
    world: World,
    servers: embedded.Servers,
    monkeypatch: pytest.MonkeyPatch,
    not_stuck: None,
) -> None:
    job = await world.job()

    def send(_body: bytes) -> None:
        raise ZeroDivisionError

    async with hub_on(servers.redis_url, sweep=30) as hub:
        cohorts = Cohorts(hub)
        with committing() as rung:
            async with reading(cohorts, world.owner) as reader, reading(cohorts, world.employee):
                monkeypatch.setattr(reader, "send", send)
                # The owner sees the same as before; and something else has happened by the time that this is found out.
                team = [world.employee.id, world.owner.id]
                await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=team)
                await rename(world, job, "later")
                hub.feeds[world.firm.id].hear(rung[0].revision, lambda: rung[0])
                await turn()
                assert reader.subscriber is not None
                assert reader.subscriber.stopped
                assert not [task for task in asyncio.all_tasks() if task.get_name() == "rescoping"]


async def test_who_asks_for_less_as_a_read_of_the_log_ends_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch, not_stuck: None
) -> None:
    """One comes between the end of a task and its callback."""
    monkeypatch.setattr(feeds, "MOST_EVENTS", 3)
    start = await world.revision()
    for number in range(6):
        await world.job(f"job {number}")
    head = (await heads([world.firm.id]))[world.firm.id]
    loop = asyncio.get_running_loop()
    feed = Feed(world.firm.id, head, loop.time(), lambda *_: None)
    answered, arrives = loop.create_future(), loop.create_future()

    async def read(*args: Any, **options: Any) -> Any:
        found = await read_log(*args, **options)
        if args[1] == start:
            await answered
        return found

    async def come_later() -> bool:
        await arrives
        return await feed.reach_back(head.revision - 2)

    monkeypatch.setattr(feeds, "read_log", read)
    far = asyncio.create_task(feed.reach_back(start))
    near = asyncio.create_task(come_later())
    await asyncio.sleep(0.3)
    answered.set_result(None)
    arrives.set_result(None)
    assert await near
    assert not await far
    feed.close()
