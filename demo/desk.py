"""What somebody has before them when they look for something to do."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from models.actor import Actor
from models.boards import tasks_of_jobs
from models.scope import Scope
from models.seen import Category, Job, Member, Stage, Status, Task

T = TypeVar("T")

#: How far down a stage, or a job's tasks, anybody looks.
_FAR = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at work: a member sees their part of the boards, an automation sees them all."""

    actor: Actor
    scope: Scope
    chance: random.Random

    def one_of(self, things: Sequence[T]) -> T | None:
        """Any one of them; None of nothing."""
        return self.chance.choice(things) if things else None

    async def some_job(self) -> Job | None:
        """Any card of any stage, as long as there is one."""
        stages = await self.scope.rows(Stage).where()
        for stage in self.chance.sample(stages, len(stages)):
            if job := self.one_of(await self.cards(stage)):
                return job
        return None

    async def cards(self, stage: Stage) -> list[Job]:
        """The first cards of a stage, from the top."""
        on_board = self.scope.rows(Job).where(stage_id=stage.id, archived_at__isnull=True)
        return await on_board.order_by("position", "id").limit(_FAR)

    async def path(self, job: Job) -> list[Stage]:
        """The stages of a job's pipeline, in order."""
        return await self.scope.rows(Stage).where(pipeline_id=job.pipeline_id).order_by("position", "id")

    async def open_statuses(self, job: Job) -> list[Status]:
        """The statuses that a job may go on under, without the one that it has."""
        statuses = await self.scope.rows(Status).where(pipeline_id=job.pipeline_id).order_by("name_order", "id")
        ends = (Category.COMPLETED, Category.ARCHIVED)
        return [status for status in statuses if status.category not in ends and status.id != job.status_id]

    async def colleagues(self) -> list[Member]:
        """Everybody who is active."""
        return await self.scope.rows(Member).where(active=True).order_by("name_order", "id")

    async def tasks(self, job: Job) -> list[Task]:
        """A job's tasks, oldest first."""
        return (await tasks_of_jobs([job.id])).get(job.id, [])[:_FAR]
