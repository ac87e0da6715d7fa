"""How many executions and SQL statements one change takes, for few subscribers and for many of the same scope.

`python -m bench.executions`
"""

import re

import aiohttp

from bench.audience import Audience, audience, subscriber
from bench.burst import burst
from bench.changes import Commits, ringing
from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, table
from bench.process import Served, served
from bench.serve import METRICS_TOKEN
from bench.tap import Tap, tapped
from models.sign_in import issue_for

SIZES, QUICK_SIZES = (10, 2_000), (10, 200)
CHANGES_MADE = 9
MEMBERS = 50
_EXECUTIONS = re.compile(r"^jobwire_messages_rendered_total(?:{[^}]*})? (\S+)$", re.MULTILINE)


async def benchmark(house: House) -> None:
    """Counted from outside: statements on the way to PostgreSQL, executions by what the server says of itself."""
    firm = await build_firm(jobs=100, members=MEMBERS)
    visits = [subscriber(await issue_for(member.id, 1)) for member in firm.members]
    async with (
        tapped(house) as tap,
        served("ours", tap.house) as server,
        audience(server, visits) as sockets,
        ringing(house),
    ):
        rows = []
        sizes = QUICK_SIZES if house.quick else SIZES
        for size in sizes:
            await sockets.grow_to(size)
            rows.append((f"{size:,} subscribers", *await _count(tap, sockets, Commits(firm))))
    heading(f"One change, one cohort (medians of {CHANGES_MADE} changes)")
    table(
        ["", "SQL statements", "executions"], [(*row[:2], "not counted" if row[2] is None else row[2]) for row in rows]
    )
    (_, few_statements, few), (_, many_statements, many) = rows
    where = f"{sizes[1]:,} subscribers ÷ {sizes[0]}"
    house.goals.append(Goal(f"SQL statements of a change, {where}", _over(many_statements, few_statements), 1))
    house.goals.append(Goal(f"executions of a change, {where}", _over(many, few), 1))


async def _count(tap: Tap, sockets: Audience, commits: Commits) -> tuple[float, float | None]:
    """The server also looks around once a second; the median is of changes that it did not do so during."""
    statements: list[float] = []
    executions: list[float | None] = []
    async with aiohttp.ClientSession() as client:
        await burst(sockets, commits)
        for _ in range(CHANGES_MADE):
            told, before = await _executions(client, sockets.server), tap.statements
            await burst(sockets, commits)
            statements.append(tap.statements - before)
            now = await _executions(client, sockets.server)
            executions.append(None if told is None or now is None else now - told)
    known = [number for number in executions if number is not None]
    return median(statements), median(known) if known else None


async def _executions(client: aiohttp.ClientSession, server: Served) -> float | None:
    """None when the server does not count them."""
    signed = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with client.get(server.at("/metrics"), headers=signed) as answer:
        found = _EXECUTIONS.findall(await answer.text())
    return sum(float(number) for number in found) if found else None


def _over(many: float | None, few: float | None) -> float | None:
    if many is None or few is None:
        return None
    return many / few if few else float(many == few)


if __name__ == "__main__":
    run(benchmark)
