"""The report on capacity says what is worked out here in another way, day by day, to each who may ask."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from holidays import HolidayBase, country_holidays

from models.errors import Forbidden, Invalid, NotFound
from models.firm.absences import Absence
from models.ids import new_id
from models.items.links import new_link
from models.reports.capacity import CapacityFilter, capacity_report
from models.reports.frame import Order, Summary, Wanted
from models.reports.sight import Asker, Coverage
from models.rights import Right
from models.rows import (
    Firm,
    Job,
    JobAssignee,
    JobItem,
    Member,
    Task,
    TaskAssignee,
    TaskState,
    TimeEntry,
    Weekday,
)
from models.scope import Viewer
from tests.domain.report_firms import MIDDLE, ROLES, Past
from tests.world import World

#: A Sunday in Berlin and New York, when the clock is that of winter, and the day before a holiday in the latter.
TODAY = date(2026, 1, 18)
HORIZON = TODAY + timedelta(3_660)
COUNTRIES = ((None, None), ("US", "NY"), ("DE", "BY"), ("IL", None), ("CN", None), ("ZZ", "Q"))
FIGURES = ("capacity", "days_off", "available", "estimated", "planned", "tracked", "free", "undated")
GROUPS: tuple[tuple[str, ...], ...] = ((), ("member",), ("week",), ("member", "week"), ("week", "member"))


@dataclass(frozen=True)
class Fact:
    """Minutes of one day, or no day, of one member, or nobody, at one place, or nowhere."""

    figure: str
    amount: int
    member: UUID | None
    day: date | None
    account: UUID | None = None
    pipeline: UUID | None = None


@dataclass
class Facts:
    """What there is in a firm on a day."""

    firm: Firm
    days: HolidayBase | None
    facts: list[Fact]

    def usual(self, day: date) -> bool:
        """Whether it would be worked on without holidays."""
        if self.days is None:
            return day.weekday() < 5
        return not self.days.is_weekend(day) or self.days.is_working_day(day)

    def worked(self, day: date) -> bool:
        """Whether it is worked on."""
        return self.usual(day) if self.days is None else self.days.is_working_day(day)

    def week(self, day: date | None) -> date | None:
        """The first day of its week."""
        start = list(Weekday).index(self.firm.week_start)
        return day and next(first for n in range(7) if (first := day - timedelta(n)).weekday() == start)

    @classmethod
    async def of(cls, past: Past) -> Facts:
        """Read row by row."""
        firm = await Firm.get(id=past.world.firm.id)
        country = firm.country if firm.country != "ZZ" else None
        facts = cls(firm, country_holidays(country, subdiv=firm.region) if country else None, [])
        members = await Member.filter(firm_id=firm.id)
        active = {member.id for member in members if member.active}
        jobs = {job.id: job for job in await Job.filter(firm_id=firm.id)}
        links = [link for link in await JobItem.filter(firm_id=firm.id) if link.unlinked_at is None]
        job_of = {link.item: jobs[link.job_id] for link in links}
        tracked: Counter[UUID] = Counter()
        for link in links:
            tracked[link.job_id] += link.minutes if link.kind == "time_entry" else 0
        for entry in await TimeEntry.filter(firm_id=firm.id):
            if entry.started_at is None:
                job = job_of.get(entry.id)
                place = entry.account_id, job.pipeline_id if job else None
                facts.facts.append(Fact("tracked", entry.minutes, entry.member_id, entry.day, *place))
        estimated = set()
        for task in await Task.filter(firm_id=firm.id):
            job = job_of.get(task.id)
            if task.estimate is not None and task.state != TaskState.CANCELED and job:
                estimated.add(job.id)
            if (
                task.estimate
                and task.state in (TaskState.PLANNED, TaskState.IN_PROGRESS)
                and not (job and job.archived_at)
            ):
                people = [each.member_id for each in await TaskAssignee.filter(task_id=task.id)]
                facts.plan(
                    "estimated",
                    task.estimate,
                    sorted(active & set(people)),
                    task.start_date or (job.start_date if job else None),
                    task.due_date or (job.due_date if job else None),
                    (task.account_id, job.pipeline_id if job else None),
                )
        for job in jobs.values():
            if job.budget is None or job.completed_at or job.archived_at or job.id in estimated:
                continue
            people = [each.member_id for each in await JobAssignee.filter(job_id=job.id)]
            left = max(0, job.budget - tracked[job.id])
            place = job.account_id, job.pipeline_id
            facts.plan("budgeted", left, sorted(active & set(people)), job.start_date, job.due_date, place)
        return facts

    def plan(
        self, figure: str, minutes: int, people: Sequence[UUID], starts: date | None, due: date | None, place: Any
    ) -> None:
        """Split work over people, and spread it over days."""
        for member, part in zip(people or (None,), parts(minutes, max(1, len(people))), strict=True):
            if due is None:
                self.facts.append(Fact("undated", part, member, None, *place))
                continue
            last = min(max(due, TODAY), HORIZON)
            first = min(max(starts or TODAY, TODAY), last)
            days = [first + timedelta(n) for n in range((last - first).days + 1)]
            left = [day for day in days if self.worked(day)] or [last]
            for day, share in zip(left, parts(part, len(left)), strict=True):
                self.facts.append(Fact(figure, share, member, day, *place))


def parts(minutes: int, number: int) -> list[int]:
    """As even as whole minutes go, the sum of the first ones always rounded down."""
    return [minutes * n // number - minutes * (n - 1) // number for n in range(1, number + 1)]


async def busy(past: Past) -> Past:
    """The firm with work ahead, absences, somebody who has left, and a calendar."""
    chance, world = past.chance, past.world
    country, region = chance.choice(COUNTRIES)
    await Firm.filter(id=world.firm.id).update(country=country, region=region)
    people = list(past.people.values())

    def some_days() -> dict[str, date | None]:
        first, last = sorted(TODAY + timedelta(chance.randint(*chance.choice([(-20, 70), (-2, 9)]))) for _ in range(2))
        return {"start_date": chance.choice([None, first]), "due_date": chance.choice([None, last, last])}

    jobs = list(past.jobs)
    for _ in range(10):
        jobs.append(
            await world.job(
                "Ahead",
                account_id=chance.choice(past.accounts[1:]),
                pipeline_id=chance.choice(past.pipelines),
                budget=chance.choice([None, 0, 31, 600, 4_001]),
            )
        )
    for job in jobs:
        await Job.filter(id=job.id).update(**some_days())
        for member in past.some(people):
            await JobAssignee.get_or_create(job_id=job.id, member_id=member.id)
    await Job.filter(id=jobs[-1].id).update(due_date=date(9999, 1, 1))
    for _ in range(25):
        on = chance.choice([None, *jobs])
        days: dict[str, Any] = some_days()
        task = await Task.create(
            id=new_id(),
            firm_id=world.firm.id,
            account_id=on.account_id if on else chance.choice(past.accounts),
            name="Task",
            state=chance.choice(list(TaskState)),
            estimate=chance.choice([None, 0, 7, 100, 2_401]),
            created_at=datetime.now(UTC),
            **days,
        )
        for member in past.some(people):
            await TaskAssignee.create(task_id=task.id, member_id=member.id)
        if on is not None:
            link = new_link(on, task, datetime.now(UTC), None)
            if chance.random() < 0.2:
                link.open, link.open_since, link.open_since_stay = False, None, None
                link.unlinked_at = datetime.now(UTC)
            await link.save()
    for member in people:
        await Member.filter(id=member.id).update(capacity=chance.choice([0, 1_201, 2_400]))
        first = TODAY - timedelta(chance.randint(10, 30))
        for _ in range(3):
            last = first + timedelta(chance.randint(0, 12))
            await Absence.create(firm_id=world.firm.id, member_id=member.id, first_day=first, last_day=last)
            first = last + timedelta(chance.randint(1, 20))
    await Member.filter(id=world.stranger.id).update(active=False)
    return past


def seen(fact: Fact, viewer: Viewer) -> bool:
    """Whether its place is in sight."""
    scope = viewer.scope
    return (fact.account is None or scope.accounts is None or fact.account in scope.accounts) and (
        fact.pipeline is None or scope.pipelines is None or fact.pipeline in scope.pipelines
    )


async def staffing(facts: Facts, first: date, last: date) -> list[Fact]:
    """Who is there, and when not."""
    found = []
    absences = await Absence.filter(firm_id=facts.firm.id)
    for member in await Member.filter(firm_id=facts.firm.id, active=True):
        away = {
            each.first_day + timedelta(n)
            for each in absences
            if each.member_id == member.id
            for n in range((each.last_day - each.first_day).days + 1)
        }
        for week in (first + timedelta(7 * n) for n in range((last - first).days // 7 + 1)):
            days = [week + timedelta(n) for n in range(7)]
            usual = [day for day in days if facts.usual(day)]
            there = [day for day in usual if facts.worked(day) and day not in away]
            of_week = partial(Fact, member=member.id, day=week)
            found += [
                of_week("capacity", member.capacity),
                of_week("days_off", len(usual) - len(there)),
                of_week("available", member.capacity * len(there) // len(usual)),
            ]
    return found


def sums(facts: Sequence[Fact], withheld: bool) -> dict[str, Any]:
    """What these add up to, as it is shown."""
    found: Counter[str] = Counter()
    for fact in facts:
        found[fact.figure] += fact.amount
    found["planned"] = found["estimated"] + found["budgeted"]
    found["free"] = found["available"] - found["planned"] - found["tracked"]
    hidden = {"tracked", "free"} if withheld else set()
    return {name: "withheld" if name in hidden else found[name] for name in FIGURES}


def told(figures: Any) -> Any:
    """The sums of a part of a report."""
    return figures and {
        name: "withheld" if isinstance(value, Forbidden) else value for name, value in figures.sums.items()
    }


async def ask(viewer: Viewer, filter: CapacityFilter, wanted: Wanted) -> Summary:
    """What somebody is told."""

    async def today() -> date:
        return TODAY

    return await capacity_report(Asker(viewer.scope, lambda: viewer.member_id), filter, wanted, today)


@pytest.mark.parametrize("seed", range(3))
async def test_a_report_is_what_the_rows_say(world: World, seed: int) -> None:
    past = await busy(await Past.build(world, seed + 200))
    facts, chance = await Facts.of(past), past.chance
    for role in (*ROLES, "team"):
        viewer = await team(past) if role == "team" else await past.viewer(role)
        rights, me = viewer.scope.rights, viewer.member_id
        of_firm = rights >= {Right.VIEW_REPORTS, Right.MANAGE_TEAM}
        for group_by in GROUPS:
            members = chance.choice([None, None, None, [me], [me, chance.choice(list(past.people.values())).id]])
            first = TODAY + timedelta(chance.randint(-60, 60))
            last = first + timedelta(chance.choice([0, 6, 40, 150]))
            filter = CapacityFilter(first, last, members)
            if not of_firm and set(members or []) - {me}:
                with pytest.raises(Forbidden):
                    await ask(viewer, filter, Wanted(group_by, None, 1_000))
                continue
            report = await ask(viewer, filter, Wanted(group_by, None, 1_000))
            await _compare(facts, viewer, filter, group_by, report)


async def team(past: Past) -> Viewer:
    """Who plans the team, and sees neither all of it nor others' time."""
    rights = [Right.VIEW_REPORTS, Right.MANAGE_TEAM, Right.MANAGE_TIME_BUDGETS]
    await Member.filter(id=past.people["nobody"].id).update(given_rights=rights)
    return await past.viewer("nobody")


async def _compare(
    facts: Facts, viewer: Viewer, filter: CapacityFilter, group_by: tuple[str, ...], report: Summary
) -> None:
    rights, everywhere = viewer.scope.rights, viewer.scope.accounts is None and viewer.scope.pipelines is None
    of_firm = rights >= {Right.VIEW_REPORTS, Right.MANAGE_TEAM}
    tells_all = everywhere and Right.MANAGE_TIME_ENTRIES in rights
    own = not of_firm or (set(filter.member or ()) == {viewer.member_id} and not tells_all)
    assert filter.first_day is not None and filter.last_day is not None
    first = facts.week(filter.first_day)
    last = (facts.week(filter.last_day) or TODAY) + timedelta(6)
    assert first is not None
    assert (report.first_day, report.last_day, report.covers) == (first, last, Coverage.OWN if own else Coverage.FIRM)
    members = [viewer.member_id] if own else filter.member
    counted = [
        fact
        for fact in [*facts.facts, *await staffing(facts, first, last)]
        if (fact.day is None or first <= fact.day <= last) and (members is None or fact.member in members)
        if fact.amount or fact.figure in ("capacity", "days_off", "available")
    ]
    withheld = not own and Right.MANAGE_TIME_ENTRIES not in rights
    in_sight = [fact for fact in counted if seen(fact, viewer)]
    hidden = [fact for fact in counted if not seen(fact, viewer) and (not own or fact.figure == "tracked")]
    groups: dict[Any, list[Fact]] = defaultdict(list)
    for fact in in_sight:
        of = {"member": fact.member, "week": facts.week(fact.day)}
        groups[tuple(of[name] for name in group_by)].append(fact)
    assert {tuple(row.of.values()) for row in report.rows} == set(groups)
    for row in report.rows:
        key = tuple(row.of.values())
        assert (key, told(row)) == (key, sums(groups[key], withheld))
    assert len(report.rows) == len(groups)
    residual = sums(hidden, withheld) if own or filter.member is None else None
    assert told(report.residual) == residual
    assert told(report.total) == sums(in_sight + (hidden if residual else []), withheld)
    if group_by[:1] == ("week",):
        weeks = [row.of["week"] for row in report.rows]
        assert weeks == sorted(weeks, key=lambda week: (week is None, week))


async def test_what_is_out_of_sight_is_in_no_row(world: World) -> None:
    """Who sees a part of somebody's work is told how much more there is, and of nobody that it is theirs."""
    past = await busy(await Past.build(world, 210))
    filter = CapacityFilter(TODAY, TODAY + timedelta(60))
    by_member = Wanted(("member",), Order("free", True), 1_000)
    whole = await ask(await past.viewer("owner"), filter, by_member)
    part = await ask(await past.viewer("all but sight"), filter, by_member)
    assert part.residual is not None and whole.residual is not None
    assert part.residual.sums["planned"] > 0 == whole.residual.sums["planned"]
    assert part.residual.sums["free"] == -part.residual.sums["planned"] - part.residual.sums["tracked"]
    assert part.total == whole.total
    assert [part.residual.sums[name] for name in ("capacity", "days_off", "available")] == [0, 0, 0]
    free = [row.sums["free"] for row in part.rows]
    assert free == sorted(free, reverse=True)
    cut = await ask(await past.viewer("owner"), filter, Wanted(("member",), Order("free", True), 2))
    assert (cut.cut.rows, cut.total) == (len(whole.rows) - 2, whole.total)
    assert cut.cut.sums["free"] == sum(row.sums["free"] for row in whole.rows[2:])


async def test_sorting_by_what_is_withheld_is_refused(world: World) -> None:
    past = await Past.build(world, 211)
    filter = CapacityFilter(TODAY, TODAY)
    for by, right in (("tracked", Right.MANAGE_TIME_ENTRIES), ("free", Right.MANAGE_TIME_ENTRIES)):
        with pytest.raises(Forbidden) as refusal:
            await ask(await team(past), filter, Wanted(("member",), Order(by, True), 10))
        assert refusal.value.right is right
    with pytest.raises(Forbidden) as refusal:
        await ask(await past.viewer("reports"), filter, Wanted(("member",), Order("planned", True), 10))
    assert refusal.value.right is Right.MANAGE_TIME_BUDGETS


async def test_a_report_is_of_some_weeks(world: World) -> None:
    owner = await (await Past.build(world, 212)).viewer("owner")
    with pytest.raises(NotFound):
        await ask(owner, CapacityFilter(TODAY, TODAY, [uuid4()]), Wanted((), None, 1))
    for days in (
        (MIDDLE, MIDDLE - timedelta(7)),
        (MIDDLE, MIDDLE + timedelta(7 * 53)),
        (date.min, None),
        (None, date.max),
        (HORIZON + timedelta(1), None),
    ):
        with pytest.raises(Invalid):
            await ask(owner, CapacityFilter(*days), Wanted((), None, 1))
    for first, last, weeks in (
        (None, None, 8),
        (TODAY, None, 8),
        (None, TODAY, 8),
        (date(1900, 1, 1), None, 8),
        (HORIZON, HORIZON, 1),
        (MIDDLE, MIDDLE + timedelta(7 * 52), 53),
    ):
        report = await ask(owner, CapacityFilter(first, last), Wanted((), None, 1))
        assert report.first_day is not None and report.last_day is not None
        assert (report.last_day - report.first_day).days + 1 == 7 * weeks
