"""Random pipelines, tags, automations, items, statuses and events: what the worker makes of the jobs is what a small
reference makes of them, which knows the rules and nothing of how they are kept; and what was foreseen of a change is
what came of it."""

import os
import random
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from models.automation import preview as previews
from models.automation.automove import Waiting
from models.automation.facts import decisions, decisions_with
from models.automation.preview import ForeseenRun
from models.automation.quota import Quota
from models.events import JobMoved
from models.ids import Kind
from models.items.reads import outstanding
from models.rows import AccountTag, AutomationRun, Job, RunState
from models.scope import Scope
from tests.domain.automating import begin
from tests.domain.automove import founding, reference
from tests.domain.automove.steps import Firm, Foreseen, key_of
from tests.domain.following import go_on_to_the_end
from tests.world import World
from workers.following import Following

#: Set to a former run's seed, the same happens again.
SEED = "JOBWIRE_TEST_SEED"
#: How many firms are looked at for long.
FIRMS = "JOBWIRE_TEST_FIRMS"
#: What came of automations as it was foreseen.
FORESEEN = ("done", "skipped", "failed")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is foreseen depends on no clock."""
    monkeypatch.setattr(previews, "LONGEST", 600.0)


@pytest.mark.usefixtures("followed")
async def test_what_the_worker_does_is_what_the_rules_say() -> None:
    await _look("0", firms=3, steps=60)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.usefixtures("followed")
async def test_it_is_for_long() -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    seen = await _look(seed, firms=int(os.environ.get(FIRMS, "60")), steps=150)
    print(dict(seen.most_common()))
    assert seen["paused"] and seen["retried"]


async def _look(seed: str, *, firms: int, steps: int) -> Counter[str]:
    """Let so many things happen in each of so many firms. What was seen, and how often."""
    seen = Counter[str]()
    for number in range(firms):
        seen += await _live(await World.build(f"at-random-{seed}-{number}"), f"{seed}/{number}", steps)
    assert not {"moved on", "returned", "chain too long", *(f"foreseen {of}" for of in FORESEEN)} - seen.keys(), seen
    return seen


async def _live(world: World, seed: str, steps: int) -> Counter[str]:
    """Let things happen in a firm, and look after each of them, or after a few. What was seen, and how often."""
    dice, following, seen = random.Random(seed), await begin(Quota(a_minute=1_000_000)), Counter[str]()
    firm = Firm(world, dice, *await founding.found(world, dice))
    await _settle(firm, following)
    for _ in range(steps):
        number = dice.choice([1, 1, 1, 2, 3])
        for _ in range(number):
            await firm.step()
        await _expect_ready(firm)
        await _settle(firm, following)
        for foreseen in firm.foreseen:
            if number == 1 and foreseen.alone:
                seen += await _compare_foreseen(foreseen, world)
        firm.foreseen.clear()
    return seen + await _seen(firm)


async def _expect_ready(firm: Firm) -> None:
    """Of each job it is known whether it is about to move or to return."""
    jobs = list(firm.reference.jobs)
    told = await decisions_with(jobs, await outstanding(jobs))
    for id, job in firm.reference.jobs.items():
        assert isinstance(told[id], Waiting) == bool(told[id].reasons) == (firm.reference.next(job) is None), job


async def _settle(firm: Firm, following: Following) -> None:
    """Let the worker do all that is to be done, and compare what became of each job."""
    await go_on_to_the_end(following)
    firm.reference.settle()
    rows = {row.id: row for row in await Job.filter(id__in=list(firm.reference.jobs))}
    runs: dict[UUID, list[AutomationRun]] = {id: [] for id in rows}
    for run in await AutomationRun.filter(job_id__in=list(rows)).order_by("cause", "place", "id"):
        runs[run.job_id].append(run)
    for id, job in firm.reference.jobs.items():
        row = rows[id]
        assert (row.stage_id, row.status_id, row.stay, row.status_stay) == (
            job.stage,
            job.status,
            job.stay,
            job.status_stay,
        ), job
        present = Counter((key_of(run), run.state, run.reason, run.hops) for run in runs[id])
        assert present == Counter((run.key, *run.result, run.hops) for run in job.runs), job
        _name_items(firm, job, runs[id])
    held = await outstanding(list(rows))
    for id, job in firm.reference.jobs.items():
        assert {item.item_id for item in held.get(id, ())} == firm.reference.holding(job), job
    for account in {job.account for job in firm.reference.jobs.values()}:
        carried = await AccountTag.filter(account_id=account.id).values_list("tag_id", flat=True)
        assert set(carried) == account.tags, account
    await _expect_ready(firm)


def _name_items(firm: Firm, of: reference.Job, rows: Sequence[AutomationRun]) -> None:
    """Let the reference call the items that automations made by their ids."""
    for run in of.runs:
        if run.made is not None and run.made not in firm.named:
            # Mail that tells of it is no item.
            found = [each for row in rows if key_of(row) == run.key for each in row.made]
            (made,) = [each for each in found if each["kind"] != Kind.MAIL]
            firm.reference.is_called(run.made, UUID(made["id"]))
            run.made = UUID(made["id"])
            firm.named.add(run.made)


async def _compare_foreseen(foreseen: Foreseen, world: World) -> Counter[str]:
    """What was foreseen of a change is what came of it; or how it began, where that was too much to be followed."""
    job, preview = foreseen.job, foreseen.preview
    runs = await AutomationRun.filter(job_id=job.id, cause__gt=foreseen.revision).order_by("cause", "place")
    told, done = [_told(run, run.made) for run in preview.runs], [_told(run, await _made(world, run)) for run in runs]
    if not preview.complete:
        followed = next((n for n, run in enumerate(preview.runs) if run.state is RunState.PENDING), len(told))
        assert told[:followed] == done[:followed]
        return Counter(["foreseen in part"])
    assert told == done
    row, decision = await Job.get(id=job.id), (await decisions([job.id]))[job.id]
    assert (preview.stage_id, preview.status_id) == (row.stage_id, row.status_id)
    assert list(preview.stage_ids) == [
        logged.event.to_stage
        for logged in await world.events(foreseen.revision)
        if isinstance(logged.event, JobMoved)
        and logged.event.job == job.id
        and logged.event.from_stage != logged.event.to_stage
    ]
    waits, waiting = ([(why.reason, why.text) for why in reasons] for reasons in (preview.waiting, decision.reasons))
    assert Counter(waits) == Counter(waiting)
    return Counter(["foreseen", *(f"foreseen {run.state.lower()}" for run in runs)])


def _told(run: ForeseenRun | AutomationRun, made: Sequence[Any]) -> Any:
    things = [(each.kind, each.title) for each in made]
    return run.automation_id, run.name, run.type, run.state, run.reason, run.message, run.hops, things


async def _made(world: World, run: AutomationRun) -> list[Any]:
    found = []
    for each in run.made:
        kind = Kind(each["kind"])
        row: Any = (await Scope.whole(world.firm.id).of_kind(kind).many([UUID(each["id"])]))[UUID(each["id"])]
        found.append(previews.ForeseenThing(kind, row.subject if kind is Kind.MAIL else row.title))
    return found


async def _seen(firm: Firm) -> Counter[str]:
    """What came of it all: no job moved twice for one stay, and no chain was too long."""
    events = await firm.world.events()
    moves = [
        (logged.event.job, logged.event.stay)
        for logged in events
        if isinstance(logged.event, JobMoved) and logged.actor["kind"] == "AUTOMATION"
    ]
    assert len(set(moves)) == len(moves)
    jobs = firm.reference.jobs.values()
    assert Counter(job for job, _ in moves) == Counter({job.id: job.moves for job in jobs if job.moves})
    # The one step more is what says so.
    assert max(logged.hops for logged in events) <= reference.MOST_HOPS + 1
    runs = [run for job in jobs for run in job.runs]
    return Counter(
        {
            "events": len(events),
            "moved on": len(moves),
            "returned": sum(job.returns for job in jobs),
            "ran": len(runs),
            "failed": sum(run.result[0] == "FAILED" for run in runs),
            "chain too long": sum(run.result[1] == "CHAIN_TOO_LONG" for run in runs),
            "retried": firm.done["retry"],
            "paused": sum(run.result[1] == "PAUSED" for run in runs),
            **{f"step {name}": number for name, number in firm.done.items()},
        }
    )
