"""What a stream tells when things happen between its steps: it heard, it reads, it is read for, it is sent."""

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.jobs import delete_job, update_job
from models.commands.moves import move_job
from models.commands.pipelines import delete_pipeline, set_pipeline_members
from models.commands.tasks import create_task, link_task, unlink_task
from models.events import JobRemoved
from models.rows import AccountMember, Job
from subscriptions import stream as streams
from tests.live.house import hub_on, kinds, pulling
from tests.world import World


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


async def test_a_message_is_withdrawn_when_the_scope_changed_while_it_was_read(
    world: World, servers: embedded.Servers
) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await rename(world, job)
        message = await client.next()
        assert kinds(message) == ["JobUpdated"]
        await shut_out(world)
        assert not await message.permitted()
        again = await client.next()
        assert again.previous == message.previous
        assert sorted(kinds(again)) == ["AccountRemoved", "JobRemoved"]
        assert await again.permitted()


async def test_anothers_scope_withdraws_nothing(world: World, servers: embedded.Servers) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await rename(world, job)
        message = await client.next()
        team = [world.employee.id, world.stranger.id]
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=team)
        assert await message.permitted()


async def test_rights_that_never_rest_do_not_silence_a_stream(world: World, servers: embedded.Servers) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        for number in range(20):
            await rename(world, job, f"name {number}")
            message = await client.next()
            await (let_in if number % 2 else shut_out)(world)
            if await message.permitted():
                break
        assert message.resync
        assert number <= streams.MOST_ATTEMPTS + 1


@pytest.mark.parametrize("end", ["moved on", "deleted"])
async def test_what_left_after_the_scope_changed_is_removed_too(
    end: str, world: World, servers: embedded.Servers
) -> None:
    job = await world.job()
    elsewhere = await world.new_pipeline("Payroll")
    (stage, *_) = await world.stages(elsewhere)
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await shut_out(world)
        # Neither the former scope nor the new one sees it there: no difference of the two names it.
        if end == "deleted":
            await delete_job(world.acting(world.owner), job_id=job.id)
        else:
            await move_job(world.acting(world.owner), job_id=job.id, stage_id=stage.id)
        last = await rename(world, await world.job("another", pipeline_id=elsewhere.id))
        told = [logged.event for message in [await client.next()] for logged in message.events]
        while client.stream.taken < last and JobRemoved(job=job.id) not in told:
            told += [logged.event for logged in (await client.next()).events]
        assert JobRemoved(job=job.id) in told
        assert {type(event).__name__ for event in told} <= {"JobRemoved", "AccountRemoved"}


async def test_a_deleted_pipeline_is_removed_from_whom_it_was_available_to(
    world: World, servers: embedded.Servers
) -> None:
    spare = await world.new_pipeline("Spare", world.employee)
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await delete_pipeline(world.acting(world.owner), pipeline_id=spare.id)
        message = await client.next()
        assert [logged.event.thing for logged in message.events] == [spare.id]
        assert kinds(message) in (["PipelineDeleted"], ["PipelineRemoved"])


async def test_a_new_pipeline_is_added_and_says_so(world: World, servers: embedded.Servers) -> None:
    spare = await world.new_pipeline("Spare")
    job = await world.job(pipeline_id=spare.id)
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        team = [world.employee.id]
        await set_pipeline_members(world.acting(world.owner), pipeline_id=spare.id, member_ids=team)
        message = await client.next()
        assert kinds(message) == ["PipelineAdded", "JobAdded"]
        assert [logged.event.thing for logged in message.events] == [spare.id, job.id]


async def test_a_reader_who_stops_reading_reads_anew_under_present_rights(
    world: World, servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_WAITING", 5)
    job = await world.job()
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await shut_out(world)
        for number in range(8):
            last = await rename(world, job, f"name {number}")
        await client.stream.feed.reach(last)
        assert len(client.stream.waiting) <= 5
        message = await client.next()
        assert message.resync
        assert message.events == []
        assert message.revision == last
        assert message.scope.accounts == frozenset()


async def test_a_lost_change_of_rights_is_not_lost_on_the_stream(world: World, servers: embedded.Servers) -> None:
    job = await world.job()
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        # What no event says: the rows of another log.
        await AccountMember.filter(member_id=world.employee.id).delete()
        feed = client.stream.feed
        feed.start_over(feed.head, feed.epoch)
        assert (await client.next()).resync
        last = await rename(world, job)
        await feed.reach(last)
        assert client.stream.scope.accounts == frozenset()


async def test_a_task_that_goes_from_job_to_job_is_told_for_both(world: World, servers: embedded.Servers) -> None:
    left, joined = await world.job("left"), await world.job("joined")
    owner = world.acting(world.owner)
    task = (await create_task(owner, name="Call", job_id=left.id)).value
    async with hub_on(servers.redis_url) as hub, pulling(hub, world.employee) as client:
        await unlink_task(owner, task_id=task.id)
        last = (await link_task(owner, task_id=task.id, job_id=joined.id)).revision
        await client.stream.feed.reach(last)
        message = await client.next()
        assert kinds(message) == ["TaskUnlinked", "TaskLinked"]
        assert [logged.event.subject_job for logged in message.events] == [left.id, joined.id]


async def test_a_closed_stream_leaves_nothing_behind(world: World, servers: embedded.Servers) -> None:
    async with hub_on(servers.redis_url) as hub:
        async with pulling(hub, world.employee), pulling(hub, world.owner) as client:
            assert hub.users == 2
            assert len(client.stream.feed.listeners) == 2
        assert hub.users == 0
        assert hub.feeds == {}
