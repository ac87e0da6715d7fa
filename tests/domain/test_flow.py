"""The reports on flow say what is worked out here in another way: by going through the log, event by event."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tortoise.transactions import in_transaction

from models.commands.jobs import delete_job
from models.commands.moves import archive_job, complete_job, move_job, restore_job, set_job_status
from models.commands.stages import delete_stage
from models.commands.statuses import create_status, delete_status
from models.database import sql
from models.errors import Invalid, NotFound
from models.forecasting import days_until_done
from models.reasons import Reason
from models.reports.ages import age_report
from models.reports.flow import (
    CARDS,
    STAGE_TIME,
    STATUS_TIME,
    THROUGHPUT,
    FlowFilter,
    flow_report,
    stage_time_report,
    status_time_report,
    throughput_report,
)
from models.reports.forecast import forecast_report
from models.reports.frame import Order, Summary, Wanted
from models.reports.sight import Asker, Coverage
from models.rights import Right
from models.rows import Account, AccountTag, Category, Firm, Job, Pipeline, Stage, Status, Weekday
from models.scope import Place, Viewer
from models.stays import forget_stays
from tests.domain.report_firms import ROLES, Past
from tests.world import World

MAKERS: dict[str, tuple[Any, Any]] = {
    "cards": (flow_report, CARDS),
    "stages": (stage_time_report, STAGE_TIME),
    "statuses": (status_time_report, STATUS_TIME),
    "throughput": (throughput_report, THROUGHPUT),
}
#: Around it clocks change in America and in Europe.
BEGAN = datetime(2026, 2, 20, 3, 30, tzinfo=UTC)
LAST_DAY = date(2026, 5, 1)
IN_HAND = (Category.ACTIVE, Category.CUSTOM)


@dataclass(frozen=True)
class Stay:
    """A job was somewhere, or was open until it was completed."""

    job: UUID
    account: UUID
    pipeline: UUID
    thing: UUID | None
    since: datetime | None
    until: datetime | None

    @property
    def minutes(self) -> int | None:
        """How long it took."""
        if self.since is None or self.until is None:
            return None
        return int((self.until - self.since).total_seconds() // 60)


@dataclass
class Course:
    """Where a job is by now, while its history is read."""

    account: UUID
    pipeline: UUID
    opened: datetime
    stage: tuple[UUID, UUID, datetime] | None
    status: tuple[UUID, UUID, datetime] | None = None
    away: UUID | None = None
    completed: tuple[UUID, datetime] | None = None


@dataclass
class Facts:
    """What has happened in a firm."""

    zone: ZoneInfo
    week_start: int
    tags: dict[UUID, list[UUID]]
    names: set[UUID]
    began: datetime
    on_stages: list[Stay] = field(default_factory=list)
    under_statuses: list[Stay] = field(default_factory=list)
    completions: list[Stay] = field(default_factory=list)

    @classmethod
    async def of(cls, past: Past, categories: dict[UUID, Category]) -> Facts:
        """Go through the log. `categories` are of all statuses that there ever were."""
        firm = await Firm.get(id=past.world.firm.id)
        tags = {id: [link.tag_id for link in await AccountTag.filter(account_id=id)] for id in past.accounts}
        models: tuple[Any, ...] = (Stage, Status, Pipeline)
        names = {row.id for model in models for row in await model.filter(firm_id=firm.id)}
        log = await past.world.events()
        week = list(Weekday).index(firm.week_start)
        facts = cls(ZoneInfo(firm.time_zone), week, tags, names, log[0].at)
        courses: dict[UUID, Course] = {}
        for logged in log:
            event: Any = logged.event
            match type(event).__name__:
                case "JobCreated":
                    courses[event.job] = Course(
                        event.account, event.pipeline, logged.at, (event.stage, event.pipeline, logged.at)
                    )
                case "JobMoved" | "JobStatusChanged" | "JobDeleted" as kind:
                    facts._go_on(kind, event, courses[event.job], logged.at, categories)
        for job, course in courses.items():
            facts._end(job, course)
        return facts

    def _go_on(self, kind: str, event: Any, course: Course, at: datetime, categories: dict[UUID, Category]) -> None:
        course.pipeline = event.pipeline
        if kind == "JobDeleted":
            self._leave_stage(event.job, course, at)
            self._leave_status(event.job, course, at)
        elif kind == "JobMoved" and course.away is not None:
            course.away = event.to_stage  # It was put there while it was away.
        elif kind == "JobMoved" and event.to_stage != event.from_stage:
            self._leave_stage(event.job, course, at)
            course.stage = (event.to_stage, event.pipeline, at)
        elif kind == "JobStatusChanged":
            self._leave_status(event.job, course, at)
            if categories[event.to_status] is Category.CUSTOM:
                course.status = (event.to_status, event.pipeline, at)
            was, now = categories[event.from_status], categories[event.to_status]
            if now is Category.ARCHIVED and course.stage is not None:
                course.away = course.stage[0]
                self._leave_stage(event.job, course, at)
            elif was is Category.ARCHIVED and course.away is not None:
                course.stage, course.away = (course.away, event.pipeline, at), None
            if now in IN_HAND:
                course.completed = None
            elif now is Category.COMPLETED and was in IN_HAND:
                course.completed = (event.pipeline, at)

    def _leave_stage(self, job: UUID, course: Course, at: datetime | None) -> None:
        if course.stage is not None:
            stage, pipeline, since = course.stage
            self.on_stages.append(Stay(job, course.account, pipeline, stage, since, at))
        course.stage = None

    def _leave_status(self, job: UUID, course: Course, at: datetime | None) -> None:
        if course.status is not None:
            status, pipeline, since = course.status
            self.under_statuses.append(Stay(job, course.account, pipeline, status, since, at))
        course.status = None

    def _end(self, job: UUID, course: Course) -> None:
        self._leave_stage(job, course, None)
        self._leave_status(job, course, None)
        if course.completed is not None:
            pipeline, at = course.completed
            self.completions.append(Stay(job, course.account, pipeline, None, course.opened, at))

    def day(self, moment: datetime | None) -> date | None:
        """The firm's day."""
        return None if moment is None else moment.astimezone(self.zone).date()

    def counted(self, what: str, filter: FlowFilter) -> list[tuple[Stay, date]]:
        """The stays that a report is of, each with the day that it stands under: of cards with each day."""
        first, last = filter.first_day, filter.last_day
        assert first is not None and last is not None
        found = []
        of = {"cards": self.on_stages, "stages": self.on_stages, "statuses": self.under_statuses}
        for stay in of.get(what, self.completions):
            if filter.account is not None and stay.account not in filter.account:
                continue
            if filter.pipeline is not None and stay.pipeline not in filter.pipeline:
                continue
            if filter.tag is not None and not set(filter.tag) & set(self.tags[stay.account]):
                continue
            began, ended = self.day(stay.since), self.day(stay.until)
            if what == "cards":
                days = [first + timedelta(n) for n in range((last - first).days + 1)]
                found += [
                    (stay, day) for day in days if began is not None and began <= day and (ended is None or day < ended)
                ]
            elif ended is not None and first <= ended <= last and self._is_told(what, stay):
                found.append((stay, ended))
        return found

    def _is_told(self, what: str, stay: Stay) -> bool:
        """Whether the log has the event that the report counts: the end of work, or the beginning of a stay."""
        moment = stay.until if what == "throughput" else stay.since
        return moment is not None and moment >= self.began

    def keys(self, stay: Stay, day: date, dimension: str) -> list[Any]:
        """Under what a stay stands. What is not there any more is nothing."""
        match dimension:
            case "day":
                return [day]
            case "week":
                return [day - timedelta((day.weekday() - self.week_start) % 7)]
            case "month":
                return [day.replace(day=1)]
            case "tag":
                return self.tags[stay.account] or [None]
            case "account":
                return [stay.account]
        id = stay.pipeline if dimension == "pipeline" else stay.thing
        return [id if id in self.names else None]


def percentile(of: Sequence[int], fraction: float) -> int | None:
    """The value that so many do not exceed: between two of them where it is none, rounded down."""
    if not of:
        return None
    ordered, place = sorted(of), fraction * (len(of) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return math.floor(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def figures(what: str, stays: Sequence[Stay]) -> dict[str, Any]:
    """What these add up to."""
    if what == "cards":
        return {"cards": len(stays)}
    minutes = [stay.minutes for stay in stays if stay.minutes is not None]
    name = "jobs" if what == "throughput" else "stays"
    return {name: len(stays), "median": percentile(minutes, 0.5), "percentile85": percentile(minutes, 0.85)}


def seen(stay: Stay, viewer: Viewer) -> bool:
    """Whether its account and the pipeline that it was in are in sight."""
    scope = viewer.scope
    return (scope.accounts is None or stay.account in scope.accounts) and (
        scope.pipelines is None or stay.pipeline in scope.pipelines
    )


async def lived(world: World, seed: int) -> tuple[Past, dict[UUID, Category]]:
    """A firm whose jobs went through all that can become of a job, in months."""
    past = await Past.build(world, seed)
    chance, owner = past.chance, world.acting(world.owner)
    await Account.filter(firm_id=world.firm.id).update(archived_at=None)
    for pipeline in past.pipelines:
        for name in ("Held", "Waiting"):
            await create_status(owner, pipeline_id=pipeline, name=name, color="#ffffff")
    categories = {status.id: status.category for status in await Status.filter(firm_id=world.firm.id)}
    await archive_job(owner, job_id=past.jobs.pop().id)  # Nothing more happens to it.
    for number in range(120):
        job = await Job.get(id=chance.choice(past.jobs).id)
        active = job.archived_at is None
        match chance.choice(["move"] * 5 + ["status"] * 4 + ["archive"] * 2 + ["complete", "new", "delete", "line"]):
            case "move" if active:
                stages = await Stage.filter(pipeline_id=job.pipeline_id).order_by("id")
                await move_job(owner, job_id=job.id, stage_id=chance.choice(stages).id)
            case "line" if active:
                stages = await Stage.filter(pipeline_id=chance.choice(past.pipelines)).order_by("id")
                await move_job(owner, job_id=job.id, stage_id=chance.choice(stages).id)
            case "status" if active:
                fitting = Status.filter(pipeline_id=job.pipeline_id, category__not=Category.ARCHIVED)
                statuses = await fitting.order_by("id")
                await set_job_status(owner, job_id=job.id, status_id=chance.choice(statuses).id)
            case "complete" if active:
                await complete_job(owner, job_id=job.id)
            case "archive" if active:
                await archive_job(owner, job_id=job.id)
            case "move" | "status" | "complete":
                await restore_job(owner, job_id=job.id)
            case "new":
                line, client = chance.choice(past.pipelines), chance.choice(past.accounts[1:])
                past.jobs.append(await world.job(f"New {number}", account_id=client, pipeline_id=line))
            case "delete" if len(past.jobs) > 6:
                await delete_job(owner, job_id=job.id)
                past.jobs = [other for other in past.jobs if other.id != job.id]
    stages = await Stage.filter(pipeline_id=past.pipelines[0]).order_by("position")
    await delete_stage(owner, stage_id=stages[1].id, replacement_stage_id=stages[2].id)
    held = await Status.filter(pipeline_id=past.pipelines[0], category=Category.CUSTOM).order_by("id")
    active_status = await Status.get(pipeline_id=past.pipelines[0], category=Category.ACTIVE)
    await delete_status(owner, status_id=held[0].id, replacement_status_id=active_status.id)
    await _spread(past)
    return past, categories


async def _spread(past: Past) -> None:
    """Put the revisions apart in time: by minutes, by hours or by days."""
    firm, at = past.world.firm.id, BEGAN
    for revision in range(1, await past.world.revision() + 1):
        at += timedelta(seconds=past.chance.choice([40, 3_000, 30_000, 100_000]) * past.chance.random())
        await sql("UPDATE event SET at = $3 WHERE firm_id = $1 AND revision = $2", firm, revision, at)
    await sql(
        "UPDATE job SET created_at = event.at FROM event WHERE event.subject = job.id AND event.type = 'JobCreated' "
        "AND job.firm_id = $1",
        firm,
    )
    # What is kept of the log is what it was told: it is told all of that again.
    for table in ("stay", "completion"):
        await sql(f"DELETE FROM {table} WHERE firm_id = $1", firm)
    async with in_transaction():
        await sql("CREATE TEMPORARY TABLE told ON COMMIT DROP AS SELECT * FROM event WHERE firm_id = $1", firm)
        await sql("DELETE FROM event WHERE firm_id = $1", firm)
        await sql("INSERT INTO event SELECT * FROM told ORDER BY revision, index")


async def ask(what: str, viewer: Viewer, filter: FlowFilter, wanted: Wanted) -> Summary:
    """What somebody is told."""

    def nobody() -> Any:
        raise AssertionError("It is the same for all who see the same.")

    async def never() -> Any:
        raise AssertionError

    report: Summary = await MAKERS[what][0](Asker(viewer.scope, nobody), filter, wanted, never)
    return report


def compare(facts: Facts, what: str, viewer: Viewer, filter: FlowFilter, wanted: Wanted, told: Summary) -> int:
    """The report is what the log says. How many groups there are."""
    names_none = filter.pipeline is None and filter.account is None and filter.tag is None
    firm = Right.VIEW_REPORTS in viewer.scope.rights
    count = facts.counted(what, filter)
    in_sight = [(stay, day) for stay, day in count if seen(stay, viewer)]
    hidden = [stay for stay, _ in count if not seen(stay, viewer)] if firm and names_none else []
    groups: dict[tuple[Any, ...], list[Stay]] = defaultdict(list)
    for stay, day in in_sight:
        keys: list[tuple[Any, ...]] = [()]
        for dimension in wanted.group_by:
            keys = [(*key, more) for key in keys for more in facts.keys(stay, day, dimension)]
        for key in keys:
            groups[key].append(stay)
    whole = [stay for stay, _ in in_sight] + hidden
    assert told.covers is (Coverage.FIRM if firm else Coverage.SEEN)
    assert {tuple(row.of.values()): dict(row.sums) for row in told.rows} == {
        key: figures(what, stays) for key, stays in groups.items()
    }, (what, filter, wanted)
    assert len(told.rows) == len(groups)
    assert told.total.sums == figures(what, whole)
    assert (None if told.residual is None else told.residual.sums) == (
        figures(what, hidden) if firm and names_none else None
    )
    name = next(iter(figures(what, [])))
    assert told.repeated.sums[name] == sum(map(len, groups.values())) - len(in_sight)
    assert {told.cut.sums[name], told.cut.rows} == {0}
    assert told.log_since == facts.day(facts.began)
    return len(groups)


@pytest.mark.parametrize("seed", range(3))
async def test_a_report_is_what_the_log_says(world: World, seed: int) -> None:
    past, categories = await lived(world, seed + 300)
    facts = await Facts.of(past, categories)
    chance, told = past.chance, dict.fromkeys(MAKERS, 0)
    for role in ROLES:
        viewer = await past.viewer(role)
        for what, (_, report) in MAKERS.items():
            dimensions = [dimension.name for dimension in report.dimensions]
            for group_by in chance.sample([(), *((each,) for each in dimensions), *combinations(dimensions, 2)], 5):
                first = BEGAN.date() + timedelta(chance.randint(-5, 30))
                filter = FlowFilter(
                    first_day=first,
                    last_day=first + timedelta(chance.choice([0, 6, 25, 60])),
                    pipeline=past.some(past.pipelines) if chance.random() < 0.15 else None,
                    account=past.some(past.accounts) if chance.random() < 0.15 else None,
                    tag=past.some(past.tags) if chance.random() < 0.15 else None,
                )
                wanted = Wanted(group_by, chance.choice([None, Order(None, True)]), 1_000)
                if _names_hidden(filter, viewer):
                    with pytest.raises(NotFound):
                        await ask(what, viewer, filter, wanted)
                    continue
                report_told = await ask(what, viewer, filter, wanted)
                told[what] += compare(facts, what, viewer, filter, wanted, report_told)
    assert min(told.values()) > 5, told


def _names_hidden(filter: FlowFilter, viewer: Viewer) -> bool:
    scope = viewer.scope
    return any(
        sight is not None and named is not None and set(named) - sight
        for sight, named in ((scope.accounts, filter.account), (scope.pipelines, filter.pipeline))
    )


async def test_what_a_pruned_log_still_tells(world: World) -> None:
    """What has ended by then is not known any more, and of what lasted not the beginning."""
    past, categories = await lived(world, 310)
    facts, log = await Facts.of(past, categories), await world.events()
    kept = log[len(log) * 3 // 5].revision
    await sql("DELETE FROM event WHERE firm_id = $1 AND revision < $2", world.firm.id, kept)
    facts.began = next(logged.at for logged in log if logged.revision == kept)
    await forget_stays(facts.began)
    lasted = [stay for stay in facts.on_stages if stay.since and stay.since < facts.began]
    assert any(stay.until is None or stay.until > facts.began for stay in lasted)
    assert any(stay.until and stay.until < facts.began for stay in lasted)
    began = facts.day(facts.began)
    assert began is not None
    # Of the day on which the log begins it may not have all.
    filter, owner = FlowFilter(first_day=began + timedelta(1), last_day=LAST_DAY), await past.viewer("owner")
    for what, (_, report) in MAKERS.items():
        for dimension in report.dimensions:
            wanted = Wanted((dimension.name,), None, 1_000)
            compare(facts, what, owner, filter, wanted, await ask(what, owner, filter, wanted))


async def test_the_age_of_present_work_is_in_the_firms_days(world: World) -> None:
    past, categories = await lived(world, 320)
    firm = await Firm.get(id=world.firm.id)
    zone, tags = ZoneInfo(firm.time_zone), (await Facts.of(past, categories)).tags
    for number, job in enumerate(past.jobs):
        moment = datetime(2026, 4, 30, 22, 30, tzinfo=UTC) - timedelta(hours=number * 5)
        await Job.filter(id=job.id).update(created_at=moment - timedelta(20), stage_entered_at=moment)
    jobs = [job for job in await Job.filter(firm_id=firm.id) if categories[job.status_id] in IN_HAND]

    async def today() -> date:
        return LAST_DAY

    def told(of: Sequence[Job]) -> dict[str, Any]:
        opened = [(LAST_DAY - job.created_at.astimezone(zone).date()).days for job in of]
        entered = [(LAST_DAY - job.stage_entered_at.astimezone(zone).date()).days for job in of]
        return {
            "jobs": len(of),
            "median": percentile(opened, 0.5),
            "percentile85": percentile(opened, 0.85),
            "oldest": max(opened, default=None),
            "median_on_stage": percentile(entered, 0.5),
            "percentile85_on_stage": percentile(entered, 0.85),
        }

    for role in ROLES:
        viewer = await past.viewer(role)
        for by in ("stage", "tag"):
            report = await age_report(Asker(viewer.scope, lambda: firm.id), None, Wanted((by,), None, 100), today)
            sight = [job for job in jobs if viewer.scope.sees(Place(job.account_id, job.pipeline_id))]
            groups: dict[Any, list[Job]] = defaultdict(list)
            for job in sight:
                keys: list[Any] = [job.stage_id] if by == "stage" else tags[job.account_id] or [None]
                for key in keys:
                    groups[key].append(job)
            assert {row.of[by]: dict(row.sums) for row in report.rows} == {
                key: told(of) for key, of in groups.items()
            }, (role, by)
            hidden = [job for job in jobs if job not in sight]
            of_firm = Right.VIEW_REPORTS in viewer.scope.rights
            assert report.total.sums == told(jobs if of_firm else sight)
            assert (report.residual and report.residual.sums) == (told(hidden) if of_firm else None)


async def test_a_forecast_is_from_ones_own_part_of_the_past(world: World) -> None:
    past, categories = await lived(world, 330)
    facts = await Facts.of(past, categories)
    last = BEGAN.date() + timedelta(60)

    filter = FlowFilter(first_day=BEGAN.date(), last_day=last)
    for role in ROLES:
        viewer = await past.viewer(role)
        completed = [day for stay, day in facts.counted("throughput", filter) if seen(stay, viewer)]
        jobs = [
            job
            for job in await Job.filter(firm_id=world.firm.id)
            if categories[job.status_id] in IN_HAND and viewer.scope.sees(Place(job.account_id, job.pipeline_id))
        ]
        done = [completed.count(BEGAN.date() + timedelta(number)) for number in range(61)]
        ahead = days_until_done(len(jobs), done, (0.5, 0.85, 0.95))
        told = await forecast_report(Asker(viewer.scope, lambda: world.firm.id), filter, last)
        assert told.covers is Coverage.SEEN
        assert (told.jobs, told.completed) == (len(jobs), len(completed))
        assert [told.median, told.percentile85, told.percentile95] == [
            None if days is None else last + timedelta(days) for days in ahead
        ]
    with pytest.raises(Invalid) as refusal:
        await forecast_report(
            Asker(viewer.scope, lambda: world.firm.id), replace(filter, first_day=date(2020, 1, 1)), last
        )
    assert refusal.value.reason is Reason.OUT_OF_RANGE
