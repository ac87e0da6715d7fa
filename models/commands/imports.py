"""Taking over jobs that were kept elsewhere, many at once: with their tasks and logged time, in one revision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Self, TypeVar
from uuid import UUID

from models import checks
from models.boards import MOST_TASKS
from models.bounds import BUDGET, ESTIMATE, LOGGED
from models.command import Change, command
from models.command_steps import deactivated
from models.commands.hours import MOST_MINUTES_A_DAY, hold_time_of
from models.commands.moves import others_status
from models.commands.placing import keys_for
from models.commands.time import yet_to_come
from models.commands.wanted_jobs import archived_account
from models.errors import Invalid, LimitReached, Refusal, RuleBroken
from models.events import Event, JobCreated, JobMoved, JobStatusChanged, TaskCreated, TimeLogged
from models.ids import Kind, new_id
from models.items.links import new_link
from models.reasons import Reason
from models.rights import Role
from models.rows import (
    Account,
    Category,
    ClientStatus,
    Item,
    Job,
    JobAssignee,
    JobItem,
    Member,
    Pipeline,
    Priority,
    Row,
    Stage,
    Status,
    Task,
    TaskAssignee,
    TaskState,
    TimeEntry,
)
from models.scope import Rows
from models.texts import DESCRIPTION, NAME, NOTE
from models.time_sums import minutes_of_days

MOST_JOBS = 1_000
MOST_ENTRIES = 200

R = TypeVar("R", bound=Row)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task to come along with its job."""

    name: str
    description: str = ""
    state: TaskState = TaskState.PLANNED
    priority: Priority = Priority.MEDIUM
    due_date: date | None = None
    estimate: int | None = None
    assignee_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """Logged time to come along with its job. Without `logged_at` it was logged now."""

    member_id: UUID
    day: date
    minutes: int
    note: str = ""
    billable: bool = True
    logged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStay:
    """A stage on which a job was before, from then on; under a custom status, or else Active."""

    stage_id: UUID
    entered_at: datetime
    status_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job as it stands where it comes from.

    Without a status it is Active. Completed and archived jobs count as completed when they entered their stage. The due
    date may be after the deadline: who knows what was agreed there.
    Without `opened_at` it was opened now, and without `entered_at` it entered its stage when it was opened.

    With `stays`, the stages of its pipeline that it was on before, oldest first, it comes with its past: it was opened
    when it entered the first of them, and all that is known of it is told of in revisions of its time.
    """

    account_id: UUID
    pipeline_id: UUID
    stage_id: UUID
    name: str
    description: str = ""
    status_id: UUID | None = None
    priority: Priority = Priority.MEDIUM
    start_date: date | None = None
    due_date: date | None = None
    deadline: date | None = None
    period: str | None = None
    budget: int | None = None
    assignee_ids: Sequence[UUID] = ()
    client_status_id: UUID | None = None
    client_status_visible: bool = False
    opened_at: datetime | None = None
    entered_at: datetime | None = None
    stays: Sequence[NewStay] = ()
    tasks: Sequence[NewTask] = ()
    entries: Sequence[NewEntry] = ()


@command("importJobs", Role.ADMIN, internal=True)
async def import_jobs(change: Change, *, jobs: Sequence[NewJob]) -> list[Job]:
    """Open these jobs, each as the last card of its stage, in the order given: all of them or none."""
    told = f"Take over from 1 to {MOST_JOBS:,} jobs at a time; these are {len(jobs):,}."
    if not jobs:
        raise LimitReached(told, "jobs", reason=Reason.TOO_FEW, minimum=1, actual=0)
    if len(jobs) > MOST_JOBS:
        raise LimitReached(told, "jobs", reason=Reason.TOO_MANY, maximum=MOST_JOBS, actual=len(jobs))
    batch = await _Batch.begin(change, jobs)
    for place, wanted in enumerate(jobs):
        try:
            await batch.take(wanted)
        except Refusal as refusal:
            raise refusal.within("jobs", place) from None
    await batch.write()
    return batch.jobs


@dataclass(slots=True)
class _Batch:
    """What the jobs name, read in one statement a kind; and the rows and events that come of them."""

    change: Change
    accounts: dict[UUID, Account]
    pipelines: dict[UUID, Pipeline]
    stages: dict[UUID, Stage]
    statuses: dict[UUID, Status]
    client_statuses: dict[UUID, ClientStatus]
    members: dict[UUID, Member]
    #: The minutes of members' days, those of this batch included.
    days: dict[tuple[UUID, date], int]
    jobs: list[Job] = field(default_factory=list)
    job_assignees: list[JobAssignee] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    task_assignees: list[TaskAssignee] = field(default_factory=list)
    entries: list[TimeEntry] = field(default_factory=list)
    links: list[JobItem] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    past: list[tuple[datetime, Event]] = field(default_factory=list)

    @classmethod
    async def begin(cls, change: Change, jobs: Sequence[NewJob]) -> Self:
        """Read what is named. Accounts and stages are held: none is archived meanwhile, and cards that arrive at once
        get different positions."""
        scope = change.scope
        entries = [entry for job in jobs for entry in job.entries]
        await hold_time_of(entry.member_id for entry in entries)
        pipelines = {job.pipeline_id for job in jobs}
        return cls(
            change,
            accounts=await scope.rows(Account).lock_many(job.account_id for job in jobs),
            pipelines=await scope.rows(Pipeline).many(pipelines),
            stages=await scope.rows(Stage).lock_many(_stages(jobs)),
            statuses={status.id: status for status in await scope.rows(Status).where(pipeline_id__in=pipelines)},
            client_statuses=await scope.rows(ClientStatus).many(
                job.client_status_id for job in jobs if job.client_status_id is not None
            ),
            members=await scope.rows(Member).many(_people(jobs)),
            days=await minutes_of_days((entry.member_id for entry in entries), (entry.day for entry in entries)),
        )

    async def take(self, wanted: NewJob) -> None:
        """Check a job with all that comes along, and note what is to be written."""
        job = await self._job(wanted)
        self.jobs.append(job)
        for member_id in await self._active(wanted.assignee_ids, "assignee_ids"):
            self.job_assignees.append(JobAssignee(job_id=job.id, member_id=member_id))
        first = wanted.stays[0].stage_id if wanted.stays else job.stage_id
        place: dict[str, Any] = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
        opened = JobCreated(**place, stage=first, fires_automations=False)
        self._tell(wanted, job.created_at, opened)
        for task in _within(wanted.tasks, MOST_TASKS, "tasks"):
            await self._take_task(wanted, job, task)
        for entry in _within(wanted.entries, MOST_ENTRIES, "entries"):
            await self._take_entry(wanted, job, entry)
        if wanted.stays:
            self._tell_path(wanted, job)

    def _tell(self, wanted: NewJob, at: datetime, event: Event) -> None:
        """Of a job that comes with its past, then; of others now."""
        if wanted.stays:
            self.past.append((at, event))
        else:
            self.events.append(event)

    def _tell_path(self, wanted: NewJob, job: Job) -> None:
        """How it came to where it stands."""
        place: dict[str, Any] = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
        place["fires_automations"] = False
        path = [*wanted.stays, NewStay(stage_id=job.stage_id, entered_at=job.stage_entered_at)]
        for before, after in pairwise(path):
            moved = JobMoved(
                **place, from_pipeline=job.pipeline_id, from_stage=before.stage_id, to_stage=after.stage_id
            )
            self.past.append((after.entered_at, moved))
        of_pipeline = {each.category: each for each in self.statuses.values() if each.pipeline_id == job.pipeline_id}
        active, present = of_pipeline[Category.ACTIVE].id, self.statuses[job.status_id]
        passed = [(stay.entered_at, stay.status_id or active) for stay in wanted.stays]
        if present.category is Category.ARCHIVED:
            passed.append((job.stage_entered_at, of_pipeline[Category.COMPLETED].id))
        passed.append((job.stage_entered_at, present.id))
        for (_, was), (at, became) in pairwise([(job.created_at, active), *passed]):
            if was != became:
                self.past.append((at, JobStatusChanged(**place, from_status=was, to_status=became)))

    async def _job(self, wanted: NewJob) -> Job:
        scope = self.change.scope
        account = await _among(self.accounts, wanted.account_id, scope.rows(Account), "account_id")
        if account.archived:
            raise archived_account()
        pipeline = await _among(self.pipelines, wanted.pipeline_id, scope.rows(Pipeline), "pipeline_id")
        stage = await self._stage(wanted.stage_id, pipeline, "stage_id")
        for stay in wanted.stays:
            await self._stage(stay.stage_id, pipeline, "stays")
            if stay.status_id is not None:
                await self._custom(stay.status_id, pipeline)
        checks.dates(wanted.start_date, wanted.due_date)
        status = await self._status(wanted, pipeline)
        opened, entered = self._times(wanted)
        ended = status.category in (Category.COMPLETED, Category.ARCHIVED)
        job = Job(
            id=new_id(),
            firm_id=self.change.actor.firm_id,
            account_id=account.id,
            pipeline_id=pipeline.id,
            stage_id=stage.id,
            status_id=status.id,
            name=NAME.check(wanted.name),
            description=DESCRIPTION.check(wanted.description),
            priority=wanted.priority,
            start_date=wanted.start_date,
            due_date=wanted.due_date,
            deadline=wanted.deadline,
            period=checks.period(wanted.period),
            budget=None if wanted.budget is None else checks.minutes(wanted.budget, "budget", BUDGET),
            stage_entered_at=entered,
            stay=len(wanted.stays) + 1,
            completed_at=entered if ended else None,
            archived_at=entered if status.category is Category.ARCHIVED else None,
            created_at=opened,
        )
        await self._tell_client(job, wanted)
        return job

    async def _stage(self, id: UUID, pipeline: Pipeline, field: str) -> Stage:
        stage = await _among(self.stages, id, self.change.scope.rows(Stage), field)
        if stage.pipeline_id != pipeline.id:
            told = "This stage belongs to another pipeline."
            raise RuleBroken(told, field, reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
        return stage

    async def _status(self, wanted: NewJob, pipeline: Pipeline) -> Status:
        if wanted.status_id is None:
            of_pipeline = (status for status in self.statuses.values() if status.pipeline_id == pipeline.id)
            return next(status for status in of_pipeline if status.category is Category.ACTIVE)
        return await self._status_of(wanted.status_id, pipeline, "status_id")

    async def _status_of(self, id: UUID, pipeline: Pipeline, field: str) -> Status:
        status = await _among(self.statuses, id, self.change.scope.rows(Status), field)
        if status.pipeline_id != pipeline.id:
            raise others_status(field)
        return status

    async def _custom(self, id: UUID, pipeline: Pipeline) -> None:
        status = await self._status_of(id, pipeline, "stays")
        if status.category is not Category.CUSTOM:
            told = "A job goes on from a stage under a custom status, or Active, which needs none."
            raise Invalid(told, "stays", reason=Reason.NOT_ONE_OF, values=[Category.CUSTOM.value])

    def _times(self, wanted: NewJob) -> tuple[datetime, datetime]:
        opened = wanted.opened_at or wanted.entered_at or self.change.now
        if wanted.stays:
            opened = wanted.stays[0].entered_at
        entered = wanted.entered_at or opened
        for earlier, later in pairwise([opened, *(stay.entered_at for stay in wanted.stays), entered]):
            if earlier > later:
                raise _before(earlier, "opened_at", later, "entered_at")
        if entered > self.change.now:
            raise Invalid("This is yet to come.", "entered_at", reason=Reason.YET_TO_COME, day=entered.date())
        return opened, entered

    async def _tell_client(self, job: Job, wanted: NewJob) -> None:
        if wanted.client_status_id is not None:
            rows = self.change.scope.rows(ClientStatus)
            told = await _among(self.client_statuses, wanted.client_status_id, rows, "client_status_id")
            job.client_status_name, job.client_status_color = told.name, told.color
            job.client_status_description = told.description
            job.client_status_changed_at = job.stage_entered_at
        elif wanted.client_status_visible:
            told_nothing = "There is nothing to show yet. Give a client status."
            raise RuleBroken(told_nothing, "client_status_visible", reason=Reason.NOTHING_TO_SHOW)
        job.client_status_visible = wanted.client_status_visible

    async def _take_task(self, of: NewJob, job: Job, wanted: NewTask) -> None:
        task = Task(
            id=new_id(),
            firm_id=job.firm_id,
            account_id=job.account_id,
            created_by_id=self.change.member_id,
            name=NAME.check(wanted.name, "tasks"),
            description=DESCRIPTION.check(wanted.description, "tasks"),
            state=wanted.state,
            priority=wanted.priority,
            due_date=wanted.due_date,
            estimate=None if wanted.estimate is None else checks.minutes(wanted.estimate, "tasks", ESTIMATE),
            created_at=job.created_at,
        )
        task.completed_at = None if task.open else job.stage_entered_at
        self.tasks.append(task)
        for member_id in await self._active(wanted.assignee_ids, "tasks"):
            self.task_assignees.append(TaskAssignee(task_id=task.id, member_id=member_id))
        self._link(job, task)
        self._tell(of, job.created_at, TaskCreated(**task.named, job=job.id, pipeline=job.pipeline_id))

    def _link(self, job: Job, item: Item) -> None:
        item.keep_linked(job.id)
        self.links.append(new_link(job, item, self.change.now, self.change.member_id))

    async def _take_entry(self, of: NewJob, job: Job, wanted: NewEntry) -> None:
        (member_id,) = await self._active([wanted.member_id], "entries")
        # The day's grace that logging time has.
        if wanted.day > self.change.today + timedelta(days=1):
            raise yet_to_come(wanted.day, "entries")
        logged_at = min(wanted.logged_at or self.change.now, self.change.now)
        if logged_at < job.created_at:
            raise _before(job.created_at, "opened_at", logged_at, "entries")
        entry = TimeEntry(
            id=new_id(),
            firm_id=job.firm_id,
            member_id=member_id,
            account_id=job.account_id,
            created_by_id=self.change.member_id,
            day=wanted.day,
            minutes=checks.minutes(wanted.minutes, "entries", LOGGED),
            note=NOTE.check(wanted.note, "entries"),
            billable=wanted.billable,
            created_at=logged_at,
        )
        self._fill_day(entry)
        self.entries.append(entry)
        self._link(job, entry)
        logged = TimeLogged(**entry.named, job=job.id, pipeline=job.pipeline_id, minutes=entry.minutes)
        self._tell(of, logged_at, logged)

    def _fill_day(self, entry: TimeEntry) -> None:
        day = (entry.member_id, entry.day)
        self.days[day] = self.days.get(day, 0) + entry.minutes
        if self.days[day] > MOST_MINUTES_A_DAY:
            raise RuleBroken(
                f"A day has {MOST_MINUTES_A_DAY:,} minutes, and a member would have more on {entry.day}.",
                "entries",
                reason=Reason.DAY_FULL,
                maximum=MOST_MINUTES_A_DAY,
                day=entry.day,
            )

    async def _active(self, ids: Sequence[UUID], field: str) -> list[UUID]:
        wanted = checks.at_most(ids, field)
        for id in wanted:
            member = await _among(self.members, id, self.change.scope.rows(Member), field)
            if not member.active:
                raise deactivated(member, field)
        return wanted

    async def write(self) -> None:
        """Place the cards, write everything in one statement a kind, and record what was opened."""
        for stage in self.stages.values():
            cards = [job for job in self.jobs if job.stage_id == stage.id]
            if not cards:
                continue  # Some were there before.
            keys = await keys_for(self.change, stage, [card.id for card in cards], before=None, after=None)
            for card, key in zip(cards, keys, strict=True):
                card.position = key
        await Job.bulk_create(self.jobs)
        await Task.bulk_create(self.tasks)
        await TimeEntry.bulk_create(self.entries)
        await JobItem.bulk_create(self.links)
        await JobAssignee.bulk_create(self.job_assignees)
        await TaskAssignee.bulk_create(self.task_assignees)
        for event in self.events:
            self.change.record(event)
        for at, event in self.past:
            self.change.record_past(event, at)


def _before(earlier: datetime, name: str, later: datetime, field: str) -> Invalid:
    """The refusal of what would be later, and is before."""
    return Invalid(
        "A job is opened first, and is on one stage after the other.",
        field,
        reason=Reason.DATE_ORDER,
        earlier=name,
        earlier_day=earlier.date(),
        later=field,
        later_day=later.date(),
    )


def _stages(jobs: Iterable[NewJob]) -> Iterable[UUID]:
    for job in jobs:
        yield job.stage_id
        yield from (stay.stage_id for stay in job.stays)


async def _among(found: Mapping[UUID, R], id: UUID, rows: Rows[R], field: str) -> R:
    return found[id] if id in found else await rows.get(id, field)


def _within(things: Sequence[T], most: int, field: str) -> Sequence[T]:
    if len(things) > most:
        told = f"A job comes with at most {most} of these; they are {len(things):,}."
        raise LimitReached(told, field, reason=Reason.TOO_MANY, maximum=most, actual=len(things))
    return things


def _people(jobs: Iterable[NewJob]) -> Iterable[UUID]:
    for job in jobs:
        yield from job.assignee_ids
        yield from (entry.member_id for entry in job.entries)
        for task in job.tasks:
            yield from task.assignee_ids
