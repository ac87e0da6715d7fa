"""Time entries, timers, and what they add up to."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from models.actor import Actor
from models.commands.jobs import delete_job
from models.commands.time import delete_time_entry, log_time, set_time_entry_rate, update_time_entry
from models.commands.timers import start_timer, stop_timer
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.events import TimeEntryUpdated
from models.ids import new_id
from models.rights import Right, Role
from models.rows import AccountMember, Firm, Member, TimeEntry
from models.time_sums import percent_used, remaining, tracked_minutes
from tests.domain.refusal import refused, told
from tests.links import job_of
from tests.world import World


async def new_entry(world: World, who: Member | None = None, minutes: int = 30, **fields: object) -> TimeEntry:
    if "job_id" not in fields:
        fields.setdefault("account_id", world.account.id)
    actor = world.acting(who or world.employee)
    return (await log_time(actor, minutes=minutes, **fields)).value  # type: ignore[arg-type]


async def timekeeper(world: World, *rights: Right) -> Member:
    """An employee with the right to others' time, at the world's account."""
    member = await world.member("Tia", Role.EMPLOYEE, Right.MANAGE_TIME_ENTRIES, *rights)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    return member


async def test_time_is_ones_own_and_todays_unless_told_otherwise(world: World) -> None:
    job, before = await world.job(), await world.revision()
    entry = (await log_time(world.acting(world.employee), minutes=90, job_id=job.id, note="Read")).value
    assert (entry.member_id, entry.account_id, await job_of(entry)) == (world.employee.id, world.account.id, job.id)
    assert (entry.minutes, entry.billable, entry.rate, entry.running) == (90, True, None, False)
    assert await told(world, before) == ["TimeLogged"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_today_is_where_the_firm_is(world: World, zone: str) -> None:
    await Firm.filter(id=world.firm.id).update(time_zone=zone)
    today = (await Firm.get(id=world.firm.id)).today(datetime.now(UTC))
    assert (await new_entry(world)).day == today
    assert (await new_entry(world, day=today + timedelta(days=1))).day == today + timedelta(days=1)
    async with refused(world, RuleBroken, "day"):
        await new_entry(world, day=today + timedelta(days=2))


async def test_an_id_sent_again_returns_the_first_entry(world: World) -> None:
    id, actor = new_id(), world.acting(world.employee)
    asked = [log_time(actor, minutes=5, account_id=world.account.id, id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


async def test_what_is_no_time(world: World) -> None:
    job, other = await world.job(), await world.new_account("Other")
    for minutes in (0, -5, 1441):
        async with refused(world, Invalid, "minutes"):
            await new_entry(world, minutes=minutes)
    async with refused(world, Invalid, "account_id"):
        await log_time(world.acting(world.employee), minutes=5)
    async with refused(world, NotFound, "account_id"):
        await new_entry(world, account_id=other.id)
    async with refused(world, NotFound, "job_id"):
        await new_entry(world, world.stranger, job_id=job.id)
    async with refused(world, RuleBroken, "job_id"):
        await new_entry(world, world.owner, job_id=job.id, account_id=other.id)
    async with refused(world, Invalid, "member_id"):
        await log_time(Actor.automation(world.firm.id, "Bot", 1), minutes=5, job_id=job.id)


async def test_anothers_time_is_logged_with_the_right_to_it(world: World) -> None:
    keeper = await timekeeper(world)
    entry = await new_entry(world, keeper, member_id=world.employee.id)
    assert entry.member_id == world.employee.id
    async with refused(world, Forbidden, match="MANAGE_TIME_ENTRIES"):
        await new_entry(world, world.employee, member_id=keeper.id)
    await Member.filter(id=world.employee.id).update(active=False)
    async with refused(world, RuleBroken, "member_id", match="deactivated"):
        await new_entry(world, keeper, member_id=world.employee.id)


async def test_anothers_entry_does_not_exist_without_the_right_to_it(world: World) -> None:
    colleague = await world.member("Cora")
    await AccountMember.create(account_id=world.account.id, member_id=colleague.id)
    entry = await new_entry(world)
    elsewhere = await new_entry(world, world.owner, account_id=(await world.new_account("Other")).id)
    keeper = await timekeeper(world)
    for who, id in [(colleague, entry.id), (keeper, elsewhere.id)]:
        actor = world.acting(who)
        async with refused(world, NotFound, "time_entry_id"):
            await update_time_entry(actor, time_entry_id=id, minutes=1)
        async with refused(world, NotFound, "time_entry_id"):
            await delete_time_entry(actor, time_entry_id=id)
    await update_time_entry(world.acting(keeper), time_entry_id=entry.id, minutes=1)
    await delete_time_entry(world.acting(keeper), time_entry_id=entry.id)


async def test_ones_own_entry_stays_ones_own_when_the_account_is_taken_away(world: World) -> None:
    entry = await new_entry(world)
    await AccountMember.filter(member_id=world.employee.id).delete()
    changed = await update_time_entry(world.acting(world.employee), time_entry_id=entry.id, note="Mine")
    assert changed.value.note == "Mine"


async def test_an_update_keeps_what_is_left_out(world: World) -> None:
    actor, entry, before = world.acting(world.employee), await new_entry(world, note="Read"), await world.revision()
    for _ in range(2):
        outcome = await update_time_entry(
            actor, time_entry_id=entry.id, minutes=45, day=date(2026, 1, 5), billable=False
        )
    changed = outcome.value
    assert (changed.minutes, changed.day, changed.billable, changed.note) == (45, date(2026, 1, 5), False, "Read")
    assert await told(world, before) == ["TimeEntryUpdated"]
    async with refused(world, Invalid, "minutes"):
        await update_time_entry(actor, time_entry_id=entry.id, minutes=0)
    async with refused(world, RuleBroken, "day"):
        await update_time_entry(actor, time_entry_id=entry.id, day=date(2999, 1, 1))
    async with refused(world, Conflict, "expected_version"):
        await update_time_entry(actor, time_entry_id=entry.id, minutes=1, expected_version=1)


async def test_an_entry_that_goes_to_another_job_is_told_to_both(world: World) -> None:
    owner, first = world.acting(world.owner), await world.job()
    second = await world.job(pipeline_id=(await world.new_pipeline("Other")).id)
    entry, before = await new_entry(world, job_id=first.id), await world.revision()
    for job in (second, second, None, first):
        job_id = job.id if job else None
        assert await job_of((await update_time_entry(owner, time_entry_id=entry.id, job_id=job_id)).value) == job_id
    events = [logged.event for logged in await world.events(before)]
    assert all(isinstance(event, TimeEntryUpdated) for event in events)
    assert [(event.subject_job, event.now()[0].pipeline) for event in events] == [
        (first.id, first.pipeline_id),
        (second.id, second.pipeline_id),
        (second.id, second.pipeline_id),
        (None, None),
        (first.id, first.pipeline_id),
    ]
    elsewhere = await world.job(account_id=(await world.new_account("Elsewhere")).id)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await update_time_entry(owner, time_entry_id=entry.id, job_id=elsewhere.id)
    async with refused(world, NotFound, "job_id"):
        await update_time_entry(world.acting(world.employee), time_entry_id=entry.id, job_id=second.id)


async def test_a_rate_needs_its_right_and_is_not_in_the_log(world: World) -> None:
    entry, before = await new_entry(world, minutes=90), await world.revision()
    keeper = await timekeeper(world, Right.MANAGE_RATES)
    actor = world.acting(keeper)
    for rate in (Decimal("120.50"), Decimal("120.5")):
        rated = (await set_time_entry_rate(actor, time_entry_id=entry.id, rate=rate)).value
    assert (rated.amount_in("USD"), rated.version) == (Decimal("180.75"), 2)
    (logged,) = await world.events(before)
    assert isinstance(logged.event, TimeEntryUpdated)
    assert logged.event.changes == {"rate": (None, None)}
    async with refused(world, Invalid, "rate"):
        await set_time_entry_rate(actor, time_entry_id=entry.id, rate=Decimal("-1"))
    async with refused(world, Forbidden, match="MANAGE_RATES"):
        await set_time_entry_rate(world.acting(world.employee), time_entry_id=entry.id, rate=None)
    assert (await set_time_entry_rate(actor, time_entry_id=entry.id, rate=None)).value.rate is None


async def test_a_jobs_sums(world: World) -> None:
    job, untouched = await world.job(), await world.job()
    await new_entry(world, job_id=job.id, minutes=50)
    await new_entry(world, world.owner, job_id=job.id, minutes=25, billable=False)
    await new_entry(world, minutes=999)
    await start_timer(world.acting(world.employee), job_id=job.id)
    assert await tracked_minutes([job.id, untouched.id]) == {job.id: 75, untouched.id: 0}
    await stop_timer(world.acting(world.employee))
    assert (await tracked_minutes([job.id]))[job.id] == 76
    assert await tracked_minutes([]) == {}


@pytest.mark.parametrize(
    ("budget", "tracked", "left", "used"),
    [(None, 30, None, None), (0, 30, -30, None), (60, 0, 60, 0), (60, 59, 1, 98), (60, 60, 0, 100), (60, 90, -30, 150)],
)
def test_what_is_left_of_a_budget(budget: int | None, tracked: int, left: int | None, used: int | None) -> None:
    assert (remaining(budget, tracked), percent_used(budget, tracked)) == (left, used)


@pytest.mark.parametrize("round", range(3))
async def test_time_of_a_job_that_is_deleted_meanwhile_stays_the_accounts(world: World, round: int) -> None:
    owner, employee, job = world.acting(world.owner), world.acting(world.employee), await world.job()
    entry = await new_entry(world, job_id=job.id)
    await start_timer(employee, job_id=job.id)
    outcomes = await asyncio.gather(
        update_time_entry(employee, time_entry_id=entry.id, minutes=31),
        stop_timer(employee),
        log_time(employee, minutes=5, job_id=job.id),
        delete_job(owner, job_id=job.id),
        return_exceptions=True,
    )
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(error, Refusal) for error in errors), errors
    entries = await TimeEntry.filter(member_id=world.employee.id)
    assert {(entry.account_id, await job_of(entry), entry.running) for entry in entries} == {
        (world.account.id, None, False)
    }
