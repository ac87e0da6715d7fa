"""The dates of a job that is made of a template, and of its tasks, worked out from the day on which it is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from models.errors import RuleBroken
from models.gathered import together
from models.reasons import Reason
from models.templates.job_content import JobContent
from models.templates.relative_dates import Anchor, Calendar, RelativeDate, in_order, resolved


@dataclass(frozen=True, slots=True)
class TaskDates:
    """When a task begins, and is due."""

    start_date: date | None
    due_date: date | None


@dataclass(frozen=True, slots=True)
class JobDates:
    """The days of a job that there are, and the dates of its tasks in their order."""

    days: Mapping[Anchor, date]
    tasks: tuple[TaskDates, ...]

    @property
    def start_date(self) -> date | None:
        """When the job begins."""
        return self.days.get(Anchor.START_DATE)

    @property
    def due_date(self) -> date | None:
        """When it is due."""
        return self.days.get(Anchor.DUE_DATE)

    @property
    def deadline(self) -> date | None:
        """Its statutory day."""
        return self.days.get(Anchor.DEADLINE)


def dates_of(content: JobContent, created: date, given: Mapping[Anchor, date], calendar: Calendar) -> JobDates:
    """The dates of the job and of its tasks. `given` are those that whoever makes the job has told; a template says the
    others. `RuleBroken` where dates are counted from one that nobody has told: all that are missing, at once.

    It may import a calendar, which takes a while."""
    wanted = {anchor: relative for anchor, relative in content.dates.items() if anchor not in given}
    if missing := _missing(content, wanted, given):
        raise together([_not_told(anchor) for anchor in missing])
    days = {Anchor.CREATED: created, **given}
    # What was in no circle when the template was saved is in none when some of it has been told.
    for anchor in in_order(wanted) or ():
        days[anchor] = _day(wanted[anchor], days, calendar)

    def day(relative: RelativeDate | None) -> date | None:
        return None if relative is None else _day(relative, days, calendar)

    return JobDates(days, tuple(TaskDates(day(task.start_date), day(task.due_date)) for task in content.tasks))


def _missing(content: JobContent, wanted: Mapping[Anchor, RelativeDate], given: Mapping[Anchor, date]) -> list[Anchor]:
    asked = {relative.anchor for relative in (*wanted.values(), *_of_tasks(content))}
    return [anchor for anchor in Anchor if anchor in asked - {Anchor.CREATED, *given, *wanted}]


def _of_tasks(content: JobContent) -> Iterator[RelativeDate]:
    for task in content.tasks:
        yield from (relative for relative in (task.start_date, task.due_date) if relative is not None)


def _not_told(anchor: Anchor) -> RuleBroken:
    told = f"Dates of this template are counted from the job's {anchor.spoken}, and there is none. Give it."
    return RuleBroken(told, anchor.field, reason=Reason.MISSING, field=anchor.field)


def _day(relative: RelativeDate, days: Mapping[Anchor, date], calendar: Calendar) -> date:
    try:
        return resolved(relative, days, calendar)
    except OverflowError:
        told = f"A date of this template would be beyond those from {date.min} to {date.max}."
        raise RuleBroken(
            told, "template_id", reason=Reason.OUT_OF_RANGE, minimum=date.min, maximum=date.max, unit="DAYS"
        ) from None
