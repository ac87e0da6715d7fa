"""`previous` proves that nothing is missing: at or below the cursor nothing is, above it something is."""

from models.commands.jobs import update_job
from models.rows import Job
from tests.live.follower import Follower, following, fresh
from tests.serving import Api
from tests.world import World


async def renamed(world: World, job: Job, name: str) -> int:
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


async def next_message(client: Follower) -> dict[str, object]:
    """The next one, as it came: what is done with it is the test's to say."""
    message: dict[str, object] = (await client.socket.receive())["payload"]["data"]["boardChanges"]
    return message


async def test_below_the_cursor_it_repeats_what_is_known(world: World, api: Api) -> None:
    job = await world.job()
    async with following(api, world.owner) as client:
        for name in ("one", "two"):
            await renamed(world, job, name)
        # The client reads in between, so that it is ahead of its stream.
        client.replica = await fresh(api, world.owner)
        last = await renamed(world, job, "three")
        while int(client.replica.cursor) < last:
            message = await next_message(client)
            cursor = int(client.replica.cursor)
            assert int(str(message["previous"])) <= cursor
            client.replica.apply({**message, "previous": client.replica.cursor})
            client.replica.cursor = str(max(int(str(message["revision"])), cursor))
        await client.check()


async def test_above_the_cursor_something_is_missing(world: World, api: Api) -> None:
    job = await world.job()
    async with following(api, world.owner) as client:
        missed = await renamed(world, job, "one")
        while int(str((await next_message(client))["revision"])) < missed:
            pass
        await renamed(world, await world.job(), "another")
        message = await next_message(client)
        assert int(str(message["previous"])) > int(client.replica.cursor)
    # Who resumes there is told of what it missed.
    async with following(api, world.owner, replica=client.replica) as again:
        await again.reach(await world.revision())
        await again.check()
