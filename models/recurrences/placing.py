"""When a recurrence is next, what its jobs are made of, and that its next job could be made."""

from asyncio import to_thread
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from models.clock import zone
from models.command import Change
from models.commands.wanted_jobs import WantedJob
from models.database import sql
from models.errors import Invalid, Refusal, RuleBroken
from models.ids import Kind
from models.reasons import Reason
from models.recurrences.checking import OF_JOBS, at_fault, of_jobs
from models.recurrences.schedule import Coming, Schedule
from models.recurrences.terms import Changed, content_of, schedule_of
from models.rows import ChangedOccurrence, Recurrence, Stage
from models.templates.job_content import JobContent
from models.templates.job_opening import Worked, worked_out
from models.templates.job_tasks import expect_assigned
from models.templates.relative_dates import Calendar
from models.templates.templates import Template, contents_of, expect_kind
from models.texts import NAME


@dataclass(frozen=True, slots=True)
class Setting:
    """A recurrence with all that has to be known to say when it is next, and what its jobs come to."""

    recurrence: Recurrence
    firm: str
    pipeline: str
    calendar: Calendar
    zone: tzinfo
    template_id: UUID | None
    #: None where the template that its jobs are made of is gone.
    content: JobContent | None
    changed: Changed

    def with_changed(self, changed: Changed) -> "Setting":
        """The same, where something else is said of single occurrences."""
        return replace(self, changed=changed)

    @property
    def schedule(self) -> Schedule:
        """When it has its occurrences."""
        return schedule_of(self.recurrence)

    def coming(self, first: date) -> Iterator[Coming]:
        """The occurrences that are known by days from `first` on."""
        return self.schedule.coming(first, self.calendar, self.changed.alone)

    def made_at(self, coming: Coming) -> datetime:
        """When the jobs of an occurrence are made."""
        return self.schedule.made_at(coming.on, self.zone)

    def content_for(self, day: date) -> JobContent:
        """What the jobs of an occurrence are made of. `RuleBroken` where their template is gone."""
        if self.content is None:
            told = "The template that its jobs were made of has been deleted. Choose another one, or none."
            raise RuleBroken(told, "template_id", reason=Reason.MISSING, field="template_id")
        return self.changed.content(self.content, day)

    def worked_out(self, coming: Coming, account: str) -> Worked:
        """What the job of an occurrence comes to for an account that is called so. It may import a calendar."""
        content, told = self.content_for(coming.day), self.changed.told(coming)
        return worked_out(content, told, self.calendar, firm=self.firm, account=account, pipeline=self.pipeline)


_SETTINGS = """
SELECT pipeline.id, firm.name AS firm, firm.country, firm.region, firm.time_zone, pipeline.name AS pipeline,
    pipeline.default_template_id
FROM pipeline JOIN firm ON firm.id = pipeline.firm_id WHERE pipeline.id = ANY($1)
"""


async def setting_of(recurrence: Recurrence) -> Setting:
    """A recurrence, as things stand now."""
    (setting,) = await settings_of([recurrence])
    return setting


async def settings_of(recurrences: Sequence[Recurrence]) -> list[Setting]:
    """Recurrences, as things stand now: in as many statements however many they are."""
    places = {row["id"]: row for row in await sql(_SETTINGS, list({each.pipeline_id for each in recurrences}))}
    templates = {
        each.id: each.template_id if each.of_template else places[each.pipeline_id]["default_template_id"]
        for each in recurrences
    }
    wanted = {id for id in templates.values() if id is not None}
    contents: Mapping[UUID, Sequence[Any]] = await contents_of(list(wanted)) if wanted else {}
    changed: dict[UUID, dict[date, ChangedOccurrence]] = {each.id: {} for each in recurrences}
    earliest = min(each.next_day for each in recurrences)
    for row in await ChangedOccurrence.filter(recurrence_id__in=list(changed), day__gte=earliest):
        changed[row.recurrence_id][row.day] = row
    return [
        _setting(each, places[each.pipeline_id], templates[each.id], contents, changed[each.id]) for each in recurrences
    ]


def _setting(
    recurrence: Recurrence,
    place: Mapping[str, Any],
    template_id: UUID | None,
    contents: Mapping[UUID, Sequence[Any]],
    changed: Mapping[date, ChangedOccurrence],
) -> Setting:
    found: Sequence[JobContent] = contents.get(template_id, ()) if template_id is not None else ()
    template = found[0] if found else None
    is_gone = recurrence.of_template and template is None
    return Setting(
        recurrence,
        place["firm"],
        place["pipeline"],
        Calendar(place["country"], place["region"]),
        zone(place["time_zone"]),
        template_id,
        None if is_gone else content_of(recurrence, template),
        Changed(changed),
    )


async def expect_there(change: Change, recurrence: Recurrence, changed: dict[str, tuple[object, object]]) -> None:
    """A refusal where it newly names something that is not there, or is none of its own."""
    if "stage_id" in changed and recurrence.stage_id is not None:
        # Held, so that it is not deleted meanwhile.
        stage = await change.scope.rows(Stage).share(recurrence.stage_id, "stage_id")
        if stage.pipeline_id != recurrence.pipeline_id:
            told = "This stage belongs to another pipeline."
            raise RuleBroken(told, "stage_id", reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
    if "template_id" in changed and recurrence.template_id is not None:
        template = await change.scope.rows(Template).get(recurrence.template_id, "template_id")
        expect_kind(template, JobContent.kind, "template_id")
    before = {str(id) for name in ("assignee_ids", "assignee_role_ids") for id in changed.get(name, ((),))[0] or ()}  # type: ignore[attr-defined]
    await expect_assigned(change, [((), content_of(recurrence, None))], {UUID(id) for id in before})


async def place(
    change: Change, recurrence: Recurrence, *, may_be_over: bool = False, given: Container[str] | None = None
) -> None:
    """Find when it is next. `RuleBroken` where it never is, unless it may be over; it then is. And where something was
    `given`, a refusal where its next job could not be made: of dates that are out of order one of those is at fault."""
    setting = await setting_of(recurrence)
    # On a thread: it may import a calendar, and look far ahead.
    coming = await to_thread(next, setting.coming(recurrence.next_day), None)
    if coming is None:
        if not may_be_over:
            told = f"This schedule has no occurrence from {recurrence.next_day} on. Choose other days."
            path = at_fault(_SAY_WHEN, given or ())
            raise RuleBroken(told, path, reason=Reason.NONE_YET, kind=Kind.OCCURRENCE.value)
        recurrence.next_at, recurrence.ended_at = None, change.now
        return
    recurrence.next_at = setting.made_at(coming)
    if given is not None:
        await to_thread(try_out, setting, coming, change.today, given)


#: As an account may be called.
_ANY_ACCOUNT = "A"
#: What says when it is, what its jobs say, and when they are: of each the first one that was given is at fault.
_SAY_WHEN = ("first_day", "rule", "frequency", "last_day", "day_off", "name")
_SAY_WHAT = ("job_name", "job_period", "template_id", "name")
_SAY_DATES = ("job_due_date", "job_start_date", "job_deadline", "template_id", "on_day", *_SAY_WHEN)


def try_out(setting: Setting, coming: Coming, today: date, given: Container[str]) -> None:
    """A refusal where the job of an occurrence could not be made, naming a field that was given. It may import a
    calendar."""
    if setting.content is not None and not setting.content.name:
        told = "Nothing says what its jobs are called. Give their name, or a template."
        path = at_fault(("job_name", "template_id", "name"), given)
        raise Invalid(told, path, reason=Reason.MISSING, field="job_name")
    try:
        content, dates = setting.worked_out(coming, _ANY_ACCOUNT)
        WantedJob(
            name=NAME.check(content.name),
            period=content.period,
            start_date=dates.start_date,
            due_date=dates.due_date,
            deadline=dates.deadline,
        ).checked(today, {field for field, own in OF_JOBS.items() if own in given})
    except Refusal as refusal:
        of_jobs(refusal)
        for each in refusal.all:
            each.path = _path_of(each, given)
        raise


def _path_of(refusal: Refusal, given: Container[str]) -> tuple[str | int, ...]:
    """The field of the recurrence that is at fault, where a text or date of a job is."""
    if refusal.reason is Reason.UNFILLED_SHORTCODE or refusal.path in (("job_name",), ("job_period",)):
        return (at_fault(_SAY_WHAT, given),)
    if refusal.path and refusal.path[0] in given:
        return refusal.path
    return (at_fault(_SAY_DATES, given),)
