"""Recurrences and real workers that are killed while they make jobs: each job is there once, and none is missing."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest

import embedded
from models.database import sql
from models.events import JobCreated, OccurrenceMade
from models.rows import Job, Occurrence, OccurrenceState, Recurrence
from tests.databases import on, own_database
from tests.domain.recurring import in_days, new_recurrence
from tests.locks import held, until_others_wait
from tests.system.jobwire import Jobwire, jobwire
from tests.world import World

#: So many accounts, and after so many jobs of them a worker is killed, wherever it is.
ACCOUNTS, EACH = 12, 6
#: So many days nobody has worked, before the present one.
MISSED = 3


@pytest.fixture
async def url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database of the test's own: workers make whatever is due."""
    async with own_database(servers, "recurring") as url, on(url):
        yield url


class Workers:
    """Those that run. Their Redis is away: that is no matter of recurrences."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self._told: dict[str, Any] = {"database_url": url, "redis_url": "redis://127.0.0.1:9"}
        self._stack = stack
        self.running: list[Jobwire] = []

    async def start(self) -> None:
        """One more."""
        self.running.append(await asyncio.to_thread(self._stack.enter_context, jobwire("worker", **self._told)))

    def kill(self, each: Jobwire) -> None:
        """SIGKILL."""
        self.running.remove(each)
        each.process.kill()
        each.process.wait()


async def until(condition: str, of: str, *values: Any) -> None:
    """Wait until this holds of a table."""
    async with asyncio.timeout(60):
        while not (await sql(f"SELECT {condition} AS held FROM {of}", *values))[0]["held"]:
            await asyncio.sleep(0.01)


async def test_after_an_outage_each_job_is_made_once_whoever_is_killed(url: str) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    world = await World.build("recurring")
    accounts = [world.account.id, *[(await world.new_account(f"Client {n}")).id for n in range(ACCOUNTS - 1)]]
    recurrence = await new_recurrence(world, first_day=in_days(-30), account_ids=accounts)
    first = recurrence.next_day - timedelta(MISSED)
    await sql("UPDATE recurrence SET next_day = $1, next_at = now() WHERE id = $2", first, recurrence.id)
    with ExitStack() as stack:
        workers = Workers(url, stack)
        # Between what says that it is made, and the job.
        async with held(url, "account", dice.choice(accounts)):
            await asyncio.gather(workers.start(), workers.start())
            await until_others_wait()
            for each in list(workers.running):
                workers.kill(each)
        await asyncio.gather(workers.start(), workers.start())
        for number in range(EACH, ACCOUNTS * MISSED, EACH):
            await until("count(*) >= $1", "occurrence", number)
            workers.kill(dice.choice(workers.running))
            await workers.start()
        await until("next_at > now()", "recurrence")
        for each in workers.running:
            assert await asyncio.to_thread(each.end) == 0
    # It may have become midnight there meanwhile.
    last = (await world.row(Recurrence, recurrence.id)).next_day
    assert last - timedelta(1) in (in_days(-1), in_days(0))
    days = days_between(first, last)
    made = await Occurrence.filter(recurrence_id=recurrence.id)
    assert {each.state for each in made} == {OccurrenceState.MADE}
    assert Counter((each.account_id, each.day) for each in made) == {
        (account, day): 1 for account in accounts for day in days
    }
    jobs = await Job.filter(recurrence_id=recurrence.id)
    assert {each.job_id for each in made} == {job.id for job in jobs}
    assert Counter(job.account_id for job in jobs) == dict.fromkeys(accounts, len(days))
    told = Counter(type(each.event) for each in await world.events())
    assert (told[JobCreated], told[OccurrenceMade]) == (len(jobs), len(jobs))


def days_between(first: date, end: date) -> list[date]:
    """From the first one on, before the last one."""
    return [first + timedelta(number) for number in range((end - first).days)]
