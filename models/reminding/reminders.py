"""Reminders: a client is written to again as long as they owe an answer, every so many days, at most so many times.

The row is in models/rows/reminders.py. What ends them with their item is in models/reminder_ends.py, when they are
due in models/reminding/dates.py.
"""

from asyncio import to_thread
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models import checks
from models.actor import Actor, ActorKind
from models.bounds import REMINDED, REMINDED_EVERY
from models.command import Change, command, part_of
from models.commands.moves import set_job_status
from models.database import sql
from models.errors import RuleBroken
from models.gathered import Gathered
from models.ids import Kind, new_id
from models.items import item as items
from models.items.client_requests import ClientRequest
from models.items.item import Held
from models.items.organizers import Organizer
from models.items.recipients import recipients_of
from models.items.states import wrong_state
from models.mail.letters import reminding_of
from models.mail.outbox import Letter, MailCause, put_all_in_outbox, who_get_mail
from models.reasons import Reason
from models.reminder_ends import ClientReminded, RemindersEnded, RemindersSet, end_reminders
from models.reminding.dates import moment_of, next_reminder
from models.rights import EVERY_MEMBER, Right
from models.rows import Awaited, Category, Firm, Item, Job, Status, register
from models.rows.mail import MailCauseKind
from models.rows.reminders import Reminder
from models.texts import NOTE

register(Reminder)

#: What a client can be reminded of.
_REMINDED: Mapping[Kind, type[Item]] = {Kind.CLIENT_REQUEST: ClientRequest, Kind.ORGANIZER: Organizer}


@command("remindOfClientRequest", EVERY_MEMBER)
async def remind_of_client_request(
    change: Change,
    *,
    client_request_id: UUID,
    every_days: int,
    at_most: int,
    text: str = "",
    then_status_id: UUID | None = None,
    expected_version: int | None = None,
) -> Reminder:
    """Remind a client of a client request that is pending: every so many days, at most so many times, and then put its
    jobs under a custom status. They begin anew each time that this is said."""
    held = await _owed(change, ClientRequest, client_request_id, expected_version)
    return await _set(change, held, every_days, at_most, text, then_status_id)


@command("remindOfOrganizer", Right.MANAGE_ORGANIZERS)
async def remind_of_organizer(
    change: Change,
    *,
    organizer_id: UUID,
    every_days: int,
    at_most: int,
    text: str = "",
    then_status_id: UUID | None = None,
    expected_version: int | None = None,
) -> Reminder:
    """Remind a client of an organizer that is pending: every so many days, at most so many times, and then put its
    jobs under a custom status. They begin anew each time that this is said."""
    held = await _owed(change, Organizer, organizer_id, expected_version)
    return await _set(change, held, every_days, at_most, text, then_status_id)


async def _owed(change: Change, model: Any, id: UUID, expected_version: int | None) -> Held[Any]:
    held: Held[Any] = await items.lock(change.scope.rows(model), model, id, f"{model.kind}_id")
    held.item.expect(expected_version)
    return held


async def _set(
    change: Change, held: Held[Any], every_days: int, at_most: int, text: str, then_status_id: UUID | None
) -> Reminder:
    item = held.item
    with Gathered() as check:
        wanted: dict[str, Any] = {
            "every_days": check(checks.days, every_days, "every_days", REMINDED_EVERY),
            "at_most": check(checks.things, at_most, "at_most", REMINDED),
            "text": check(NOTE.check, text, "text"),
            "then_status_id": then_status_id,
        }
    await items.expect_in_use(change, item)
    if item.awaited is not Awaited.SUBMISSION:
        raise wrong_state(item, item.state, "Nobody is reminded of what the client does not owe. Send or reopen it.")
    if then_status_id is not None:
        status = await change.scope.rows(Status).get(then_status_id, "then_status_id")
        if status.category is not Category.CUSTOM:
            told = "Reminders end with a custom status. Choose one, or none."
            raise RuleBroken(told, "then_status_id", reason=Reason.BUILT_IN)
    firm = await Firm.get(id=item.firm_id)
    wanted |= {"sent": 0, "last_sent_at": None, "next_at": await _next(firm, change.today, every_days)}
    reminder = await Reminder.filter(item=item.id).select_for_update(no_key=True).first()
    if reminder is None:
        place = {"firm_id": item.firm_id, "account_id": item.account_id, "item_kind": item.kind, "item": item.id}
        reminder = Reminder(id=new_id(), **place, **wanted)
        await reminder.save(force_create=True)
    elif changed := reminder.change_to(wanted):
        await reminder.store(*changed)
    else:
        return reminder
    change.record(RemindersSet(reminder=reminder.id, account=reminder.account_id))
    return reminder


async def _next(firm: Firm, last: date, every_days: int) -> datetime:
    # The first time, what knows about countries is imported: beside the event loop.
    day = await to_thread(next_reminder, last, every_days, firm.country, firm.region)
    return moment_of(day, firm.time_zone)


@command("endReminders", EVERY_MEMBER)
async def stop_reminding(change: Change, *, reminder_id: UUID, expected_version: int | None = None) -> Reminder:
    """Remind a client of something no more. Of an organizer that needs MANAGE_ORGANIZERS."""
    reminder = await change.scope.rows(Reminder).lock(reminder_id, "reminder_id")
    reminder.expect(expected_version)
    if reminder.item_kind == Kind.ORGANIZER:
        change.require(Right.MANAGE_ORGANIZERS, "Stopping the reminders of an organizer", "reminder_id")
    if reminder.next_at is not None:
        await end_reminders(change, [reminder.item])
        return await change.scope.rows(Reminder).get(reminder_id)
    return reminder


_DUE = "SELECT id, firm_id FROM reminder WHERE next_at <= $1 AND id <> ALL($2) ORDER BY next_at LIMIT $3"


async def due_reminders(now: datetime, limit: int, *, but: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """Reminders that are due, of whatever firms, but for these: each with its firm."""
    return [(row["id"], row["firm_id"]) for row in await sql(_DUE, now, list(but), limit)]


async def remind(firm_id: UUID, reminder_id: UUID) -> None:
    """Remind a client, if that is still to be done. The row says whether: whoever comes second finds it done."""
    await send_reminder(Actor(ActorKind.SCHEDULE, firm_id, label="Reminders"), reminder_id=reminder_id)


@command("sendReminder", EVERY_MEMBER, internal=True)
async def send_reminder(change: Change, *, reminder_id: UUID) -> Reminder | None:
    """Write to those who owe something, or end it: with a custom status for its jobs, where that was asked for."""
    reminders = change.scope.rows(Reminder)
    found = await reminders.find(reminder_id)
    if found is None:
        return None
    held = await _owed(change, _REMINDED[Kind(found.item_kind)], found.item, None)
    used = await items.hold_accounts([found.account_id])
    reminder = await reminders.lock(reminder_id)
    if reminder.next_at is None or reminder.next_at > change.now:
        return reminder
    jobs = await _open_jobs(held)
    owed = held.item.awaited is Awaited.SUBMISSION and reminder.account_id in used and (jobs or not held.jobs)
    if owed and reminder.sent < reminder.at_most:
        await _write(change, reminder, held.item, jobs)
        return reminder
    if owed and reminder.then_status_id is not None:
        await _put_under(change, reminder.then_status_id, jobs)
    return await _end(change, reminder)


async def _open_jobs(held: Held[Any]) -> list[Job]:
    jobs = {job.id: job for job in await Job.filter(id__in=list(held.jobs), archived_at__isnull=True)}
    return [jobs[id] for id in held.jobs if id in jobs]


async def _write(change: Change, reminder: Reminder, item: Any, jobs: list[Job]) -> None:
    firm = await Firm.get(id=reminder.firm_id)
    mailable = await who_get_mail(reminder.account_id)
    asked = (await recipients_of([item.id])).get(item.id)
    number = reminder.sent + 1
    # Not the number of the reminder: set again, they are counted anew, and are other mail.
    cause = MailCause(MailCauseKind.REMINDER, reminder.id, number=reminder.version)
    subject, text = reminding_of(item, reminder.text)
    await put_all_in_outbox(
        change,
        [
            Letter(contact.id, subject, text, reminder.account_id, cause, jobs[0] if jobs else None, item=item)
            for contact in mailable
            if asked is None or contact.id in asked
        ],
    )
    reminder.sent, reminder.last_sent_at = number, change.now
    over = number >= reminder.at_most and reminder.then_status_id is None
    reminder.next_at = None if over else await _next(firm, change.today, reminder.every_days)
    await reminder.store("sent", "last_sent_at", "next_at")
    event = RemindersEnded if over else ClientReminded
    change.record(event(reminder=reminder.id, account=reminder.account_id))


async def _put_under(change: Change, status_id: UUID, jobs: list[Job]) -> None:
    status = await Status.get(id=status_id)
    active = {row["id"] for row in await sql(_ACTIVE, [job.id for job in jobs], status.pipeline_id)}
    for job in jobs:
        if job.id in active:
            await part_of(change, set_job_status, job_id=job.id, status_id=status_id)


_ACTIVE = """
SELECT job.id FROM job JOIN status ON status.id = job.status_id
WHERE job.id = ANY($1) AND job.pipeline_id = $2 AND status.category = 'ACTIVE'
"""


async def _end(change: Change, reminder: Reminder) -> Reminder:
    reminder.next_at = None
    await reminder.store("next_at")
    change.record(RemindersEnded(reminder=reminder.id, account=reminder.account_id))
    return reminder
