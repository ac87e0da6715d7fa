"""What a recurrence is going to make: its next occurrences, with their dates and names."""

from asyncio import to_thread
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from models.errors import Refusal
from models.recurrences.placing import Setting, setting_of
from models.recurrences.schedule import Coming
from models.rows import Account, Recurrence, RecurrenceAccount
from models.scope import Scope


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An occurrence that has not been made, and what its job would be."""

    recurrence_id: UUID
    #: The one that it is known by, and the one that it is on.
    day: date
    on_day: date
    made_at: datetime
    skipped: bool
    #: None where the job could not be made: then it is said why.
    job_name: str | None = None
    job_period: str | None = None
    job_start_date: date | None = None
    job_due_date: date | None = None
    job_deadline: date | None = None
    refusal: str | None = None


#: Of no account in particular: the shortcode stays as it is.
_ANY_ACCOUNT = "[ACCOUNT_NAME]"


async def upcoming(scope: Scope, recurrence_id: UUID, account_id: UUID | None, number: int) -> list[Upcoming] | None:
    """The next occurrences of a recurrence, skipped ones among them: of an account, or the first one that is in sight.
    None where something that is named is out of sight."""
    recurrence = await scope.rows(Recurrence).find(recurrence_id)
    account = await _account(scope, recurrence_id, account_id)
    if recurrence is None or (account is None and account_id is not None):
        return None
    if recurrence.ended_at is not None:
        return []
    setting = await setting_of(recurrence)
    # On a thread: it may import a calendar, and fills in many texts.
    return await to_thread(_next, setting, _ANY_ACCOUNT if account is None else account.name, number)


async def _account(scope: Scope, recurrence_id: UUID, account_id: UUID | None) -> Account | None:
    if account_id is not None:
        return await scope.rows(Account).find(account_id)
    of_it = RecurrenceAccount.filter(recurrence_id=recurrence_id).values_list("account_id", flat=True)
    return await scope.rows(Account).where(id__in=await of_it).order_by("name_order", "id").first()


def _next(setting: Setting, account: str, number: int) -> list[Upcoming]:
    return [_upcoming(setting, each, account) for each in islice(_all(setting), number)]


def _all(setting: Setting) -> Iterable[Coming]:
    """Those to come, skipped ones among them."""
    return setting.with_changed(setting.changed.none_skipped()).coming(setting.recurrence.next_day)


def _upcoming(setting: Setting, coming: Coming, account: str) -> Upcoming:
    changed = setting.changed.rows.get(coming.day)
    skipped = changed is not None and changed.skipped
    which = (setting.recurrence.id, coming.day, coming.on, setting.made_at(coming), skipped)
    try:
        content, dates = setting.worked_out(coming, account)
    except Refusal as refusal:
        return Upcoming(*which, refusal=refusal.message)
    return Upcoming(*which, content.name, content.period, dates.start_date, dates.due_date, dates.deadline)
