"""Subscribers that are told the same: what it costs, who is told what, and who waits for whom."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.jobs import update_job
from models.log import on_commit, read_log
from models.rows import Job, Member
from models.visibility import shown
from subscriptions import cohort as cohort_module
from subscriptions import feed as feeds
from subscriptions.cohorts import Cohorts
from subscriptions.message import Message
from subscriptions.subscribe import Standing
from tests.api.test_statements import counted
from tests.live.house import Bulletin, Reader, hub_on, kinds, reading
from tests.world import World


async def rename(world: World, job: Job, name: str) -> int:
    """The revision of a new name."""
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


async def heard(cohorts: Cohorts, world: World, revision: int) -> None:
    """Wait until the process has heard of it."""
    await cohorts.hub.feeds[world.firm.id].reach(revision)


@contextlib.asynccontextmanager
async def many(cohorts: Cohorts, member: Member, number: int, **options: Any) -> AsyncIterator[list[Reader]]:
    """So many subscriptions of one member, with one topic."""
    topic = options.pop("topic", None) or Bulletin()
    async with contextlib.AsyncExitStack() as stack:
        entering = [stack.enter_async_context(reading(cohorts, member, topic, **options)) for _ in range(number)]
        yield [await each for each in entering]


async def everybody(readers: list[Reader], revision: int) -> None:
    """Wait until all were told this revision."""
    for reader in readers:
        while reader.told[-1].revision < revision:
            await reader.next()


async def test_a_change_costs_the_same_for_ten_and_for_a_thousand(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    costs = []
    for number in (10, 1_000):
        async with many(cohorts, world.employee, number) as readers:
            revision = await rename(world, job, f"for {number}")
            with counted() as statements:
                rendered = cohorts.hub.counts.rendered
                await everybody(readers, revision)
            assert cohorts.hub.counts.cohorts == 1
            assert all(kinds(reader.told[-1]) == ["JobUpdated"] for reader in readers)
            # That the scope is still the same is asked once, however many it concerns.
            costs.append((cohorts.hub.counts.rendered - rendered, len(statements)))
            # Nobody stands elsewhere than the others.
            assert len({reader.subscriber.place for reader in readers if reader.subscriber}) == 1
    assert costs[0] == costs[1]
    assert costs[0][0] == 1


async def test_a_thousand_that_come_back_cost_one_read_of_the_log(
    world: World, cohorts: Cohorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await world.job()
    before = await world.revision()
    for number in range(5):
        last = await rename(world, job, f"name {number}")
    reads = []

    async def read(*args: Any, **options: Any) -> Any:
        reads.append(args)
        return await read_log(*args, **options)

    monkeypatch.setattr(feeds, "read_log", read)
    topic = Bulletin()
    async with contextlib.AsyncExitStack() as stack:
        entering = (
            stack.enter_async_context(reading(cohorts, world.employee, topic, Standing(before))) for _ in range(1_000)
        )
        readers = await asyncio.gather(*entering)
        assert len(reads) == 1
        for reader in readers:
            assert [(message.previous, message.revision, kinds(message)) for message in reader.told] == [
                (before, last, ["JobUpdated"])
            ]
        # Those that came at the same time were told together.
        assert len(topic.read) < 100


async def test_each_is_told_what_it_lacks_and_then_all_stand_together(world: World, cohorts: Cohorts) -> None:
    job, other = await world.job("job"), await world.job("other")
    topic = Bulletin()
    first = await world.revision()
    second = await rename(world, job, "once")
    third = await rename(world, other, "twice")
    async with (
        reading(cohorts, world.employee, topic, Standing(first)) as far,
        reading(cohorts, world.employee, topic, Standing(second)) as near,
        reading(cohorts, world.employee, topic, Standing(third)) as here,
        reading(cohorts, world.employee, topic) as new,
    ):
        assert [len(reader.told[0].events) for reader in (far, near, here, new)] == [2, 1, 0, 0]
        assert [reader.told[0].previous for reader in (far, near, here, new)] == [first, second, third, None]
        assert {reader.told[0].revision for reader in (far, near, here, new)} == {third}
        read = len(topic.read)
        last = await rename(world, job, "thrice")
        await everybody([far, near, here, new], last)
        assert len(topic.read) == read + 1
        for reader in (far, near, here, new):
            assert (reader.told[1].previous, kinds(reader.told[1])) == (third, ["JobUpdated"])


async def test_a_newer_cursor_than_the_others_is_not_told_again(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    topic = Bulletin()
    async with reading(cohorts, world.stranger, topic) as old:
        # The stranger sees no jobs: they are told nothing of it.
        unseen = await rename(world, job, "unseen")
        await heard(cohorts, world, unseen)
        async with reading(cohorts, world.stranger, topic, Standing(unseen)) as new:
            assert (new.told[0].previous, new.told[0].revision) == (unseen, unseen)
            last = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
            await everybody([old, new], last)
            assert (old.told[-1].previous, new.told[-1].previous) == (unseen - 1, unseen)
            assert len({id(message.events) for message in (old.told[-1], new.told[-1])}) == 1


async def test_who_does_not_read_keeps_nobody_waiting_and_misses_nothing(world: World, cohorts: Cohorts) -> None:
    job, other = await world.job("job"), await world.job("other")
    async with many(cohorts, world.employee, 3) as readers:
        slow, *quick = readers
        slow.room = False
        for number in range(5):
            last = await rename(world, job, f"name {number}")
            await everybody(quick, last)
        last = await rename(world, other, "last")
        await everybody(quick, last)
        assert len(slow.told) == 1
        slow.make_room()
        message = await slow.next()
        assert (message.previous, message.revision) == (slow.told[0].revision, last)
        assert [logged.event.thing for logged in message.events] == [job.id, other.id]
        last = await rename(world, job, "together again")
        await everybody(readers, last)
        assert {id(reader.told[-1].events) for reader in readers} == {id(slow.told[-1].events)}


async def test_who_sleeps_too_long_reads_anew(world: World, cohorts: Cohorts, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await world.job()
    async with many(cohorts, world.employee, 2) as (slow, quick):
        monkeypatch.setattr(cohorts.hub.feeds[world.firm.id].tail, "_most", 3)
        slow.room = False
        for number in range(5):
            last = await rename(world, job, f"name {number}")
            await everybody([quick], last)
        slow.make_room()
        message = await slow.next()
        assert (message.resync, message.events, message.revision) == (True, [], last)
        assert not any(message.resync for message in quick.told)


async def test_those_who_come_to_see_the_same_are_told_together(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    other = await world.member("Eve Employee")
    topic = Bulletin()
    async with (
        reading(cohorts, world.employee, topic) as one,
        reading(cohorts, world.employee, topic) as two,
        reading(cohorts, other, topic) as three,
    ):
        assert cohorts.hub.counts.cohorts == 2
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        for reader in (one, two):
            assert sorted(kinds(await reader.next())) == ["AccountRemoved", "JobRemoved"]
        # The pipeline is still available to one of them, and not to the other.
        assert cohorts.hub.counts.cohorts == 2
        await world.row(Job, job.id)
        last = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
        await everybody([one, two, three], last)
        assert [kinds(reader.told[-1]) for reader in (one, two, three)] == [["FirmUpdated"]] * 3
        assert one.told[-1].events is two.told[-1].events
        assert one.subscriber
        assert two.subscriber
        assert one.subscriber.place is two.subscriber.place


async def test_a_failing_sink_is_nobody_elses_matter(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    async with many(cohorts, world.employee, 3) as (broken, *whole):
        broken.send = lambda body: 1 / 0  # type: ignore[method-assign, assignment]
        await everybody(whole, await rename(world, job, "told"))
        assert broken.subscriber
        assert broken.subscriber.stopped
        await everybody(whole, await rename(world, job, "told again"))


async def test_heartbeats_are_made_once(world: World, servers: embedded.Servers) -> None:
    async with hub_on(servers.redis_url, heartbeat=0.2) as hub:
        topic = Bulletin()
        async with many(Cohorts(hub), world.employee, 20, topic=topic) as readers:
            read = len(topic.read)
            for _ in range(3):
                messages = [await reader.next() for reader in readers]
                assert all(message.events == [] and not message.resync for message in messages)
            assert len(topic.read) - read <= 4


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_comings_and_goings_loses_and_repeats_nothing(
    seed: int, world: World, cohorts: Cohorts
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    jobs = [await world.job(f"job {number}") for number in range(6)]
    hidden = await world.new_account("Hidden")
    unseen = await world.job("unseen", account_id=hidden.id)
    topic = Bulletin()
    start = await world.revision()
    ended: list[Reader] = []

    async def change() -> None:
        for number in range(60):
            await rename(world, chance.choice([*jobs, unseen]), f"name {number}")

    async def come_and_go(chance: random.Random) -> None:
        cursor = start
        for _ in range(6):
            async with reading(cohorts, world.employee, topic, Standing(cursor)) as reader:
                for _ in range(chance.randrange(4)):
                    reader.room = chance.random() < 0.7
                    await asyncio.sleep(chance.random() / 50)
                    if not reader.room:
                        reader.make_room()
            check(reader, cursor)
            cursor = reader.told[-1].revision
            ended.append(reader)

    await asyncio.gather(change(), *(come_and_go(random.Random(seed * 100 + number)) for number in range(20)))
    logged = await world.events(start)
    scope = ended[0].told[0].scope
    for reader in ended:
        for message in reader.told:
            assert message.previous is not None
            # Of each thing the last thing that happened, as far as it is visible; nothing else.
            expected = {
                entry.event.thing: entry.revision
                for entry in logged
                if message.previous < entry.revision <= message.revision and shown(entry.event, scope)
            }
            assert {entry.event.thing: entry.revision for entry in message.events} == expected
    assert cohorts.hub.users == 0


def check(reader: Reader, cursor: int | None) -> None:
    """Each message goes on where the one before ended."""
    previous = cursor
    for message in reader.told:
        assert isinstance(message, Message)
        assert (message.previous, message.resync) == (previous, False)
        assert message.revision >= (message.previous or 0)
        previous = message.revision


async def test_many_who_go_the_same_way_cost_what_one_costs(world: World, cohorts: Cohorts) -> None:
    await world.job()
    costs = []
    for number in (2, 200):
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[world.employee.id])
        async with many(cohorts, world.employee, number) as readers:
            with counted() as statements:
                change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
                await everybody(readers, change.revision)
                assert all(sorted(kinds(reader.told[-1])) == ["AccountRemoved", "JobRemoved"] for reader in readers)
            costs.append(len(statements))
            assert len({id(reader.told[-1].events) for reader in readers}) == 1
    assert costs[1] <= costs[0] + 3


async def test_a_thousand_viewers_are_read_in_a_few_statements(world: World, cohorts: Cohorts) -> None:
    topic = Bulletin()
    with counted() as statements:
        async with contextlib.AsyncExitStack() as stack:
            entering = (stack.enter_async_context(reading(cohorts, world.employee, topic)) for _ in range(1_000))
            await asyncio.gather(*entering)
    assert len([each for each in statements if "given_rights" in each]) <= 10


async def test_a_scope_that_changes_while_many_are_told_repeats_nothing(
    world: World, cohorts: Cohorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_module, "AT_A_TIME", 1)
    job = await world.job()
    async with many(cohorts, world.employee, 60) as readers:
        feed = cohorts.hub.feeds[world.firm.id]
        silence = on_commit(lambda committed: feed.hear(committed.revision, lambda: committed))
        told_by_then: list[int] = []
        changing: list[asyncio.Task[None]] = []
        # Longer and longer, until it is done: the database may be slow.
        pauses = (0.002 * 1.1**number for number in itertools.count())

        async def shut_out() -> None:
            await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
            told_by_then.append(sum(len(reader.told) - 1 for reader in readers))

        for reader in readers:
            reader.send = _slowly(reader, shut_out, changing, pauses)  # type: ignore[method-assign]
        await rename(world, job, "told to some before")
        await asyncio.gather(*changing)
        last = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
        await everybody(readers, last)
        silence()
        # In the middle of it, or it proves nothing.
        assert 0 < told_by_then[0] < len(readers)
        for reader in readers:
            check(reader, None)


def _slowly(
    reader: Reader,
    meanwhile: Callable[[], Coroutine[Any, Any, None]],
    begun: list[asyncio.Task[None]],
    pauses: Iterator[float],
) -> Any:
    """Keeps what it is sent, while `meanwhile`, which the first of them begins, goes on."""

    def send(body: bytes) -> None:
        if not begun:
            begun.append(asyncio.create_task(meanwhile()))
        if not begun[0].done():
            time.sleep(next(pauses))
        Reader.send(reader, body)

    return send
