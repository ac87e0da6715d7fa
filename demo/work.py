"""What people do to a job that they have before them, each by the command that the API calls for them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from demo.desk import Desk
from models.command import Outcome
from models.commands.jobs import assign_job, update_job
from models.commands.moves import complete_job, move_job, set_job_status
from models.commands.tasks import create_task, delete_task, set_task_state
from models.commands.time import log_time
from models.seen import Job, Priority, Stage, TaskState

#: A deed, and None where there was nothing to do.
Deed = Callable[[Desk, Job], Awaitable[Outcome[Any] | None]]

_REMARKS = ("", " (extension filed)", " (second pass)", " (amended)", " (rush)")
_TASKS = ("Call the client", "Check the figures", "Ask for a signature", "Scan the receipts", "Write the cover letter")
#: Beyond so many tasks old ones are thrown away, so that traffic may go on for weeks.
_MOST_TASKS = 10


async def move(desk: Desk, job: Job) -> Outcome[Job] | None:
    """To the next stage, mostly; from the last one back to the first, so that boards never run dry."""
    path = await desk.path(job)
    place = next((index for index, stage in enumerate(path) if stage.id == job.stage_id), None)
    if place is None:
        return None
    (step,) = desk.chance.choices((1, -1, 0), (70, 15, 15))
    target = path[(place + step) % len(path)]
    beside = await _beside(desk, job, target)
    return await move_job(desk.actor, job_id=job.id, stage_id=target.id, expected_version=job.version, **beside)


async def _beside(desk: Desk, job: Job, stage: Stage) -> dict[str, Any]:
    card = desk.one_of([card for card in await desk.cards(stage) if card.id != job.id])
    where = desk.chance.choice(("before_job_id", "after_job_id", None))
    return {where: card.id} if card is not None and where is not None else {}


async def complete(desk: Desk, job: Job) -> Outcome[Job]:
    """It is done."""
    return await complete_job(desk.actor, job_id=job.id, expected_version=job.version)


async def go_on(desk: Desk, job: Job) -> Outcome[Job] | None:
    """Say what holds it, or that nothing does any more."""
    status = desk.one_of(await desk.open_statuses(job))
    if status is None:
        return None
    return await set_job_status(desk.actor, job_id=job.id, status_id=status.id, expected_version=job.version)


async def assign(desk: Desk, job: Job) -> Outcome[Job]:
    """Give it to somebody else."""
    people = await desk.colleagues()
    chosen = desk.chance.sample(people, min(len(people), desk.chance.choice((1, 1, 2))))
    return await assign_job(
        desk.actor, job_id=job.id, member_ids=[member.id for member in chosen], expected_version=job.version
    )


async def rename(desk: Desk, job: Job) -> Outcome[Job]:
    """Add a remark to its name, or take it off."""
    name = job.name.split(" (")[0] + desk.chance.choice(_REMARKS)
    return await update_job(desk.actor, job_id=job.id, name=name, expected_version=job.version)


async def replan(desk: Desk, job: Job) -> Outcome[Job]:
    """Find it more or less urgent, and due somewhat later or sooner."""
    due = job.due_date
    if due is not None:
        due = max(due + timedelta(days=desk.chance.randint(-3, 3)), job.start_date or due)
    priority = desk.chance.choice(tuple(Priority))
    return await update_job(desk.actor, job_id=job.id, priority=priority, due_date=due, expected_version=job.version)


async def work_on_tasks(desk: Desk, job: Job) -> Outcome[Any]:
    """Finish what is open, or think of something more to do."""
    tasks = await desk.tasks(job)
    unfinished = desk.one_of([task for task in tasks if task.open])
    if unfinished is not None and desk.chance.random() < 0.6:
        return await set_task_state(
            desk.actor, task_id=unfinished.id, state=TaskState.COMPLETED, expected_version=unfinished.version
        )
    if len(tasks) >= _MOST_TASKS:
        return await delete_task(desk.actor, task_id=tasks[0].id)
    return await create_task(desk.actor, job_id=job.id, name=desk.chance.choice(_TASKS))


async def log_some_time(desk: Desk, job: Job) -> Outcome[Any]:
    """A quarter of an hour, or some."""
    return await log_time(desk.actor, job_id=job.id, minutes=desk.chance.randint(1, 8) * 15)


#: How often, of a hundred deeds, each is done.
DEEDS: Mapping[Deed, int] = {
    move: 28,
    go_on: 8,
    complete: 6,
    assign: 6,
    rename: 4,
    replan: 4,
    # Where all is done, the job moves on by itself.
    work_on_tasks: 38,
    log_some_time: 6,
}
