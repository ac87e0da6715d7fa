"""Whatever happens to its server, its socket, its rights and Redis: a client shows what a fresh query answers."""

import os
import random
import secrets
import time
from pathlib import Path

import pytest

from tests.system.oracle.commands import KINDS
from tests.system.oracle.judge import Judge, agrees, differences
from tests.system.oracle.scenario import Scenario, prepared

#: Set to run a former run's choices again.
SEED = "JOBWIRE_TEST_SEED"


@pytest.mark.timeout(400)
async def test_every_client_shows_what_a_fresh_query_answers(tmp_path: Path) -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    async with prepared(tmp_path, seed) as scenario:
        judge = Judge(scenario.api, seed)
        await judge.agree(scenario.clients, "before the first command")
        await work_and_compare(scenario, judge, commands=int(os.environ.get("COMMANDS", "2000")), moments=20)
        await the_control_fails(scenario, judge)
    assert judge.moments >= 22


async def work_and_compare(scenario: Scenario, judge: Judge, commands: int, moments: int) -> None:
    """Let the members work, things go wrong, and the oracle compare at random moments and at the end."""
    traffic = scenario.traffic
    stops = planned(scenario, commands) + sorted(scenario.chance.sample(range(1, commands), moments))
    began = time.monotonic()
    for stop in [*sorted(set(stops)), commands]:
        await traffic.until(stop)
        await judge.agree(scenario.clients, f"after command {stop:,}")
    await traffic.settle()
    await judge.agree(scenario.clients, "at the end")
    done, refused = traffic.done.total(), traffic.refused.total()
    print(
        f"{done} commands done and {refused} refused in {time.monotonic() - began:.0f} s, {judge.moments} comparisons, "
        f"the slowest {judge.slowest:.1f} s; refusals {dict(traffic.refusals)}, "
        f"resumptions {sum(c.resumptions for c in scenario.clients)}, "
        f"snapshots {sum(c.snapshots for c in scenario.clients)}, frames {sum(c.frames for c in scenario.clients)}"
    )
    assert done > commands / 2
    never = [kind.mutation for kind in KINDS if not traffic.done[kind.mutation]]
    assert not never, f"seed {judge.seed}: these commands were never done: {never}"


def planned(scenario: Scenario, commands: int) -> list[int]:
    """Put what goes wrong at random numbers. Returns moments at which to compare while it is wrong."""

    def at(least: float, most: float) -> int:
        return int(commands * scenario.chance.uniform(least, most))

    happenings = scenario.traffic.happenings
    valkey, server = at(0.1, 0.25), at(0.4, 0.5)
    happenings[valkey].append(scenario.valkey_killed)
    happenings[valkey + commands // 20].append(scenario.valkey_restarted)
    happenings[server].append(scenario.server_killed)
    happenings[server + commands // 10].append(scenario.server_restarted)
    happenings[at(0.6, 0.8)].append(scenario.storm)
    happenings[at(0.3, 0.8)].append(scenario.away)
    for _ in range(4):
        happenings[at(0.05, 0.95)].append(scenario.sockets_dropped)
    return [valkey + commands // 40, server + commands // 20]


async def the_control_fails(scenario: Scenario, judge: Judge) -> None:
    """The same oracle, over the client that does not resume."""
    control, twin = scenario.control, scenario.twin
    fresh = (await judge.fresh([control]))[control.person.email]
    assert fresh is not None
    assert agrees(twin, fresh)
    assert control.frames > 100
    assert not agrees(control, fresh)
    told = "\n".join(differences(control, fresh))
    assert all(job in told for job in scenario.made_while_away)
