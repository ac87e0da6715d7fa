"""Automations, as tests of them set them up, and the follower that runs them, without processes."""

from typing import Any
from uuid import UUID

from models.automation.automations import create_automation
from models.automation.follower import Automations
from models.automation.quota import FOLLOWER, Quota
from models.rows import Automation, AutomationRun, AutomationState, Job
from tests.world import World
from workers.following import Following


async def begin(quota: Quota = Quota()) -> Following:  # noqa: B008
    """The follower, which hears what happens from now on."""
    following = Following({FOLLOWER: Automations(quota)})
    await following.register()
    return following


async def automation(world: World, stage: UUID | None = None, **fields: Any) -> Automation:
    """One that is on, on a stage: the second one unless told otherwise."""
    if stage is None and not fields.keys() & {"trigger_status_id", "trigger_pipeline_id"}:
        stage = (await world.stages())[1].id
    given = {"name": "Robot", "state": AutomationState.ON, "trigger_stage_id": stage, **fields}
    return (await create_automation(world.acting(world.owner), **given)).value


async def runs_of(job: Job) -> list[AutomationRun]:
    """In the order in which they were planned."""
    return await AutomationRun.filter(job_id=job.id).order_by("cause", "place")
