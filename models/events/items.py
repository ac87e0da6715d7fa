"""What the events of all linked items share."""

from dataclasses import dataclass

from models.events.base import Event
from models.ids import AccountId, JobId, PipelineId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEvent(Event):
    """Something happened to a thing of an account that may be linked to a job, which `pipeline` is the job's.

    It is recorded once for each job that the item is linked to, or once with none: `models.items.item.tell`."""

    called = {"job": "linked_job"}
    says = {
        "job": "The linked job as it is now; null where there is none, or where it is gone or out of your sight.",
        "job_id": "The id of the linked job; null where there is none, or where it is out of your sight.",
    }

    account: AccountId
    job: JobId | None
    pipeline: PipelineId | None

    @property
    def subject_job(self) -> JobId | None:
        return self.job

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLinked(ItemEvent):
    """An item was linked to a job, whatever its kind.

    Told to whoever sees the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUnlinked(ItemEvent):
    """An item was unlinked from a job, whatever its kind: `linkedJob` is the one that it left.

    `pipeline` is that job's. Told to whoever sees it."""

    says = {
        "job": "The job that it left, as it is now; null where it is gone or out of your sight.",
        "job_id": "The id of the job that it left; null where that is out of your sight.",
    }
