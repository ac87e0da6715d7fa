"""The cards of a board with their accounts: read as records, read by the ORM, and by hand.

`python -m bench.reads`
"""

import gc
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from bench.firms import BenchFirm, build_firm
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from models.database import fetch, sql
from models.rows import Account, Job
from models.scope import Scope

CARDS = 500
ACCOUNTS = 100
ROUNDS = 25

_JOBS = "SELECT * FROM job WHERE firm_id = $1 AND id = ANY($2)"
_ACCOUNTS = "SELECT * FROM account WHERE firm_id = $1 AND id = ANY($2)"

Shown = list[tuple[Any, ...]]


class Reads:
    """The same rows, of one who sees the whole firm, and the same values of them."""

    def __init__(self, firm: BenchFirm) -> None:
        self._scope = Scope.whole(firm.id)
        self._ids = [job.id for job in firm.jobs]

    async def records(self) -> Shown:
        """As answers do."""
        jobs = await self._scope.rows(Job).many(self._ids)
        accounts = await self._scope.rows(Account).many({job.account_id for job in jobs.values()})
        return _shown(jobs.values(), accounts)

    async def instances(self) -> Shown:
        """As commands do."""
        jobs = await self._scope.rows(Job).where(id__in=self._ids)
        accounts = await self._scope.rows(Account).where(id__in={job.account_id for job in jobs})
        return _shown(jobs, {account.id: account for account in accounts})

    async def by_hand(self) -> Shown:
        """The floor: what the driver makes, under its own names, without a question about who asks."""
        jobs = await fetch(_JOBS, self._scope.firm_id, self._ids)
        wanted = {job["account_id"] for job in jobs}
        accounts = {row["id"]: row for row in await fetch(_ACCOUNTS, self._scope.firm_id, wanted)}
        return [
            (job["id"], job["version"], job["name"], job["position"], accounts[job["account_id"]]["name"])
            for job in jobs
        ]


def _shown(jobs: Iterable[Any], accounts: dict[UUID, Any]) -> Shown:
    return [(job.id, job.version, job.name, job.position, accounts[job.account_id].name) for job in jobs]


def _clock(read: Callable[[], Awaitable[Shown]]) -> Callable[[], Awaitable[float]]:
    async def measure() -> float:
        # Of this process alone: PostgreSQL does the same for each.
        started = time.process_time()
        await read()
        return (time.process_time() - started) * 1000

    return measure


async def benchmark(house: House) -> None:
    """Milliseconds of this process, a read."""
    reads = Reads(await build_firm(jobs=CARDS, accounts=ACCOUNTS))
    await sql("ANALYZE")
    variants = {"records": reads.records, "instances of the ORM": reads.instances, "by hand": reads.by_hand}
    answers = [sorted(await read()) for read in variants.values()]
    if any(answer != answers[0] for answer in answers) or len(answers[0]) != CARDS:
        raise SystemExit("They do not read the same.")
    gc.collect()
    gc.freeze()  # as the server does when it starts
    measured = await taking_turns({name: _clock(read) for name, read in variants.items()}, ROUNDS)
    heading(f"{CARDS} cards with their {ACCOUNTS} accounts (median of {ROUNDS} rounds)")
    table(
        ["", "CPU ms", "÷ records"],
        [(name, median(times), ratio(times, measured["records"])) for name, times in measured.items()],
    )


if __name__ == "__main__":
    run(benchmark)
