"""A tax season in which everything that can be killed is killed, paused and started again: to each job everything
happens once, as where nothing was disturbed, and each mail is taken once, or is said to be uncertain.

The control works in the same way, but for that it commits how far it has come apart from what follows: there something
is lost.
"""

import asyncio
import os
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import embedded
from models.database import sql
from tests.system.oracle.reckoning import Reckoned, of_jobs
from tests.system.season.faults import Faults, until_something_is_lost
from tests.system.season.happened import Difference, Happened, ends, happened
from tests.system.season.office import Office, Size, office
from tests.system.season.practice import ALL_STAGES, DOCUMENTS, FILED, INTAKE
from tests.system.test_oracle import SEED

SMALL = Size(firms=2, jobs=12, stages=(INTAKE, DOCUMENTS, FILED), faults=15)
WHOLE = Size(firms=4, jobs=1_000, stages=ALL_STAGES, faults=250)


@pytest.fixture
def seed() -> str:
    found = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={found}", flush=True)
    return found


@dataclass(frozen=True, slots=True)
class Season:
    """How one went."""

    happened: Happened
    ends: Mapping[str, str]
    mails: Counter[str]
    revisions: int
    #: From when until when.
    times: tuple[datetime, datetime]
    reckoned: Reckoned
    #: Why the people had to ask again, and how often.
    again: Counter[str]

    def __str__(self) -> str:
        mails = ", ".join(f"{number:,} {state}" for state, number in sorted(self.mails.items()))
        began, ended = (f"{time:%H:%M:%S}" for time in self.times)
        return (
            f"{len(self.ends):,} jobs, {self.revisions:,} revisions, {began} to {ended}; {self.reckoned}; "
            f"mails: {mails}; asked again: {dict(self.again)}"
        )


Disturb = Callable[[Office, random.Random], Awaitable[None]]


async def undisturbed(_here: Office, _chance: random.Random) -> None:
    """Nothing goes wrong."""


async def season(
    folder: Path, servers: embedded.Servers, seed: str, size: Size, disturb: Disturb, *, apart: bool = False
) -> Season:
    """One from its beginning to its end."""
    chance = random.Random(f"{seed} goes wrong")
    async with office(folder, servers, size, seed, apart=apart) as here:
        began, before = datetime.now(UTC), await here.revision()
        async with asyncio.TaskGroup() as group:
            opening = [group.create_task(here.open_jobs(people)) for people in here.people]
            working = [group.create_task(people.keep_working()) for people in here.people]
            await disturb(here, chance)
            await asyncio.gather(*opening)
            await (here.over_for_good() if apart else here.over())
            for each in working:
                each.cancel()
        times = began, datetime.now(UTC)
        assert apart or here.unwell() == []
        again = sum((people.again for people in here.people), Counter[str]())
        mails = await checked_mail(here.post.accepted())
        revisions = await here.revision() - before
        return Season(await happened(), await ends(), mails, revisions, times, await of_jobs(), again)


def own(folder: Path, name: str) -> Path:
    """A folder of its own for what its processes print."""
    (folder / name).mkdir()
    return folder / name


async def checked_mail(accepted: Sequence[str]) -> Counter[str]:
    """What became of the mails: each that was sent was taken once, of those that are uncertain none twice, and none of
    those that were withdrawn, as the client was quicker than the mail that asks for something."""
    mails = {row["message_key"]: row["state"] for row in await sql("SELECT state, message_key FROM mail")}
    times = Counter(accepted)
    assert {key for key, number in times.items() if number > 1} == set()
    assert times.keys() <= mails.keys()
    assert set(mails.values()) <= {"SENT", "UNCERTAIN", "WITHDRAWN"}
    assert not {key for key, state in mails.items() if state == "WITHDRAWN"} & times.keys()
    assert {key for key, state in mails.items() if state == "SENT"} <= times.keys()
    return Counter(mails.values())


async def a_season(folder: Path, servers: embedded.Servers, seed: str, size: Size) -> Season:
    """One that is disturbed, and is as one that is not. Returns the other one."""
    usual = await season(own(folder, "usual"), servers, seed, size, undisturbed)
    print(f"undisturbed: {usual}", flush=True)
    assert len(usual.ends) == size.jobs
    assert all(f"is on {FILED} " in end and "under Completed" in end for end in usual.ends.values())
    assert usual.reckoned.wrong == []
    assert usual.mails["SENT"] > 0 and not usual.mails["UNCERTAIN"]
    gone_wrong: Counter[str] = Counter()

    async def disturb(here: Office, chance: random.Random) -> None:
        faults = Faults(here, chance, gone_wrong)
        await faults.spread(size.faults, usual.revisions)

    found = await season(own(folder, "disturbed"), servers, seed, size, disturb)
    print(f"disturbed: {found}\nwhat was done: {dict(sorted(gone_wrong.items()))}", flush=True)
    assert Difference.of(usual.happened, found.happened) == Difference({}, {})
    assert found.ends == usual.ends
    assert found.reckoned.wrong == []
    return usual


@pytest.mark.timeout(300)
async def test_to_each_job_everything_happens_once_whoever_is_killed(
    tmp_path: Path, servers: embedded.Servers, seed: str
) -> None:
    usual = await a_season(tmp_path, servers, seed, SMALL)
    # The control.
    found = await season(own(tmp_path, "apart"), servers, seed, SMALL, until_something_is_lost, apart=True)
    print(f"control: {found}", flush=True)
    difference = Difference.of(usual.happened, found.happened)
    assert found.reckoned.number["runs"] > 0
    assert difference.lost
    assert not difference.doubled
    assert found.ends.keys() == usual.ends.keys()
    assert any(each.startswith("lost: ") for each in found.reckoned.wrong)
    assert all(each.startswith("lost: ") for each in found.reckoned.wrong)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_so_it_is_in_a_whole_season(tmp_path: Path, servers: embedded.Servers, seed: str) -> None:
    await a_season(tmp_path, servers, seed, WHOLE)
