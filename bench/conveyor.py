"""A follower that lets each job go through its pipeline: a task on each stage, and then the next stage. Each is a run
of its own, and each run a command: what an automation and a move on cost the worker, whatever decides on them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.command import Outcome
from models.commands.moves import move_job
from models.commands.tasks import create_task
from models.database import sql
from models.events import JobMoved
from models.followers.follower import Planned, Run
from models.log import Committed


class Conveyor:
    """Whatever was moved is given a task, and moved on."""

    name = "conveyor"

    def __init__(self) -> None:
        #: After each stage the next one; None after the last.
        self._next: dict[UUID, UUID | None] = {}

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """Two runs for each job that came to a stage, one on the last."""
        planned = []
        for logged in committed.events:
            if isinstance(logged.event, JobMoved):
                job, after = str(logged.event.job), await self._after(logged.event.to_stage)
                planned.append(Planned("Task", {"job": job}))
                if after is not None:
                    planned.append(Planned("Move", {"job": job, "to": str(after)}))
        return planned

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """One command."""
        job_id = UUID(run.data["job"])
        if "to" in run.data:
            return await move_job(actor, job_id=job_id, stage_id=UUID(run.data["to"]))
        return await create_task(actor, job_id=job_id, name="Check")

    async def _after(self, stage: UUID) -> UUID | None:
        if stage not in self._next:
            rows = await sql(
                "SELECT id, lead(id) OVER (ORDER BY position) AS next FROM stage WHERE pipeline_id = "
                "(SELECT pipeline_id FROM stage WHERE id = $1)",
                stage,
            )
            self._next |= {row["id"]: row["next"] for row in rows}
        return self._next[stage]
