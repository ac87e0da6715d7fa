"""Findings of the review, each as a failing test."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import date
from uuid import uuid4

import orjson
import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.pipelines import set_pipeline_members
from models.database import sql
from models.log import heads, on_commit, read_log
from models.sign_in import issue_for
from schema.answers import Answer, Answers, Moment
from schema.engine import Engine
from subscriptions import feed as feeds
from subscriptions.bell import Bell
from subscriptions.cohort import AT_A_TIME, Cohort
from subscriptions.cohorts import Cohorts
from subscriptions.feed import Feed
from subscriptions.hub import Hub
from subscriptions.interest import BoardInterest
from subscriptions.message import Message
from subscriptions.opening import Standing
from subscriptions.pace import Pace
from tests.api.test_statements import counted
from tests.live.house import Bulletin, hub_on, kinds, reading
from tests.live.test_cohorts import everybody, heard, many, rename
from tests.world import World
from transport.engine import Request


@pytest.fixture
async def cohorts(servers: embedded.Servers) -> AsyncIterator[Cohorts]:
    async with hub_on(servers.redis_url, sweep=30) as hub:
        silence = on_commit(hub.bell.ring)
        yield Cohorts(hub)
        silence()


@pytest.fixture
def not_stuck() -> Iterator[None]:
    """Fails a test that lets the event loop do nothing else for so long."""

    rung = []

    def stuck(*_: object) -> None:
        # Whoever spins may catch it: that it rang is what counts.
        rung.append(True)
        raise AssertionError("The event loop is stuck.")

    before = signal.signal(signal.SIGALRM, stuck)
    signal.setitimer(signal.ITIMER_REAL, 8)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    assert not rung


async def test_a_heartbeat_of_two_ranks(world: World, servers: embedded.Servers) -> None:
    """F1: most stand at an old cursor (nothing visible since), a newcomer at the head. A beat ends them all."""
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


async def test_another_board_becomes_available(world: World, cohorts: Cohorts, not_stuck: None) -> None:
    """F2: the scope changes, but nothing of what is followed does."""
    other = await world.new_pipeline("Payroll")
    topic = Bulletin(BoardInterest(frozenset({world.pipeline.id})))
    async with reading(cohorts, world.employee, topic) as reader:
        await set_pipeline_members(world.acting(world.owner), pipeline_id=other.id, member_ids=[world.employee.id])
        # The loop must go on turning.
        for _ in range(20):
            await asyncio.sleep(0.05)
        last = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
        await everybody([reader], last)


async def test_rescoped_between_two_chunks(
    world: World, servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3: whoever was told already stands at the old cursor until all of the rank were told."""
    job = await world.job()
    async with hub_on(servers.redis_url, sweep=30) as hub:
        cohorts, rung = Cohorts(hub), []
        silence = on_commit(rung.append)
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
            wrong = 0
            for reader in readers:
                previous = cursor
                for message in reader.told[1:]:
                    wrong += message.previous != previous
                    previous = message.revision
            assert wrong == 0
        silence()


async def test_a_restored_backup_in_which_a_member_is_not_rescoped_yet(world: World, cohorts: Cohorts) -> None:
    """F4: the revisions at which scopes changed are those of the other log."""
    before = await world.revision()
    async with reading(cohorts, world.owner) as owner:
        for members in ([], [world.employee.id]):
            change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=members)
        await everybody([owner], change.revision)
        feed = cohorts.hub.feeds[world.firm.id]
        # The backup is of before; the team is as it was.
        await sql("DELETE FROM event WHERE firm_id = $1 AND revision > $2", world.firm.id, before)
        await sql(
            "UPDATE firm SET revision = $2, scope_revision = $2, epoch = gen_random_uuid() WHERE id = $1",
            world.firm.id,
            before,
        )
        head = (await heads([world.firm.id]))[world.firm.id]
        feed.confirm(head.revision, head.epoch, asyncio.get_running_loop().time())
        while not owner.told[-1].resync:
            await owner.next()
        with counted() as statements:
            try:
                async with asyncio.timeout(3), reading(cohorts, world.employee) as again:
                    assert again.told[0].revision == before
            except TimeoutError:
                pytest.fail(f"Still waiting after {len(statements)} statements.")


async def test_reach_back_joins_a_read_that_has_just_ended(
    world: World, monkeypatch: pytest.MonkeyPatch, not_stuck: None
) -> None:
    """F5: between the end of a task and its callback."""
    monkeypatch.setattr(feeds, "MOST_EVENTS", 3)
    start = await world.revision()
    for number in range(6):
        await world.job(f"job {number}")
    head = (await heads([world.firm.id]))[world.firm.id]
    feed = Feed(world.firm.id, head, asyncio.get_running_loop().time(), lambda *_: None)
    answered, arrives = asyncio.get_running_loop().create_future(), asyncio.get_running_loop().create_future()

    async def read(firm, after, *, limit):
        found = await read_log(firm, after, limit=limit)
        if after == start:
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


async def test_a_failed_render_of_a_crossing_is_made_again(world: World, cohorts: Cohorts) -> None:
    """F6: a message without what the database did not give is remembered."""
    await world.job()
    failed = []

    class Failing(Bulletin):
        async def render(self, message: Message):
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


async def test_a_quiet_board_in_a_busy_firm_need_not_read_anew(world: World, servers: embedded.Servers) -> None:
    """F7: what is not told to a cohort falls out of `recent`, and with it the cohort's cursor."""
    job = await world.job()
    async with hub_on(servers.redis_url, heartbeat=1.5) as hub:
        cohorts = Cohorts(hub)
        async with reading(cohorts, world.stranger) as reader:
            hub.feeds[world.firm.id].recent._most = 3
            for number in range(6):
                last = await rename(world, job, f"unseen {number}")
            await heard(cohorts, world, last)
            message = await reader.next()
            assert not message.resync


async def test_starts_over_while_a_crossing_waits_for_room(world: World, cohorts: Cohorts) -> None:
    """F8: what is pending is of the other log, and is sent under the name of the new one."""
    await world.job()
    async with reading(cohorts, world.employee) as reader:
        feed = cohorts.hub.feeds[world.firm.id]
        reader.room = False
        change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        await heard(cohorts, world, change.revision)
        await asyncio.sleep(0.3)
        old = feed.epoch
        await sql("UPDATE firm SET epoch = gen_random_uuid() WHERE id = $1", world.firm.id)
        head = (await heads([world.firm.id]))[world.firm.id]
        feed.confirm(head.revision, head.epoch, asyncio.get_running_loop().time())
        assert feed.epoch != old
        reader.make_room()
        message = await reader.next()
        assert message.resync or message.epoch == old


async def test_who_joins_an_answer_that_is_being_cancelled_is_answered() -> None:
    """F10: between `cancel` and the end of the task."""
    answers, moment = Answers(), Moment(uuid4(), 1, date(2026, 1, 1))
    begun = asyncio.Event()

    async def make() -> Answer:
        begun.set()
        await asyncio.sleep(0.2)
        return Answer(b"{}", True)

    first = asyncio.create_task(answers.get("question", moment, make))
    await begun.wait()
    second: list[asyncio.Task[bytes]] = []
    first.cancel()
    # The next turn of the loop: the first is told, and then the second comes.
    asyncio.get_running_loop().call_soon(
        lambda: second.append(asyncio.create_task(answers.get("question", moment, make)))
    )
    await asyncio.wait([first])
    await asyncio.wait(second)
    assert not second[0].cancelled()


async def test_what_is_kept_counts_the_question(world: World, servers: embedded.Servers) -> None:
    """F11: the document and the variables are kept with the answer, and cost nothing."""
    async with hub_on(servers.redis_url) as hub:
        engine = Engine(hub)
        session = await engine.sign_in(await issue_for(world.employee.id, 1))
        for number in range(20):
            query = "{ firm { id } } #" + "x" * 99_000 + str(number)
            await engine.execute(engine.prepare(Request(query), session), session)
        held = sum(len(question[0][0]) for question in engine.answers._kept)
        assert len(engine.answers) == 20
        assert engine.answers.bytes >= held, (engine.answers.bytes, held)


async def test_a_sink_that_fails_in_a_crossing(world: World, servers: embedded.Servers, not_stuck: None) -> None:
    """F12: whoever stopped in the middle of a crossing listens no more, and never arrives."""
    job = await world.job()
    async with hub_on(servers.redis_url, sweep=30) as hub:
        cohorts, rung = Cohorts(hub), []
        silence = on_commit(rung.append)
        async with reading(cohorts, world.owner) as reader, reading(cohorts, world.employee):

            def send(_body: bytes) -> None:
                raise ZeroDivisionError

            reader.send = send  # type: ignore[method-assign]
            # The owner sees the same as before; and something else has happened by the time that this is found out.
            team = [world.employee.id, world.owner.id]
            await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=team)
            await rename(world, job, "later")
            hub.feeds[world.firm.id].hear(rung[0].revision, lambda: rung[0])
            for _ in range(20):
                await asyncio.sleep(0.05)
            assert reader.subscriber.stopped
            assert not [task for task in asyncio.all_tasks() if task.get_name() == "crossing"]
        silence()


async def test_a_difference_is_of_one_log(world: World, cohorts: Cohorts) -> None:
    """F13: after a restored backup the same revision changes the same scope, over other rows."""
    first = await world.job("first")
    async with reading(cohorts, world.employee) as reader, reading(cohorts, world.owner):
        before = await world.revision()
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        assert sorted(kinds(await reader.next())) == ["AccountRemoved", "JobRemoved"]
        feed = cohorts.hub.feeds[world.firm.id]
        # Restored to before, and another job was there.
        await sql("DELETE FROM event WHERE firm_id = $1 AND revision >= $2", world.firm.id, before)
        await sql(
            "INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, world.employee.id
        )
        await sql(
            "UPDATE firm SET revision = $2, scope_revision = 0, epoch = gen_random_uuid() WHERE id = $1",
            world.firm.id,
            before - 1,
        )
        feed.rescoped_at.clear()  # F4 is another matter
        head = (await heads([world.firm.id]))[world.firm.id]
        feed.confirm(head.revision, head.epoch, asyncio.get_running_loop().time())
        while not reader.told[-1].resync:
            await reader.next()
        second = await world.job("second")
        assert kinds(await reader.next()) == ["JobCreated"]
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        message = await reader.next()
        removed = {logged.event.thing for logged in message.events}
        assert {first.id, second.id} <= removed


class Wall:
    """A sink that keeps what it is sent."""

    ready = True

    def __init__(self) -> None:
        self.bodies: list[dict] = []
        self.ended = None

    def send(self, body: bytes) -> None:
        self.bodies.append(orjson.loads(body))

    def end(self, errors=None) -> None:
        self.ended = errors


async def subscribed(engine: Engine, member, query: str, wall: Wall, **variables):
    session = await engine.sign_in(await issue_for(member.id, 1))
    return await engine.subscribe(engine.prepare(Request(query, variables=variables), session), session, wall)


async def test_a_message_that_is_too_large_says_to_read_anew(
    world: World, servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F14: data is null, the cursor moves on, and nobody is told to reload."""
    job = await world.job()
    async with hub_on(servers.redis_url) as hub:
        engine, wall = Engine(hub), Wall()
        query = """subscription { boardChanges { revision previous resync events {
            ... on JobUpdated { job { pipeline { stages { jobs { id } } } } } } } }"""
        subscriber = await subscribed(engine, world.employee, query, wall)
        async with asyncio.timeout(10):
            while not wall.bodies:
                await asyncio.sleep(0.01)
            monkeypatch.setattr("resolvers.context.MOST_THINGS", 2)
            await rename(world, job, "large")
            while len(wall.bodies) < 2:
                await asyncio.sleep(0.01)
        subscriber.stop()
        assert wall.bodies[1]["data"], wall.bodies[1]
        assert wall.bodies[1]["data"]["boardChanges"]["resync"]


async def test_whoever_comes_back_from_far_delays_the_others_by_one_message(world: World, cohorts: Cohorts) -> None:
    """F15: the next change waits until everybody who came back was told what they missed."""
    job = await world.job()
    before = await world.revision()
    for number in range(10):
        await world.job(f"missed {number}")
    topic, slow, all_here = Bulletin(), [], asyncio.Event()

    async def slowly(message: Message) -> None:
        if message.events and message.events[-1].revision <= before + 10:
            slow.append(message)
            if len(slow) == 1:
                await all_here.wait()
            await asyncio.sleep(0.1)

    topic.reading = slowly

    async def come_back(after: int) -> None:
        async with reading(cohorts, world.employee, topic, Standing(after)):
            pass

    async with many(cohorts, world.employee, 3, topic=topic) as readers:
        far = [asyncio.create_task(come_back(before + number)) for number in range(9)]
        while cohorts.hub.counts.subscribers < 12:
            await asyncio.sleep(0.01)
        all_here.set()
        while len(slow) < 2:
            await asyncio.sleep(0.01)
        await everybody(readers, await rename(world, job, "new"))
        assert len(slow) <= 4
        await asyncio.gather(*far)


async def test_heartbeats_go_on_after_a_read_that_failed(world: World, servers: embedded.Servers) -> None:
    """F16: a beat in whose step a message has to be made again may be the last."""
    job = await world.job()
    async with hub_on(servers.redis_url, heartbeat=1.0) as hub:
        cohorts, failed = Cohorts(hub), []

        class Failing(Bulletin):
            async def render(self, message: Message):
                bare = await super().render(message)
                if message.events and failing and not failed:
                    failed.append(message)
                    bare.unread = True
                    # Something happens that nobody here is told, meanwhile.
                    await heard(cohorts, world, await rename(world, job, "unseen"))
                return bare

        failing, topic = False, Failing()
        async with reading(cohorts, world.stranger, topic) as slow, reading(cohorts, world.stranger, topic) as quick:
            slow.room = False
            await everybody([quick], (await update_firm(world.acting(world.owner), name="Firm & Co")).revision)
            failing = True
            (cohort,) = cohorts._cohorts.values()
            slow.make_room()
            cohort._beat_now()
            while not failed:
                await asyncio.sleep(0.01)
            told = len(quick.told)
            async with asyncio.timeout(4):
                while len(quick.told) < told + 2:
                    await asyncio.sleep(0.01)


async def test_a_hub_that_is_told_to_sweep_while_it_stops_does_stop(servers: embedded.Servers) -> None:
    """F17: `wait_for` of Python 3.11 loses a cancellation that comes as the wait ends."""
    hub = Hub(Bell(servers.redis_url), Pace(sweep=30))
    await hub.start()
    await asyncio.sleep(0.2)
    hub._sweep_now.set()
    stopping = asyncio.create_task(hub.stop())
    done, _ = await asyncio.wait([stopping], timeout=4)
    if not done:
        hub._sweeping.cancel()  # it waits by now, and this one is heard
        await stopping
    assert done
