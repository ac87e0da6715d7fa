"""What automations change of the job itself: who works on it, what its client is told, its status."""

from typing import Any

from models.automation.effects.effect import Effect, Occasion, does, hold_those_it_blocks
from models.automation.effects.people import changed, said_of
from models.automation.people_settings import AssigneeSettings
from models.automation.status_settings import ClientStatusSettings, StatusSettings
from models.command import Change, part_of
from models.commands.jobs import assign_job, set_job_client_status
from models.commands.moves import set_job_status
from models.rows import JobAssignee


@does(AssigneeSettings)
async def update_assignees(change: Change, occasion: Occasion, settings: AssigneeSettings) -> Effect:
    """Members, and those who hold roles at the account, are assigned to the job or taken off."""
    job = occasion.job
    present: Any = await JobAssignee.filter(job_id=job.id).order_by("id").values_list("member_id", flat=True)
    wanted, unheld = await changed(change, job.account_id, present, settings)
    await part_of(change, assign_job, job_id=job.id, member_ids=wanted)
    return Effect(unheld_roles=unheld, message=await said_of(change, unheld))


@does(ClientStatusSettings)
async def update_client_status(change: Change, occasion: Occasion, settings: ClientStatusSettings) -> Effect:
    """The client is told this client-facing status, if they are told any."""
    given = {"client_status_id": settings.client_status_id, "visible": settings.visible}
    await part_of(change, set_job_client_status, job_id=occasion.job.id, **given)
    return Effect()


@does(StatusSettings, hold=hold_those_it_blocks)
async def set_status(change: Change, occasion: Occasion, settings: StatusSettings) -> Effect:
    """The job comes under a status of its pipeline."""
    await part_of(change, set_job_status, job_id=occasion.job.id, status_id=settings.status_id)
    return Effect()
