"""Automations, as tests of them set them up, and the follower that runs them, without processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.automation.automations import create_automation
from models.automation.planning import plan_runs
from models.automation.quota import Quota
from models.automation.running import act_on_run
from models.command import Outcome
from models.followers.follower import Planned, Run
from models.log import Committed
from models.rows import Automation, AutomationRun, AutomationState, Job
from tests.world import World
from workers.following import Following


@dataclass
class Automating:
    quota: Quota
    name: str = "automations"

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        return await plan_runs(committed)

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        return await act_on_run(actor, UUID(run.data["run"]), self.quota)


async def begin(quota: Quota = Quota()) -> Following:  # noqa: B008
    """The follower, which hears what happens from now on."""
    following = Following({"automations": Automating(quota)})
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
