"""`jobwire worker`: what happens by itself."""

import asyncio
from datetime import timedelta

import structlog
from docket import Worker
from redis.exceptions import RedisError

from cli.ends import until_one_ends
from cli.places import Place, place, redis_answers, require_migrated, warn_without_redis
from cli.signals import ignore_signals, tell_on_signals
from common.settings import Settings
from models.command import settle
from models.connection import connected
from workers.followers import FOLLOWERS
from workers.following import follow

#: In seconds: between two tries to reach a Redis that is away. The wait doubles from the one to the other.
SHORTEST_WAIT, LONGEST_WAIT = 0.25, 5.0
#: Its work is rare: it needs few connections.
POOL = 4
TASKS = ["workers.housekeeping:TASKS", "workers.files:TASKS"]

log = structlog.get_logger("jobwire.worker")


def work(settings: Settings) -> None:
    """Work until a signal comes."""
    with place(settings) as here:
        try:
            asyncio.run(_work(settings, here))
        finally:
            ignore_signals()  # The loop gave them back.


async def _work(settings: Settings, here: Place) -> None:
    pool = min(POOL, settings.database_pool)
    async with connected(here.database_url, pool=pool, statement_timeout=settings.statement_timeout):
        await require_migrated()
        await warn_without_redis(here.redis_url)
        told = asyncio.Event()
        tell_on_signals(told)
        log.info("worker.started")
        ends = [_keep_working(here.redis_url, told), until_one_ends(here), told.wait()]
        if FOLLOWERS:
            ends.append(follow(FOLLOWERS))
        tasks: set[asyncio.Task[object]] = {asyncio.create_task(each) for each in ends}
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ignore_signals()
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await settle()  # What a follower has begun.
        for task in done:
            task.result()
        log.info("worker.stopped")


async def _keep_working(redis_url: str, told: asyncio.Event) -> None:
    """Returns when a signal has ended the work. Redis may go and come back as it likes."""
    while True:
        await _until_redis_answers(redis_url)
        try:
            # It takes the signals over while it runs, and finishes what it has begun when one comes.
            return await Worker.run(
                docket_name="jobwire",
                url=redis_url,
                tasks=TASKS,
                reconnection_delay=timedelta(seconds=1),
            )
        except (RedisError, OSError) as error:
            log.warning("worker.redis_lost", reason=type(error).__name__)
        finally:
            tell_on_signals(told)


async def _until_redis_answers(url: str) -> None:
    wait = SHORTEST_WAIT
    while not await redis_answers(url):
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
