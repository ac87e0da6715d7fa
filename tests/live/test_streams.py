"""What subscribers are told when things happen between two steps: it was heard, it is read for, it is sent."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.jobs import delete_job, update_job
from models.commands.moves import move_job
from models.commands.pipelines import delete_pipeline, set_pipeline_members
from models.commands.tasks import create_task, link_task, unlink_task
from models.events import JobRemoved
from models.log import on_commit
from models.rows import AccountMember, Job
from subscriptions import rescoping
from subscriptions.cohorts import Cohorts
from subscriptions.feed import Feed
from subscriptions.message import Message
from tests.live.house import Bulletin, Reader, hub_on, kinds, reading
from tests.world import World


@pytest.fixture
async def cohorts(servers: embedded.Servers) -> AsyncIterator[Cohorts]:
    """Those of a process whose hub hears of each change at once."""
    async with hub_on(servers.redis_url) as hub:
        silence = on_commit(hub.bell.ring)
        yield Cohorts(hub)
        silence()


async def rename(world: World, job: Job, name: str = "renamed") -> int:
    """The revision of a new name."""
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


async def shut_out(world: World) -> int:
    """The revision that takes the employee off the account's team."""
    change = await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
    return change.revision


async def let_in(world: World) -> int:
    """The revision that puts the employee on the account's team."""
    team = [world.employee.id]
    return (await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=team)).revision


def feed_of(cohorts: Cohorts, world: World) -> Feed:
    """The firm's."""
    return cohorts.hub.feeds[world.firm.id]


async def until_told(reader: Reader, revision: int) -> list[Message]:
    """What it was told up to this revision."""
    while reader.told[-1].revision < revision:
        await reader.next()
    return reader.told[1:]


async def test_nothing_read_under_a_scope_that_changed_meanwhile_is_told(world: World, cohorts: Cohorts) -> None:
    job = await world.job()

    async def interrupt(message: Message) -> None:
        if kinds(message) == ["JobUpdated"] and message.scope == first.scope:
            await shut_out(world)

    topic = Bulletin(reading=interrupt)
    async with reading(cohorts, world.employee, topic) as client, reading(cohorts, world.owner, topic) as owner:
        first = client.told[0]
        last = await rename(world, job)
        # The owner, whose scope has not changed, is told in any case.
        await until_told(owner, last)
        assert kinds(owner.told[1]) == ["JobUpdated"]
        told = await client.next()
        assert told.previous == first.revision
        assert sorted(kinds(told)) == ["AccountRemoved", "JobRemoved"]
        assert told.scope.accounts == frozenset()
        assert ["JobUpdated"] in [kinds(message) for message in topic.read if message.scope == first.scope]


async def test_anothers_scope_withdraws_nothing(world: World, cohorts: Cohorts) -> None:
    job = await world.job()

    async def interrupt(message: Message) -> None:
        if kinds(message) == ["JobUpdated"]:
            team = [world.employee.id, world.stranger.id]
            await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=team)

    topic = Bulletin(reading=interrupt)
    async with reading(cohorts, world.employee, topic) as client:
        await rename(world, job)
        assert kinds(await client.next()) == ["JobUpdated"]
        assert len([message for message in topic.read if kinds(message) == ["JobUpdated"]]) == 1


async def test_rights_that_never_rest_do_not_silence_a_subscription(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    number = 0

    async def interrupt(message: Message) -> None:
        nonlocal number
        if message.events:
            number += 1
            await (let_in if number % 2 else shut_out)(world)

    async with reading(cohorts, world.employee, Bulletin(reading=interrupt)) as client:
        await shut_out(world)
        await rename(world, job)
        assert (await client.next()).resync
        assert number <= rescoping.MOST_ATTEMPTS + 1


@pytest.mark.parametrize("end", ["moved on", "deleted"])
async def test_what_left_after_the_scope_changed_is_removed_too(
    end: str, world: World, servers: embedded.Servers
) -> None:
    job = await world.job()
    elsewhere = await world.new_pipeline("Payroll")
    (stage, *_) = await world.stages(elsewhere)
    # Nothing is heard until all of it is committed.
    async with hub_on(servers.redis_url, sweep=30) as hub, reading(cohorts := Cohorts(hub), world.employee) as client:
        await shut_out(world)
        # Neither the former scope nor the new one sees it there: no difference of the two names it.
        if end == "deleted":
            await delete_job(world.acting(world.owner), job_id=job.id)
        else:
            await move_job(world.acting(world.owner), job_id=job.id, stage_id=stage.id)
        last = await rename(world, await world.job("another", pipeline_id=elsewhere.id))
        await feed_of(cohorts, world).reach(last)
        told: list[object] = []
        while JobRemoved(job=job.id) not in told:
            told += [logged.event for logged in (await client.next()).events]
        assert {type(event).__name__ for event in told} <= {"JobRemoved", "AccountRemoved"}


async def test_a_deleted_pipeline_is_removed_from_whom_it_was_available_to(world: World, cohorts: Cohorts) -> None:
    spare = await world.new_pipeline("Spare", world.employee)
    async with reading(cohorts, world.employee) as client:
        await delete_pipeline(world.acting(world.owner), pipeline_id=spare.id)
        message = await client.next()
        assert [logged.event.thing for logged in message.events] == [spare.id]
        assert kinds(message) in (["PipelineDeleted"], ["PipelineRemoved"])


async def test_a_new_pipeline_is_added_and_says_so(world: World, cohorts: Cohorts) -> None:
    spare = await world.new_pipeline("Spare")
    job = await world.job(pipeline_id=spare.id)
    async with reading(cohorts, world.employee) as client:
        team = [world.employee.id]
        await set_pipeline_members(world.acting(world.owner), pipeline_id=spare.id, member_ids=team)
        message = await client.next()
        assert kinds(message) == ["PipelineAdded", "JobAdded"]
        assert [logged.event.thing for logged in message.events] == [spare.id, job.id]


async def test_a_rescoping_that_hears_too_much_reads_anew_under_present_rights(
    world: World, cohorts: Cohorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoping, "MOST_WAITING", 5)
    job = await world.job()
    async with reading(cohorts, world.employee) as client:
        client.room = False
        await shut_out(world)
        for number in range(8):
            last = await rename(world, job, f"name {number}")
        await feed_of(cohorts, world).reach(last)
        client.make_room()
        message = (await until_told(client, last))[-1]
        assert message.resync
        assert message.events == []
        assert message.scope.accounts == frozenset()


async def test_a_lost_change_of_rights_is_not_lost_on_a_subscription(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    async with reading(cohorts, world.employee) as client:
        # What no event says: the rows of another log.
        await AccountMember.filter(member_id=world.employee.id).delete()
        feed = feed_of(cohorts, world)
        feed.start_over(feed.position)
        message = await client.next()
        assert message.resync
        assert message.scope.accounts == frozenset()
        await feed.reach(await rename(world, job))
        last = await rename(world, job, "again")
        await feed.reach(last)
        assert all(not message.events for message in client.told)


async def test_a_task_that_goes_from_job_to_job_is_told_for_both(world: World, cohorts: Cohorts) -> None:
    left, joined = await world.job("left"), await world.job("joined")
    owner = world.acting(world.owner)
    task = (await create_task(owner, name="Call", job_id=left.id)).value
    async with reading(cohorts, world.employee) as client:
        client.room = False
        await unlink_task(owner, task_id=task.id)
        last = (await link_task(owner, task_id=task.id, job_id=joined.id)).revision
        await feed_of(cohorts, world).reach(last)
        client.make_room()
        messages = await until_told(client, last)
        events = [logged for message in messages for logged in message.events]
        assert [type(logged.event).__name__ for logged in events] == ["TaskUnlinked", "TaskLinked"]
        assert [logged.event.subject_job for logged in events] == [left.id, joined.id]


async def test_who_leaves_leaves_nothing_behind(world: World, cohorts: Cohorts) -> None:
    job = await world.job()
    topic = Bulletin()
    async with reading(cohorts, world.employee, topic), reading(cohorts, world.owner, topic) as client:
        await rename(world, job)
        await client.next()
        assert cohorts.hub.users == 2
        assert cohorts.hub.counts.cohorts == 2
        assert len(feed_of(cohorts, world).listeners) == 2
    assert cohorts.hub.users == 0
    assert cohorts.hub.feeds == {}
    assert cohorts.hub.counts.cohorts == cohorts.hub.counts.subscribers == 0
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() in ("cohort", "rescoping")]
