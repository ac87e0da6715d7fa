"""Firms to measure on: rows written straight to the tables, as many as the figures need."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from tortoise.models import Model

from models.actor import Actor
from models.commands.firms import create_firm
from models.ids import new_id
from models.items.links import new_link
from models.order import spread
from models.rights import Role
from models.rows import (
    Account,
    AccountMember,
    AccountType,
    Category,
    Firm,
    Job,
    JobAssignee,
    JobItem,
    Member,
    Pipeline,
    PipelineMember,
    Stage,
    Status,
    Task,
    TaskState,
)

_numbers = itertools.count(1)
_STATUSES = (
    (Category.ACTIVE, "Active", "#2f80ed"),
    (Category.CUSTOM, "Missing docs", "#f2994a"),
    (Category.COMPLETED, "Completed", "#27ae60"),
    (Category.ARCHIVED, "Archived", "#8d99ae"),
)


@dataclass(frozen=True, slots=True)
class BenchFirm:
    """One firm with one pipeline."""

    id: UUID
    members: list[Member]
    pipeline: Pipeline
    stages: list[Stage]
    jobs: list[Job]

    #: The accounts of the jobs.
    accounts: list[Account]

    @property
    def actor(self) -> Actor:
        """An admin, who sees all of it."""
        return Actor.member(self.id, self.members[0].id)


async def build_firm(*, jobs: int, stages: int = 5, accounts: int = 10, members: int = 10) -> BenchFirm:
    """A firm whose jobs lie evenly on the stages, each with two assignees and three tasks, two of them open."""
    number = next(_numbers)
    firm, _ = await create_firm(
        name=f"Firm {number}", owner_email=f"owner@f{number}.test", owner_name="Owner", password=None
    )
    people = [
        Member(id=new_id(), firm_id=firm.id, email=f"m{n}@f{number}.test", name=f"Member {n:02}", role=Role.ADMIN)
        for n in range(members)
    ]
    clients = [
        Account(id=new_id(), firm_id=firm.id, name=f"Client {n:03}", type=AccountType.COMPANY) for n in range(accounts)
    ]
    pipeline = Pipeline(id=new_id(), firm_id=firm.id, name="Tax returns")
    columns = [
        Stage(id=new_id(), firm_id=firm.id, pipeline_id=pipeline.id, name=f"Stage {n}", position=position)
        for n, position in enumerate(spread(stages))
    ]
    statuses = [
        Status(id=new_id(), firm_id=firm.id, pipeline_id=pipeline.id, category=category, name=name, color=color)
        for category, name, color in _STATUSES
    ]
    groups: tuple[Sequence[Model], ...] = (people, clients, [pipeline], columns, statuses)
    for rows in groups:
        await _write(rows)
    cards = _cards(firm, pipeline, columns, statuses[:3], clients, jobs)
    await _write(cards)
    await _write(_assigned(cards, people))
    tasks = _tasks(cards)
    await _write(tasks)
    await _write(_links(cards, tasks))
    return BenchFirm(firm.id, people, pipeline, columns, cards, clients)


async def split(firm: BenchFirm, cohorts: int) -> None:
    """Give the members, the first aside, so many different scopes in turn: each sees all jobs, and one account of its
    own besides. With one, they remain admins."""
    if cohorts == 1:
        return
    extra = [
        Account(id=new_id(), firm_id=firm.id, name=f"Of cohort {n}", type=AccountType.COMPANY) for n in range(cohorts)
    ]
    people = firm.members[1:]
    await _write(extra)
    await Member.filter(id__in=[member.id for member in people]).update(role=Role.EMPLOYEE)
    await _write([PipelineMember(pipeline_id=firm.pipeline.id, member_id=member.id) for member in people])
    await _write(
        [
            AccountMember(account_id=account.id, member_id=member.id)
            for n, member in enumerate(people)
            for account in (*firm.accounts, extra[n % cohorts])
        ]
    )


def _cards(
    firm: Firm, pipeline: Pipeline, stages: list[Stage], statuses: list[Status], accounts: list[Account], count: int
) -> list[Job]:
    now = datetime.now(UTC)
    positions = spread(count)
    return [
        Job(
            id=new_id(),
            firm_id=firm.id,
            account_id=accounts[n % len(accounts)].id,
            pipeline_id=pipeline.id,
            stage_id=stages[n % len(stages)].id,
            status_id=statuses[n % len(statuses)].id,
            name=f"Form 1040 of year {n}",
            position=positions[n],
            stage_entered_at=now,
            created_at=now,
        )
        for n in range(count)
    ]


def _assigned(jobs: list[Job], members: list[Member]) -> list[JobAssignee]:
    return [
        JobAssignee(job_id=job.id, member_id=members[(n + place) % len(members)].id)
        for n, job in enumerate(jobs)
        for place in range(min(2, len(members)))
    ]


def _tasks(jobs: list[Job]) -> list[Task]:
    now = datetime.now(UTC)
    states = (TaskState.PLANNED, TaskState.IN_PROGRESS, TaskState.COMPLETED)
    return [
        Task(
            id=new_id(),
            firm_id=job.firm_id,
            account_id=job.account_id,
            name=f"Step {n}",
            state=state,
            created_at=now,
            completed_at=now if n == 2 else None,
        )
        for job in jobs
        for n, state in enumerate(states)
    ]


def _links(jobs: list[Job], tasks: list[Task]) -> list[JobItem]:
    each = len(tasks) // len(jobs) if jobs else 0
    return [new_link(jobs[n // each], task, task.created_at, None) for n, task in enumerate(tasks)]


async def _write(rows: Sequence[Model]) -> None:
    if rows:
        await type(rows[0]).bulk_create(rows, batch_size=500)
