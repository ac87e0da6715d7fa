"""What the events of all linked items share."""

from dataclasses import dataclass

from models.events.base import Event
from models.ids import AccountId, JobId, PipelineId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedEvent(Event):
    """Something happened to a linked item, or to a part of one that is a thing of its own.

    `pipeline` is that of the job. It is recorded once for each job that the item is linked to, or once with none:
    `models.items.item.tell`."""

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
class ItemEvent(LinkedEvent):
    """Something happened to a linked item: a thing of an account that may be linked to jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAction(ItemEvent):
    """A client did something with an item, or a member did it on their behalf.

    Each of them has the field `acting_contact: ContactId | None`, which a base of slots cannot bring beside another."""

    shape = True
    says = {
        "acting_contact": "The contact who did it, or on whose behalf a member did, as they are now; null where nobody "
        "is named, or where they are gone or out of your sight.",
        "acting_contact_id": "The id of the contact who did it, or on whose behalf a member did; null where nobody is "
        "named.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLinked(ItemEvent):
    """An item was linked to a job, whatever its kind.

    Told to whoever sees the job."""

    shape = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUnlinked(ItemEvent):
    """An item was unlinked from a job, whatever its kind: `linkedJob` is the one that it left.

    `pipeline` is that job's. Told to whoever sees it."""

    shape = True
    says = {
        "job": "The job that it left, as it is now; null where it is gone or out of your sight.",
        "job_id": "The id of the job that it left; null where that is out of your sight.",
    }
