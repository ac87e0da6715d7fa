"""A process that writes: `python -m tests.live.writer URL TASKS ROUNDS FIRM:MEMBER:JOB …`.

Each task renames jobs, and puts rows into `bare_sequence` under a bare sequence, which is the control.
"""

import asyncio
import os
import random
import sys
from uuid import UUID

from tortoise.transactions import in_transaction

from models.actor import Actor
from models.commands.jobs import update_job
from models.connection import connected
from models.database import sql


async def _write(number: int, rounds: int, targets: list[tuple[UUID, UUID, UUID]]) -> None:
    chance = random.Random(number)
    for turn in range(rounds):
        firm, member, job = chance.choice(targets)
        await update_job(Actor.member(firm, member), job_id=job, name=f"{os.getpid()}.{number}.{turn}")
        async with in_transaction():
            await sql("INSERT INTO bare_sequence DEFAULT VALUES")
            # A command, too, has something to do between its first row and its commit.
            await asyncio.sleep(chance.random() / 200)


async def main(url: str, tasks: int, rounds: int, targets: list[str]) -> None:
    """Write, and end."""
    read = [tuple(UUID(part) for part in target.split(":")) for target in targets]
    async with connected(url, pool=10):
        await asyncio.gather(*(_write(number, rounds, read) for number in range(tasks)))  # type: ignore[arg-type]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
