"""Workers in processes of their own, for the length of a block."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bench.house import House


@asynccontextmanager
async def working(house: House, workers: int, redis_url: str) -> AsyncIterator[list[int]]:
    """So many worker processes, which have begun: their numbers."""
    pids = []
    async with AsyncExitStack() as stack:
        for _ in range(workers):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.work", house.database_url, redis_url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=os.environ | {"JOBWIRE_LOG_LEVEL": "INFO"},
            )
            stack.push_async_callback(_end, process)
            assert process.stderr is not None
            while b"worker.started" not in (line := await process.stderr.readline()):
                if not line:
                    raise SystemExit("A worker did not start.")
            reading = asyncio.create_task(process.stderr.read())
            stack.callback(reading.cancel)
            pids.append(process.pid)
        yield pids


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
