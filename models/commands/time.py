"""Logging time, and editing what was logged."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import LOGGED
from models.command import Change, command
from models.command_steps import active_members, made_before
from models.commands.hours import hold_time_of, require_room
from models.errors import Invalid, RuleBroken
from models.events import Changes, TimeEntryDeleted, TimeEntryUpdated, TimeLogged, changes_of
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.items import item as items
from models.items.item import Held
from models.items.links import tie, untie
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right
from models.rows import Firm, Job, TimeEntry
from models.scope import not_found
from models.texts import NOTE


class TimeEntryFields(TypedDict, total=False):
    """What `update_time_entry` may change; what is left out stays."""

    minutes: int
    day: date
    note: str
    billable: bool
    job_id: UUID | None


_RULES: Rules = {"minutes": partial(checks.minutes, bounds=LOGGED), "note": NOTE.check}


@command("logTime", EVERY_MEMBER)
async def log_time(
    change: Change,
    *,
    minutes: int,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    day: date | None = None,
    note: str = "",
    billable: bool = True,
    member_id: UUID | None = None,
    id: UUID | None = None,
) -> TimeEntry:
    """Note time that was spent.

    For an account, or for one of its jobs: today's unless told otherwise."""
    member = _whose(change, member_id)
    if earlier := await made_before(change, TimeEntry, id, TimeLogged):
        return earlier
    with Gathered() as check:
        told = check.each({"minutes": minutes, "note": note}, _RULES)
        check(items.expect_place, account_id, job_id)
        on = check(_day, change, day or change.today)
    if member != change.member_id:
        await active_members(change, [member], "member_id")
    await hold_time_of([member])
    account, job = await items.account_and_job(change, account_id, job_id)
    entry = TimeEntry(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        member_id=member,
        account_id=account,
        created_by_id=change.member_id,
        day=on,
        **told,
        billable=billable,
        created_at=change.now,
    )
    await require_room(change, entry, "minutes")
    items.tell(change, TimeLogged, await items.create(change, entry, job), minutes=entry.minutes)
    return entry


def _whose(change: Change, member_id: UUID | None) -> UUID:
    member = member_id or change.member_id
    if member is None:
        raise Invalid("Say whose time it is.", "member_id", reason=Reason.MISSING, field="member_id")
    if member != change.member_id:
        change.require(Right.MANAGE_TIME_ENTRIES, "Logging another member's time", "member_id")
    return member


def _day(change: Change, day: date) -> date:
    # A day's grace: for a member who travels, the date may already be tomorrow's.
    if day > change.today + timedelta(days=1):
        raise yet_to_come(day, "day")
    return day


def yet_to_come(day: date, field: str) -> RuleBroken:
    """The refusal of time that nobody can have spent."""
    told = f"{day} is yet to come. Time is logged when it has been spent."
    return RuleBroken(told, field, reason=Reason.YET_TO_COME, day=day)


async def _lock(
    change: Change, entry_id: UUID, expected_version: int | None, job_id: UUID | None = None
) -> Held[TimeEntry]:
    held = await items.lock(change.seen.rows(TimeEntry), TimeEntry, entry_id, "time_entry_id", job_id)
    held.item.expect(expected_version)
    return held


@command("updateTimeEntry", EVERY_MEMBER)
async def update_time_entry(
    change: Change, *, time_entry_id: UUID, expected_version: int | None = None, **fields: Unpack[TimeEntryFields]
) -> TimeEntry:
    """Change a time entry: your own, or another's with the right MANAGE_TIME_ENTRIES."""
    if fields.keys() & {"minutes", "day"}:
        present = await change.seen.rows(TimeEntry).get(time_entry_id, "time_entry_id")
        await hold_time_of([present.member_id])
    jobs, job_id = change.scope.rows(Job), fields.get("job_id")
    # Before it is held: nobody waits for a job that they do not see.
    in_sight = job_id is not None and await jobs.find(job_id) is not None
    held = await _lock(change, time_entry_id, expected_version, job_id if in_sight else None)
    entry, left = held.item, held.job
    goes = "job_id" in fields and job_id != left
    wanted = entry.differing({name: value for name, value in fields.items() if name != "job_id"})
    wanted = _checked(change, wanted)
    if wanted.keys() & {"minutes", "billable"}:
        _expect_unbilled(entry, "minutes" if "minutes" in wanted else "billable")
    if "minutes" in wanted and entry.running:
        told = "This timer is running. Stop it before setting its minutes."
        raise RuleBroken(told, "minutes", reason=Reason.TIMER_RUNS)
    job = None
    if goes and job_id is not None:
        if not in_sight:
            raise not_found(Kind.JOB, job_id, "job_id")
        job = await jobs.get(job_id, "job_id")
        items.of_account(job.account_id, entry.account_id)
    changed = entry.change_to(wanted)
    if _adds(changed) and not entry.running:
        await require_room(change, entry, "minutes" if "minutes" in changed else "day")
    if changed or goes:
        await items.store(change, held, *changed)
    if goes:
        await _go_to(change, held, job, changes_of(changed | {"job_id": (left, job_id)}))
    elif changed:
        items.tell(change, TimeEntryUpdated, held, changes=changes_of(changed))
    return entry


def _expect_unbilled(entry: TimeEntry, field: str) -> None:
    if entry.billed:
        told = "An invoice bills this time. Take it off the invoice, or void that, first."
        raise RuleBroken(told, field, reason=Reason.BILLED)


def _adds(changed: Mapping[str, tuple[Any, Any]]) -> bool:
    """Whether a day gets more than it had. What is too much from before may always become less."""
    before, after = changed.get("minutes", (0, 0))
    return "day" in changed or after > before


def _checked(change: Change, fields: Mapping[str, Any]) -> dict[str, Any]:
    with Gathered() as check:
        wanted = check.each(fields, _RULES)
        if "day" in fields:
            check(_day, change, fields["day"])
    # Set by hand, they are no longer what a timer said.
    return wanted | ({"flags": []} if "minutes" in wanted else {})


async def _go_to(change: Change, held: Held[TimeEntry], job: Job | None, changes: Changes) -> None:
    """Put a time entry on another job, or on none."""
    left = dict(held.jobs)
    for job_id in left:
        await untie(held.item, job_id, change.now)
    if job is not None:
        await tie(held.item, [job.id], change.now, change.member_id)
    held.jobs = {job.id: job.pipeline_id} if job is not None else {}
    # Both jobs' sums change when it goes from one to the other: those who see only one of them are told, too.
    for job_id, pipeline in left.items():
        change.record(TimeEntryUpdated(**held.item.named, job=job_id, pipeline=pipeline, changes=changes))
    items.tell(change, TimeEntryUpdated, held, changes=changes)


@command("deleteTimeEntry", EVERY_MEMBER)
async def delete_time_entry(change: Change, *, time_entry_id: UUID, expected_version: int | None = None) -> TimeEntry:
    """Delete a time entry. The answer's entry is what it was.

    Of a running timer it is what throws it away. Its history stays in the log."""
    held = await _lock(change, time_entry_id, expected_version)
    _expect_unbilled(held.item, "time_entry_id")
    await items.end(held)
    items.tell(change, TimeEntryDeleted, held, minutes=held.item.minutes)
    return held.item


@command("setTimeEntryRate", Right.MANAGE_RATES)
async def set_time_entry_rate(
    change: Change, *, time_entry_id: UUID, rate: Decimal | None, expected_version: int | None = None
) -> TimeEntry:
    """Set what an hour of an entry costs.

    None for no rate."""
    held = await _lock(change, time_entry_id, expected_version)
    entry = held.item
    if rate is not None:
        currency = (await change.scope.rows(Firm).get(change.actor.firm_id)).currency
        if rate in (entry.rate, entry.rate_in(currency)):
            return entry
        rate = checks.money(rate, currency, "rate")
    if entry.differing({"rate": rate}):
        _expect_unbilled(entry, "rate")
    if entry.change_to({"rate": rate}):
        await items.store(change, held, "rate")
        # That it changed is told to all who see the entry; its values only to those who may see rates.
        items.tell(change, TimeEntryUpdated, held, changes={"rate": (None, None)})
    return entry
