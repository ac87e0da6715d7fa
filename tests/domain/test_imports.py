"""Taking over jobs from elsewhere: as they stand there, all of them or none, and nothing that the log does not have."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import now
from models.commands.imports import MOST_JOBS, NewEntry, NewJob, NewStay, NewTask, import_jobs
from models.commands.moves import restore_job
from models.commands.statuses import create_status
from models.errors import Forbidden, Invalid, LimitReached, NotFound, RuleBroken
from models.events import JobMoved, JobStatusChanged
from models.ids import Kind, new_id
from models.log import Reached, read_histories, read_log
from models.reasons import Reason
from models.rights import ALL_RIGHTS, Role
from models.rows import (
    Category,
    ClientStatus,
    Job,
    JobAssignee,
    Member,
    Priority,
    Status,
    Task,
    TaskAssignee,
    TimeEntry,
)
from models.rows import TaskState as State
from models.scope import Scope
from resolvers.mutations import ACTIONS
from tests.domain.refusal import counted, refused, told
from tests.links import items_of
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
async def plain(world: World) -> NewJob:
    """A job that nothing is wrong with."""
    to_do, _, _ = await world.stages()
    return NewJob(account_id=world.account.id, pipeline_id=world.pipeline.id, stage_id=to_do.id, name="1040")


async def test_a_job_comes_as_it_stands(world: World, plain: NewJob) -> None:
    template = await ClientStatus.filter(firm_id=world.firm.id, name="In review").get()
    opened, entered = now() - 9 * DAY, now() - 3 * DAY
    wanted = replace(
        plain,
        description="As last year.",
        priority=Priority.URGENT,
        start_date=date(2026, 1, 5),
        due_date=date(2026, 4, 15),
        budget=240,
        assignee_ids=[world.employee.id, world.admin.id],
        client_status_id=template.id,
        client_status_visible=True,
        opened_at=opened,
        entered_at=entered,
        tasks=[
            NewTask(name="Check the W-2s", state=State.COMPLETED, assignee_ids=[world.employee.id]),
            NewTask(name="File", due_date=date(2026, 4, 1)),
        ],
        entries=[NewEntry(member_id=world.employee.id, day=entered.date(), minutes=45, note="Call", billable=False)],
    )
    before = await world.revision()
    outcome = await import_jobs(world.acting(world.admin), jobs=[wanted])
    assert outcome.revision == await world.revision() == before + 1
    assert await told(world, before) == ["JobCreated", "TaskCreated", "TaskCreated", "TimeLogged"]
    job = await Job.get(id=outcome.value[0].id)
    assert (job.description, job.priority, job.budget) == ("As last year.", Priority.URGENT, 240)
    assert (job.start_date, job.due_date) == (wanted.start_date, wanted.due_date)
    assert (job.created_at, job.stage_entered_at, job.completed_at, job.archived_at) == (opened, entered, None, None)
    assert (job.client_status_name, job.client_status_visible) == ("In review", True)
    assert job.status_id == (await world.status(Category.ACTIVE)).id
    assert set(await JobAssignee.filter(job_id=job.id).values_list("member_id", flat=True)) == set(wanted.assignee_ids)
    checked, file = await Task.filter(id__in=await items_of(job, Kind.TASK)).order_by("id")
    assert (checked.state, checked.completed_at, checked.account_id) == (State.COMPLETED, entered, world.account.id)
    assert (file.state, file.completed_at, file.due_date) == (State.PLANNED, None, date(2026, 4, 1))
    assert (await TaskAssignee.get(task_id=checked.id)).member_id == world.employee.id
    (entry,) = await TimeEntry.filter(id__in=await items_of(job, Kind.TIME_ENTRY))
    assert (entry.minutes, entry.note, entry.billable, entry.day) == (45, "Call", False, entered.date())


async def test_cards_come_after_those_that_are_there(world: World, plain: NewJob) -> None:
    to_do, doing, _ = await world.stages()
    await world.job("first")
    named = [replace(plain, name=name) for name in ("b", "c", "d")]
    named[1] = replace(named[1], stage_id=doing.id)
    await import_jobs(world.acting(world.owner), jobs=named)
    assert await world.names_on(to_do) == ["first", "b", "d"]
    assert await world.names_on(doing) == ["c"]


async def test_cards_that_arrive_at_once_get_places_of_their_own(world: World, plain: NewJob) -> None:
    actor = world.acting(world.owner)
    # Of different accounts: those of one would come one after the other anyway.
    accounts = [await world.new_account(f"Client {number}") for number in range(6)]
    calls = (import_jobs(actor, jobs=[replace(plain, account_id=account.id)] * 5) for account in accounts)
    await asyncio.gather(*calls)
    positions = await Job.filter(stage_id=plain.stage_id).values_list("position", flat=True)
    assert len(set(positions)) == len(positions) == 30


async def test_a_job_comes_with_its_past(world: World, plain: NewJob) -> None:
    """In revisions of their own, each of its time, and after what was there already."""
    to_do, doing, done = await world.stages()
    moments = [now() - days * DAY for days in (90, 60, 45, 30)]
    opened, moved, logged, completed = moments
    wanted = replace(
        plain,
        stage_id=done.id,
        status_id=(await world.status(Category.ARCHIVED)).id,
        entered_at=completed,
        stays=[NewStay(stage_id=to_do.id, entered_at=opened), NewStay(stage_id=doing.id, entered_at=moved)],
        tasks=[NewTask(name="File", state=State.COMPLETED, estimate=45)],
        entries=[NewEntry(member_id=world.employee.id, day=logged.date(), minutes=45, logged_at=logged)],
    )
    later = replace(wanted, stays=[replace(wanted.stays[0], entered_at=moved)])
    before = await world.revision()
    outcome = await import_jobs(world.acting(world.owner), jobs=[later, wanted, plain])
    events = await world.events(before)
    assert [(each.revision - before, each.at, type(each.event).__name__) for each in events[:3]] == [
        (1, opened, "JobCreated"),
        (1, opened, "TaskCreated"),
        (2, moved, "JobCreated"),
    ]
    assert [(each.revision - before, each.index) for each in events] == [
        *((revision, index) for revision, size in ((1, 2), (2, 3), (3, 2), (4, 6), (5, 1)) for index in range(size))
    ]
    assert outcome.revision == await world.revision() == events[-1].revision == before + 5
    assert [each.at for each in events if each.revision == before + 5] > [completed]
    first, job, _ = outcome.value
    assert (job.created_at, job.stage_entered_at, job.completed_at, job.stay) == (opened, completed, completed, 3)
    path = [each.event for each in events if each.event.subject_job == job.id and isinstance(each.event, JobMoved)]
    assert [(event.from_stage, event.to_stage) for event in path] == [(to_do.id, doing.id), (doing.id, done.id)]
    ends = [each.event for each in events if each.event.subject_job == job.id and each.at == completed]
    assert [type(event).__name__ for event in ends] == ["JobMoved", "JobStatusChanged", "JobStatusChanged"]
    assert isinstance(ends[2], JobStatusChanged) and ends[2].to_status == job.status_id
    (entry,) = await TimeEntry.filter(id__in=await items_of(job, Kind.TIME_ENTRY))
    assert entry.created_at == logged
    # What is read of a job reaches back to where its past begins.
    history = await read_histories(Scope.whole(world.firm.id), [first.id, job.id], reached=Reached(), limit=20)
    assert [len(history[each.id]) for each in (first, job)] == [6, 7]
    page = await read_log(world.firm.id, before, limit=3)
    assert [each.revision for each in page.revisions] == [before + 1]


async def test_a_past_goes_forward(world: World, plain: NewJob) -> None:
    _, doing, _ = await world.stages()
    entered = now() - DAY
    stays = [NewStay(stage_id=doing.id, entered_at=entered), NewStay(stage_id=plain.stage_id, entered_at=entered - DAY)]
    early = NewEntry(member_id=world.employee.id, day=entered.date(), minutes=5, logged_at=entered - 9 * DAY)
    for bad in (
        replace(plain, stays=stays, entered_at=entered),
        replace(plain, stays=stays[:1], entered_at=entered - DAY),
        replace(plain, stays=stays[1:], entered_at=entered, entries=[early]),
    ):
        async with refused(world, Invalid) as refusal:
            await import_jobs(world.acting(world.owner), jobs=[plain, bad])
        assert refusal.value.reason is Reason.DATE_ORDER
    elsewhere = (await world.stages(await world.new_pipeline("Payroll")))[0]
    strange = replace(plain, stays=[NewStay(stage_id=elsewhere.id, entered_at=entered)], entered_at=entered)
    async with refused(world, RuleBroken, "jobs", 0, "stays"):
        await import_jobs(world.acting(world.owner), jobs=[strange])


async def test_a_past_has_custom_statuses(world: World, plain: NewJob) -> None:
    owner, (to_do, doing, done) = world.acting(world.owner), await world.stages()
    held = (await create_status(owner, pipeline_id=world.pipeline.id, name="Held", color="#ffffff")).value
    active, completed = [await world.status(category) for category in (Category.ACTIVE, Category.COMPLETED)]
    opened, moved, ended = (now() - days * DAY for days in (9, 6, 3))
    stays = [
        NewStay(stage_id=to_do.id, entered_at=opened, status_id=held.id),
        NewStay(stage_id=doing.id, entered_at=moved),
    ]
    wanted = replace(plain, stage_id=done.id, status_id=completed.id, entered_at=ended, stays=stays)
    before = await world.revision()
    await import_jobs(owner, jobs=[wanted])
    changed = [(each.at, each.event) for each in await world.events(before)]
    assert [
        (at, event.from_status, event.to_status) for at, event in changed if isinstance(event, JobStatusChanged)
    ] == [(opened, active.id, held.id), (moved, held.id, active.id), (ended, active.id, completed.id)]
    others = await Status.get(pipeline_id=(await world.new_pipeline("Payroll")).id, category=Category.ACTIVE)
    for status, refusal in ((completed, Invalid), (others, RuleBroken)):
        bad = replace(wanted, stays=[replace(stays[0], status_id=status.id)])
        async with refused(world, refusal, "jobs", 0, "stays"):
            await import_jobs(owner, jobs=[bad])


@pytest.mark.parametrize("category", [Category.COMPLETED, Category.ARCHIVED])
async def test_an_ended_job_has_ended(world: World, plain: NewJob, category: Category) -> None:
    entered = now() - DAY
    ended = replace(plain, status_id=(await world.status(category)).id, entered_at=entered)
    (job,) = (await import_jobs(world.acting(world.owner), jobs=[ended])).value
    assert job.completed_at == entered
    assert job.archived_at == (entered if category is Category.ARCHIVED else None)
    if category is Category.ARCHIVED:
        back = (await restore_job(world.acting(world.owner), job_id=job.id)).value
        assert back.status_id == (await world.status(Category.COMPLETED)).id


async def strange(world: World) -> dict[str, UUID]:
    """Ids that do not go with the world's own: of another firm, of another pipeline, of what is gone."""
    elsewhere = await World.build(f"{world.tag}x")
    second = await world.new_pipeline("Payroll")
    gone = await world.new_account("Gone")
    gone.archived_at = now()
    await gone.save()
    await Member.filter(id=world.stranger.id).update(active=False)
    return {
        "their account": elsewhere.account.id,
        "their pipeline": elsewhere.pipeline.id,
        "their stage": (await elsewhere.stages())[0].id,
        "their status": (await elsewhere.status(Category.ACTIVE)).id,
        "their member": elsewhere.employee.id,
        "other stage": (await world.stages(second))[0].id,
        "other status": (await world.status(Category.ACTIVE, second)).id,
        "archived account": gone.id,
        "deactivated member": world.stranger.id,
        "nothing": new_id(),
    }


WRONG: list[tuple[type[Exception], str, dict[str, Any]]] = [
    (NotFound, "account_id", {"account_id": "their account"}),
    (NotFound, "pipeline_id", {"pipeline_id": "their pipeline"}),
    (NotFound, "stage_id", {"stage_id": "their stage"}),
    (NotFound, "status_id", {"status_id": "their status"}),
    (NotFound, "client_status_id", {"client_status_id": "nothing"}),
    (NotFound, "assignee_ids", {"assignee_ids": ["their member"]}),
    (NotFound, "tasks", {"tasks": [NewTask(name="x", assignee_ids=["their member"])]}),  # type: ignore[list-item]
    (NotFound, "entries", {"entries": [NewEntry(member_id="their member", day=date(2026, 1, 1), minutes=5)]}),  # type: ignore[arg-type]
    (RuleBroken, "stage_id", {"stage_id": "other stage"}),
    (RuleBroken, "status_id", {"status_id": "other status"}),
    (RuleBroken, "account_id", {"account_id": "archived account"}),
    (RuleBroken, "assignee_ids", {"assignee_ids": ["deactivated member"]}),
    (RuleBroken, "client_status_visible", {"client_status_visible": True}),
    (RuleBroken, "entries", {"entries": [NewEntry(member_id="me", day=date(2999, 1, 1), minutes=5)]}),  # type: ignore[arg-type]
    (Invalid, "name", {"name": " "}),
    (Invalid, "budget", {"budget": -1}),
    (Invalid, "due_date", {"start_date": date(2026, 2, 1), "due_date": date(2026, 1, 1)}),
    (Invalid, "entered_at", {"entered_at": now() + 10 * DAY}),
    (Invalid, "entered_at", {"opened_at": now(), "entered_at": now() - DAY}),
    (Invalid, "tasks", {"tasks": [NewTask(name="")]}),
    (Invalid, "entries", {"entries": [NewEntry(member_id="me", day=date(2026, 1, 1), minutes=0)]}),  # type: ignore[arg-type]
    (LimitReached, "tasks", {"tasks": [NewTask(name="x")] * 201}),
]


def filled(value: Any, ids: dict[str, UUID]) -> Any:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    if isinstance(value, NewTask):
        return replace(value, assignee_ids=filled(list(value.assignee_ids), ids))
    if isinstance(value, NewEntry):
        return replace(value, member_id=filled(value.member_id, ids))
    return value


@pytest.mark.parametrize(
    ("kind", "field", "wrong"), WRONG, ids=[f"{w[0].__name__}-{w[1]}-{i}" for i, w in enumerate(WRONG)]
)
async def test_one_wrong_job_and_none_comes(
    world: World, plain: NewJob, kind: Any, field: str, wrong: dict[str, Any]
) -> None:
    ids = await strange(world) | {"me": world.owner.id}
    bad = replace(plain, **{name: filled(value, ids) for name, value in wrong.items()})
    async with refused(world, kind) as caught:
        await import_jobs(world.acting(world.owner), jobs=[plain, bad])
    assert caught.value.path == ("jobs", 1, field)


async def test_so_many_and_no_more(world: World, plain: NewJob) -> None:
    async with refused(world, LimitReached, "jobs"):
        await import_jobs(world.acting(world.owner), jobs=[plain] * (MOST_JOBS + 1))
    async with refused(world, LimitReached, "jobs"):
        await import_jobs(world.acting(world.owner), jobs=[])


async def test_only_leaders_take_jobs_over(world: World, plain: NewJob) -> None:
    able = await world.member("Abel Able", Role.EMPLOYEE, *ALL_RIGHTS)
    async with refused(world, Forbidden):
        await import_jobs(world.acting(able), jobs=[plain])


async def test_a_call_that_is_sent_again_brings_the_first_jobs(world: World, plain: NewJob) -> None:
    actor = world.acting(world.owner).calling("k", "importJobs", {"jobs": 2})
    first = await import_jobs(actor, jobs=[plain, plain])
    again = await import_jobs(actor, jobs=[plain, plain])
    assert again.revision == first.revision == await world.revision()
    assert [job.id for job in again.value] == [job.id for job in first.value]


async def test_more_jobs_take_no_more_statements(world: World, plain: NewJob, caplog: pytest.LogCaptureFixture) -> None:
    full = replace(plain, assignee_ids=[world.admin.id], tasks=[NewTask(name="File", assignee_ids=[world.admin.id])])
    with counted(caplog) as for_two:
        await import_jobs(world.acting(world.owner), jobs=[full] * 2)
    with counted(caplog) as for_many:
        await import_jobs(world.acting(world.owner), jobs=[full] * 50)
    assert len(for_two) == len(for_many) > 5


def test_no_client_can_call_it() -> None:
    assert import_jobs.action.internal
    assert import_jobs.action.name not in ACTIONS
