"""What happens by itself: from a change to what a worker does because of it, and jobs through a pipeline of six stages,
by workers and by clients.

`python -m bench.automatic`
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import aiohttp
import orjson

from bench.changes import ringing
from bench.conveyor import Conveyor
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.moves import MOVE
from bench.process import served
from bench.workers import working
from models.commands.moves import move_job, move_jobs
from models.database import sql
from models.followers.cursors import register
from models.followers.standing import release
from models.ids import Kind, encode
from models.sign_in import issue_for
from models.targets import Target

STAGES = 6
#: Triggers on an idle system, and seconds of silence before each.
TRIGGERS, QUICK_TRIGGERS, SILENCE = 200, 50, 0.05
#: Without Redis each takes half a second.
SLOW_TRIGGERS = 10
#: In milliseconds.
GOAL = 50.0
#: So many firms, each with so many jobs, go through the pipeline in a round.
FIRMS, JOBS = 8, 10
ROUNDS, QUICK_ROUNDS = 5, 2
#: Of the jobs a second that clients make.
PACE_GOAL = 0.7
NOWHERE = "redis://127.0.0.1:1"
PATIENCE = 120.0
TASK = """mutation Task($input: CreateTaskInput!) {
  createTask(input: $input) { task { id version name } revision errors { code message } }
}"""


async def benchmark(house: House) -> None:
    """Milliseconds, and jobs a second."""
    async with ringing(house):
        await _latency(house)
        await _pipeline(house)


async def _begin_anew() -> None:
    """What the logs have by now is nothing to the follower."""
    await release(Conveyor.name)
    await register([Conveyor.name], datetime.now(UTC))


async def _latency(house: House) -> None:
    await _begin_anew()
    firm = await build_firm(jobs=2 * (TRIGGERS + SLOW_TRIGGERS), stages=2)
    jobs = iter(job.id for job in firm.jobs if job.stage_id != firm.stages[-1].id)
    rows = []
    for name, redis_url, number in (
        ("a worker that hears of it", house.redis_url, QUICK_TRIGGERS if house.quick else TRIGGERS),
        ("one that looks once a second", NOWHERE, SLOW_TRIGGERS),
    ):
        async with working(house, 1, redis_url):
            # The first ones are not of an idle system: what it needs is loaded then.
            times = [await _trigger(firm, job) for job in itertools.islice(jobs, number)][number // 10 :]
        rows.append((name, median(times), percentile(times, 99)))
    heading("From the commit of a change until its effect is committed and seen, idle system")
    table(["", "median ms", "p99 ms"], rows)
    house.goals.append(Goal("trigger to effect, idle system: median", rows[0][1], GOAL, unit=" ms"))


async def _trigger(firm: BenchFirm, job: UUID) -> float:
    """The milliseconds from a move to the last stage until its task is there."""
    await asyncio.sleep(SILENCE)
    moved = await move_job(firm.actor, job_id=job, stage_id=firm.stages[-1].id)
    committed = time.perf_counter()
    await _until_revisions([firm], moved.revision + 1)
    return (time.perf_counter() - committed) * 1000


async def _until_revisions(firms: Sequence[BenchFirm], together: int) -> None:
    """Wait until these firms have come so far. Looked at in the database: a worker without Redis rings for nobody."""
    async with asyncio.timeout(PATIENCE):
        while await _revisions(firms) < together:  # noqa: ASYNC110
            await asyncio.sleep(0.0005 if len(firms) == 1 else 0.01)


async def _revisions(firms: Sequence[BenchFirm]) -> int:
    ids = [firm.id for firm in firms]
    return int((await sql("SELECT sum(revision) AS number FROM firm WHERE id = ANY($1)", ids))[0]["number"])


async def _pipeline(house: House) -> None:
    names = ["a client of each firm", "1 worker", "2 workers"]
    firms = {name: [await build_firm(jobs=JOBS, stages=STAGES) for _ in range(FIRMS)] for name in names}
    await sql("ANALYZE")
    async with served("unpaced", house) as server, aiohttp.ClientSession() as session:
        tokens = {firm.id: await issue_for(firm.members[0].id, 1) for firm in firms[names[0]]}
        clients = [Client(session, server.url, tokens[firm.id], firm) for firm in firms[names[0]]]
        variants: dict[str, Callable[[], Awaitable[float]]] = {
            names[0]: partial(_by_clients, clients),
            names[1]: partial(_by_workers, house, 1, firms[names[1]]),
            names[2]: partial(_by_workers, house, 2, firms[names[2]]),
        }
        found = await taking_turns(variants, QUICK_ROUNDS if house.quick else ROUNDS)
    rows = [(name, median(paces), ratio(paces, found[names[0]])) for name, paces in found.items()]
    heading(
        f"{FIRMS * JOBS} jobs of {FIRMS} firms through {STAGES} stages: a task on each, {2 * STAGES - 1} commands a job"
    )
    table(["", "jobs/s", "÷ clients"], rows)
    for name, _, over in rows[1:]:
        house.goals.append(Goal(f"jobs/s through 6 stages: {name} ÷ clients", over, PACE_GOAL, at_least=True))


async def _to_the_first_stage(firm: BenchFirm) -> None:
    targets = [Target(job.id) for job in firm.jobs]
    moved = await move_jobs(firm.actor, jobs=targets, stage_id=firm.stages[0].id)
    if moved.value.refused:
        raise SystemExit("A move was refused.")


async def _by_workers(house: House, workers: int, firms: Sequence[BenchFirm]) -> float:
    """How many jobs a second they let go through."""
    await _begin_anew()
    async with working(house, workers, house.redis_url):
        wanted = await _revisions(firms) + len(firms) * (1 + JOBS * (2 * STAGES - 1))
        started = time.perf_counter()
        for firm in firms:
            await _to_the_first_stage(firm)
        await _until_revisions(firms, wanted)
        return len(firms) * JOBS / (time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Client:
    """Who calls the same commands, in the same order, for one firm."""

    session: aiohttp.ClientSession
    url: str
    token: str
    firm: BenchFirm

    async def let_through(self) -> None:
        """All jobs of the firm."""
        await _to_the_first_stage(self.firm)
        for number in range(STAGES):
            for job in self.firm.jobs:
                job_id = encode(Kind.JOB, job.id)
                await self._call(TASK, {"jobId": job_id, "name": "Check"})
                if number + 1 < STAGES:
                    to = encode(Kind.STAGE, self.firm.stages[number + 1].id)
                    await self._call(MOVE, {"jobId": job_id, "stageId": to})

    async def _call(self, query: str, given: dict[str, str]) -> None:
        body = orjson.dumps({"query": query, "variables": {"input": given}})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with self.session.post(self.url, data=body, headers=headers) as answer:
            payload = orjson.loads(await answer.read())
        if "errors" in payload or any(field["errors"] for field in payload["data"].values()):
            raise SystemExit(f"A call was refused: {payload}")


async def _by_clients(clients: Sequence[Client]) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(client.let_through() for client in clients))
    return len(clients) * JOBS / (time.perf_counter() - started)


if __name__ == "__main__":
    run(benchmark)
