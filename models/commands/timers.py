"""Timers: a time entry that is running. A member has at most one."""

from uuid import UUID

from models.command import Change, command
from models.command_steps import made_before
from models.commands.hours import hold_time_of, minutes_left
from models.errors import NotFound, RuleBroken
from models.events import TimerStarted, TimerStopped
from models.gathered import Gathered
from models.ids import new_id
from models.items import item as items
from models.items.item import Held
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import TimeEntry
from models.scope import Scope
from models.texts import NOTE


@command("startTimer", EVERY_MEMBER)
async def start_timer(
    change: Change,
    *,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    note: str = "",
    billable: bool = True,
    id: UUID | None = None,
) -> TimeEntry:
    """Start a timer. One that is running is stopped first.

    For an account, or for one of its jobs."""
    member = _timed(change)
    if earlier := await made_before(change, TimeEntry, id, TimerStarted):
        return earlier
    with Gathered() as check:
        told = check(NOTE.check, note, "note")
        check(items.expect_place, account_id, job_id)
    # A double click: the second call finds the timer that the first one started.
    await hold_time_of([member])
    running = await _running(member)
    account, job = await items.account_and_job(change, account_id, job_id, beside=[] if running is None else [running])
    timer = TimeEntry(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        member_id=member,
        account_id=account,
        created_by_id=member,
        day=change.today,
        note=told,
        billable=billable,
        started_at=change.now,
        created_at=change.now,
    )
    if running is not None:
        await _stop_if_there(change, running)
    items.tell(change, TimerStarted, await items.create(change, timer, job))
    return timer


@command("stopTimer", EVERY_MEMBER)
async def stop_timer(change: Change, *, time_entry_id: UUID | None = None) -> TimeEntry:
    """Stop a running timer: your own, or the one named.

    Its minutes, begun ones included, count from now on."""
    if time_entry_id is not None:
        return await _stop_named(change, time_entry_id)
    stopped = await stop_running(change, _timed(change))
    if stopped is None:
        raise RuleBroken("You have no running timer.", reason=Reason.NO_TIMER)
    return stopped


async def _stop_named(change: Change, time_entry_id: UUID) -> TimeEntry:
    # Another's is not there without the right to others' time.
    found = await change.seen.rows(TimeEntry).get(time_entry_id, "time_entry_id")
    await hold_time_of([found.member_id])
    held = await items.lock(change.seen.rows(TimeEntry), TimeEntry, time_entry_id, "time_entry_id")
    if not held.item.running:
        raise RuleBroken("This is no running timer.", "time_entry_id", reason=Reason.NO_TIMER)
    return await _stop(change, held)


def _timed(change: Change) -> UUID:
    if change.member_id is None:
        raise RuleBroken("Only a member has a timer. Log the time instead.", reason=Reason.MEMBERS_ONLY)
    return change.member_id


async def stop_running(change: Change, member: UUID) -> TimeEntry | None:
    """Stop a member's timer, if there is one that runs, wherever it is: the member may have lost sight of its account,
    and whoever deactivates the member may never have had it."""
    await hold_time_of([member])
    running = await _running(member)
    return None if running is None else await _stop_if_there(change, running)


async def _running(member: UUID) -> UUID | None:
    found = await TimeEntry.filter(member_id=member, started_at__isnull=False).first()
    return None if found is None else found.id


async def _stop_if_there(change: Change, timer_id: UUID) -> TimeEntry | None:
    entries = Scope.whole(change.actor.firm_id).rows(TimeEntry)
    try:
        held = await items.lock(entries, TimeEntry, timer_id, "time_entry_id")
    except NotFound:
        return None  # Somebody has just deleted it.
    return await _stop(change, held)


async def _stop(change: Change, held: Held[TimeEntry]) -> TimeEntry:
    timer = held.item
    timer.stop(change.now, left=await minutes_left(timer), by_another=timer.member_id != change.member_id)
    await items.store(change, held, "minutes", "started_at", "flags")
    items.tell(change, TimerStopped, held, minutes=timer.minutes)
    return timer
