"""`moveJob` per second: through the command and through HTTP, on one firm and on a hundred, with what the log costs.

`python -m bench.moves`
"""

import random
import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import NamedTuple
from unittest.mock import patch
from uuid import UUID

import aiohttp
import orjson

from bench.bare_move import bare_move
from bench.firms import BenchFirm, build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.load import Act, Load
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.process import served
from bench.statements import Statement, counted
from models.actor import Actor
from models.commands.moves import move_job
from models.database import sql
from models.events import Event
from models.ids import Kind, encode
from models.log import Committed
from models.once import NOTHING, Kept
from models.sign_in import issue_for

FIRMS = 100
JOBS = 40
ROUNDS = 5
SECONDS = 0.4
CALLERS = (1, 16)
#: The log's price that is aimed at: moves a second with it, over those without it, on many firms.
GOAL = 0.75
WITHOUT_LOG = "command, no log"
MOVE = """mutation Move($input: MoveJobInput!) {
  moveJob(input: $input) { job { id version stage { id } position } revision errors { code message } }
}"""


class Move(NamedTuple):
    """Which card goes where."""

    firm: BenchFirm
    job: UUID
    stage: UUID


Mover = Callable[[Move], Awaitable[None]]


async def benchmark(house: House) -> None:
    """The same moves, by each way of making them."""
    firms = [await build_firm(jobs=JOBS) for _ in range(FIRMS)]
    await sql("ANALYZE")
    async with served("ours", house) as server, aiohttp.ClientSession() as client:
        by_http = await through_http(client, server.url, firms)
        movers: dict[str, Mover] = {
            "HTTP": by_http,
            "command": _command,
            WITHOUT_LOG: _command,
            "bare SQL + log": lambda move: bare_move(move.firm.id, move.job, move.stage, logged=True),
            "bare SQL, no log": lambda move: bare_move(move.firm.id, move.job, move.stage, logged=False),
        }
        await _statements(firms[0])
        for among in (firms[:1], firms):
            for callers in CALLERS:
                price = await _compare(movers, among, callers, 2 if house.quick else ROUNDS)
            where = f"firms {len(among)}, callers {callers}"
            if len(among) > 1:
                house.goals.append(Goal(f"moves/s, {where}: with the log ÷ without", price, GOAL, at_least=True))


async def _compare(movers: dict[str, Mover], firms: Sequence[BenchFirm], callers: int, rounds: int) -> float:
    """The price of the log, for the bare transaction."""
    loads = {
        name: Load(_acting(mover, firms), callers, SECONDS, _no_log if name == WITHOUT_LOG else nullcontext)
        for name, mover in movers.items()
    }
    found = await taking_turns({name: load.run for name, load in loads.items()}, rounds)
    heading(f"Moves a second: firms {len(firms)}, callers {callers} (median of {rounds} rounds)")
    floor = found["bare SQL, no log"]
    table(
        ["", "moves/s", "÷ bare, no log", "p50 ms", "p99 ms"],
        [
            (
                name,
                median(rates),
                ratio(rates, floor),
                statistics.median(loads[name].latencies) * 1000,
                percentile(loads[name].latencies, 99) * 1000,
            )
            for name, rates in found.items()
        ],
    )
    of_command = ratio(found["command"], found[WITHOUT_LOG])
    of_bare = ratio(found["bare SQL + log"], floor)
    print(f"With the log ÷ without it: command {of_command:.2f}, bare SQL {of_bare:.2f}", flush=True)
    return of_bare


def _acting(mover: Mover, firms: Sequence[BenchFirm]) -> Act:
    moves = _moves(firms)

    async def act() -> None:
        await mover(next(moves))

    return act


def _moves(firms: Sequence[BenchFirm]) -> Iterator[Move]:
    """The same moves for every variant."""
    chance = random.Random(7)
    while True:
        firm = chance.choice(firms)
        yield Move(firm, chance.choice(firm.jobs).id, chance.choice(firm.stages).id)


async def _command(move: Move) -> None:
    await move_job(move.firm.actor, job_id=move.job, stage_id=move.stage)


def _no_log() -> AbstractContextManager[object]:
    """The command as it is, but for its last statement."""
    return patch("models.command.append", _append_nothing)


async def _append_nothing(
    actor: Actor, events: Sequence[Event], now: datetime, *, as_of: int | None = None, kept: Kept = NOTHING
) -> Committed:
    return Committed(actor.firm_id, 0, ())


async def through_http(client: aiohttp.ClientSession, url: str, firms: Sequence[BenchFirm]) -> Mover:
    tokens = {firm.id: await issue_for(firm.members[0].id, 1) for firm in firms}

    async def move(wanted: Move) -> None:
        given = {"jobId": encode(Kind.JOB, wanted.job), "stageId": encode(Kind.STAGE, wanted.stage)}
        body = orjson.dumps({"query": MOVE, "variables": {"input": given}})
        headers = {"Authorization": f"Bearer {tokens[wanted.firm.id]}", "Content-Type": "application/json"}
        async with client.post(url, data=body, headers=headers) as answer:
            payload = orjson.loads(await answer.read())
        if "errors" in payload or payload["data"]["moveJob"]["errors"]:
            raise SystemExit(f"A move was refused: {payload}")

    return move


async def _statements(firm: BenchFirm) -> None:
    """What one move says to PostgreSQL: the median time of each of its statements over many moves, one at a time."""
    found: list[list[Statement]] = []
    moves = _moves([firm])
    for _ in range(50):
        async with counted() as sent:
            await _command(next(moves))
        found.append(sent)
    usual = statistics.mode(len(sent) for sent in found)
    alike = [sent for sent in found if len(sent) == usual]
    heading(f"Statements of one moveJob: {usual}, in order (median of {len(alike)} moves, one at a time)")
    rows = [
        (statistics.mode(one.summary for one in same), median([one.seconds * 1000 for one in same]))
        for same in zip(*alike, strict=True)
    ]
    table(["", "ms"], [*rows, ("together", sum(row[1] for row in rows))])


if __name__ == "__main__":
    run(benchmark)
