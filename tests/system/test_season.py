"""A tax season in which everything that can be killed is killed, paused and started again: each job has each effect
once, as where nothing happened, and each mail goes out once, or is said to be uncertain.

The control does its part in the same processes, with its cursor committed apart from what it does, and does it twice.
"""

import asyncio
import contextlib
import os
import random
import secrets
import signal
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

import embedded
from models.database import sql
from models.events import to_json
from models.log import Logged
from models.mail_events import MailEvent, MailQueued
from models.rows import Account
from tests.domain.test_contacts import new_contact
from tests.system.oracle.processes import Program
from tests.system.season.office import Office, office
from tests.system.season.worker import STAGES
from tests.system.test_oracle import SEED

#: In seconds: so long a paused process has lost what it had in hand, and nobody notices more of it.
PAUSE = 2.5
#: In seconds: how long nothing may happen.
PATIENCE = 90


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_each_job_has_each_effect_once_whoever_is_killed(tmp_path: Path, servers: embedded.Servers) -> None:
    await a_season(tmp_path, servers, jobs=12, faults=8)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_so_it_is_in_a_whole_season(tmp_path: Path, servers: embedded.Servers) -> None:
    await a_season(tmp_path, servers, jobs=1_000, faults=250)


async def a_season(folder: Path, servers: embedded.Servers, *, jobs: int, faults: int) -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    chance = random.Random(seed)
    async with office(folder, servers, chance) as here:
        account = await here.world.row(Account, here.account)
        await new_contact(here.world, "Ada", account, emails=["ada@client.example"], gets_mail=True)
        # Undisturbed.
        await here.open_jobs(2, chance)
        await over(here)
        usual, *same = (await effects(here)).values()
        assert [usual] == same
        assert len(usual) == 5 + sum(map(len, STAGES))
        opening = asyncio.create_task(here.open_jobs(jobs, chance))
        await disturb(here, chance, jobs, faults, opening)
        await opening
        await over(here)
        found = await effects(here)
        assert len(found) == len(here.jobs) >= jobs + 2
        assert {id: bag for id, bag in found.items() if bag != usual} == {}
        await check_rows(here)
        await check_mail(here)
        assert await came_twice() > 0
        unwell = [each.said()[-2_000:].decode() for each in (*here.servers, *here.workers) if not each.alive]
        assert unwell == []


async def over(here: Office) -> None:
    """Wait until everything is done. As long as something happens, there is time."""
    known, idle = -1, 0.0
    while not await here.is_over():
        present = await here.revision()
        idle = idle + 0.1 if present == known else 0.0
        assert idle < PATIENCE, "Nothing happens any more."
        known = present
        await asyncio.sleep(0.1)


async def disturb(here: Office, chance: random.Random, jobs: int, faults: int, opening: asyncio.Task[None]) -> None:
    """So many faults, and until the control has failed: each when some more has happened since the one before."""
    ways: list[Callable[[Office, random.Random], Awaitable[None]]] = [
        kill_worker, kill_worker, kill_worker, pause_worker, kill_server, kill_valkey, pause_valkey, no_post, cut_post,
    ]  # fmt: skip
    # Each job has some twenty revisions.
    step = max(1, jobs * 20 // faults // 2)
    number = 0
    while number < faults or await came_twice() == 0:
        if opening.done() and await here.is_over():
            # It went faster than was thought, or the control has been lucky.
            await here.open_jobs(2, chance)
        number += 1
        assert number < 20 * faults, "The control did not fail: this proves nothing."
        if number > faults:
            await kill_all_in_between(here)
            continue
        before = await here.revision()
        await grown(here, before + chance.randrange(step), opening)
        # At any moment: something has just been committed.
        await asyncio.sleep(chance.random() / 2)
        await chance.choice(ways)(here, chance)


async def grown(here: Office, wanted: int, opening: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        while await here.revision() < wanted and not (opening.done() and await here.is_over()):
            await asyncio.sleep(0.01)


async def kill_worker(here: Office, chance: random.Random) -> None:
    restart(chance.choice(here.workers))


async def kill_all_in_between(here: Office) -> None:
    """When the control has done something, and has not said so."""
    noted = await arrivals_noted()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while await arrivals_noted() == noted:
                await asyncio.sleep(0.005)
    for worker in here.workers:
        worker.process.send_signal(signal.SIGKILL)
    for worker in here.workers:
        restart(worker)


async def arrivals_noted() -> int:
    (row,) = await sql("SELECT count(*) AS number FROM season_control")
    return int(row["number"])


def restart(program: Program) -> None:
    program.kill()
    program.start()


async def pause_worker(here: Office, chance: random.Random) -> None:
    await paused(chance.choice(here.workers).process.send_signal)


async def paused(send: Callable[[signal.Signals], None]) -> None:
    send(signal.SIGSTOP)
    await asyncio.sleep(PAUSE)
    send(signal.SIGCONT)


async def kill_server(here: Office, chance: random.Random) -> None:
    server = chance.choice(here.servers)
    restart(server)
    await server.ready()


async def kill_valkey(here: Office, chance: random.Random) -> None:
    await here.valkey.kill()
    await asyncio.sleep(chance.random())
    await here.valkey.start()


async def pause_valkey(here: Office, _chance: random.Random) -> None:
    await paused(here.valkey.send)


async def no_post(here: Office, chance: random.Random) -> None:
    await here.post.stop()
    await asyncio.sleep(chance.random())
    await here.post.start()


async def cut_post(here: Office, chance: random.Random) -> None:
    here.post.cuts += chance.randrange(1, 4)


async def effects(here: Office) -> dict[UUID, list[str]]:
    """What happened to each job by itself, in order, without what differs from one to the other."""
    stages = {stage.id: stage.name for stage in await here.world.stages(here.world.pipeline)}
    bags: dict[UUID, list[str]] = defaultdict(list)
    for logged in await here.world.events():
        event = logged.event
        # What becomes of a mail in the end is looked at by itself.
        fate = isinstance(event, MailEvent) and not isinstance(event, MailQueued)
        if event.subject_job in here.jobs and logged.actor["kind"] == "AUTOMATION" and not fate:
            bags[event.subject_job].append(said(logged, stages))
    return bags


def said(logged: Logged, stages: dict[UUID, str]) -> str:
    told = to_json(logged.event)
    where = [stages[UUID(told[name])] for name in ("from_stage", "to_stage") if name in told]
    return " ".join([type(logged.event).__name__, *where, str(told.get("name") or told.get("title") or "")])


async def check_rows(here: Office) -> None:
    """The rows say the same as the log."""
    number, (row,) = (
        len(here.jobs),
        await sql(
            "SELECT (SELECT count(*) FROM task WHERE firm_id = $1) AS task, (SELECT count(*) FROM client_request "
            "WHERE firm_id = $1) AS request, (SELECT count(*) FROM mail WHERE firm_id = $1) AS mail, "
            "(SELECT count(*) FROM follower_run WHERE state <> 'DONE') AS undone",
            here.world.firm.id,
        ),
    )
    wanted = Counter(what for stage in STAGES for what in stage)
    assert dict(row) == {**{what: number * times for what, times in wanted.items()}, "undone": 0}
    last = (await here.world.stages(here.world.pipeline))[-1]
    (row,) = await sql("SELECT count(*) AS number FROM job WHERE stage_id = $1", last.id)
    assert row["number"] == number


async def check_mail(here: Office) -> None:
    """The mail server took each that was sent once, and of those that are uncertain none twice."""
    mails = await sql("SELECT state, message_key FROM mail WHERE firm_id = $1", here.world.firm.id)
    states = Counter(mail["state"] for mail in mails)
    print(f"mails: {dict(states)}", flush=True)
    assert states.keys() <= {"SENT", "UNCERTAIN"}
    assert max(here.post.accepted.values()) == 1
    sent = {mail["message_key"] for mail in mails if mail["state"] == "SENT"}
    known = {mail["message_key"] for mail in mails}
    assert sent <= here.post.accepted.keys() <= known


async def came_twice() -> int:
    """How many jobs came to a stage more than once, by what the control has noted."""
    twice = "SELECT FROM season_control GROUP BY job, stage HAVING count(*) > 1"
    (row,) = await sql(f"SELECT count(*) AS number FROM ({twice}) AS twice")
    return int(row["number"])
