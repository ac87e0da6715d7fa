"""The hub ends when it is told to."""

import asyncio

import embedded
from tests.live.house import hub_on


async def test_it_stops_whatever_wakes_it_at_that_moment(database: str, servers: embedded.Servers) -> None:
    for turns in range(12):
        async with asyncio.timeout(10), hub_on(servers.redis_url, sweep=30) as hub:
            # After its first sweep it waits to be woken: by the bell, by whoever doubts what they know.
            while hub._sweep_now.is_set() or not hub._sweep_now._waiters:
                await asyncio.sleep(0)
            hub._sweep_now.set()
            for _ in range(turns):
                await asyncio.sleep(0)
