"""The reports on jobs and on budgets say what is worked out here in another way, from the rows as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.conditions import holds
from models.errors import Forbidden
from models.queries import Q
from models.reports.budgets import REPORT as BUDGETS
from models.reports.budgets import budget_report
from models.reports.frame import Order, Summary, Wanted
from models.reports.jobs import REPORT as JOBS
from models.reports.jobs import job_report
from models.reports.sight import Asker, Coverage
from models.rights import Right
from models.rows import AccountTag, Firm, Job, JobAssignee, JobItem
from models.scope import Viewer
from tests.domain.report_firms import ROLES, Past
from tests.world import World

MAKERS = {"jobs": (job_report, JOBS), "budgets": (budget_report, BUDGETS)}
#: In January in one zone, in February in another.
MIDNIGHT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)


@dataclass
class Facts:
    """The jobs of a firm, and what is linked to them."""

    zone: ZoneInfo
    jobs: list[Job]
    tracked: dict[Any, int]
    assignees: dict[Any, list[Any]]
    tags: dict[Any, list[Any]]

    @classmethod
    async def of(cls, world: World) -> Facts:
        """Read row by row."""
        firm = await Firm.get(id=world.firm.id)
        facts = cls(ZoneInfo(firm.time_zone), await Job.filter(firm_id=firm.id), defaultdict(int), {}, {})
        for link in await JobItem.filter(firm_id=firm.id):
            if link.kind == "time_entry" and link.unlinked_at is None:
                facts.tracked[link.job_id] += link.minutes
        for job in facts.jobs:
            facts.assignees[job.id] = [link.member_id for link in await JobAssignee.filter(job_id=job.id)]
            facts.tags[job.id] = [link.tag_id for link in await AccountTag.filter(account_id=job.account_id)]
        return facts

    def keys(self, job: Job, dimension: str) -> list[Any]:
        """Under what a job stands."""
        match dimension:
            case "assignee":
                return self.assignees[job.id] or [None]
            case "tag":
                return self.tags[job.id] or [None]
            case "job":
                return [job.id]
            case "month":
                return [job.completed_at and job.completed_at.astimezone(self.zone).date().replace(day=1)]
        return [getattr(job, f"{dimension}_id")]

    def sums(self, what: str, jobs: list[Job]) -> dict[str, Any]:
        """What these add up to."""
        if what == "jobs":
            return {"jobs": len(jobs)}
        budget, tracked = sum(job.budget or 0 for job in jobs), sum(self.tracked[job.id] for job in jobs)
        return {
            "jobs": len(jobs),
            "over_budget": len([job for job in jobs if self.tracked[job.id] > (job.budget or 0)]),
            "budget": budget,
            "tracked": tracked,
            "remaining": budget - tracked,
            "percent_used": tracked * 100 // budget if budget else None,
        }


def seen(job: Job, viewer: Viewer) -> bool:
    """Whether it is in sight."""
    scope = viewer.scope
    return (scope.accounts is None or job.account_id in scope.accounts) and (
        scope.pipelines is None or job.pipeline_id in scope.pipelines
    )


def filters(past: Past) -> Iterator[tuple[Q | None, Any]]:
    """Conditions of the ORM, and the same in Python."""
    yield None, lambda job: True
    account = past.chance.choice(past.accounts)
    yield holds(account_id=account), lambda job: job.account_id == account
    yield (
        holds(archived_at__isnull=True) & holds(budget__gte=100),
        lambda job: job.archived_at is None and (job.budget or 0) >= 100,
    )
    yield holds(id__in=[]), lambda job: False


async def ask(what: str, viewer: Viewer, narrowed: Q | None, wanted: Wanted) -> Summary:
    """What somebody is told."""

    def nobody() -> Any:
        raise AssertionError("It is the same for all who see the same.")

    async def never() -> Any:
        raise AssertionError

    return await MAKERS[what][0](Asker(viewer.scope, nobody), narrowed, wanted, never)


@pytest.mark.parametrize("what", MAKERS)
@pytest.mark.parametrize("seed", range(2))
async def test_a_report_is_what_the_rows_say(world: World, what: str, seed: int) -> None:
    past = await Past.build(world, seed + 100)
    for number, job in enumerate(past.jobs[4:8]):
        await Job.filter(id=job.id).update(completed_at=MIDNIGHT + timedelta(hours=number * 4 - 8))
    facts = await Facts.of(world)
    dimensions = [dimension.name for dimension in MAKERS[what][1].dimensions]
    for role in ROLES:
        viewer = await past.viewer(role)
        for group_by in ((), *((each,) for each in dimensions), *combinations(dimensions, 2)):
            for narrowed, fits in filters(past):
                wanted = Wanted(group_by, None, 1_000)
                if what == "budgets" and Right.MANAGE_TIME_BUDGETS not in viewer.scope.rights:
                    with pytest.raises(Forbidden):
                        await ask(what, viewer, narrowed, wanted)
                    continue
                _compare(facts, what, viewer, wanted, narrowed, fits, await ask(what, viewer, narrowed, wanted))


def _compare(facts: Facts, what: str, viewer: Viewer, wanted: Wanted, narrowed: Any, fits: Any, told: Summary) -> None:
    count = [job for job in facts.jobs if fits(job) and (what == "jobs" or job.budget is not None)]
    in_sight = [job for job in count if seen(job, viewer)]
    firm = Right.VIEW_REPORTS in viewer.scope.rights
    hidden = [job for job in count if not seen(job, viewer)] if firm and narrowed is None else []
    groups: dict[tuple[Any, ...], list[Job]] = defaultdict(list)
    for job in in_sight:
        keys: list[tuple[Any, ...]] = [()]
        for dimension in wanted.group_by:
            keys = [(*key, more) for key in keys for more in facts.keys(job, dimension)]
        for key in keys:
            groups[key].append(job)
    assert told.covers is (Coverage.FIRM if firm else Coverage.SEEN)
    assert {tuple(row.of.values()): row.sums for row in told.rows} == {
        key: facts.sums(what, jobs) for key, jobs in groups.items()
    }
    assert len(told.rows) == len(groups)
    assert told.total.sums == facts.sums(what, in_sight + hidden)
    assert (None if told.residual is None else told.residual.sums) == (
        facts.sums(what, hidden) if firm and narrowed is None else None
    )
    often = sum(map(len, groups.values())) - len(in_sight)
    assert (told.repeated.sums["jobs"], told.cut.rows, told.cut.sums["jobs"]) == (often, 0, 0)


async def test_who_sees_a_part_counts_that_part(world: World) -> None:
    past = await Past.build(world, 103)
    everything = await ask("jobs", await past.viewer("owner"), None, Wanted(("stage",), None, 10))
    part = await ask("jobs", await past.viewer("nobody"), None, Wanted(("stage",), None, 10))
    assert 0 < part.total.sums["jobs"] < everything.total.sums["jobs"]
    assert part.residual is None


async def test_what_is_cut_is_said(world: World) -> None:
    past = await Past.build(world, 104)
    owner = await past.viewer("owner")
    whole = await ask("budgets", owner, None, Wanted(("job",), Order("tracked", True), 100))
    told = await ask("budgets", owner, None, Wanted(("job",), Order("tracked", True), 2))
    assert [row.of for row in told.rows] == [row.of for row in whole.rows[:2]]
    assert told.cut.rows == len(whole.rows) - 2
    assert told.cut.sums["tracked"] == sum(row.sums["tracked"] for row in whole.rows[2:])
    assert told.total == whole.total
