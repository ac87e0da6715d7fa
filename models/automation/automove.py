"""Whether a job moves on by itself, where to, and if it does not, why: decided from facts alone.

The seven rules are in docs/automations.md. What decides here is what acts on jobs, what `job.waiting` shows, and what
previews say."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.items.reads import Outstanding
from models.rows import Awaited, Category


class WaitingReason(StrEnum):
    """Why a job does not move on by itself."""

    STATUS = "STATUS"
    LAST_STAGE = "LAST_STAGE"
    AUTOMOVE_OFF = "AUTOMOVE_OFF"
    NO_ACTION_ITEM = "NO_ACTION_ITEM"
    OPEN_ITEM = "OPEN_ITEM"
    AUTOMATION_FAILED = "AUTOMATION_FAILED"
    AUTOMATION_PENDING = "AUTOMATION_PENDING"
    QUOTA = "QUOTA"


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage of a pipeline, whether jobs move on from it, and the tags of which an account must carry all for its jobs
    to come to it by themselves."""

    id: UUID
    name: str
    automove: bool = False
    tags: Set[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run of an automation that has failed, or is still to run; without an id where it is still to be planned."""

    id: UUID | None
    name: str
    failed: bool


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is to be known of a job, besides the stages of its pipeline."""

    stage: UUID
    status_name: str
    category: Category
    #: Of its account.
    tags: Set[UUID] = frozenset()
    #: Whether an item has held it at any moment of its stay on the stage.
    had_item: bool = False
    #: The items that hold it.
    open_items: Sequence[Outstanding] = ()
    #: Of the automations of its stay on the stage, or under a custom status of its time under that.
    runs: Sequence[RunFacts] = ()
    #: Under a custom status: which of the items that the automations of its time there made are action items.
    made: Set[UUID] = frozenset()
    #: Until when nothing happens by itself in the firm, as it has had its quota.
    quota_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why a job waits: a text for people, and what it is about."""

    reason: WaitingReason
    text: str
    item: Outstanding | None = None
    run: UUID | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """The job moves on to this stage. It waits for nothing."""

    stage: UUID
    reasons: ClassVar[Sequence[Why]] = ()


@dataclass(frozen=True, slots=True)
class ReturnToActive:
    """The job returns to Active, on the stage that it is on. It waits for nothing."""

    reasons: ClassVar[Sequence[Why]] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """The job stays where it is: all that would have to be otherwise."""

    reasons: Sequence[Why]


Decision = Move | ReturnToActive | Waiting


def decide(job: JobFacts, stages: Sequence[StageFacts]) -> Decision:
    """What becomes of a job by itself: `stages` are those of its pipeline, in order."""
    if job.category is Category.CUSTOM:
        reasons = list(_under_custom_status(job))
        return Waiting(reasons) if reasons else ReturnToActive()
    if job.category is not Category.ACTIVE:
        return Waiting([_suspended(job)])
    place = next(place for place, stage in enumerate(stages) if stage.id == job.stage)
    if place == len(stages) - 1:
        last = f"{stages[place].name} is the last stage: there is nowhere to go."
        return Waiting([Why(WaitingReason.LAST_STAGE, last)])
    reasons = list(_on_stage(job, stages[place]))
    return Waiting(reasons) if reasons else Move(next_stage(job.tags, stages[place + 1 :]))


def next_stage(tags: Set[UUID], later: Sequence[StageFacts]) -> UUID:
    """The first of these stages that is for an account with these tags; the last one is for every account."""
    return next((stage.id for stage in later if stage.tags <= tags), later[-1].id)


def _on_stage(job: JobFacts, stage: StageFacts) -> Iterator[Why]:
    if not stage.automove:
        off = f"Jobs do not move on from {stage.name} by themselves: automove is off."
        yield Why(WaitingReason.AUTOMOVE_OFF, off)
    if not job.had_item and not job.open_items:
        yield Why(WaitingReason.NO_ACTION_ITEM, f"Nothing was to be done for it since it came to {stage.name}.")
    yield from _open(job.open_items)
    yield from _runs(job)
    yield from _quota(job)


def _under_custom_status(job: JobFacts) -> Iterator[Why]:
    held = [item for item in job.open_items if item.item_id in job.made]
    undone = list(_runs(job))
    if held or undone or not job.made:
        yield _suspended(job)
    yield from _open(held)
    yield from undone
    yield from _quota(job)


def _suspended(job: JobFacts) -> Why:
    return Why(WaitingReason.STATUS, f"Its status is {job.status_name}.")


def _open(items: Sequence[Outstanding]) -> Iterator[Why]:
    for item in items:
        told = f"{item.kind.spoken.capitalize()} {item.title!r} is open: {_OPEN[item.awaited]}."
        yield Why(WaitingReason.OPEN_ITEM, told, item=item)


#: What is to be done about an open item.
_OPEN = {
    Awaited.START: "it is to be begun",
    Awaited.COMPLETION: "it is to be completed",
    Awaited.SENDING: "it is to be sent",
    Awaited.REVISION: "it is to be revised",
    Awaited.SUBMISSION: "the client is to submit it",
    Awaited.APPROVAL: "the client is to approve it",
    Awaited.SIGNATURE: "it is to be signed",
    Awaited.PAYMENT: "it is to be paid",
    Awaited.CHECKING_OFF: "the client is to check off what is asked of them",
}


def _runs(job: JobFacts) -> Iterator[Why]:
    for run in job.runs:
        if run.failed:
            yield Why(WaitingReason.AUTOMATION_FAILED, f"The automation {run.name!r} has failed.", run=run.id)
        else:
            yield Why(WaitingReason.AUTOMATION_PENDING, f"The automation {run.name!r} is still to run.", run=run.id)


def _quota(job: JobFacts) -> Iterator[Why]:
    if job.quota_until is not None:
        told = "The firm has had its automatic actions of this minute: the others wait."
        yield Why(WaitingReason.QUOTA, told, until=job.quota_until)
