"""Coming back with a cursor: everything since, once, or to be told to read anew."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

import embedded
from models.commands.firm import update_firm
from models.commands.jobs import update_job
from models.commands.moves import move_job
from models.connection import credentials
from models.events import JobUpdated
from models.log import append
from models.rows import AccountMember, Job
from tests.live.follower import following, fresh
from tests.live.replica import CHANGES
from tests.serving import Api, serving
from tests.world import World


async def rename(world: World, job: Job, name: str) -> int:
    """The revision of a new name."""
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


async def append_updates(world: World, job: Job, count: int) -> None:
    """One revision with so many events. Nobody rings for it."""
    updated = JobUpdated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, changes={"name": ("a", "b")})
    async with in_transaction():
        await append(world.acting(world.owner), [updated] * count, datetime.now(UTC))


async def test_what_happened_while_away_arrives_once(world: World, api: Api) -> None:
    job, other = await world.job("job"), await world.job("other")
    before = await fresh(api, world.employee)
    await rename(world, job, "renamed")
    _, doing, _ = await world.stages()
    await move_job(world.acting(world.owner), job_id=job.id, stage_id=doing.id)
    async with following(api, world.employee, replica=before) as client:
        assert client.messages[0]["previous"] is not None
        assert client.kinds == ["JobMoved"]
        await client.check()
        await client.reach(await rename(world, other, "changed"))
        assert client.kinds == ["JobMoved", "JobUpdated"]
        await client.check()


async def test_a_stream_without_a_cursor_begins_now(world: World, api: Api) -> None:
    await world.job()
    async with api.socket(world.employee) as socket:
        await socket.subscribe(CHANGES)
        first = (await socket.next())["boardChanges"]
        assert (first["previous"], first["resync"], first["events"]) == (None, False, [])
        assert int(first["revision"]) == await world.revision()


@pytest.mark.parametrize("case", ["future", "other epoch", "no epoch at all", "negative"])
async def test_an_unknown_cursor_is_told_to_read_anew(case: str, world: World, api: Api) -> None:
    await world.job()
    now = await fresh(api, world.employee)
    after, epoch = {
        "future": (str(int(now.cursor) + 1), now.epoch),
        "other epoch": (now.cursor, str(uuid4())),
        "no epoch at all": (now.cursor, "yesterday's"),
        "negative": ("-3", now.epoch),
    }[case]
    async with api.socket(world.employee) as socket:
        await socket.subscribe(CHANGES, after=after, epoch=epoch)
        frame = await socket.receive()
        if case == "negative" and frame["type"] == "error":
            return
        message = frame["payload"]["data"]["boardChanges"]
        assert message["resync"]
        assert message["events"] == []
        assert (message["revision"], message["previous"], message["epoch"]) == (now.cursor, after, now.epoch)


@pytest.mark.parametrize(("count", "resync"), [(1_000, False), (1_001, True)])
async def test_a_cursor_is_good_for_a_thousand_events(count: int, resync: bool, world: World, api: Api) -> None:
    job = await world.job()
    now = await fresh(api, world.employee)
    for part in (count - 500, 500):
        await append_updates(world, job, part)
    async with following(api, world.employee, replica=now) as client:
        assert client.resyncs == resync
        assert client.kinds == ([] if resync else ["JobUpdated"])


async def test_a_cursor_behind_the_kept_log_reads_anew(world: World, api: Api, database: str) -> None:
    job = await world.job()
    now = await fresh(api, world.employee)
    for name in "abc":
        last = await rename(world, job, name)
    connection = await asyncpg.connect(**credentials(database))
    await connection.execute("DELETE FROM event WHERE firm_id = $1 AND revision < $2", world.firm.id, last)
    await connection.close()
    async with following(api, world.employee, replica=now) as client:
        assert client.resyncs == 1


async def test_a_revision_that_is_too_large_is_read_anew(world: World, api: Api) -> None:
    job = await world.job()
    async with following(api, world.employee) as client:
        await append_updates(world, job, 1_001)
        await client.reach(await world.revision())
        assert client.resyncs == 1
        await client.reach(await rename(world, job, "later"))
        assert client.kinds[-1:] in (["JobUpdated"], [])
        await client.check()


async def test_a_restored_backup_is_noticed_with_its_rights(world: World, api: Api, database: str) -> None:
    job = await world.job()
    await rename(world, job, "lost")
    async with following(api, world.employee) as client, following(api, world.owner) as owner:
        connection = await asyncpg.connect(**credentials(database))
        # The log is one revision shorter, and in it the employee is not on the team.
        epoch = uuid4()
        async with connection.transaction():
            await connection.execute(
                "DELETE FROM event WHERE firm_id = $1 AND revision = $2", world.firm.id, await world.revision()
            )
            await AccountMember.filter(member_id=world.employee.id).delete()
            await connection.execute(
                "UPDATE firm SET revision = revision - 1, epoch = $2 WHERE id = $1", world.firm.id, epoch
            )
        await connection.close()
        while not client.resyncs:
            await client.receive()
        while not owner.resyncs:
            await owner.receive()
        assert client.messages[-1]["epoch"] == str(epoch)
        seen = len(client.events)
        await owner.reach(await rename(world, job, "after the restoration"))
        assert owner.kinds[-1] == "JobUpdated"
        await client.reach((await update_firm(world.acting(world.owner), name="Restored")).revision)
        await client.check()
        assert client.kinds[seen:] == ["FirmUpdated"]


async def test_a_viewer_who_sees_nothing_of_a_busy_firm_gets_heartbeats(
    world: World, database: str, servers: embedded.Servers
) -> None:
    job = await world.job()
    async with (
        serving(database, servers.redis_url, heartbeat=0.3) as api,
        following(api, world.stranger) as client,
        asyncio.timeout(10),
    ):
        busy = asyncio.create_task(_rename_forever(world, job))
        try:
            for _ in range(3):
                before = int(client.replica.cursor)
                message = await client.receive()
                assert message["events"] == []
                assert int(message["revision"]) >= before
            assert int(client.replica.cursor) > int(client.messages[0]["revision"])
        finally:
            busy.cancel()
            await asyncio.gather(busy, return_exceptions=True)


async def _rename_forever(world: World, job: Job) -> None:
    number = 0
    while True:
        number += 1
        await rename(world, job, f"busy {number}")
        await asyncio.sleep(0.02)


async def test_two_servers_behave_as_one(world: World, database: str, servers: embedded.Servers) -> None:
    job = await world.job()
    async with (
        serving(database, servers.redis_url) as one,
        serving(database, servers.redis_url) as other,
        following(one, world.employee) as here,
        following(other, world.employee) as there,
    ):
        for number in range(20):
            revision = await rename(world, job, f"name {number}")
            # Whoever comes with a cursor that the server has not heard of yet has it all the same.
            async with following(other, world.employee, replica=await fresh(one, world.employee)) as newcomer:
                assert newcomer.resyncs == 0
                assert int(newcomer.replica.cursor) >= revision
            for client in (here, there):
                await client.reach(revision)
                assert client.resyncs == 0
        await here.check()
        await there.check()
        assert [event["revision"] for event in here.events] == [event["revision"] for event in there.events]


async def test_two_subscriptions_of_one_socket_each_have_their_own_cursor(world: World, api: Api) -> None:
    job = await world.job()
    async with api.socket(world.employee) as socket:
        await socket.subscribe(CHANGES, id="a")
        await socket.subscribe(CHANGES, id="b")
        for _ in "ab":
            await socket.receive()
        revision = await rename(world, job, "for both")
        got = [await socket.receive(), await socket.receive()]
        assert {frame["id"] for frame in got} == {"a", "b"}
        assert {frame["payload"]["data"]["boardChanges"]["revision"] for frame in got} == {str(revision)}
