"""Timers: one a member, an entry when it is stopped."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from models.actor import Actor
from models.commands.time import delete_time_entry, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.errors import Invalid, NotFound, RuleBroken
from models.events import TimerStopped
from models.ids import new_id
from models.rows import TimeEntry
from models.rows.time import whole_minutes
from tests.domain.refusal import refused, told
from tests.world import World


async def started_ago(entry: TimeEntry, **ago: float) -> None:
    await TimeEntry.filter(id=entry.id).update(started_at=datetime.now(UTC) - timedelta(**ago))


async def test_starting_a_timer_stops_the_one_that_runs(world: World) -> None:
    actor, job = world.acting(world.employee), await world.job()
    first = (await start_timer(actor, job_id=job.id, note="Read", billable=False)).value
    assert (first.running, first.minutes, first.billable) == (True, 0, False)
    await started_ago(first, minutes=12, seconds=30)
    before = await world.revision()
    second = await start_timer(actor, account_id=world.account.id)
    assert (second.revision, second.value.running) == (before + 1, True)
    stopped, _ = [logged.event for logged in await world.events(before)]
    assert await told(world, before) == ["TimerStopped", "TimerStarted"]
    assert isinstance(stopped, TimerStopped)
    assert (stopped.entry, stopped.minutes, stopped.pipeline) == (first.id, 13, world.pipeline.id)
    ended = await world.row(TimeEntry, first.id)
    assert (ended.running, ended.minutes, ended.version) == (False, 13, 2)


async def test_a_stopped_timer_is_an_entry(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    async with refused(world, RuleBroken, "minutes", match="Stop it"):
        await update_time_entry(actor, time_entry_id=timer.id, minutes=5)
    noted = (await update_time_entry(actor, time_entry_id=timer.id, note="Read")).value
    assert (noted.note, noted.running) == ("Read", True)
    stopped = (await stop_timer(actor)).value
    assert (stopped.id, stopped.running, stopped.minutes) == (timer.id, False, 1)
    async with refused(world, RuleBroken, match="no running timer"):
        await stop_timer(actor)
    corrected = (await update_time_entry(actor, time_entry_id=timer.id, minutes=5)).value
    assert corrected.minutes == 5


async def test_a_running_timer_can_be_thrown_away(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    await delete_time_entry(actor, time_entry_id=timer.id)
    async with refused(world, RuleBroken):
        await stop_timer(actor)


async def test_each_member_has_a_timer_and_an_automation_has_none(world: World) -> None:
    for who in (world.employee, world.owner):
        await start_timer(world.acting(who), account_id=world.account.id)
    assert await TimeEntry.filter(firm_id=world.firm.id, started_at__isnull=False).count() == 2
    bot = Actor.automation(world.firm.id, "Bot", 1)
    async with refused(world, RuleBroken):
        await start_timer(bot, account_id=world.account.id)
    async with refused(world, RuleBroken):
        await stop_timer(bot)
    async with refused(world, NotFound, "account_id"):
        await start_timer(world.acting(world.stranger), account_id=world.account.id)


async def test_a_refused_start_leaves_the_running_timer_alone(world: World) -> None:
    actor = world.acting(world.employee)
    await start_timer(actor, account_id=world.account.id)
    async with refused(world, Invalid, "account_id"):
        await start_timer(actor)
    async with refused(world, Invalid, "note"):
        await start_timer(actor, account_id=world.account.id, note="\0")


async def test_many_starts_at_once_leave_one_timer(world: World) -> None:
    actor = world.acting(world.employee)
    await asyncio.gather(*(start_timer(actor, account_id=world.account.id) for _ in range(8)))
    assert await TimeEntry.filter(member_id=world.employee.id).count() == 8
    assert await TimeEntry.filter(member_id=world.employee.id, started_at__isnull=False).count() == 1
    outcomes = await asyncio.gather(*(stop_timer(actor) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(outcome, RuleBroken) for outcome in outcomes) == 2


async def test_a_start_sent_again_starts_no_second_timer(world: World) -> None:
    actor, id = world.acting(world.employee), new_id()
    first = await start_timer(actor, account_id=world.account.id, id=id)
    await stop_timer(actor)
    again = await start_timer(actor, account_id=world.account.id, id=id)
    assert (again.value.id, again.revision) == (id, first.revision)
    assert not again.value.running


@pytest.mark.parametrize(("seconds", "minutes"), [(-5, 1), (0, 1), (1, 1), (60, 1), (60.5, 2), (3600, 60)])
def test_begun_minutes_count_as_whole_ones(seconds: float, minutes: int) -> None:
    start = datetime(2026, 3, 8, 6, tzinfo=UTC)
    assert whole_minutes(start, start + timedelta(seconds=seconds)) == minutes
