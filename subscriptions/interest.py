"""Which events a subscription is about, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from models.events import Event, JobEvent, JobRelationChanged, SubtaskChanged
from models.events.items import LinkedEvent
from models.events.pipelines import InPipeline
from models.events.views import View
from models.scope import Place, Scope
from models.visibility import own, shown


def _pipelines(places: tuple[Place, ...]) -> set[UUID | None]:
    return {place.pipeline for place in places}


class _OfScope:
    """What is told alike to all who may see the same."""

    __slots__ = ()

    #: Nobody's own.
    member: ClassVar[UUID | None] = None

    def covers(self, event: Event) -> bool:
        """Whether it is about the event at all."""
        raise NotImplementedError

    def told(self, event: Event, scope: Scope) -> Event | None:
        """The event as it is told under this scope, or nothing."""
        return shown(event, scope) if self.covers(event) else None


@dataclass(frozen=True, slots=True)
class BoardInterest(_OfScope):
    """The boards of these pipelines; None is every pipeline that the viewer sees, and what is in none."""

    pipelines: frozenset[UUID] | None = None

    def covers(self, event: Event) -> bool:
        """Whether the event is about these boards. What cards are made of (accounts, members, tags) always is."""
        if self.pipelines is None:
            return True
        if isinstance(event, JobRelationChanged | SubtaskChanged):
            # The other job, or task, has one of its own.
            return event.pipeline in self.pipelines
        if isinstance(event, JobEvent | InPipeline | LinkedEvent):
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
class JobInterest(_OfScope):
    """These jobs, with their tasks and time, and what they are made of."""

    jobs: frozenset[UUID]

    def covers(self, event: Event) -> bool:
        """Whether the event is about one of these jobs, or about what jobs are made of."""
        if isinstance(event, JobEvent | LinkedEvent):
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


@dataclass(frozen=True, slots=True)
class OwnInterest:
    """What is a member's own: their time, their rights, what is given to them and taken from them."""

    member: UUID

    def told(self, event: Event, scope: Scope) -> Event | None:
        """The event as it is told to the member; nothing of what is not theirs."""
        # That something was taken away has been made of such an event, for this member.
        if isinstance(event, View):
            return event if event.told_to(scope) else None
        return own(event, self.member, scope)

    def loses(self, event: Event) -> bool:
        """It names nothing."""
        return False


#: What things come into sight, or leave it, is told of these when a scope changes.
ScopeInterest = BoardInterest | JobInterest
Interest = ScopeInterest | OwnInterest
