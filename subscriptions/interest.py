"""Which events a subscription is about, beside what its viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.events import Event, JobEvent
from models.events.pipelines import InPipeline
from models.events.tasks import AtAccount
from models.scope import Place


def _pipelines(places: tuple[Place, ...]) -> set[UUID | None]:
    return {place.pipeline for place in places}


@dataclass(frozen=True, slots=True)
class BoardInterest:
    """The boards of these pipelines; None is every pipeline that the viewer sees, and what is in none."""

    pipelines: frozenset[UUID] | None = None

    def covers(self, event: Event) -> bool:
        """Whether the event is about these boards. What cards are made of (accounts, members, tags) always is."""
        if self.pipelines is None:
            return True
        if isinstance(event, JobEvent | InPipeline | AtAccount):
            return not self.pipelines.isdisjoint(_pipelines(event.now()) | _pipelines(event.before()))
        return True

    def loses(self, event: Event) -> bool:
        """Whether one of the boards that are named is gone with what is told here."""
        return event.ends and self.pipelines is not None and event.thing in self.pipelines

    def covers_pipeline(self, pipeline: UUID) -> bool:
        """Whether the pipeline is one of these."""
        return self.pipelines is None or pipeline in self.pipelines

    @property
    def covers_accounts(self) -> bool:
        """Accounts are what cards are made of."""
        return True

    def job_conditions(self) -> dict[str, object]:
        """What the jobs on these boards have in common, as a filter of rows."""
        found: dict[str, object] = {"archived_at__isnull": True}
        if self.pipelines is not None:
            found["pipeline_id__in"] = self.pipelines
        return found


@dataclass(frozen=True, slots=True)
class JobInterest:
    """These jobs, with their tasks and time, and what they are made of."""

    jobs: frozenset[UUID]

    def covers(self, event: Event) -> bool:
        """Whether the event is about one of these jobs, or about what jobs are made of."""
        if isinstance(event, JobEvent | AtAccount):
            return event.subject_job in self.jobs
        return True

    def loses(self, event: Event) -> bool:
        """Whether one of these jobs is gone with what is told here."""
        return event.ends and event.thing in self.jobs

    def covers_pipeline(self, pipeline: UUID) -> bool:
        """A job's page has a pipeline's name at most: whether it is available is not its matter."""
        return False

    @property
    def covers_accounts(self) -> bool:
        """An account comes and goes with the job."""
        return False

    def job_conditions(self) -> dict[str, object]:
        """These jobs, archived or not, as a filter of rows."""
        return {"id__in": self.jobs}


Interest = BoardInterest | JobInterest
