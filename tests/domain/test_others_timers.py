"""Timers that their member does not stop: those of whoever was deactivated, and those that others may stop."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.actor import Actor
from models.commands.jobs import delete_job
from models.commands.members import deactivate_member, reactivate_member
from models.commands.time import delete_time_entry, set_time_entry_rate, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.errors import Forbidden, NotFound, Refusal, RuleBroken, SignInRefused
from models.events import MemberDeactivated, TimerStopped
from models.ids import new_id
from models.rights import Right, Role
from models.rows import AccountMember, Member, PipelineMember, TimeEntry
from tests.domain.refusal import refused, told
from tests.links import job_of
from tests.world import World


async def running(world: World, who: Member | None = None, **ago: float) -> TimeEntry:
    """A timer of the employee's on a job, started a while ago."""
    timer = (await start_timer(world.acting(who or world.employee), job_id=(await world.job()).id)).value
    await TimeEntry.filter(id=timer.id).update(started_at=datetime.now(UTC) - timedelta(**ago))
    return timer


async def with_rights(world: World, *rights: Right, sees: bool = True) -> Member:
    """An employee with these rights, at the world's account and pipeline."""
    member = await world.member("Tia", Role.EMPLOYEE, *rights)
    if sees:
        await AccountMember.create(account_id=world.account.id, member_id=member.id)
        await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    return member


async def test_whoever_is_deactivated_leaves_no_timer_running(world: World) -> None:
    timer = await running(world, minutes=12, seconds=30)
    before = await world.revision()
    outcome = await deactivate_member(world.acting(world.admin), member_id=world.employee.id)
    assert outcome.revision == before + 1
    events = [logged.event for logged in await world.events(before)]
    stopped = next(event for event in events if isinstance(event, TimerStopped))
    assert (stopped.entry, stopped.member, stopped.minutes, stopped.pipeline) == (
        timer.id,
        world.employee.id,
        13,
        world.pipeline.id,
    )
    assert {type(event) for event in events} == {MemberDeactivated, TimerStopped}
    entry = await world.row(TimeEntry, timer.id)
    assert (entry.running, entry.minutes, entry.flags, entry.version) == (False, 13, ["STOPPED_BY_ANOTHER"], 2)
    # Once is enough, and who comes back starts anew.
    before = await world.revision()
    await deactivate_member(world.acting(world.admin), member_id=world.employee.id)
    assert await told(world, before) == []
    await reactivate_member(world.acting(world.admin), member_id=world.employee.id)
    async with refused(world, RuleBroken, match="no running timer"):
        await stop_timer(world.acting(world.employee))
    assert (await start_timer(world.acting(world.employee), account_id=world.account.id)).value.running


async def test_who_deactivates_need_not_see_what_the_timer_is_for(world: World) -> None:
    """Nor have a right to others' time: it is the member that they deactivate."""
    timer = await running(world, hours=13)
    lead = await with_rights(world, Right.MANAGE_TEAM, sees=False)
    await deactivate_member(world.acting(lead), member_id=world.employee.id)
    entry = await world.row(TimeEntry, timer.id)
    assert (entry.running, entry.flags) == (False, ["FORGOTTEN", "STOPPED_BY_ANOTHER"])


async def test_a_refused_deactivation_stops_nothing(world: World) -> None:
    timer = await running(world, world.admin, minutes=5)
    lead = await with_rights(world, Right.MANAGE_TEAM)
    async with refused(world, Forbidden, "member_id"):
        await deactivate_member(world.acting(lead), member_id=world.admin.id)
    assert (await world.row(TimeEntry, timer.id)).running


async def test_what_a_deactivated_member_left_is_corrected_by_those_with_the_right(world: World) -> None:
    timer = await running(world, hours=20)
    await deactivate_member(world.acting(world.admin), member_id=world.employee.id)
    keeper = world.acting(await with_rights(world, Right.MANAGE_TIME_ENTRIES, Right.MANAGE_RATES))
    corrected = (await update_time_entry(keeper, time_entry_id=timer.id, minutes=60, note="Until lunch")).value
    assert (corrected.minutes, corrected.flags) == (60, [])
    await set_time_entry_rate(keeper, time_entry_id=timer.id, rate=Decimal(100))
    without = world.acting(await with_rights(world))
    async with refused(world, NotFound, "time_entry_id"):
        await update_time_entry(without, time_entry_id=timer.id, minutes=61)
    await delete_time_entry(keeper, time_entry_id=timer.id)


async def test_anothers_timer_is_stopped_with_the_right_to_it(world: World) -> None:
    timer = await running(world, minutes=5)
    without = world.acting(await with_rights(world, *(set(Right) - {Right.MANAGE_TIME_ENTRIES})))
    elsewhere = world.acting(await with_rights(world, Right.MANAGE_TIME_ENTRIES, sees=False))
    for actor in (without, elsewhere, world.acting(world.stranger)):
        async with refused(world, NotFound, "time_entry_id"):
            await stop_timer(actor, time_entry_id=timer.id)
    keeper = world.acting(await with_rights(world, Right.MANAGE_TIME_ENTRIES))
    before = await world.revision()
    stopped = (await stop_timer(keeper, time_entry_id=timer.id)).value
    assert (stopped.id, stopped.running, stopped.flags) == (timer.id, False, ["STOPPED_BY_ANOTHER"])
    assert await told(world, before) == ["TimerStopped"]
    for actor in (keeper, world.acting(world.employee)):
        async with refused(world, RuleBroken, "time_entry_id", match="no running timer"):
            await stop_timer(actor, time_entry_id=timer.id)
    async with refused(world, NotFound, "time_entry_id"):
        await stop_timer(keeper, time_entry_id=new_id())


async def test_stopping_anothers_timer_leaves_ones_own_running(world: World) -> None:
    timer = await running(world, minutes=5)
    mine = await running(world, world.admin, minutes=5)
    await stop_timer(world.acting(world.admin), time_entry_id=timer.id)
    assert (await world.row(TimeEntry, mine.id)).running
    named = (await stop_timer(world.acting(world.admin), time_entry_id=mine.id)).value
    assert (named.running, named.flags) == (False, [])


async def test_an_automation_stops_a_timer_that_it_names(world: World) -> None:
    timer = await running(world, minutes=5)
    stopped = (await stop_timer(Actor.automation(world.firm.id, "Bot", 1), time_entry_id=timer.id)).value
    assert stopped.flags == ["STOPPED_BY_ANOTHER"]


@pytest.mark.parametrize("named", [True, False])
async def test_ones_own_timer_stops_where_one_sees_nothing_any_more(world: World, named: bool) -> None:
    timer = await running(world, minutes=5)
    await AccountMember.filter(member_id=world.employee.id).delete()
    await PipelineMember.filter(member_id=world.employee.id).delete()
    actor = world.acting(world.employee)
    stopped = (await stop_timer(actor, **({"time_entry_id": timer.id} if named else {}))).value
    assert (stopped.id, stopped.running, stopped.flags) == (timer.id, False, [])


async def test_another_timer_starts_where_one_does_not_see_the_first_ones_account_any_more(world: World) -> None:
    timer = await running(world, minutes=5)
    await AccountMember.filter(member_id=world.employee.id).delete()
    other = await world.new_account("Other", world.employee)
    started = (await start_timer(world.acting(world.employee), account_id=other.id)).value
    assert started.running
    assert not (await world.row(TimeEntry, timer.id)).running


async def test_a_timer_that_outlived_its_member_is_stopped_by_who_leads(world: World) -> None:
    """Of those that were deactivated before that stopped their timers."""
    timer = await running(world, hours=100)
    await Member.filter(id=world.employee.id).update(active=False)
    stopped = (await stop_timer(world.acting(world.admin), time_entry_id=timer.id)).value
    assert (stopped.minutes, stopped.flags) == (1_440, ["FORGOTTEN", "STOPPED_BY_ANOTHER", "CUT"])


@pytest.mark.parametrize("round", range(4))
async def test_whoever_starts_stops_and_is_deactivated_at_once_leaves_no_timer(world: World, round: int) -> None:
    timer = await running(world, minutes=5)
    employee, keeper = world.acting(world.employee), world.acting(world.admin)
    job = await job_of(timer)
    assert job is not None
    outcomes = await asyncio.gather(
        start_timer(employee, account_id=world.account.id),
        deactivate_member(world.acting(world.owner), member_id=world.employee.id),
        stop_timer(keeper, time_entry_id=timer.id),
        stop_timer(employee),
        delete_job(world.acting(world.owner), job_id=job),
        return_exceptions=True,
    )
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(error, Refusal | SignInRefused) for error in errors), errors
    assert not await TimeEntry.exists(member_id=world.employee.id, started_at__isnull=False)
