"""What a viewer is told of changes that moved a thing into or out of their sight. Made for a viewer, never logged."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from models.events.accounts import AccountEvent
from models.events.base import Event, OfFirm
from models.events.jobs import JobEvent
from models.events.pipelines import PipelineEvent
from models.events.tasks import TaskEvent
from models.ids import AccountId, JobId, PipelineId, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class View(OfFirm):
    """Something came into sight or left it. It is made for those who are told."""

    #: The base of the events of such things: clients are told of it as of one of those.
    of: ClassVar[type[Event]]

    @property
    def thing(self) -> UUID | None:
        return None if self.of.subject is None else getattr(self, self.of.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAdded(View):
    """A job came into your sight: it was there before, and now you may see it, with its items."""

    of = JobEvent

    job: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRemoved(View):
    """A job left your sight: it still exists, but you may not see it any more. Forget what you know of it, and of its
    tasks: nothing else says that they left with it. Items that are seen with their account alone stay, without it."""

    of = JobEvent
    ends = True

    job: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRemoved(View):
    """A task left your sight. Forget what you know of it."""

    of = TaskEvent
    ends = True

    task: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineAdded(View):
    """A pipeline became available to you, with its stages and statuses. Its jobs that you see follow as JobAdded."""

    of = PipelineEvent

    pipeline: PipelineId


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRemoved(View):
    """A pipeline is no longer available to you. Forget it with its stages, its statuses, its jobs and their tasks."""

    of = PipelineEvent
    ends = True

    pipeline: PipelineId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAdded(View):
    """An account came into your sight, with its items and contacts. Its jobs that you see follow as JobAdded."""

    of = AccountEvent

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRemoved(View):
    """An account left your sight. Forget it with its jobs, its items and what contacts are there, and the contacts that
    are at no other account that you see."""

    of = AccountEvent
    ends = True

    account: AccountId
