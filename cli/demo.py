"""`jobwire demo`: something to look at, and people who move it."""

import asyncio

from cli.demo_firms import seed
from cli.places import Place, place, require_migrated, warn_without_redis
from cli.ringing import ringing
from cli.signals import ENDING
from common.settings import Settings
from common.terminal import say
from models.connection import connected


def demonstrate(settings: Settings, jobs: int, *, rate: float | None, hand_in: bool = False) -> None:
    """Make the demo firms as far as they are missing, and hand in what a client owes; then changes at this rate a
    second, until a signal comes."""
    with place(settings) as here:
        asyncio.run(_demonstrate(settings, here, jobs, rate, hand_in))


async def _demonstrate(settings: Settings, here: Place, jobs: int, rate: float | None, hand_in: bool) -> None:
    async with connected(here.database_url, pool=settings.database_pool):
        await require_migrated()
        await warn_without_redis(here.redis_url)
        async with ringing(here.redis_url):
            await seed(jobs)
            if hand_in:
                await _hand_in()
        if rate is not None:
            await _keep_moving(here.redis_url, rate)


async def _hand_in() -> None:
    from demo.owing import hand_in

    for handed in await hand_in():
        say(f"The client has handed in what {handed.job!r} waited for, in {handed.pipeline!r}.")
        say("It goes back to Active and moves on by itself: look at the board.")


async def _keep_moving(redis_url: str, rate: float) -> None:
    from demo import traffic

    stop = asyncio.Event()
    for number in ENDING:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    say(f"About {rate:g} changes a second. Ctrl-C ends it.")
    await traffic.run(redis_url=redis_url, rate=rate, stop=stop)
