"""The processes of a tax season, each of which can be killed and paused, and the firms that they work for."""

import asyncio
import random
import re
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import embedded
from models.database import sql
from models.followers.standing import followers
from models.signing_keys import KEYS
from tests.databases import on, own_database
from tests.live.valkey import Valkey, own_valkey
from tests.system.oracle import automatic
from tests.system.oracle.processes import Program, Server
from tests.system.season.people import People, people_of
from tests.system.season.practice import found
from tests.system.season.program import APART

WORKERS, SERVERS = 3, 2
PROGRAM = "tests.system.season.program"
#: In seconds: how long nothing may happen, while there is something to do.
PATIENCE = 60.0
_TAKES_MAIL = re.compile(rb"Takes mail at (\d+)")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a season is."""

    firms: int
    jobs: int
    stages: Sequence[str]
    faults: int


@dataclass
class Post(Program):
    """The mail server. After the first start it keeps its port."""

    port: int = 0

    @property
    def journal(self) -> Path:
        """What it has taken, by Message-ID."""
        return Path(self.arguments[2])

    async def ready(self) -> None:
        """Wait until it takes mail."""
        async with asyncio.timeout(PATIENCE):
            while (found := _TAKES_MAIL.search(self.said())) is None:
                assert self.alive, self.said()[-2_000:].decode()
                await asyncio.sleep(0.02)
        self.port = int(found[1])
        self.arguments[1] = found[1].decode()

    def accepted(self) -> list[str]:
        """The mails that it has taken, each as often as it has."""
        return self.journal.read_text().split()


@dataclass
class Office:
    """What works for the firms, and their people."""

    people: list[People]
    servers: list[Server]
    workers: list[Program]
    valkey: Valkey
    post: Post
    _opening: int = 0

    @property
    def programs(self) -> list[Program]:
        """All that may be killed, but Valkey."""
        return [*self.servers, *self.workers, self.post]

    async def open_jobs(self, people: People) -> None:
        """Let the people of a firm open their jobs."""
        self._opening += 1
        await people.open_jobs()
        self._opening -= 1

    async def revision(self) -> int:
        """How much has happened, in all firms."""
        (row,) = await sql("SELECT sum(revision)::bigint AS revision FROM firm")
        return int(row["revision"])

    async def is_over(self) -> bool:
        """Whether everything is done that there is to do, by people and by itself."""
        before = await self.revision()
        if self._opening or any(people.busy for people in self.people) or (await sql(_LEFT))[0]["number"]:
            return False
        if any(one.behind or one.pending for one in await followers()):
            return False
        return await self.revision() == before

    async def over(self) -> None:
        """Wait until it is. As long as something happens, there is time."""
        known, loop = -1, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE) as patience:
                while not await self.is_over():
                    if (present := await self.revision()) != known:
                        known = present
                        patience.reschedule(loop.time() + PATIENCE)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"Nothing happens any more.\n{await self.told()}") from None

    async def over_for_good(self) -> None:
        """As `over`, of the control, which may look as if it had done everything when it has only moved on in the log.
        Then its workers have ended: each finishes what it has begun."""
        while True:
            await self.over()
            for worker in self.workers:
                worker.process.send_signal(signal.SIGTERM)
            for worker in self.workers:
                await asyncio.to_thread(worker.process.wait, PATIENCE)
            if await self.is_over():
                return
            for worker in self.workers:
                worker.start()

    async def told(self) -> str:
        """How it is, for whoever wants to know why it does not go on."""
        asked = {"left": _LEFT, "database": _ACTIVITY, "runs": _RUNS, "jobs": _JOBS}
        found = [f"{name}: {[dict(row) for row in await sql(query)]}" for name, query in asked.items()]
        found.append(f"followers: {await followers()}")
        found += [f"{each.practice.world.tag}: busy {each.busy}, again {dict(each.again)}" for each in self.people]
        found += [f"{each.name}, alive {each.alive}: {each.said()[-1_500:].decode()}" for each in self.programs]
        return "\n".join(found)

    def unwell(self) -> list[str]:
        """Who has ended by itself, and what workers logged as faults of their own."""
        ended = [f"{each.name} has ended: {each.said()[-2_000:].decode()}" for each in self.programs if not each.alive]
        return ended + [f"{each.name}: {fault[:2_000]}" for each in self.workers for fault in each.faults()]


_LEFT = """
SELECT (SELECT count(*) FROM task WHERE state NOT IN ('COMPLETED', 'CANCELED'))
    + (SELECT count(*) FROM client_request WHERE state = 'PENDING')
    + (SELECT count(*) FROM organizer WHERE state = 'PENDING')
    + (SELECT count(*) FROM mail WHERE state = 'WAITING') AS number
"""
_ACTIVITY = """
SELECT pid, state, wait_event, now() - state_change AS since, left(query, 200) AS query FROM pg_stat_activity
WHERE datname = current_database() AND state <> 'idle'
"""
_RUNS = "SELECT state, count(*) FROM follower_run GROUP BY state"
_JOBS = """
SELECT stage.name, status.name AS status, count(*) FROM job JOIN stage ON stage.id = job.stage_id
JOIN status ON status.id = job.status_id GROUP BY stage.name, status.name
"""


@asynccontextmanager
async def office(
    folder: Path, on_servers: embedded.Servers, size: Size, seed: str, *, apart: bool = False
) -> AsyncIterator[Office]:
    """Three workers, two servers, a Valkey and a mail server, which run, and firms of which nobody has begun. With the
    same seed it is the same. `apart` is of the control."""
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(own_database(on_servers, "season"))
        await stack.enter_async_context(on(url))
        # They are of another database.
        KEYS.forget()
        stack.callback(KEYS.forget)
        valkey = await stack.enter_async_context(own_valkey())
        post = Post("post", ["tests.system.season.post", "0", str(folder / "journal")], {}, folder / "post.log")
        stack.callback(_end, [post])
        post.start()
        await post.ready()
        environment = {
            "JOBWIRE_DATABASE_URL": url,
            "JOBWIRE_REDIS_URL": valkey.url,
            "JOBWIRE_DRAIN_WINDOW": "0",
            "JOBWIRE_MAIL_FROM": "office@firm.example",
            "JOBWIRE_SMTP_URL": f"smtp+insecure://127.0.0.1:{post.port}",
            "JOBWIRE_POINTS_A_MINUTE": "1000000000",
            "JOBWIRE_AUTOMATIONS_A_MINUTE": "1000000000",
            **({APART: "1"} if apart else {}),
        }
        servers = [
            Server(f"server {n}", [PROGRAM, "serve"], {**environment, "JOBWIRE_PORT": "0"}, folder / f"server{n}.log")
            for n in range(SERVERS)
        ]
        workers = [
            Program(f"worker {n}", [PROGRAM, "worker"], environment, folder / f"worker{n}.log") for n in range(WORKERS)
        ]
        numbers = [range(n, size.jobs, size.firms) for n in range(size.firms)]
        practices = [await found(f"season{n}", size.stages, own, chance) for n, own in enumerate(numbers)]
        stack.callback(_end, [*servers, *workers])
        for each in (*servers, *workers):
            each.start()
        for server in servers:
            await server.ready()
        await automatic.followed_from_now_on()
        people = [await stack.enter_async_context(people_of(each, servers, chance)) for each in practices]
        yield Office(people, servers, workers, valkey, post)


def _end(programs: Sequence[Program]) -> None:
    for each in programs:
        if hasattr(each, "process"):
            # Whoever is paused is killed all the same.
            each.kill()
