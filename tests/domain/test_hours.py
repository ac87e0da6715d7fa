"""A member's day has 24 hours: whoever logs, edits, stops or imports, and also when two come at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from models.commands.imports import NewEntry, NewJob, import_jobs
from models.commands.time import delete_time_entry, log_time, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.errors import Refusal, RuleBroken
from models.ids import new_id
from models.rights import Right, Role
from models.rows import AccountMember, Firm, Member, TimeEntry
from models.time_sums import minutes_of_days
from tests.domain.refusal import refused
from tests.world import World

DAY = date(2026, 3, 2)
FULL = 1_440


async def logged(world: World, minutes: int, day: date = DAY, who: Member | None = None) -> TimeEntry:
    """An entry of the employee's."""
    actor = world.acting(who or world.employee)
    return (await log_time(actor, minutes=minutes, day=day, account_id=world.account.id)).value


async def old(world: World, minutes: int, day: date = DAY) -> TimeEntry:
    """An entry of the employee's that was stored before days had an end."""
    return await TimeEntry.create(
        firm_id=world.firm.id,
        member_id=world.employee.id,
        account_id=world.account.id,
        day=day,
        minutes=minutes,
        created_at=datetime.now(UTC),
    )


async def total(world: World, day: date = DAY) -> int:
    return (await minutes_of_days([world.employee.id], [day])).get((world.employee.id, day), 0)


async def keeper_of(world: World) -> Member:
    """An employee with the right to others' time."""
    member = await world.member("Tia", Role.EMPLOYEE, Right.MANAGE_TIME_ENTRIES)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    return member


async def test_a_day_has_1440_minutes_in_all(world: World) -> None:
    await logged(world, 1_000)
    async with refused(world, RuleBroken, "minutes", match="440 of them are left"):
        await logged(world, 441)
    await logged(world, 440)
    async with refused(world, RuleBroken, "minutes", match="0 of them are left"):
        await logged(world, 1)
    assert await total(world) == FULL
    # Another day, and another member's same day, are their own.
    await logged(world, FULL, DAY + timedelta(days=1))
    await logged(world, FULL, who=world.owner)


async def test_an_entry_grows_into_what_its_day_has_left(world: World) -> None:
    actor = world.acting(world.employee)
    first, second = await logged(world, 1_000), await logged(world, 400)
    async with refused(world, RuleBroken, "minutes"):
        await update_time_entry(actor, time_entry_id=second.id, minutes=441)
    await update_time_entry(actor, time_entry_id=second.id, minutes=440)
    elsewhere = await logged(world, 100, DAY + timedelta(days=1))
    async with refused(world, RuleBroken, "day"):
        await update_time_entry(actor, time_entry_id=elsewhere.id, day=DAY)
    async with refused(world, RuleBroken, "minutes"):
        await update_time_entry(actor, time_entry_id=elsewhere.id, day=DAY, minutes=1)
    await update_time_entry(actor, time_entry_id=first.id, minutes=900)
    await update_time_entry(actor, time_entry_id=elsewhere.id, day=DAY)
    assert await total(world) == FULL
    await delete_time_entry(actor, time_entry_id=elsewhere.id)
    await update_time_entry(actor, time_entry_id=first.id, minutes=1_000)


async def test_what_was_too_much_before_may_become_less(world: World) -> None:
    actor = world.acting(world.employee)
    huge, other = await old(world, 3_000), await old(world, 1_000)
    await update_time_entry(actor, time_entry_id=other.id, minutes=999)
    await update_time_entry(actor, time_entry_id=huge.id, minutes=FULL, note="Corrected")
    await update_time_entry(actor, time_entry_id=huge.id, minutes=FULL, billable=False)
    assert await total(world) == 2_439
    async with refused(world, RuleBroken, "minutes"):
        await update_time_entry(actor, time_entry_id=other.id, minutes=1_000)
    async with refused(world, RuleBroken, "minutes", match=": 0 of them are left"):
        await logged(world, 1)
    # To a day that has room, and from there not back.
    await update_time_entry(actor, time_entry_id=other.id, day=DAY + timedelta(days=1))
    async with refused(world, RuleBroken, "day"):
        await update_time_entry(actor, time_entry_id=other.id, day=DAY)


async def test_whoever_logs_for_another_is_not_told_how_much_there_is(world: World) -> None:
    """It may be at accounts that they do not see. That it is too much, the rule itself says."""
    keeper = world.acting(await keeper_of(world))
    hidden = await world.new_account("Hidden")
    await log_time(world.acting(world.owner), minutes=1_234, day=DAY, account_id=hidden.id, member_id=world.employee.id)
    async with refused(world, RuleBroken, "minutes") as caught:
        await log_time(keeper, minutes=300, day=DAY, account_id=world.account.id, member_id=world.employee.id)
    assert "206" not in caught.value.message
    assert "1,234" not in caught.value.message


async def outcomes(*calls: object) -> tuple[list[object], list[BaseException]]:
    """What the calls, all at once, made; and how others were refused."""
    results = await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[call-overload]
    errors = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(error, Refusal) for error in errors), errors
    return [result for result in results if result not in errors], errors


@pytest.mark.parametrize("round", range(3))
async def test_of_two_that_come_at_once_one_is_refused(world: World, round: int) -> None:
    done, errors = await outcomes(*(logged(world, 721) for _ in range(4)))
    assert (len(done), len(errors)) == (1, 3)
    assert await total(world) == 721


@pytest.mark.parametrize("round", range(3))
async def test_whoever_comes_at_once_in_whatever_way(world: World, round: int) -> None:
    """Log one's own or another's, edit, move from another day, stop, take over: a day has its minutes and no more."""
    actor, owner = world.acting(world.employee), world.acting(world.owner)
    keeper = world.acting(await keeper_of(world))
    today = (await Firm.get(id=world.firm.id)).today(datetime.now(UTC))
    small, moved = await logged(world, 10, today), await logged(world, 500, today - timedelta(days=1))
    timer = (await start_timer(actor, account_id=world.account.id)).value
    await TimeEntry.filter(id=timer.id).update(started_at=datetime.now(UTC) - timedelta(minutes=500))
    place = {"account_id": world.account.id, "pipeline_id": world.pipeline.id, "stage_id": (await world.stages())[0].id}
    imported = [NewEntry(member_id=world.employee.id, day=today, minutes=500)]
    done, errors = await outcomes(
        logged(world, 500, today),
        log_time(keeper, minutes=500, day=today, account_id=world.account.id, member_id=world.employee.id),
        update_time_entry(actor, time_entry_id=small.id, minutes=510),
        update_time_entry(keeper, time_entry_id=moved.id, day=today),
        import_jobs(owner, jobs=[NewJob(name="Taken over", entries=imported, **place)]),  # type: ignore[arg-type]
        stop_timer(actor),
    )
    assert len(errors) >= 3
    assert len(done) == 6 - len(errors)
    assert await total(world, today) <= FULL
    assert not await TimeEntry.exists(member_id=world.employee.id, started_at__isnull=False)


async def test_a_timer_stops_whatever_its_day_has_left(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    await TimeEntry.filter(id=timer.id).update(started_at=datetime.now(UTC) - timedelta(minutes=90))
    await logged(world, 1_400, timer.day)
    stopped = (await stop_timer(actor)).value
    assert (stopped.minutes, stopped.flags, stopped.running) == (40, ["CUT"], False)
    # With none left it has none, and goes all the same.
    timer = (await start_timer(actor, account_id=world.account.id)).value
    stopped = (await stop_timer(actor)).value
    assert (stopped.minutes, stopped.flags, stopped.running) == (0, ["CUT"], False)
    # Old data may have less than none.
    await old(world, 3_000, timer.day)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    second = (await start_timer(actor, account_id=world.account.id)).value
    first = await world.row(TimeEntry, timer.id)
    assert (first.minutes, first.flags, second.flags) == (0, ["CUT"], [])


async def test_a_timer_over_midnight_counts_on_the_day_it_was_started(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    yesterday = timer.day - timedelta(days=1)
    started = datetime.now(UTC) - timedelta(hours=26)
    await TimeEntry.filter(id=timer.id).update(started_at=started, day=yesterday)
    await logged(world, 240, yesterday)
    stopped = (await stop_timer(actor)).value
    assert (stopped.day, stopped.minutes, stopped.flags) == (yesterday, 1_200, ["FORGOTTEN", "CUT"])
    assert await total(world, yesterday) == FULL
    assert await total(world, timer.day) == 0


async def test_a_running_timer_takes_no_room_and_goes_to_any_day(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    await old(world, 2_000, DAY)
    await update_time_entry(actor, time_entry_id=timer.id, day=DAY)
    stopped = (await stop_timer(actor)).value
    assert (stopped.day, stopped.minutes, stopped.flags) == (DAY, 0, ["CUT"])


async def test_minutes_set_by_hand_have_no_flags(world: World) -> None:
    actor = world.acting(world.employee)
    timer = (await start_timer(actor, account_id=world.account.id)).value
    await TimeEntry.filter(id=timer.id).update(started_at=datetime.now(UTC) - timedelta(hours=13))
    stopped = (await stop_timer(actor)).value
    assert (stopped.minutes, stopped.flags) == (781, ["FORGOTTEN"])  # A begun one counts.
    noted = (await update_time_entry(actor, time_entry_id=timer.id, note="Read", minutes=781)).value
    assert noted.flags == ["FORGOTTEN"]
    corrected = (await update_time_entry(actor, time_entry_id=timer.id, minutes=300)).value
    assert corrected.flags == []
    assert (await world.row(TimeEntry, timer.id)).flags == []


async def test_what_is_taken_over_fits_the_days_of_its_members(world: World) -> None:
    owner = world.acting(world.owner)
    await logged(world, 1_000)
    place = {"account_id": world.account.id, "pipeline_id": world.pipeline.id, "stage_id": (await world.stages())[0].id}

    def job(*minutes: int) -> NewJob:
        entries = [NewEntry(member_id=world.employee.id, day=DAY, minutes=some) for some in minutes]
        return NewJob(name="Taken over", entries=entries, **place)  # type: ignore[arg-type]

    async with refused(world, RuleBroken) as caught:
        await import_jobs(owner, jobs=[job(200, 200), job(41)])
    assert caught.value.path == ("jobs", 1, "entries")
    await import_jobs(owner, jobs=[job(200, 200), job(40)])
    assert await total(world) == FULL


async def test_an_id_sent_again_is_no_second_entry(world: World) -> None:
    """The day is full by then, and the answer is the first."""
    actor, id = world.acting(world.employee), new_id()
    first = await log_time(actor, minutes=FULL, day=DAY, account_id=world.account.id, id=id)
    again = await log_time(actor, minutes=FULL, day=DAY, account_id=world.account.id, id=id)
    assert (again.value.id, again.revision) == (id, first.revision)
