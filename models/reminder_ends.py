"""Reminders, where what they are of is over: steps of the commands that end it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from models.command import Change
from models.database import sql
from models.events import Event
from models.ids import AccountId, ReminderId
from models.scope import Place
from models.stamps import raised, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderEvent(Event):
    """Something happened to the reminders of a linked item. Told to whoever sees its account; the mail that is sent is
    told of with the job."""

    subject = "reminder"
    beside = ("account",)

    reminder: ReminderId
    account: AccountId

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersSet(ReminderEvent):
    """It was said how often a client is reminded of something, from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReminded(ReminderEvent):
    """A client was reminded of something: mail stands in the outbox, if anybody there gets some. They will be again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersEnded(ReminderEvent):
    """A client is reminded of something no more: they did it, it was stopped, or they were often enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersDeleted(ReminderEvent):
    """What a client was reminded of was deleted, and the reminders with it."""

    ends = True


# In the order of their ids. An item that is on another job still, which is not archived, is owed for that.
_END = """
WITH held AS MATERIALIZED (
    SELECT id FROM reminder WHERE next_at IS NOT NULL AND {which} ORDER BY id FOR NO KEY UPDATE
)
UPDATE reminder SET next_at = NULL, {raised} FROM held WHERE reminder.id = held.id
RETURNING reminder.id, reminder.account_id
"""
_OF_ITEMS = "item = ANY($1)"
_OF_ACCOUNTS = "account_id = ANY($1)"
_OF_JOBS = """item IN (SELECT item FROM job_item WHERE job_id = ANY($1) AND unlinked_at IS NULL) AND NOT EXISTS (
    SELECT FROM job_item AS link JOIN job ON job.id = link.job_id
    WHERE link.item = reminder.item AND link.unlinked_at IS NULL AND job.archived_at IS NULL
)"""


async def end_reminders(change: Change, items: Collection[UUID]) -> None:
    """Remind nobody of these items any more."""
    await _end(change, _OF_ITEMS, items)


async def end_reminders_of_jobs(change: Change, jobs: Collection[UUID]) -> None:
    """Remind nobody any more of what is linked to these jobs, which are archived by now, and to no other that is
    not."""
    await _end(change, _OF_JOBS, jobs)


async def end_reminders_of_account(change: Change, account_id: UUID) -> None:
    """Remind nobody of anything about this account any more."""
    await _end(change, _OF_ACCOUNTS, [account_id])


async def _end(change: Change, which: str, ids: Collection[UUID]) -> None:
    if not ids:
        return
    ended = await sql(_END.format(which=which, raised=raised(2, "reminder")), list(ids), *stamp())
    for row in sorted(ended, key=lambda row: row["id"]):
        change.record(RemindersEnded(reminder=row["id"], account=row["account_id"]))


async def delete_reminders(change: Change, item: UUID) -> None:
    """Forget the reminders of an item that is deleted."""
    for row in await sql("DELETE FROM reminder WHERE item = $1 RETURNING id, account_id", item):
        change.record(RemindersDeleted(reminder=row["id"], account=row["account_id"]))
