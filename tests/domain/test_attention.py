"""The report on what needs attention says what is worked out here in another way, from the rows and the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.commands.time import log_time
from models.conditions import holds
from models.database import sql
from models.errors import Invalid
from models.queries import Q
from models.reports.attention import Attention, Concern, Wanted, attention_report
from models.reports.sight import Coverage
from models.rows import Category, Job, JobAssignee, Stage, Status
from models.scope import Scope, Viewer
from models.visibility import shown
from tests.domain.report_firms import ROLES, Past
from tests.world import World

TODAY, NOW = date(2026, 3, 15), datetime.now(UTC)


@dataclass
class Clocked:
    """Who asks, and when."""

    scope: Scope
    today: date = TODAY
    now: datetime = NOW


@dataclass
class Facts:
    """What there is of the jobs of a firm."""

    jobs: list[Job]
    statuses: dict[UUID, Status]
    limits: dict[UUID, int | None]
    assigned: set[UUID]
    events: list[Any]

    @classmethod
    async def of(cls, past: Past) -> Facts:
        """Read row by row."""
        firm = past.world.firm.id
        return cls(
            await Job.filter(firm_id=firm),
            {status.id: status for status in await Status.filter(firm_id=firm)},
            {stage.id: stage.time_limit for stage in await Stage.filter(firm_id=firm)},
            {link.job_id for link in await JobAssignee.all()},
            await past.world.events(),
        )

    def gives(self, job: Job, concern: Concern, scope: Scope, near: int, idle: int) -> bool:
        """Whether a job gives a concern to somebody."""
        status, limit = self.statuses[job.status_id], self.limits[job.stage_id]
        if status.category in (Category.COMPLETED, Category.ARCHIVED):
            return False
        match concern:
            case Concern.OVERDUE:
                return job.due_date is not None and job.due_date < TODAY and status.can_be_overdue
            case Concern.NEAR_DEADLINE:
                return job.deadline is not None and job.deadline <= TODAY + timedelta(near)
            case Concern.OVER_LIMIT:
                return limit is not None and job.stage_entered_at + timedelta(minutes=limit) < NOW
            case Concern.UNASSIGNED:
                return job.id not in self.assigned
        told = [at.at for at in self.events if at.event.subject_job == job.id and shown(at.event, scope)]
        return all(at < NOW - timedelta(idle) for at in (job.updated_at, *told))


SINCE: dict[Concern, Callable[[Job], Any]] = {
    Concern.OVERDUE: lambda job: job.due_date,
    Concern.NEAR_DEADLINE: lambda job: job.deadline,
    Concern.OVER_LIMIT: lambda job: job.stage_entered_at,
    Concern.UNASSIGNED: lambda job: job.created_at,
    Concern.IDLE: lambda job: job.updated_at,
}


async def furnished(world: World, seed: int) -> Past:
    """A firm whose jobs are in all states."""
    past = await Past.build(world, seed)
    chance = past.chance
    stages = await Stage.filter(firm_id=world.firm.id).order_by("id")
    for stage in stages:
        await Stage.filter(id=stage.id).update(time_limit=chance.choice([None, 60, 60 * 24 * 30]))
    for pipeline in past.pipelines:
        for counts in (True, False):
            await Status.create(
                firm_id=world.firm.id,
                pipeline_id=pipeline,
                category=Category.CUSTOM,
                name=f"Held {counts}",
                color="#ffffff",
                counts_as_overdue=counts,
            )
    for job in past.jobs[4:]:
        fitting = Status.filter(pipeline_id=job.pipeline_id, category__in=(Category.ACTIVE, Category.CUSTOM))
        statuses = await fitting.order_by("id")
        await Job.filter(id=job.id).update(status_id=chance.choice(statuses).id)
    for job in past.jobs:
        await log_time(world.acting(world.owner), minutes=1, job_id=job.id)
        days = [None, -40, -1, 0, 1, 6, 7, 8, 90]
        due, deadline = (None if ahead is None else TODAY + timedelta(ahead) for ahead in chance.choices(days, k=2))
        moments = [NOW - timedelta(days=chance.choice([0, 1, 13, 14, 15, 40]), minutes=chance.choice([-1, 1]))]
        entered, changed = moments[0], NOW - timedelta(chance.choice([0, 5, 20, 60]))
        await sql(
            "UPDATE job SET due_date = $2, deadline = $3, stage_entered_at = $4, updated_at = $5 WHERE id = $1",
            *(job.id, due, deadline, entered, changed),
        )
        # What was told of it, some of it long ago: to who may not know of others' time, of time alone.
        await sql(
            "UPDATE event SET at = $2 WHERE job = $1 AND (type <> 'TimeLogged' OR $3)",
            *(job.id, changed, chance.random() < 0.6),
        )
    return past


def filters(past: Past, active: set[UUID]) -> list[tuple[Q, Callable[[Job], bool]]]:
    """Conditions of the ORM, and the same in Python."""
    account = past.chance.choice(past.accounts)
    return [
        (Q(), lambda job: True),
        (holds(account_id=account), lambda job: job.account_id == account),
        (
            holds(status__category=Category.ACTIVE, name__gt="Job 5"),
            lambda job: job.status_id in active and job.name > "Job 5",
        ),
    ]


async def ask(viewer: Viewer, narrowed: Q, wanted: Wanted) -> Attention:
    """What somebody is told."""
    return await attention_report(Clocked(viewer.scope), narrowed, wanted)


@pytest.mark.parametrize("seed", range(2))
async def test_a_report_is_what_the_rows_say(world: World, seed: int) -> None:
    past = await furnished(world, seed + 200)
    facts, given = await Facts.of(past), set()
    active = {status.id for status in facts.statuses.values() if status.category is Category.ACTIVE}
    for role in ROLES:
        viewer = await past.viewer(role)
        scope = viewer.scope
        seen = [
            job
            for job in facts.jobs
            if (scope.accounts is None or job.account_id in scope.accounts)
            and (scope.pipelines is None or job.pipeline_id in scope.pipelines)
        ]
        for number, (narrowed, fits) in enumerate(filters(past, active)):
            concerns = past.chance.choice([None, None, past.some(list(Concern), 5)])
            wanted = Wanted(concerns, past.chance.choice([0, 7, 30]), past.chance.choice([1, 14, 30]), number * 2 + 1)
            expected = []
            for concern in Concern if concerns is None else [each for each in Concern if each in concerns]:
                jobs = [
                    job
                    for job in seen
                    if fits(job) and facts.gives(job, concern, scope, wanted.near_days, wanted.idle_days)
                ]
                jobs.sort(key=lambda job: (SINCE[concern](job), job.id))
                if jobs:
                    expected.append((concern, len(jobs), [job.id for job in jobs[: wanted.first]]))
                    given.add(concern)
            told = await ask(viewer, narrowed, wanted)
            assert told.covers is Coverage.SEEN
            assert [(row.concern, row.count, list(row.ids)) for row in told.rows] == expected, (role, wanted)
    assert given == set(Concern)


async def test_to_whom_time_is_not_told_a_job_is_idle_in_spite_of_it(world: World) -> None:
    job = await world.job()
    long_ago = NOW - timedelta(20)
    await log_time(world.acting(world.owner), minutes=1, job_id=job.id)
    await Job.filter(id=job.id).update(updated_at=long_ago)
    await sql("UPDATE event SET at = $2 WHERE job = $1 AND type <> 'TimeLogged'", job.id, long_ago)
    past = Past(world, None, {"owner": world.owner, "employee": world.employee})  # type: ignore[arg-type]
    for name, idle in (("owner", 0), ("employee", 1)):
        report = await ask(await past.viewer(name), Q(), Wanted([Concern.IDLE], 0, 14, 10))
        assert len(report.rows) == idle, name


@pytest.mark.parametrize(
    ("at_fault", "field"), [((367, 1, 1), "near_days"), ((0, 0, 1), "idle_days"), ((0, 1, 0), "first")]
)
def test_what_is_no_question(at_fault: tuple[int, int, int], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Wanted(None, *at_fault)
    assert refusal.value.path == (field,)
