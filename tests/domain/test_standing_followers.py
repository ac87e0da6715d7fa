"""A follower that stands still: the log is kept for it, and it is told of after an hour."""

from datetime import UTC, datetime, timedelta

import pytest

from models.database import sql
from models.followers.cursors import Progress, advance, register, settle
from models.followers.standing import STANDS_STILL_AFTER, followers, release, standing_still
from models.log import Extent, read_log
from models.partitions import make_partitions, prune_log
from tests.databases import partitions_of_the_log
from tests.domain.following import Told
from tests.domain.test_log_partitions import append, month
from tests.world import World


@pytest.fixture
async def world(followed: World) -> World:
    """A firm, and a log that was kept for years."""
    await make_partitions(month(2001, 1))
    return followed


async def catch_up(told: Told, world: World) -> None:
    while await advance(told, world.firm.id, datetime.now(UTC)) is not Progress.AT_THE_END:
        pass
    await settle(world.firm.id)


async def oldest() -> list[str]:
    return sorted(name for name in await partitions_of_the_log() if name < "event_2010")


async def test_pruning_waits_for_the_slowest_follower(world: World) -> None:
    job = await world.job()
    other = await World.build(f"{world.tag}o")
    await register(["fast", "slow"], month(2001, 1))
    begun = await world.revision()
    for number in (1, 2, 3):
        await append(world, job, month(2001, number))
    fast, slow = Told(name="fast"), Told(name="slow")
    assert await prune_log(month(2002, 1), 1) == []
    for each in (world, other):
        await catch_up(fast, each)
    assert await prune_log(month(2002, 1), 1) == []
    # It has read January by now.
    await sql(
        "UPDATE follower_cursor SET revision = $1 WHERE follower_id = 'slow' AND firm_id = $2",
        *(begun + 1, world.firm.id),
    )
    # Whether the firm is marked or not: a server of the version before marks none.
    await sql("UPDATE firm SET behind_since = NULL")
    assert await prune_log(month(2002, 1), 1) == ["event_2001_01"]
    assert await prune_log(month(2002, 1), 1) == []
    assert (await read_log(world.firm.id, begun + 1, limit=100)).extent is Extent.UP_TO_HERE
    await catch_up(slow, world)
    assert [revision for _, revision in slow.heard] == [begun + 2, begun + 3]
    assert await prune_log(month(2002, 1), 1) == ["event_2001_02", "event_2001_03"]
    assert await oldest() == []


async def test_pruning_waits_for_whoever_has_not_begun(world: World) -> None:
    """The firm was founded after the follower was registered, which has not seen it yet."""
    await register(["told"], month(2001, 1))
    younger = await World.build(f"{world.tag}y")
    await append(younger, await younger.job(), month(2001, 2))
    assert await prune_log(month(2002, 1), 1) == ["event_2001_01"]
    assert await oldest() == ["event_2001_02", "event_2001_03"]
    await catch_up(Told(), younger)
    assert await prune_log(month(2002, 1), 1) == ["event_2001_02", "event_2001_03"]


async def test_what_has_no_month_is_kept_for_followers_as_well(world: World) -> None:
    job = await world.job()
    await append(world, job, month(1999, 1))
    await register(["told"], month(2001, 1))
    await append(world, job, month(1999, 2))

    async def strays() -> int:
        return len(await sql("SELECT FROM event_default"))

    assert await strays() == 4
    await prune_log(month(2000, 1), 1)
    assert await strays() == 2
    await catch_up(Told(), world)
    await prune_log(month(2000, 1), 1)
    assert await strays() == 0


async def test_a_released_follower_is_not_waited_for(world: World) -> None:
    job = await world.job()
    await register(["told"], month(2001, 1))
    await append(world, job, month(2001, 1))
    assert await prune_log(month(2002, 1), 1) == []
    assert await release("told") == 0
    assert await prune_log(month(2002, 1), 1) == ["event_2001_01", "event_2001_02", "event_2001_03"]


async def test_one_that_stands_still_is_told_of_after_an_hour(world: World) -> None:
    hour = STANDS_STILL_AFTER
    assert hour == timedelta(hours=1)
    start, minute = month(2001, 1), timedelta(minutes=1)
    await register(["told", "quick"], start)
    job = await world.job()
    told, quick = Told(name="told"), Told(name="quick")
    for each in (told, quick):
        await catch_up(each, world)
    # Nothing happens for years: nobody stands still.
    await sql("UPDATE follower_cursor SET moved_at = $1", start)
    assert await standing_still(start + timedelta(days=700)) == []
    # Something happens, and one of the two does not read it.
    later = month(2001, 3)
    await append(world, job, later)
    await sql("UPDATE firm SET behind_since = $1", later)
    await advance(quick, world.firm.id, later)
    assert await standing_still(later + hour - minute) == []
    assert await standing_still(later + hour + minute) == ["told"]
    (still,) = [one for one in await followers() if one.name == "told"]
    assert (still.behind, still.since, still.stands_still(later + hour + minute)) == (1, later, True)
    assert not still.stands_still(later + hour - minute)
    # The firm stays marked. What happens there then is no old matter of who has read everything until then.
    latest = later + timedelta(hours=5)
    await append(world, job, latest)
    assert await standing_still(latest + minute) == ["told"]
    assert await standing_still(latest + hour + minute) == ["quick", "told"]
    # One that moves does not stand still, however much is still to be read.
    await sql("UPDATE follower_cursor SET moved_at = $1", latest + hour)
    assert await standing_still(latest + hour + minute) == []
    # What was cut off by hand has nobody read either.
    await sql("UPDATE follower_cursor SET moved_at = $1", start)
    await sql("DELETE FROM event WHERE firm_id = $1 AND at >= $2 AND at < $3", world.firm.id, later, latest + minute)
    assert await standing_still(latest + hour) == ["quick", "told"]
    await release("told")
    assert await standing_still(latest + hour) == ["quick"]
