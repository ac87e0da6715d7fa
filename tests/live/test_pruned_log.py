"""Coming back to a log that does not go back as far any more: everything, or to be told to read anew; never a part."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from models.commands.jobs import update_job
from models.database import sql
from models.ids import Kind, encode
from models.log import heads
from models.partitions import make_partitions, prune_log
from models.rows import Job
from models.templates.jobs import create_job
from subscriptions.feed import Feed
from tests.live.follower import following, fresh
from tests.live.house import Ear
from tests.live.replica import Replica
from tests.serving import Api
from tests.world import World

HISTORY = """
query History($id: ID!, $after: String) {
  job(id: $id) { history(first: 1, after: $after) { nodes { revision } pageInfo { hasNextPage endCursor } } }
}"""
#: Long before the events of any other test, which share the table.
MARCH, APRIL, JUNE = (datetime(2001, number, 10, tzinfo=UTC) for number in (3, 4, 6))


@pytest.fixture(autouse=True)
async def _months(database: str) -> AsyncIterator[None]:
    await make_partitions(MARCH)
    yield
    await prune_log(datetime(2002, 1, 1, tzinfo=UTC), 1)


async def drop_march() -> None:
    """The log is kept from April on."""
    assert await prune_log(JUNE, 2) == ["event_2001_03"]


async def aged(world: World, revision: int, at: datetime) -> None:
    """Make a change as old as this."""
    await sql("UPDATE event SET at = $3 WHERE firm_id = $1 AND revision = $2", world.firm.id, revision, at)


async def rename(world: World, job: Job, name: str) -> int:
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


@pytest.fixture
async def job(world: World) -> Job:
    """A job with changes in March, April and now; what was before them is of March, too."""
    job = await world.job("first")
    for revision in range(1, await world.revision() + 1):
        await aged(world, revision, MARCH)
    await Job.filter(id=job.id).update(created_at=MARCH)
    return job


@pytest.fixture
async def boards(job: Job, world: World, api: Api) -> list[Replica]:
    """What a client had before the change of March, of April, and of now."""
    boards = []
    for name, at in (("march", MARCH), ("april", APRIL), ("now", None)):
        boards.append(await fresh(api, world.employee))
        revision = await rename(world, job, name)
        if at is not None:
            await aged(world, revision, at)
    return boards


async def test_while_the_log_is_all_there_nobody_reads_anew(boards: list[Replica], world: World, api: Api) -> None:
    """The control."""
    for board in boards:
        async with following(api, world.employee, replica=board) as client:
            assert (client.resyncs, client.kinds) == (0, ["JobUpdated"])
            await client.check()


async def test_who_comes_from_before_the_cut_reads_anew(boards: list[Replica], world: World, api: Api) -> None:
    await drop_march()
    for board, resyncs in zip(boards, (1, 0, 0), strict=True):
        async with following(api, world.employee, replica=board) as client:
            assert client.resyncs == resyncs
            assert client.kinds == ([] if resyncs else ["JobUpdated"])
            await client.check()


async def test_who_is_connected_notices_nothing(boards: list[Replica], world: World, api: Api, job: Job) -> None:
    async with following(api, world.employee) as client:
        await drop_march()
        await client.reach(await rename(world, job, "after"))
        assert (client.resyncs, client.kinds) == (0, ["JobUpdated"])
        await client.check()


async def test_a_cut_in_the_middle_is_no_gap(boards: list[Replica], world: World, api: Api) -> None:
    """The clock of a server was behind when the change of April was made, or the month was about to end."""
    await aged(world, await world.revision() - 1, MARCH)
    await aged(world, await world.revision() - 2, APRIL)
    await drop_march()
    for board, resyncs in zip(boards, (1, 1, 0), strict=True):
        async with following(api, world.employee, replica=board) as client:
            assert client.resyncs == resyncs
            await client.check()


async def test_a_cut_at_the_end_is_no_gap(boards: list[Replica], world: World, api: Api) -> None:
    await aged(world, await world.revision(), MARCH)
    await aged(world, await world.revision() - 2, APRIL)
    await drop_march()
    for board in boards:
        async with following(api, world.employee, replica=board) as client:
            assert client.resyncs == 1
            await client.check()


@pytest.mark.parametrize("cut", [False, True])
async def test_a_feed_that_finds_the_log_cut_off_starts_over(cut: bool, world: World, job: Job) -> None:
    """The server heard nothing for so long that what it missed is gone."""
    head, ear = (await heads([world.firm.id]))[world.firm.id], Ear()
    feed = Feed(world.firm.id, head, asyncio.get_running_loop().time(), lambda _firm, _members: None)
    feed.listeners.add(ear)
    missed = await rename(world, job, "missed")
    last = await rename(world, job, "last")
    await aged(world, missed, MARCH)
    if cut:
        await drop_march()
    async with asyncio.timeout(20):
        await feed.reach(last)
    assert feed.head == last
    assert (ear.heard, ear.losses) == (([], 1) if cut else ([missed, last], 0))
    feed.close()


async def pages(api: Api, world: World, job_id: UUID) -> list[int]:
    """The revisions of a history, read page by page to its end."""
    found: list[int] = []
    after = None
    while True:
        answer = await api.post(world.owner, HISTORY, id=encode(Kind.JOB, job_id), after=after)
        history = answer["data"]["job"]["history"]
        found += [int(node["revision"]) for node in history["nodes"]]
        if not history["pageInfo"]["hasNextPage"]:
            return found
        after = history["pageInfo"]["endCursor"]


async def test_the_pages_of_a_history_end_with_the_log(boards: list[Replica], job: Job, world: World, api: Api) -> None:
    head = await world.revision()
    assert await pages(api, world, job.id) == [head, head - 1, head - 2, head - 3]
    # A page whose rest is dropped before it is asked for.
    answer = await api.post(world.owner, HISTORY, id=encode(Kind.JOB, job.id))
    assert answer["data"]["job"]["history"]["pageInfo"]["hasNextPage"]
    await drop_march()
    assert await pages(api, world, job.id) == [head, head - 1]


async def test_a_history_says_since_when_the_log_is_whole(
    boards: list[Replica], job: Job, world: World, api: Api
) -> None:
    query = """query Since($id: ID!, $filter: ActivityFilter!) {
      job(id: $id) { history(first: 1) { since } }
      activity(filter: $filter) { since nodes { revision } }
    }"""
    of_jobs, head = {"kind": ["JOB_CREATED", "JOB_UPDATED"]}, await world.revision()
    for since, revisions in (
        (None, [head, head - 1, head - 2, head - 3]),
        ("2001-04-01T00:00:00.000Z", [head, head - 1]),
    ):
        told = await api.ask(world.employee, query, id=encode(Kind.JOB, job.id), filter=of_jobs)
        assert [told["job"]["history"]["since"], told["activity"]["since"]] == [since, since]
        assert [int(node["revision"]) for node in told["activity"]["nodes"]] == revisions
        if since is None:
            await drop_march()


async def test_a_call_that_made_something_before_the_cut_still_finds_it(job: Job, world: World) -> None:
    await drop_march()
    again = await create_job(
        world.acting(world.owner), id=job.id, name="first", account_id=job.account_id, pipeline_id=job.pipeline_id
    )
    assert again.value.id == job.id
    assert again.revision == await world.revision()
