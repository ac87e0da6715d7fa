"""Events of recurrences, and of what became of their occurrences."""

from dataclasses import dataclass
from datetime import date

from models.events.base import Event
from models.events.pipelines import InPipeline
from models.events.values import Changes
from models.ids import AccountId, JobId, OccurrenceId, PipelineId, RecurrenceId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceEvent(InPipeline):
    """Something happened to a recurrence. Jobs that it has made never change by it."""

    subject = "recurrence"
    beside = ("pipeline",)

    recurrence: RecurrenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceCreated(RecurrenceEvent):
    """A recurrence was added."""

    called = {"continues": "continued_recurrence"}
    says = {
        "continues": "The recurrence that it goes on with from a day, as it is now; null for none, or where it is "
        "gone.",
        "continues_id": "The id of the recurrence that it goes on with from a day; null for none.",
    }

    continues: RecurrenceId | None = None

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceUpdated(RecurrenceEvent):
    """A recurrence got another schedule, or its jobs get other names, dates, assignees, another stage or template."""

    says = {"assignees_changed": "Whether other members or account roles are assigned to its jobs."}

    changes: Changes
    assignees_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceAccountsChanged(RecurrenceEvent):
    """A recurrence makes jobs for other accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceOccurrenceChanged(RecurrenceEvent):
    """One occurrence of a recurrence that had not been made was changed alone."""

    says = {"day": "The day that it is known by: as the schedule alone has it."}

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceEnded(RecurrenceEvent):
    """A recurrence makes no more jobs: somebody ended it, or its last occurrence has been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceDeleted(RecurrenceEvent):
    """A recurrence was deleted, with what is known of its occurrences. Its jobs stay."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceEvent(Event):
    """An occurrence of a recurrence was due for an account."""

    subject = "occurrence"
    beside = ("recurrence", "account", "pipeline")

    occurrence: OccurrenceId
    recurrence: RecurrenceId
    account: AccountId
    pipeline: PipelineId

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceMade(OccurrenceEvent):
    """A recurrence made the job of an occurrence for an account."""

    job: JobId

    @property
    def subject_job(self) -> JobId:
        return self.job


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceNotMade(OccurrenceEvent):
    """An occurrence was due for an account, and its job was not made. The occurrence says why."""
