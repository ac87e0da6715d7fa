"""What a viewer is told of changes that moved a thing into or out of their sight. Made for a viewer, never logged."""

from dataclasses import dataclass
from uuid import UUID

from models.events.base import Event
from models.ids import AccountId, JobId, PipelineId, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Event):
    """Something came into sight or left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAdded(View):
    """A job came into your sight: it was there before, and now you may see it, with its tasks."""

    job: JobId

    @property
    def thing(self) -> UUID:
        return self.job


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRemoved(View):
    """A job left your sight: it still exists, but you may not see it any more. Forget what you know of it, and of its
    tasks: nothing else says that they left with it."""

    ends = True

    job: JobId

    @property
    def thing(self) -> UUID:
        return self.job


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRemoved(View):
    """A task left your sight. Forget what you know of it."""

    ends = True

    task: TaskId

    @property
    def thing(self) -> UUID:
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineAdded(View):
    """A pipeline became available to you, with its stages and statuses. Its jobs that you see follow as JobAdded."""

    pipeline: PipelineId

    @property
    def thing(self) -> UUID:
        return self.pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRemoved(View):
    """A pipeline is no longer available to you. Forget it with its stages, its statuses, its jobs and their tasks."""

    ends = True

    pipeline: PipelineId

    @property
    def thing(self) -> UUID:
        return self.pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAdded(View):
    """An account came into your sight, with its tasks and time entries. Its jobs that you see follow as JobAdded."""

    account: AccountId

    @property
    def thing(self) -> UUID:
        return self.account


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRemoved(View):
    """An account left your sight. Forget it with its jobs, tasks and time entries."""

    ends = True

    account: AccountId

    @property
    def thing(self) -> UUID:
        return self.account
