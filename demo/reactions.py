"""What the demo's automation does about a move, with the move as its cause."""

import random

from demo.desk import Desk
from models.actor import Actor
from models.command import Outcome
from models.commands.jobs import set_job_client_status
from models.commands.moves import complete_job
from models.commands.tasks import create_task
from models.scope import Scope
from models.seen import ClientStatus, Job

LABEL = "Demo automation"


async def react(moved: Outcome[Job], chance: random.Random) -> None:
    """On the last stage the job is done. Before it, somebody is given a task, or the client is told where it stands."""
    job = moved.value
    actor = Actor.automation(job.firm_id, LABEL, cause=moved.revision)
    desk = Desk(actor, Scope.whole(job.firm_id), chance)
    path = await desk.path(job)
    if path and job.stage_id == path[-1].id:
        await complete_job(actor, job_id=job.id)
    elif chance.random() < 0.5 and not any(task.open for task in await desk.tasks(job)):
        stage = next((stage.name for stage in path if stage.id == job.stage_id), "this stage")
        await create_task(actor, job_id=job.id, name=f"Check what is needed for: {stage}"[:200])
    else:
        await _tell_client(desk, job)


async def _tell_client(desk: Desk, job: Job) -> None:
    told = desk.one_of(await desk.scope.rows(ClientStatus).where().order_by("name_order", "id"))
    if told is not None:
        await set_job_client_status(desk.actor, job_id=job.id, client_status_id=told.id, visible=True)
