"""`jobwire worker`: what happens by itself."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from docket import Docket, Worker
from redis.exceptions import RedisError

from cli.ends import until_one_ends
from cli.places import Place, place, redis_answers, require_migrated, warn_without_redis
from cli.ringing import ringing_and_hearing
from cli.signals import ignore_signals, tell_on_signals
from common.settings import Settings
from models.command import settle
from models.connection import connected
from workers.followers import FOLLOWERS, with_quota
from workers.following import Following
from workers.mail import mail_round
from workers.recurring import recurrences_round
from workers.reminders import reminders_round
from workers.rounds import Round, keep_going
from workers.spreading import Spread

#: In seconds: between two tries to reach a Redis that is away. The wait doubles from the one to the other.
SHORTEST_WAIT, LONGEST_WAIT = 0.25, 5.0
#: So many tasks at once, and connections for them: most wait for commits.
TASKS_AT_ONCE, POOL = 16, 8
#: A task of a worker that says nothing for so long is another's. Each that is busy says so in time.
SILENCE = timedelta(seconds=30)
TASKS = ["workers.housekeeping:TASKS", "workers.files:TASKS"]

log = structlog.get_logger("jobwire.worker")


def rounds(settings: Settings) -> Sequence[Round]:
    """What a worker looks after by itself, beside the logs."""
    return mail_round(settings), reminders_round(), recurrences_round()


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
        followers = with_quota(FOLLOWERS, settings.automations_a_minute)
        following = Following({follower.name: follower for follower in followers})
        spread = Spread(following.go_on_in)
        following.hand_over = spread.hand_over
        all_rounds = [*rounds(settings), *([following.round()] if FOLLOWERS else ())]
        async with ringing_and_hearing(
            here.redis_url, lambda ring: spread.heard(ring.firm_id), lambda: _look_at_once(all_rounds)
        ):
            log.info("worker.started")
            await _until_told(here, told, spread, all_rounds)
        log.info("worker.stopped")


async def _until_told(here: Place, told: asyncio.Event, spread: Spread, all_rounds: Sequence[Round]) -> None:
    ends = [_keep_working(here.redis_url, spread), spread.keep_telling(), until_one_ends(here), told.wait()]
    tasks: set[asyncio.Task[object]] = {asyncio.create_task(each) for each in (*ends, *map(keep_going, all_rounds))}
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    ignore_signals()
    spread.end()
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await settle()  # What a follower has begun.
    for task in done:
        task.result()


def _look_at_once(all_rounds: Sequence[Round]) -> None:
    for each in all_rounds:
        each.rung.set()


async def _keep_working(redis_url: str, spread: Spread) -> None:
    """Do what is told of on Redis, which may go and come back as it likes. Cancelled, it finishes what it has begun."""
    while True:
        await _until_redis_answers(redis_url)
        try:
            async with (
                Docket("jobwire", redis_url) as docket,
                Worker(
                    docket,
                    concurrency=TASKS_AT_ONCE,
                    redelivery_timeout=SILENCE,
                    reconnection_delay=timedelta(seconds=1),
                ) as worker,
            ):
                for tasks in TASKS:
                    docket.register_collection(tasks)
                spread.offer(docket)
                return await worker.run_forever()
        except (RedisError, OSError) as error:
            log.warning("worker.redis_lost", reason=type(error).__name__)
        finally:
            spread.lose()


async def _until_redis_answers(url: str) -> None:
    wait = SHORTEST_WAIT
    while not await redis_answers(url):
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
