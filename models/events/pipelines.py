"""Events of pipelines, their stages and their job statuses."""

from dataclasses import dataclass

from models.events.base import Event
from models.events.values import Changes
from models.ids import MemberId, PipelineId, StageId, StatusId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class InPipeline(Event):
    """Something happened to a pipeline, or to a part of it."""

    pipeline: PipelineId

    def now(self) -> tuple[Place, ...]:
        return (Place(pipeline=self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineEvent(InPipeline):
    """Something happened to a pipeline, or it came into or left sight."""

    subject = "pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineCreated(PipelineEvent):
    """A pipeline was added."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineUpdated(PipelineEvent):
    """A pipeline's name, card fields, order of jobs or default template changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineMembersChanged(PipelineEvent):
    """A pipeline was made available to members, or taken from them: their scope changes."""

    added: tuple[MemberId, ...]
    removed: tuple[MemberId, ...]

    @property
    def rescoped(self) -> frozenset[MemberId]:
        return frozenset(self.added + self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDeleted(PipelineEvent):
    """A pipeline without jobs was removed."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEvent(InPipeline):
    """Something happened to a stage."""

    subject = "stage"
    beside = ("pipeline",)

    stage: StageId


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCreated(StageEvent):
    """A stage was added to a pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageUpdated(StageEvent):
    """A stage's name, time limit, automove or conditional tags changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMoved(StageEvent):
    """A stage got another place among the stages of its pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeleted(StageEvent):
    """A stage was removed. Its jobs were moved first, in the same revision."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent(InPipeline):
    """Something happened to a job status of a pipeline."""

    subject = "status"
    beside = ("pipeline",)

    status: StatusId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCreated(StatusEvent):
    """A custom job status was added to a pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdated(StatusEvent):
    """A job status's name, colour or overdue flag changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDeleted(StatusEvent):
    """A custom job status was removed. Its jobs got another status first, in the same revision."""

    ends = True

    name: str
