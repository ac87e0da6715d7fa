"""What a recurrence asks for, as values: its schedule, and what its jobs are made of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from uuid import UUID

from models.recurrences.rule_text import rule_of
from models.recurrences.schedule import Alone, Coming, Schedule
from models.rows.recurrences import ChangedOccurrence, Recurrence
from models.templates.dates import date_in
from models.templates.job_content import JobContent
from models.templates.job_opening import Told
from models.templates.relative_dates import Anchor


def schedule_of(recurrence: Recurrence) -> Schedule:
    """When it has its occurrences."""
    return Schedule(
        start=recurrence.first_day,
        frequency=recurrence.frequency,
        rule=None if recurrence.rule is None else rule_of(recurrence.rule),
        end=recurrence.last_day,
        day_off=recurrence.day_off,
        time=time.fromisoformat(recurrence.time_of_day),
        days_ahead=recurrence.days_ahead,
    )


def content_of(recurrence: Recurrence, template: JobContent | None) -> JobContent:
    """What its jobs are made of: what it says itself, and else what the template says."""
    content = template or JobContent(name="")
    content = replace(
        content,
        name=content.name if recurrence.job_name is None else recurrence.job_name,
        period=content.period if recurrence.job_period is None else recurrence.job_period,
        start_date=date_in(recurrence.job_start_date) or content.start_date,
        due_date=date_in(recurrence.job_due_date) or content.due_date,
        deadline=date_in(recurrence.job_deadline) or content.deadline,
    )
    members, roles = _ids(recurrence.assignee_ids), _ids(recurrence.assignee_role_ids)
    return replace(content, assignee_ids=members, assignee_role_ids=roles) if members or roles else content


def _ids(kept: Sequence[str]) -> tuple[UUID, ...]:
    return tuple(map(UUID, kept))


@dataclass(frozen=True, slots=True)
class Changed:
    """What is said of occurrences alone, by the days that they are known by."""

    rows: Mapping[date, ChangedOccurrence]

    @property
    def alone(self) -> Mapping[date, Alone]:
        """As far as the schedule is concerned."""
        return {day: Alone(row.skipped, row.on_day) for day, row in self.rows.items()}

    def none_skipped(self) -> "Changed":
        """The same without what is said of those that are skipped: then they are where they would be."""
        return Changed({day: row for day, row in self.rows.items() if not row.skipped})

    def content(self, content: JobContent, day: date) -> JobContent:
        """What the job of this occurrence is made of."""
        row = self.rows.get(day)
        if row is None:
            return content
        name = content.name if row.job_name is None else row.job_name
        return replace(content, name=name, period=content.period if row.job_period is None else row.job_period)

    def told(self, coming: Coming) -> Told:
        """What is told of the job of an occurrence. Shortcodes tell the day that it is known by: what is due on the
        first of January is of that year, also where it lies before it."""
        row = self.rows.get(coming.day)
        days: dict[Anchor, date] = {}
        if row is not None:
            own = {
                Anchor.START_DATE: row.job_start_date,
                Anchor.DUE_DATE: row.job_due_date,
                Anchor.DEADLINE: row.job_deadline,
            }
            days = {anchor: day for anchor, day in own.items() if day is not None}
        return Told(day=coming.day, counted_from=coming.on, days=days)
