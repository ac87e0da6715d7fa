"""Worker processes that follow the logs, made fast, so that many can be killed: `python -m tests.system.following URL`.

For each line on stdin it makes another one of itself, and prints its number. With stdin they end. With a number of
milliseconds after the URL, whoever says nothing for so long loses what it has in hand.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from models.actor import Actor
from models.command import Outcome
from models.commands.tasks import create_task
from models.connection import connected, credentials
from models.database import sql
from models.events import JobUpdated
from models.followers.follower import Follower, Planned, Run
from models.log import Committed
from workers.following import Following
from workers.rounds import Round, keep_going

#: What the followers write: how many revisions of a firm they heard, and each of them in the order in which they did.
TABLES = (
    "CREATE TABLE revision_count (follower text, firm_id uuid, number int, PRIMARY KEY (follower, firm_id))",
    "CREATE TABLE heard (place bigserial PRIMARY KEY, follower text, firm_id uuid, revision bigint)",
)
_COUNT = """
WITH told AS (INSERT INTO heard (follower, firm_id, revision) VALUES ($1, $2, $3))
INSERT INTO revision_count AS c VALUES ($1, $2, 1) ON CONFLICT (follower, firm_id) DO UPDATE SET number = c.number + 1
"""


class Counting:
    """Counts the revisions of each firm."""

    name = "counting"

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """In the transaction that moves the cursor."""
        await sql(_COUNT, self.name, committed.firm_id, committed.revision)
        return ()

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """Never called."""
        raise AssertionError


class CountingApart(Counting):
    """The control: its cursor is committed apart from what it counts."""

    name = "counting apart"

    def __init__(self, url: str) -> None:
        self._url = url
        self._apart: asyncpg.Connection | None = None

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """In a transaction of its own."""
        if self._apart is None:
            self._apart = await asyncpg.connect(**credentials(self._url))
        await self._apart.execute(_COUNT, self.name, committed.firm_id, committed.revision)
        return ()


class Reacting:
    """Gives a job a task whenever a member changes it."""

    name = "reacting"

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """One for each such event."""
        jobs = [logged.event.job for logged in committed.events if isinstance(logged.event, JobUpdated)]
        return [Planned("Robot", {"job": str(job)}) for job in jobs]

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """A task that is named for its cause."""
        return await create_task(actor, job_id=UUID(run.data["job"]), name=str(run.cause))


async def _follow(url: str, silence: int | None) -> None:
    followers: tuple[Follower, ...] = (Counting(), CountingApart(url), Reacting())
    async with connected(url, pool=4, silence=silence):
        following = Following({each.name: each for each in followers})
        await keep_going(Round("followers", following.go_on, glance=0.05))


def main(url: str, silence: str = "") -> None:
    """Make others until stdin ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    made = []
    for _ in sys.stdin:
        if (pid := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(_follow(url, int(silence) if silence else None))
            os._exit(1)
        made.append(pid)
        print(pid, flush=True)
    for pid in made:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
