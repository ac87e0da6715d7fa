"""As in scenarios.py, the events of jobs, tasks and time; SCENARIOS has those of all kinds."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import date

from models import events
from models.commands import jobs, moves, relations, subtasks, tasks, time, timers
from models.event_kinds import KINDS
from models.events import kind_of_thing
from models.ids import Kind
from models.rows import Relation, TaskState
from tests.live.scenarios import SCENARIOS as SCENARIOS
from tests.live.scenarios import causes, owner_of
from tests.specimens import specimens
from tests.world import World


@causes(events.JobCreated)
async def job_created(world: World) -> AsyncIterator[None]:
    yield
    await world.job("1120", assignee_ids=[world.employee.id])


@causes(events.JobUpdated)
async def job_updated(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.update_job(
        owner_of(world), job_id=job.id, name="1040 amended", period="2026-Q1", deadline=date(2026, 4, 15)
    )


@causes(events.JobMoved)
async def job_moved(world: World) -> AsyncIterator[None]:
    job = await world.job()
    _, doing, _ = await world.stages()
    yield
    await moves.move_job(owner_of(world), job_id=job.id, stage_id=doing.id)


@causes(events.JobStatusChanged)
async def job_status_changed(world: World) -> AsyncIterator[None]:
    done, archived = await world.job("done"), await world.job("archived")
    yield
    await moves.complete_job(owner_of(world), job_id=done.id)
    await moves.archive_job(owner_of(world), job_id=archived.id)


@causes(events.JobAssigneesChanged)
async def job_assignees_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.assign_job(owner_of(world), job_id=job.id, member_ids=[world.employee.id])


@causes(events.JobClientStatusChanged)
async def job_client_status_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.set_job_client_status(owner_of(world), job_id=job.id, name="In review", visible=True)


@causes(events.JobRelationChanged)
async def job_relation_changed(world: World) -> AsyncIterator[None]:
    hidden = await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)
    one, two, three = await world.job("one"), await world.job("two"), await world.job("three")
    await relations.relate_job(owner_of(world), job_id=one.id, other_job_id=two.id, relation=Relation.BLOCKS)
    yield
    for job_id, other_job_id, relation in (
        (two.id, one.id, Relation.RELATES),
        (one.id, three.id, Relation.BLOCKS),
        (two.id, hidden.id, Relation.RELATES),
        (three.id, hidden.id, Relation.BLOCKED_BY),
    ):
        await relations.relate_job(owner_of(world), job_id=job_id, other_job_id=other_job_id, relation=relation)
    await relations.unrelate_job(owner_of(world), job_id=three.id, other_job_id=one.id)


@causes(events.JobBlockedChanged)
async def job_blocked_changed(world: World) -> AsyncIterator[None]:
    hidden = await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)
    seen, blocked, spared = await world.job("seen"), await world.job("blocked"), await world.job("spared")
    for job_id, other_job_id in ((hidden.id, blocked.id), (seen.id, spared.id)):
        await relations.relate_job(owner_of(world), job_id=job_id, other_job_id=other_job_id, relation=Relation.BLOCKS)
    yield
    await moves.complete_job(owner_of(world), job_id=hidden.id)
    await jobs.delete_job(owner_of(world), job_id=seen.id)


@causes(events.JobDeleted)
async def job_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    await tasks.create_task(owner_of(world), name="Call", job_id=job.id)
    await time.log_time(owner_of(world), minutes=30, job_id=job.id)
    yield
    await jobs.delete_job(owner_of(world), job_id=job.id)


@causes(events.TaskCreated)
async def task_created(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await tasks.create_task(owner_of(world), name="Call", job_id=job.id)


@causes(events.TaskUpdated)
async def task_updated(world: World) -> AsyncIterator[None]:
    task = (await tasks.create_task(owner_of(world), name="Call", account_id=world.account.id)).value
    yield
    await tasks.update_task(owner_of(world), task_id=task.id, name="Call back")


@causes(events.TaskStateChanged)
async def task_state_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(owner_of(world), name="Call", job_id=job.id)).value
    yield
    await tasks.set_task_state(owner_of(world), task_id=task.id, state=TaskState.COMPLETED)


@causes(events.TaskAssigneesChanged)
async def task_assignees_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(owner_of(world), name="Call", job_id=job.id)).value
    yield
    await tasks.assign_task(owner_of(world), task_id=task.id, member_ids=[world.employee.id])


@causes(events.TaskChecklistChanged)
async def task_checklist_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    made = tasks.create_task(owner_of(world), name="Close", job_id=job.id, checklist=["Bank", "Cards"])
    task = (await made).value
    yield
    await tasks.set_task_checklist(owner_of(world), task_id=task.id, checklist=["Cards", "Loans"])


@causes(events.TaskEntryChecked)
async def task_entry_checked(world: World) -> AsyncIterator[None]:
    job = await world.job()
    made = tasks.create_task(owner_of(world), name="Close", job_id=job.id, checklist=["Bank", "Cards"])
    task = (await made).value
    yield
    for number, checked in ((1, True), (2, True), (1, False)):
        await tasks.check_task_entry(owner_of(world), task_id=task.id, number=number, checked=checked)


@causes(events.SubtaskChanged)
async def subtask_changed(world: World) -> AsyncIterator[None]:
    owner, job = owner_of(world), await world.job()
    hidden = await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)
    one, two = [(await tasks.create_task(owner, name=name, job_id=job.id)).value for name in ("One", "Two")]
    secret = (await tasks.create_task(owner, name="Secret", job_id=hidden.id)).value
    part = (await tasks.create_task(owner, name="Part", job_id=job.id, parent_id=one.id)).value
    yield
    for parent in (two, secret, one, None):
        parent_id = None if parent is None else parent.id
        await subtasks.set_task_parent(owner, task_id=part.id, parent_id=parent_id)
    await tasks.create_task(owner, name="Another", parent_id=two.id)
    await tasks.delete_task(owner, task_id=two.id)


@causes(events.TaskLinked)
async def task_linked(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(owner_of(world), name="Call", account_id=world.account.id)).value
    yield
    await tasks.link_task(owner_of(world), task_id=task.id, job_id=job.id)


@causes(events.TaskUnlinked)
async def task_unlinked(world: World) -> AsyncIterator[None]:
    left, joined = await world.job("left"), await world.job("joined")
    task = (await tasks.create_task(owner_of(world), name="Call", job_id=left.id)).value
    yield
    # From one job to another: the counts of both change.
    await tasks.unlink_task(owner_of(world), task_id=task.id)
    await tasks.link_task(owner_of(world), task_id=task.id, job_id=joined.id)


@causes(events.TaskDeleted)
async def task_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(owner_of(world), name="Call", job_id=job.id)).value
    yield
    await tasks.delete_task(owner_of(world), task_id=task.id)


@causes(events.TimeLogged)
async def time_logged(world: World) -> AsyncIterator[None]:
    job = await world.job(budget=60)
    yield
    await time.log_time(owner_of(world), minutes=30, job_id=job.id)


@causes(events.TimeEntryUpdated)
async def time_entry_updated(world: World) -> AsyncIterator[None]:
    left, joined = await world.job("left"), await world.job("joined")
    entry = (await time.log_time(owner_of(world), minutes=30, job_id=left.id)).value
    yield
    # From one job to another: the sums of both change, in one revision.
    await time.update_time_entry(owner_of(world), time_entry_id=entry.id, job_id=joined.id, minutes=45)


@causes(events.TimeEntryDeleted)
async def time_entry_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    entry = (await time.log_time(owner_of(world), minutes=30, job_id=job.id)).value
    yield
    await time.delete_time_entry(owner_of(world), time_entry_id=entry.id)


@causes(events.TimerStarted)
async def timer_started(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await timers.start_timer(owner_of(world), job_id=job.id)


@causes(events.TimerStopped)
async def timer_stopped(world: World) -> AsyncIterator[None]:
    job = await world.job()
    await timers.start_timer(owner_of(world), job_id=job.id)
    yield
    await timers.stop_timer(owner_of(world))


# Their modules say how their events come about.
specimens()

#: What happens to these stands in each other's way: nobody archives an account that is archived.
_ALONE = {Kind.FIRM, Kind.MEMBER, Kind.ACCOUNT}
#: So many happen in one firm: what there is of each thing is on one page.
_MOST_AT_ONCE = 10


def at_once() -> list[tuple[str, ...]]:
    """All kinds of events, in groups whose scenarios leave each other's things alone, so that they may happen in one
    firm: those of one module of tests/kinds, and of others those of one kind of thing."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, kind in KINDS.items():
        thing, told = kind_of_thing(kind), SCENARIOS.get(name)
        if told is None or (thing in _ALONE and not told.__module__.startswith("tests.kinds.")):
            found[name].append(name)
        else:
            found[told.__module__ if told.__module__.startswith("tests.kinds.") else thing].append(name)
    return [
        tuple(names[at : at + _MOST_AT_ONCE]) for names in found.values() for at in range(0, len(names), _MOST_AT_ONCE)
    ]


@contextlib.contextmanager
def naming(kind: str) -> Iterator[None]:
    """Say of what it was that the block failed."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"of {kind}")
        raise
