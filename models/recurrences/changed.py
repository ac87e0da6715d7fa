"""One occurrence of a recurrence, changed alone: for all of its accounts, before it is made."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import takewhile
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models.command import Change, command
from models.errors import Invalid, RuleBroken
from models.events import RecurrenceOccurrenceChanged
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.reasons import Reason
from models.recurrences.placing import Setting, place, setting_of, try_out
from models.recurrences.recurrences import lock_unended
from models.recurrences.schedule import Coming
from models.recurrences.terms import Changed
from models.rights import Right
from models.rows import ChangedOccurrence, Occurrence, Recurrence
from models.texts import LABEL, NAME


class OccurrenceFields(TypedDict, total=False):
    """What may be changed of one occurrence; what is left out stays, and None is as the recurrence has it."""

    skipped: bool
    on_day: date | None
    job_name: str | None
    job_period: str | None
    job_start_date: date | None
    job_due_date: date | None
    job_deadline: date | None


_RULES: Rules = {"job_name": NAME.check, "job_period": LABEL.check}
_USUAL: dict[str, Any] = {**dict.fromkeys(OccurrenceFields.__annotations__), "skipped": False}
#: So far ahead one may be changed alone.
FAR = timedelta(3_660)


@command("adjustOccurrence", Right.MANAGE_RECURRENCES)
async def adjust_occurrence(
    change: Change,
    *,
    recurrence_id: UUID,
    day: date,
    expected_version: int | None = None,
    **fields: Unpack[OccurrenceFields],
) -> Recurrence:
    """Change one occurrence that has not been made, for all accounts: skip it, put it on another day between those
    beside it, or give its jobs another name, another period, other dates."""
    recurrence = await lock_unended(change, recurrence_id, expected_version)
    setting = await setting_of(recurrence)
    row = setting.changed.rows.get(day) or ChangedOccurrence(recurrence_id=recurrence.id, day=day)
    before = {name: getattr(row, name) for name in _USUAL}
    wanted = {name: value for name, value in fields.items() if value != before[name]}
    around = await to_thread(_around, setting, day)
    if await Occurrence.filter(recurrence_id=recurrence.id, day=day).exists():
        around = ()
    with Gathered() as check:
        check(_expect_to_come, around)
        told = check.each(wanted, _RULES)
        if around and isinstance(on := wanted.get("on_day"), date):
            check(_expect_between, around, on)
    wanted = told
    if not wanted:
        return recurrence
    for name, value in wanted.items():
        setattr(row, name, value)
    if {name: getattr(row, name) for name in _USUAL} == _USUAL:
        await ChangedOccurrence.filter(recurrence_id=recurrence.id, day=day).delete()
    else:
        await row.save()
    if not row.skipped:
        changed = Changed({**setting.changed.rows, day: row})
        await to_thread(
            try_out, setting.with_changed(changed), Coming(day, row.on_day or around[1].on), change.today, wanted
        )
    await place(change, recurrence, may_be_over=True)
    await recurrence.store("next_at", "ended_at")
    change.record(RecurrenceOccurrenceChanged(recurrence=recurrence.id, pipeline=recurrence.pipeline_id, day=day))
    return recurrence


def _around(setting: Setting, day: date) -> Sequence[Coming]:
    """The occurrence of a day between those beside it, skipped or not; nothing where there is none that is to come. A
    neighbour that there is not is one without end."""
    first = setting.recurrence.next_day
    if not first <= day <= first + FAR:
        return ()
    coming = setting.with_changed(setting.changed.none_skipped()).coming(first)
    past = list(takewhile(lambda each: each.day <= day, coming))
    if not past or past[-1].day != day:
        return ()
    # Where it would be if nobody had put it elsewhere.
    usual = Coming(day, setting.schedule.day_on(day, setting.calendar))
    floor = past[-2].on if len(past) > 1 else min(usual.on, first) - timedelta(1)
    after = next(setting.with_changed(setting.changed.none_skipped()).coming(day + timedelta(1)), None)
    return Coming(date.min, floor), usual, after or Coming(date.max, date.max)


def _expect_to_come(around: Sequence[Coming]) -> None:
    if not around:
        told = "This recurrence has no such occurrence that has not been made. Give the day that one is known by."
        raise RuleBroken(told, "day", reason=Reason.NONE_YET, kind=Kind.OCCURRENCE.value)


def _expect_between(around: Sequence[Coming], on: date) -> None:
    least, most = around[0].on + timedelta(1), around[2].on - timedelta(1)
    if not least <= on <= most:
        told = f"An occurrence stays between those beside it: this must be from {least} to {most}."
        raise Invalid(told, "on_day", reason=Reason.OUT_OF_RANGE, minimum=least, maximum=most, unit="DATE")
