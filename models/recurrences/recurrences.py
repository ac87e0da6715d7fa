"""Recurrences: what makes jobs again and again, and what may be done to one.

See docs/decisions/0092-recurrences.md."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import ACCOUNTS_OF_RECURRENCE, DAYS_AHEAD
from models.command import Change, command
from models.command_steps import made_before
from models.database import sql
from models.errors import Invalid, LimitReached, RuleBroken
from models.events import (
    RecurrenceAccountsChanged,
    RecurrenceCreated,
    RecurrenceDeleted,
    RecurrenceEnded,
    RecurrenceUpdated,
    changes_of,
)
from models.filtering import LinkedToSeen
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.reasons import Reason
from models.recurrences.checking import checked_time, expect_whole
from models.recurrences.placing import expect_there, place
from models.recurrences.rule_text import normal, rule_of
from models.rights import Right
from models.rows import Account, Pipeline, Recurrence, RecurrenceAccount, register
from models.rows.recurrences import DayOff, Frequency
from models.scope import not_found
from models.templates.dates import checked_date, date_in, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import LABEL, NAME

register(Recurrence)

#: Those that make jobs for one of these accounts.
FOR_ACCOUNT = LinkedToSeen(RecurrenceAccount, "recurrence_id", "account_id", Account)


class RecurrenceFields(TypedDict, total=False):
    """What may be changed of a recurrence; what is left out stays."""

    name: str
    stage_id: UUID | None
    template_id: UUID | None
    job_name: str | None
    job_period: str | None
    frequency: Frequency
    rule: str | None
    first_day: date
    last_day: date | None
    day_off: DayOff
    time_of_day: str
    days_ahead: int
    job_start_date: RelativeDate | None
    job_due_date: RelativeDate | None
    job_deadline: RelativeDate | None
    assignee_ids: Sequence[UUID]
    assignee_role_ids: Sequence[UUID]


_DATES = ("job_start_date", "job_due_date", "job_deadline")
_ASSIGNED = ("assignee_ids", "assignee_role_ids")
#: What says when its occurrences are: with another of these, what was said of one of them means nothing.
_SCHEDULE = frozenset({"frequency", "rule", "first_day"})


def _checked_rule(text: str, _field: str) -> str:
    rule_of(text)
    return text


def _checked_date(stored: Mapping[str, Any], field: str) -> dict[str, Any] | None:
    return stored_date(checked_date(date_in(stored), field))


_RULES: Rules = {
    "name": NAME.check,
    "job_name": NAME.check,
    "job_period": LABEL.check,
    "rule": _checked_rule,
    "time_of_day": checked_time,
    "days_ahead": partial(checks.days, bounds=DAYS_AHEAD),
    **dict.fromkeys(_DATES, _checked_date),
    **dict.fromkeys(_ASSIGNED, checks.at_most),
}


def _as_kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(fields)
    for name in kept.keys() & set(_DATES):
        kept[name] = stored_date(kept[name])
    for name in kept.keys() & set(_ASSIGNED):
        kept[name] = [str(id) for id in kept[name]]
    if kept.get("rule") is not None:
        kept["rule"] = normal(kept["rule"])
    # Also where the one that it had is gone.
    if "template_id" in kept:
        kept["of_template"] = kept["template_id"] is not None
    # One without a rule keeps none.
    if kept.get("frequency", Frequency.RULE) is not Frequency.RULE:
        kept.setdefault("rule", None)
    return kept


def _checked(recurrence: Recurrence, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give it these values. Returns what changed: column, before and after; or all that is wrong with them."""
    with Gathered() as check:
        changed = recurrence.change_to(check.each(recurrence.differing(_as_kept(fields)), _RULES))
        check(expect_whole, recurrence, fields)
    return changed


async def _take(change: Change, recurrence: Recurrence, changed: dict[str, tuple[Any, Any]]) -> None:
    """A refusal where what changed names something that is not there, or its next job could not be made; else it is
    known when it is next."""
    if changed.keys() & _SCHEDULE:
        await sql("DELETE FROM changed_occurrence WHERE recurrence_id = $1", recurrence.id)
    await expect_there(change, recurrence, changed)
    await place(change, recurrence, given=None if changed.keys() == {"name"} else changed)


def _written(changed: Mapping[str, Any]) -> tuple[str, ...]:
    return (*changed, "next_day", "next_at", "ended_at")


@command("createRecurrence", Right.MANAGE_RECURRENCES)
async def create_recurrence(
    change: Change,
    *,
    name: str,
    pipeline_id: UUID,
    frequency: Frequency,
    first_day: date,
    account_ids: Sequence[UUID] = (),
    stage_id: UUID | None = None,
    template_id: UUID | None = None,
    job_name: str | None = None,
    job_period: str | None = None,
    rule: str | None = None,
    last_day: date | None = None,
    day_off: DayOff = DayOff.EXACT,
    time_of_day: str = "00:00",
    days_ahead: int = 0,
    job_start_date: RelativeDate | None = None,
    job_due_date: RelativeDate | None = None,
    job_deadline: RelativeDate | None = None,
    assignee_ids: Sequence[UUID] = (),
    assignee_role_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Recurrence:
    """Have jobs made again and again, for any number of accounts: from today on, as a schedule says.

    Occurrences before today are not made up for."""
    if earlier := await made_before(change, Recurrence, id, RecurrenceCreated):
        return earlier
    recurrence = Recurrence(
        id=id or new_id(), firm_id=change.actor.firm_id, pipeline_id=pipeline_id, next_day=change.today
    )
    with Gathered() as check:
        wanted = check(checks.at_most, account_ids, "account_ids", most=ACCOUNTS_OF_CALL)
        changed = check(
            _checked,
            recurrence,
            {
                "name": name,
                "frequency": frequency,
                "first_day": first_day,
                "stage_id": stage_id,
                "template_id": template_id,
                "job_name": job_name,
                "job_period": job_period,
                "rule": rule,
                "last_day": last_day,
                "day_off": day_off,
                "time_of_day": time_of_day,
                "days_ahead": days_ahead,
                "job_start_date": job_start_date,
                "job_due_date": job_due_date,
                "job_deadline": job_deadline,
                "assignee_ids": assignee_ids,
                "assignee_role_ids": assignee_role_ids,
            },
        )
    await change.scope.rows(Pipeline).get(pipeline_id, "pipeline_id")
    accounts = await _accounts(change, wanted)
    await _take(change, recurrence, changed)
    await recurrence.save(force_create=True)
    await _add(recurrence, accounts)
    change.record(RecurrenceCreated(recurrence=recurrence.id, pipeline=recurrence.pipeline_id))
    return recurrence


@command("updateRecurrence", Right.MANAGE_RECURRENCES)
async def update_recurrence(
    change: Change, *, recurrence_id: UUID, expected_version: int | None = None, **fields: Unpack[RecurrenceFields]
) -> Recurrence:
    """Change a recurrence, for all occurrences that have not been made. Jobs that it has made stay as they are.

    With another frequency, rule or first day, what was changed of single occurrences is dropped."""
    recurrence = await lock_unended(change, recurrence_id, expected_version)
    changed = _checked(recurrence, fields)
    if changed.keys() & _SCHEDULE and not recurrence.is_late(change.now):
        # Of another schedule what has been is not made up for, as of a new one; what was missed is.
        recurrence.next_day = max(recurrence.next_day, change.today)
    if changed:
        await _take(change, recurrence, changed)
        await recurrence.store(*_written(changed))
        change.record(_updated(recurrence, changed))
    return recurrence


def _updated(recurrence: Recurrence, changed: Mapping[str, tuple[Any, Any]]) -> RecurrenceUpdated:
    told = {name: pair for name, pair in changed.items() if name not in _ASSIGNED}
    return RecurrenceUpdated(
        recurrence=recurrence.id,
        pipeline=recurrence.pipeline_id,
        changes=changes_of(told),
        assignees_changed=told.keys() != changed.keys(),
    )


@command("splitRecurrence", Right.MANAGE_RECURRENCES)
async def split_recurrence(
    change: Change,
    *,
    recurrence_id: UUID,
    day: date,
    expected_version: int | None = None,
    **fields: Unpack[RecurrenceFields],
) -> Recurrence:
    """Change the coming occurrences of a recurrence from a day on: it ends before that day, and another one, which is
    answered, goes on for the same accounts with what is changed.

    That is counted from the same first day, unless another is given."""
    former = await lock_unended(change, recurrence_id, expected_version)
    kept = {name: getattr(former, name) for name in RecurrenceFields.__annotations__}
    latter = Recurrence(
        id=new_id(),
        firm_id=former.firm_id,
        pipeline_id=former.pipeline_id,
        of_template=former.of_template,
        next_day=max(day, former.next_day),
        **kept,
    )
    with Gathered() as check:
        check(_expect_within, former, day)
        changed = check(_checked, latter, fields)
    await _take(change, latter, changed)
    await latter.save(force_create=True)
    await sql(
        "INSERT INTO recurrence_account (recurrence_id, account_id) "
        "SELECT $2, account_id FROM recurrence_account WHERE recurrence_id = $1",
        former.id,
        latter.id,
    )
    await _hand_over(former, latter, day, same_schedule=not changed.keys() & _SCHEDULE)
    changed = former.change_to({"last_day": day - timedelta(1)})
    # What was handed over may lie elsewhere.
    await place(change, latter)
    await latter.save(update_fields=["next_at"])
    await place(change, former, may_be_over=True)
    await former.store(*_written(changed))
    change.record(_updated(former, changed))
    if former.ended_at is not None:
        change.record(RecurrenceEnded(recurrence=former.id, pipeline=former.pipeline_id))
    change.record(RecurrenceCreated(recurrence=latter.id, pipeline=latter.pipeline_id, continues=former.id))
    return latter


def _expect_within(recurrence: Recurrence, day: date) -> None:
    """`Invalid` where a recurrence cannot end before this day."""
    first = max(recurrence.next_day, recurrence.first_day + timedelta(1))
    last = recurrence.last_day or date.max
    if not first <= day <= last:
        told = f"The coming occurrences are those from {first} on"
        told = f"{told}." if recurrence.last_day is None else f"{told}, until {last}."
        raise Invalid(told, "day", reason=Reason.OUT_OF_RANGE, minimum=first, maximum=last, unit="DATE")


async def _hand_over(former: Recurrence, latter: Recurrence, day: date, *, same_schedule: bool) -> None:
    """What was changed of single occurrences from a day on is the other one's, if these are its occurrences."""
    if same_schedule:
        handed = "UPDATE changed_occurrence SET recurrence_id = $3 WHERE recurrence_id = $1 AND day >= $2"
        await sql(handed, former.id, day, latter.id)
    else:
        await sql("DELETE FROM changed_occurrence WHERE recurrence_id = $1 AND day >= $2", former.id, day)


@command("endRecurrence", Right.MANAGE_RECURRENCES)
async def end_recurrence(change: Change, *, recurrence_id: UUID, expected_version: int | None = None) -> Recurrence:
    """Have a recurrence make no more jobs. Those that it has made stay.

    One that has ended stays as it is."""
    recurrence = await _lock(change, recurrence_id, expected_version)
    if recurrence.ended_at is None:
        recurrence.next_at, recurrence.ended_at = None, change.now
        await recurrence.store("next_at", "ended_at")
        change.record(RecurrenceEnded(recurrence=recurrence.id, pipeline=recurrence.pipeline_id))
    return recurrence


@command("deleteRecurrence", Right.MANAGE_RECURRENCES)
async def delete_recurrence(change: Change, *, recurrence_id: UUID, expected_version: int | None = None) -> Recurrence:
    """Delete a recurrence, and what is known of its occurrences. Its jobs stay. The answer has what it was."""
    recurrence = await _lock(change, recurrence_id, expected_version)
    await sql("DELETE FROM recurrence WHERE id = $1", recurrence.id)
    change.record(RecurrenceDeleted(recurrence=recurrence.id, pipeline=recurrence.pipeline_id, name=recurrence.name))
    return recurrence


#: So many accounts are named at once.
ACCOUNTS_OF_CALL = 200


@command("includeRecurrenceAccounts", Right.MANAGE_RECURRENCES)
async def include_recurrence_accounts(
    change: Change, *, recurrence_id: UUID, account_ids: Sequence[UUID], expected_version: int | None = None
) -> Recurrence:
    """Have a recurrence make jobs for further accounts: of the occurrences that have not been made."""
    wanted = checks.several(account_ids, "account_ids", most=ACCOUNTS_OF_CALL)
    recurrence = await lock_unended(change, recurrence_id, expected_version)
    places = RecurrenceAccount.filter(recurrence_id=recurrence.id)
    present: set[Any] = set(await places.values_list("account_id", flat=True))
    if added := await _accounts(change, wanted, present):
        if len(present) + len(added) > ACCOUNTS_OF_RECURRENCE.most:
            most, many = ACCOUNTS_OF_RECURRENCE.most, len(present) + len(added)
            told = f"A recurrence is for at most {most:,} accounts. Add another recurrence."
            raise LimitReached(told, "account_ids", reason=Reason.TOO_MANY, maximum=most, actual=many)
        await _add(recurrence, added)
        await _accounts_changed(change, recurrence)
    return recurrence


@command("excludeRecurrenceAccounts", Right.MANAGE_RECURRENCES)
async def exclude_recurrence_accounts(
    change: Change, *, recurrence_id: UUID, account_ids: Sequence[UUID], expected_version: int | None = None
) -> Recurrence:
    """Have a recurrence make no more jobs for accounts. Those that it has made stay."""
    wanted = checks.several(account_ids, "account_ids", most=ACCOUNTS_OF_CALL)
    recurrence = await _lock(change, recurrence_id, expected_version)
    await _expect_seen(change, wanted)
    removed = await sql(
        "DELETE FROM recurrence_account WHERE recurrence_id = $1 AND account_id = ANY($2) RETURNING id",
        recurrence.id,
        wanted,
    )
    if removed:
        await _accounts_changed(change, recurrence)
    return recurrence


async def _accounts_changed(change: Change, recurrence: Recurrence) -> None:
    await recurrence.store()
    change.record(RecurrenceAccountsChanged(recurrence=recurrence.id, pipeline=recurrence.pipeline_id))


async def _expect_seen(change: Change, wanted: Sequence[UUID]) -> Mapping[UUID, Account]:
    found = await change.scope.rows(Account).many(wanted)
    for id in wanted:
        if id not in found:
            raise not_found(Kind.ACCOUNT, id, "account_ids")
    return found


async def _accounts(change: Change, wanted: Sequence[UUID], present: set[UUID] | None = None) -> list[UUID]:
    """Those of the accounts that are not among the present ones: none of them is archived."""
    found = await _expect_seen(change, wanted)
    added = [id for id in wanted if id not in (present or ())]
    for id in added:
        if found[id].archived:
            told = f"The account {found[id].name} is archived. Leave it out, or restore it first."
            raise RuleBroken(told, "account_ids", reason=Reason.ARCHIVED, kind=Kind.ACCOUNT.value)
    return added


async def _add(recurrence: Recurrence, accounts: Sequence[UUID]) -> None:
    await sql(
        "INSERT INTO recurrence_account (recurrence_id, account_id) SELECT $1, unnest($2::uuid[])",
        recurrence.id,
        list(accounts),
    )


async def _lock(change: Change, id: UUID, expected_version: int | None) -> Recurrence:
    recurrence = await change.scope.rows(Recurrence).lock(id, "recurrence_id")
    recurrence.expect(expected_version)
    return recurrence


async def lock_unended(change: Change, id: UUID, expected_version: int | None) -> Recurrence:
    """A recurrence that goes on, held; or `RuleBroken`."""
    recurrence = await _lock(change, id, expected_version)
    if recurrence.ended_at is not None:
        told = "This recurrence has ended. Add another one."
        raise RuleBroken(told, "recurrence_id", reason=Reason.WRONG_STATE, kind=Kind.RECURRENCE.value, actual="ENDED")
    return recurrence
