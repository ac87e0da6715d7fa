"""What clients are shown of their jobs, and that it is kept from when until when."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from models.commands.accounts import archive_account, restore_account
from models.commands.firm import update_firm
from models.commands.jobs import delete_job, set_job_client_status, update_job
from models.commands.moves import archive_job, complete_job, restore_job
from models.database import sql
from models.rows import Account, Job
from models.scope import Scope
from models.shown_statuses import ShownStatus, Work, shown_of_jobs, work_of_accounts
from models.stays import forget_stays
from tests.portal import show
from tests.world import World


async def shown(world: World, job: Job) -> list[ShownStatus]:
    return (await shown_of_jobs(world.firm.id, [job.id])).get(job.id, [])


async def work(world: World, *accounts: Account, limit: int = 100) -> list[Work]:
    """What the clients of these accounts see."""
    ids = [account.id for account in accounts or (world.account,)]
    found = await work_of_accounts(Scope.of_client(world.firm.id, frozenset(ids)), ids, limit)
    return [each for works in found.values() for each in works]


async def now(world: World) -> list[str]:
    """What the client is shown."""
    return [f"{each.name}: {each.status}" for each in await work(world)]


async def test_what_is_not_to_be_shown_is_not_shown(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    await set_job_client_status(owner, job_id=job.id, name="In review", description="We look at it.")
    assert (await shown(world, job), await work(world)) == ([], [])
    await set_job_client_status(owner, job_id=job.id, visible=True)
    (entry,), (kept,) = await work(world), await shown(world, job)
    assert (entry.name, entry.status, entry.description) == ("1040", "In review", "We look at it.")
    assert (kept.name, kept.status, kept.description, kept.until) == ("1040", "In review", "We look at it.", None)
    job = await world.row(Job, job.id)
    assert entry.changed_at == job.client_status_changed_at == kept.since
    assert job.id not in (entry.entry, entry.account_id)


async def test_each_change_ends_what_was_shown_and_begins_another(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    await show(world, job, "Planned", color="#112233")
    (first,) = await work(world)
    steps: list[tuple[Any, str | None]] = [
        (set_job_client_status(owner, job_id=job.id, name="In review"), "1040: In review"),
        (set_job_client_status(owner, job_id=job.id, description="Soon."), "1040: In review"),
        (update_job(owner, job_id=job.id, name="1041"), "1041: In review"),
        (complete_job(owner, job_id=job.id), "1041: In review"),
        (archive_job(owner, job_id=job.id), None),
        (restore_job(owner, job_id=job.id), "1041: In review"),
        (set_job_client_status(owner, job_id=job.id, visible=False), None),
        (set_job_client_status(owner, job_id=job.id, visible=True), "1041: In review"),
        (update_firm(owner, client_status_enabled=False), None),
        (set_job_client_status(owner, job_id=job.id, name="Done"), None),
        (update_firm(owner, client_status_enabled=True), "1041: Done"),
    ]
    for step, expected in steps:
        await step
        assert await now(world) == ([] if expected is None else [expected])
        assert {each.entry for each in await work(world)} <= {first.entry}
    before = await shown(world, job)
    assert [(each.name, each.status, each.description) for each in reversed(before)] == [
        ("1040", "Planned", ""),
        ("1040", "In review", ""),
        ("1040", "In review", "Soon."),
        ("1041", "In review", "Soon."),
        ("1041", "In review", "Soon."),
        ("1041", "In review", "Soon."),
        ("1041", "Done", "Soon."),
    ]
    assert [each.until is None for each in before] == [True] + [False] * 6
    ends = [(each.since, each.until) for each in reversed(before)]
    assert all(until is None or since <= until for since, until in ends)
    assert all(until is not None and until <= since for (_, until), (since, _) in pairwise(ends))
    await delete_job(owner, job_id=job.id)
    assert await work(world) == []
    assert [each.until is None for each in await shown(world, job)] == [False] * 7


async def test_what_changes_nothing_that_is_shown_is_not_kept(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    await show(world, job)
    kept = await shown(world, job)
    await update_job(owner, job_id=job.id, description="Secret.")
    await update_firm(owner, name="Another name")
    await show(world, job)
    assert await shown(world, job) == kept


async def test_nothing_of_an_archived_account_is_shown(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    await show(world, job)
    await complete_job(owner, job_id=job.id)
    await archive_account(owner, account_id=world.account.id)
    assert await work(world) == []
    assert [each.until is None for each in await shown(world, job)] == [False]
    await restore_account(owner, account_id=world.account.id)
    assert await now(world) == ["1040: In review"]


async def test_one_sees_what_is_of_ones_accounts_what_changed_last_first(world: World, other: World) -> None:
    second = await world.new_account("Second")
    jobs = [await world.job(f"Job {number}") for number in range(3)]
    theirs = await world.job("Theirs", account_id=second.id)
    for job in (*jobs, theirs):
        await show(world, job)
    await show(other, await other.job("Another firm's"))
    await show(world, jobs[0], "Done")
    assert await now(world) == ["Job 0: Done", "Job 2: In review", "Job 1: In review"]
    assert len(await work(world, world.account, second, other.account)) == 4
    assert [each.name for each in await work(world, limit=2)] == ["Job 0", "Job 2"]
    mine = Scope.of_client(world.firm.id, frozenset({world.account.id}))
    assert (await work_of_accounts(mine, [second.id, other.account.id], 100)) == {}


async def test_the_switch_and_what_is_shown_are_of_one_order(world: World) -> None:
    """Whoever shows something while somebody switches it off, and the other way round: what remains is what holds."""
    owner, jobs = world.acting(world.owner), [await world.job(f"Job {number}") for number in range(4)]
    for number in range(6):
        enabled = number % 2 == 1
        await asyncio.gather(
            update_firm(owner, client_status_enabled=enabled),
            *(show(world, job, f"Status {number}") for job in jobs),
        )
        assert sorted(await now(world)) == ([f"Job {n}: Status {number}" for n in range(4)] if enabled else [])


async def test_what_the_log_forgets_is_forgotten(world: World) -> None:
    job = await world.job()
    await show(world, job, "Planned")
    await show(world, job, "Done")
    present, former = await shown(world, job)
    assert former.until is not None
    # Others' too: by then everything of theirs that is over.
    await sql(
        "UPDATE shown_status SET since = since - interval '9 years', until = until - interval '9 years' "
        "WHERE job = $1 AND until <> 'infinity'",
        job.id,
    )
    await forget_stays((await sql("SELECT now() - interval '8 years' AS at"))[0]["at"])
    assert await shown(world, job) == [present]


@pytest.fixture
async def other(database: str) -> World:
    """Another firm."""
    return await World.build("others-shown")
