"""Traffic of the demo, until its stdin ends: `python -m tests.system.traffic_until_told DATABASE_URL REDIS_URL`."""

import asyncio
import sys

from demo import traffic
from models.connection import connected


async def main(database_url: str, redis_url: str) -> None:
    """Keep people moving cards, in a hurry."""
    stop = asyncio.Event()
    async with connected(database_url):
        running = asyncio.create_task(traffic.run(redis_url=redis_url, rate=500, stop=stop))
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
        await running
    print("ended")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
