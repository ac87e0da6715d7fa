"""Followers of the logs in processes that are killed at random: each revision once, in order, and each run once.

The control follows in the very same processes, with its cursor committed apart from what it does, and does not.
"""

import asyncio
import os
import random
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

import embedded
from cli.ringing import ringing
from models.commands.jobs import update_job
from models.database import sql
from models.events import TaskCreated
from models.followers.cursors import register
from models.followers.standing import followers, release
from models.ids import Kind
from models.rows import Job, Task
from subscriptions.bell import Bell
from tests.databases import on, own_database
from tests.links import items_of
from tests.live.valkey import own_valkey
from tests.system.following import TABLES
from tests.system.jobwire import HOUSE, jobwire
from tests.world import World

#: It goes on until the control has failed, which takes more of them on some machines.
WORKERS, KILLS, MOST_KILLS = 3, 30, 600
PAUSES = 4
COUNTING, APART, REACTING = "counting", "counting apart", "reacting"


@pytest.fixture
async def url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database of the test's own, with the tables of its followers."""
    async with own_database(servers, "followed") as url, on(url):
        for table in TABLES:
            await sql(table)
        yield url


async def until(fact: Callable[[], Awaitable[bool]], patience: float = 60) -> None:
    async with asyncio.timeout(patience):
        while not await fact():
            await asyncio.sleep(0.02)


@dataclass
class Workers:
    """Processes that follow, by number."""

    mother: asyncio.subprocess.Process
    alive: list[int] = field(default_factory=list)

    async def add(self) -> None:
        assert self.mother.stdin is not None
        assert self.mother.stdout is not None
        self.mother.stdin.write(b"another\n")
        self.alive.append(int(await self.mother.stdout.readline()))

    async def replace(self, chance: random.Random) -> None:
        """Kill one, and let another begin."""
        victim = chance.choice(self.alive)
        self.alive.remove(victim)
        os.kill(victim, signal.SIGKILL)
        await self.add()


@asynccontextmanager
async def workers(url: str, *words: str) -> AsyncIterator[Workers]:
    mother = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.system.following", url, *words),
        cwd=HOUSE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert mother.stdin is not None
    try:
        yield Workers(mother)
    finally:
        mother.stdin.close()
        await mother.wait()


@dataclass
class Storm:
    """Members who change jobs of several firms until they are told to stop."""

    firms: list[tuple[World, list[Job]]]
    over: bool = False
    #: Of each firm, the revisions that members made while it lasted.
    made: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))

    async def change(self, chance: random.Random) -> None:
        while not self.over:
            world, jobs = chance.choice(self.firms)
            name = f"Changed {chance.random()}"
            made = await update_job(world.acting(world.owner), job_id=chance.choice(jobs).id, name=name)
            self.made[world.firm.id].append(made.revision)
            await asyncio.sleep(chance.random() / 20)


async def furnished(tag: str) -> tuple[World, list[Job]]:
    world = await World.build(tag)
    return world, [await world.job(f"job {number}") for number in range(3)]


async def number_heard() -> int:
    (row,) = await sql("SELECT sum(number)::int AS number FROM revision_count WHERE follower = $1", COUNTING)
    return row["number"] or 0


async def counts_twice(name: str) -> bool:
    """Whether a follower has heard of some revision twice."""
    twice = "SELECT FROM heard WHERE follower = $1 GROUP BY firm_id, revision HAVING count(*) > 1"
    (row,) = await sql(f"SELECT EXISTS ({twice}) AS twice", name)
    return bool(row["twice"])


async def all_is_done() -> bool:
    return all((one.behind, one.pending) == (0, 0) for one in await followers())


async def heard_by(name: str) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = defaultdict(list)
    for row in await sql("SELECT firm_id, revision FROM heard WHERE follower = $1 ORDER BY place", name):
        found[row["firm_id"]].append(row["revision"])
    return found


async def test_each_revision_is_followed_once_and_in_order_whoever_is_killed(url: str) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    firms = [await furnished("before")]
    begun = {firms[0][0].firm.id: await firms[0][0].revision()}
    await register([COUNTING, APART, REACTING], datetime.now(UTC))
    # Of a firm that is founded later they hear everything.
    firms += [await furnished("after"), await furnished("later")]
    storm = Storm(firms)
    async with workers(url) as processes:
        for _ in range(WORKERS):
            await processes.add()
        changing = [asyncio.create_task(storm.change(random.Random(chance.random()))) for _ in range(3)]
        kills = 0
        while kills < KILLS or not await counts_twice(APART):
            assert kills < MOST_KILLS, "The control did not fail: this proves nothing."
            kills += 1
            heard = await number_heard()

            async def goes_on(heard: int = heard) -> bool:
                return await number_heard() > heard or any(task.done() for task in changing)

            await until(goes_on)
            await asyncio.sleep(chance.random() / 5)
            await processes.replace(chance)
        storm.over = True
        await asyncio.gather(*changing)
        await until(all_is_done)
    wanted = await check(storm, begun)
    # Of the control some were counted twice.
    apart = await heard_by(APART)
    assert {id: sorted(set(heard)) for id, heard in apart.items()} == wanted
    assert sum(map(len, apart.values())) > sum(map(len, wanted.values()))


async def check(storm: Storm, begun: dict[UUID, int]) -> dict[UUID, list[int]]:
    """Each revision was counted once and in order, and each reaction came once. Returns the revisions of each firm."""
    heads = {world.firm.id: await world.revision() for world, _ in storm.firms}
    wanted = {firm_id: list(range(begun.get(firm_id, 0) + 1, head + 1)) for firm_id, head in heads.items()}
    assert await heard_by(COUNTING) == wanted
    counts = await sql("SELECT firm_id, number FROM revision_count WHERE follower = $1", COUNTING)
    assert {row["firm_id"]: row["number"] for row in counts} == {id: len(heard) for id, heard in wanted.items()}
    for world, _ in storm.firms:
        await check_reactions(world, storm)
    return wanted


async def test_a_worker_that_is_paused_for_too_long_does_nothing_twice(url: str) -> None:
    """Each time it has begun something that is not committed; others do it, and then it wakes up."""
    chance = random.Random(seed := random.randrange(2**32))
    print(f"seed {seed}")
    await register([COUNTING, APART, REACTING], datetime.now(UTC))
    storm = Storm([await furnished("paused"), await furnished("awake")])
    async with workers(url, "400") as processes:
        for _ in range(WORKERS):
            await processes.add()
        changing = [asyncio.create_task(storm.change(random.Random(chance.random()))) for _ in range(2)]
        paused = 0
        for _ in range(MOST_KILLS):
            heard = await number_heard()
            await until(lambda heard=heard: has_grown(heard))  # type: ignore[misc]
            victim = chance.choice(processes.alive)
            await asyncio.sleep(chance.random() / 20)
            os.kill(victim, signal.SIGSTOP)
            if await somebody_is_silent():
                paused += 1
                # It has lost its place, and somebody else has gone on in it.
                await until(nobody_is_silent)
                heard = await number_heard()
                await until(lambda heard=heard: has_grown(heard))  # type: ignore[misc]
            os.kill(victim, signal.SIGCONT)
            if paused == PAUSES:
                break
        storm.over = True
        await asyncio.gather(*changing)
        await until(all_is_done)
    assert paused == PAUSES
    await check(storm, {})


async def has_grown(heard: int) -> bool:
    return await number_heard() > heard


_SILENT = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
  AND clock_timestamp() - state_change > interval '0.15 s') AS silent
"""


async def nobody_is_silent() -> bool:
    (row,) = await sql(_SILENT)
    return not row["silent"]


async def somebody_is_silent() -> bool:
    """Whether a transaction stands still that was under way. Those that go on do not, for so long."""
    await asyncio.sleep(0.2)
    return not await nobody_is_silent()


async def check_reactions(world: World, storm: Storm) -> None:
    """Each change of a member has one task, made in the order of the changes, and the log names its cause."""
    made = sorted(storm.made[world.firm.id])
    assert made
    tasks = await Task.filter(firm_id=world.firm.id)
    assert sorted(int(task.name) for task in tasks) == made
    reactions = [logged for logged in await world.events() if logged.actor["kind"] == "AUTOMATION"]
    names = {task.id: int(task.name) for task in tasks}
    assert [names[logged.event.task] for logged in reactions if isinstance(logged.event, TaskCreated)] == made
    assert [(logged.cause, logged.hops) for logged in reactions] == [(cause, 1) for cause in made]
    runs = await sql("SELECT cause, state, revision FROM follower_run WHERE firm_id = $1 ORDER BY cause", world.firm.id)
    assert [(run["cause"], run["state"], run["revision"]) for run in runs] == [
        (cause, "DONE", logged.revision) for cause, logged in zip(made, reactions, strict=True)
    ]


async def test_a_worker_follows_without_redis_and_ends_when_told(url: str) -> None:
    nowhere = {"database_url": url, "redis_url": "redis://127.0.0.1:1"}
    with jobwire("worker", program="tests.system.jobwire_that_follows", **nowhere) as worker:
        assert "counting" in await asyncio.to_thread(worker.logs, "follower.registered")
        world, (job, *_) = await furnished("w")
        cause = (await update_job(world.acting(world.owner), job_id=job.id, name="Changed")).revision

        async def reacted() -> bool:
            tasks = await items_of(job, Kind.TASK)
            return await Task.exists(id__in=tasks, name=str(cause)) and await all_is_done()

        await until(reacted)
        assert await asyncio.to_thread(worker.end) == 0
    assert (await heard_by(COUNTING))[world.firm.id] == list(range(1, cause + 2))


async def test_workers_hear_what_is_committed_and_tell_what_they_commit(url: str) -> None:
    """Nobody looks into the database within the hour, and nobody is at the same firm."""
    told: dict[UUID, set[int]] = defaultdict(set)
    hears = partial(jobwire, program="tests.system.jobwire_that_hears", database_url=url)
    async with own_valkey() as valkey:
        with hears("worker", redis_url=valkey.url) as one, hears("worker", redis_url=valkey.url) as other:
            for worker in (one, other):
                await asyncio.to_thread(worker.logs, "worker.started")
            bell = Bell(valkey.url)
            await bell.start(lambda ring: told[ring.firm_id].add(ring.revision), lambda: None)
            async with ringing(valkey.url):
                # The first look of a worker may come as late as this; from then on they are told, or nothing happens.
                for number in range(3):
                    firms = [await furnished(f"h{number}{place}") for place in range(3)]
                    causes = {
                        world.firm.id: (
                            await update_job(world.acting(world.owner), job_id=jobs[0].id, name="Changed")
                        ).revision
                        for world, jobs in firms
                    }
                    await until(lambda causes=causes: reacted_to(causes))  # type: ignore[misc]
                    await until(all_is_done)
                    assert all(cause + 1 in told[firm_id] for firm_id, cause in causes.items())
            await bell.stop()
            for worker in (one, other):
                assert await asyncio.to_thread(worker.end) == 0


async def reacted_to(causes: dict[UUID, int]) -> bool:
    tasks = await Task.filter(firm_id__in=list(causes))
    return {task.firm_id: int(task.name) for task in tasks} == causes


async def test_an_operator_names_a_follower_that_stands_still_and_releases_it(
    database: str, world: World, servers: embedded.Servers
) -> None:
    async def said(*words: str) -> tuple[int, list[str]]:
        with jobwire("followers", *words, database_url=database, redis_url=servers.redis_url) as command:
            code = await asyncio.to_thread(command.ends)
            return code, await asyncio.to_thread(lambda: command.stdout.rest() + command.stderr.rest())

    long_ago = datetime.now(UTC) - timedelta(hours=2)
    since = f"{long_ago:%Y-%m-%d %H:%M} UTC"
    await register(["mail", "search"], long_ago)
    try:
        await world.job()
        firm, head = world.firm.id, await world.revision()
        await sql("UPDATE firm SET behind_since = $2 WHERE id = $1", firm, long_ago)
        await sql("UPDATE event SET at = $3 WHERE firm_id = $1 AND revision = $2", firm, head, long_ago)
        cursor = "UPDATE follower_cursor SET revision = $3, stopped_by = $4 WHERE firm_id = $1 AND follower_id = $2"
        await sql(cursor, firm, "mail", head - 1, "Why so.")
        await sql(cursor, firm, "search", head, None)
        assert await said() == (
            0,
            [
                f"mail: STANDS STILL in 1 firm since {since}; 0 runs to do, 0 failed. Why so.",
                "search: has read everything; 0 runs to do, 0 failed.",
            ],
        )
        unknown = "jobwire: No follower is called post. `jobwire followers` names them."
        assert await said("release", "post") == (1, [unknown])
        done = "mail is released: the logs are not kept for it any more. Runs that it had still to do: 0."
        assert await said("release", "mail") == (0, [done])
        assert [one.name for one in await followers()] == ["search"]
    finally:
        for one in await followers():
            await release(one.name)
