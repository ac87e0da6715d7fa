"""A board of 500 cards, as its page asks for it: time, statements and bytes.

`python -m bench.board`
"""

import gc
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.bare_board import bare_board
from bench.changes import Commits
from bench.firms import BenchFirm, build_firm
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.statements import Statement, counted
from bench.stock_board import StockBoard
from engine.engine import Engine
from engine.session import Session
from models.database import sql
from models.ids import Kind, encode
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from transport.engine import Request

CARDS = 500
ROUNDS = 15
COLD = "ours, cold"
BOARD = """query Board($id: ID!) {
  pipeline(id: $id) {
    id name
    stages {
      id name
      jobs {
        id version name position
        account { id name }
        status { id name category color }
        assignees { id name }
        openTaskCount
      }
    }
  }
}"""

Answer = Callable[[], Awaitable[bytes]]


class Ours:
    """The product's engine, as a transport calls it: who asks is read again for every query."""

    def __init__(self, engine: Engine, session: Session, firm: BenchFirm, document: str = BOARD) -> None:
        self._engine, self._session, self._document = engine, session, document
        self._variables = {"id": encode(Kind.PIPELINE, firm.pipeline.id)}
        self._numbers = itertools.count()

    async def known(self) -> bytes:
        """The document has been seen before, the board perhaps as well."""
        return await self._answer(self._document)

    async def unknown(self) -> bytes:
        """The document has not been seen before: it is parsed and validated as well, and its answer is not known."""
        return await self._answer(f"{self._document} # {next(self._numbers)}")

    async def _answer(self, document: str) -> bytes:
        prepared = self._engine.prepare(Request(document, None, self._variables), self._session)
        return await self._engine.execute(prepared, self._session)


@dataclass(slots=True)
class Clock:
    """Takes the time of an answer: on the wall, and of this process alone, which others on the machine disturb less."""

    answer: Answer
    #: What is done before, each time, and takes no part in the time.
    before: Callable[[], Awaitable[object]] | None = None
    cpu: list[float] = field(default_factory=list)

    async def measure(self) -> float:
        """Milliseconds on the wall."""
        if self.before is not None:
            await self.before()
        started, cpu = time.perf_counter(), time.process_time()
        await self.answer()
        self.cpu.append((time.process_time() - cpu) * 1000)
        return (time.perf_counter() - started) * 1000


async def benchmark(house: House) -> None:
    """Ours beside the least that can be done, and beside what Strawberry's documentation shows."""
    firm = await build_firm(jobs=CARDS, accounts=100)
    await sql("ANALYZE")
    engine = Engine(graphql_schema(), Hub(Bell(house.redis_url)))
    ours = Ours(engine, await engine.sign_in(await issue_for(firm.members[0].id, 1)), firm)
    stock = StockBoard(firm.id, firm.pipeline.id, BOARD)
    changes, rounds = Commits(firm), 5 if house.quick else ROUNDS
    clocks = {
        # At a revision that nobody has asked at: whatever is kept of answers is of no use.
        COLD: Clock(ours.known, lambda: changes.make(1)),
        "ours, cached": Clock(ours.known, ours.known),
        "ours, document new": Clock(ours.unknown),
        "bare SQL + orjson": Clock(lambda: bare_board(firm.id, firm.pipeline.id)),
        "stock Strawberry": Clock(stock.answer),
    }
    await _check_alike(clocks)
    statements, sizes = await count(clocks)
    gc.collect()
    gc.freeze()  # as the server does when it starts
    for clock in clocks.values():
        clock.cpu.clear()
    measured = await taking_turns({name: clock.measure for name, clock in clocks.items()}, rounds)
    heading(f"A board of {CARDS} cards (median of {rounds} rounds)")
    base = measured[COLD]
    table(
        ["", "ms", "CPU ms", "ms ÷ ours, cold", "statements", "bytes"],
        [
            (name, median(times), median(clocks[name].cpu), ratio(times, base), len(statements[name]), sizes[name])
            for name, times in measured.items()
        ],
    )
    heading("Statements of ours, cold, in order (their time overlaps)")
    table(["", "ms"], [(statement.summary, statement.seconds * 1000) for statement in statements[COLD]])


async def _check_alike(clocks: dict[str, Clock]) -> None:
    """A control that answers something else measures nothing."""
    data: dict[str, Any] = {name: orjson.loads(await clock.answer()) for name, clock in clocks.items()}
    for name, found in data.items():
        if "errors" in found or found["data"] != data[COLD]["data"]:
            raise SystemExit(f"{name} answers something else: {found.get('errors')}")
    cards = sum(len(stage["jobs"]) for stage in data[COLD]["data"]["pipeline"]["stages"])
    if cards != CARDS:
        raise SystemExit(f"The board has {cards} cards, not {CARDS}.")


async def count(clocks: dict[str, Clock]) -> tuple[dict[str, list[Statement]], dict[str, int]]:
    """The statements and the bytes of one answer each. Of several answers the one with the fewest statements counts:
    the first ones on a connection also ask for the types of the database."""
    statements, sizes = {}, {}
    for name, clock in clocks.items():
        tries: list[list[Statement]] = []
        for _ in range(5):
            if clock.before is not None:
                await clock.before()
            async with counted() as sent:
                sizes[name] = len(await clock.answer())
            tries.append(sent)
        statements[name] = min(tries, key=len)
    return statements, sizes


if __name__ == "__main__":
    run(benchmark)
