"""Whatever happens to its server, its socket, its rights and Redis: a client shows what a fresh query answers. And
whatever happens to the workers: what is to be done by itself is done, once."""

import os
import secrets
import time
from pathlib import Path

import pytest

import embedded
from schema.kinds import MODULES
from tests.system.oracle import automatic, by_itself, reckoning, spoilt, stuck
from tests.system.oracle.commands import KINDS
from tests.system.oracle.judge import Judge, agrees, differences
from tests.system.oracle.scenario import Scenario, prepared

#: Set to a former run's seed, it makes that run's choices again.
SEED = "JOBWIRE_TEST_SEED"


def test_members_do_all_that_is_done_with_items() -> None:
    rooms = (
        "schema.items.",
        "schema.templates.",
        "schema.mail.",
        "schema.reminding.",
        "schema.automation.runs",
        "schema.undo",
    )
    modules = [module for module in MODULES if module.__name__.startswith(rooms)]
    known = {declared.name for module in modules for declared in getattr(module, "MUTATIONS", ())}
    missing = known - {kind.mutation for kind in KINDS}
    assert known and not missing, f"Say in tests/system/oracle/ what these are given: {sorted(missing)}"


@pytest.mark.timeout(600)
async def test_every_client_shows_what_a_fresh_query_answers(tmp_path: Path, servers: embedded.Servers) -> None:
    seed = a_seed()
    async with prepared(tmp_path, servers, seed) as scenario:
        judge = Judge(scenario.api, seed)
        await automatic.done()
        await judge.agree(scenario.clients, "before the first command")
        await work_and_compare(scenario, judge, planned(scenario, 2_000), commands=2_000, moments=20)
        await the_control_fails(scenario, judge)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_it_stays_so_for_long(tmp_path: Path, servers: embedded.Servers) -> None:
    commands = 20_000
    seed = a_seed()
    async with prepared(tmp_path, servers, seed) as scenario:
        judge = Judge(scenario.api, seed)
        await automatic.done()
        await judge.agree(scenario.clients, "before the first command")
        never_reads = await stuck.subscribed(scenario.api, scenario.firms[0].owner)
        stops = planned(scenario, commands)
        for _ in range(3):
            stops += planned_for_long(scenario, commands)
        await work_and_compare(scenario, judge, stops, commands=commands, moments=60)
        await the_control_fails(scenario, judge)
        assert await stuck.was_cut(never_reads)


def a_seed() -> str:
    """The seed of this run, told before anything can fail."""
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    return seed


def at(scenario: Scenario, commands: int, least: float, most: float) -> int:
    """A random command between these parts of all."""
    return int(commands * scenario.chance.uniform(least, most))


def planned(scenario: Scenario, commands: int) -> list[int]:
    """Put what goes wrong at random numbers. Returns when to compare while Valkey is down, and a server."""
    happenings = scenario.traffic.happenings
    valkey, server = at(scenario, commands, 0.1, 0.25), at(scenario, commands, 0.4, 0.5)
    happenings[valkey].append(scenario.valkey_killed)
    happenings[valkey + commands // 20].append(scenario.valkey_restarted)
    happenings[server].append(scenario.server_killed)
    happenings[server + commands // 10].append(scenario.server_restarted)
    happenings[at(scenario, commands, 0.65, 0.8)].append(scenario.storm)
    happenings[at(scenario, commands, 0.3, 0.8)].append(scenario.away)
    for _ in range(4):
        happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.sockets_dropped)
        happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.worker_killed)
        happenings[at(scenario, commands, 0.1, 0.95)].append(scenario.mail_cut)
        happenings[at(scenario, commands, 0.3, 0.95)].append(scenario.reminded)
    post = at(scenario, commands, 0.1, 0.8)
    happenings[post].append(scenario.mail_server_gone)
    happenings[post + commands // 20].append(scenario.mail_server_back)
    missed = at(scenario, commands, 0.05, 0.9)
    happenings[missed] += [scenario.days_missed, scenario.worker_killed]
    return [valkey + commands // 40, server + commands // 20]


def planned_for_long(scenario: Scenario, commands: int) -> list[int]:
    """More of what goes wrong. Returns when to compare soon after."""
    happenings = scenario.traffic.happenings
    paused, flushed = at(scenario, commands, 0.05, 0.95), at(scenario, commands, 0.3, 0.95)
    happenings[paused].append(scenario.server_paused)
    happenings[at(scenario, commands, 0.05, 0.9)].append(scenario.worker_paused)
    happenings[flushed].append(scenario.valkey_flushed)
    happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.storm)
    for _ in range(5):
        happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.mail_cut)
        happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.reminded)
    happenings[at(scenario, commands, 0.05, 0.95)].append(scenario.days_missed)
    return [paused + 5, flushed + 5]


async def work_and_compare(scenario: Scenario, judge: Judge, stops: list[int], *, commands: int, moments: int) -> None:
    """Let the members work, things go wrong, and the oracle compare at random moments and at the end."""
    traffic = scenario.traffic
    stops += scenario.chance.sample(range(1, commands), moments)
    began = time.monotonic()
    for stop in [*sorted(set(stops)), commands]:
        await traffic.until(stop)
        await automatic.done()
        await learn(scenario)
        await judge.agree(scenario.clients, f"after command {stop:,}")
    await traffic.settle()
    await automatic.done()
    await learn(scenario)
    for firm in scenario.firms:
        await by_itself.hand_in(scenario.api, firm)
    await automatic.done()
    await judge.agree(scenario.clients, "at the end")
    await automatic.sent()
    happened = await reckoning.reckoned(scenario.house.post, scenario.missed)
    print(traffic.told(), f"{time.monotonic() - began:.0f} s", judge.told(), scenario.told(), happened, sep="\n")
    assert not happened.wrong, f"seed {judge.seed}: {happened.wrong}"
    await spoilt.it_would_be_noticed(scenario.house.post, scenario.missed)
    assert min(happened.number.values()) > 0, f"seed {judge.seed}: too little happened by itself: {happened}"
    assert not scenario.house.unwell(), f"seed {judge.seed}: {scenario.house.unwell()}"
    assert judge.moments > moments
    assert traffic.done.total() > commands * 0.4
    never = [kind.mutation for kind in KINDS if not traffic.done[kind.mutation]]
    assert len(never) <= len(KINDS) // 20, f"seed {judge.seed}: these commands were never done: {never}"


async def learn(scenario: Scenario) -> None:
    """Let the members know what was made by itself."""
    for firm in scenario.firms:
        await by_itself.learn(scenario.api, firm)


async def the_control_fails(scenario: Scenario, judge: Judge) -> None:
    """The same oracle, over the client that does not resume."""
    control, twin = scenario.control, scenario.twin
    fresh = (await judge.fresh([control]))[control.person.email]
    assert fresh is not None
    assert agrees(twin, fresh)
    assert control.frames > 20
    assert not agrees(control, fresh)
    told = "\n".join(differences(control, fresh))
    assert scenario.made_while_away
    assert all(job in told for job in scenario.made_while_away)
