"""Events of the runs of automations. Each is told with the job, whose card shows what came of it."""

from dataclasses import dataclass

from models.events import Event
from models.ids import AccountId, AccountRoleId, AutomationId, AutomationRunId, JobId, PipelineId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRunEvent(Event):
    """An automation came to an end with what it had to do for a job, or is to do it again. Who caused that is the
    `causer`."""

    subject = "automation_run"
    beside = ("job",)
    says = {
        "automation_run": "The run, as it is now; null where it is gone, or out of your sight.",
        "job": "The job as it is now; null where it is gone, or out of your sight.",
        "job_id": "The id of the job.",
        "automation": "The automation, as it is now; null where it is gone, and where automove did it.",
        "automation_name": "What it was called.",
    }
    called = {"automation": "acting_automation", "job": "linked_job"}

    automation_run: AutomationRunId
    job: JobId | None
    account: AccountId
    pipeline: PipelineId
    automation: AutomationId | None
    automation_name: str

    @property
    def subject_job(self) -> JobId | None:
        return self.job

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRan(AutomationRunEvent):
    """An automation did for a job what it had to do. What it made or changed the other events of the revision say."""

    says = {
        "unheld_roles": "The account roles that it was to resolve and that nobody holds at the account: they assigned "
        "nobody.",
    }

    unheld_roles: tuple[AccountRoleId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationFailed(AutomationRunEvent):
    """An automation could not do what it had to do for a job. That holds the job until it is done, or dismissed."""

    says = {"explanation": "What kept it from doing that, and what to do about it."}

    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationSkipped(AutomationRunEvent):
    """An automation had nothing to do for a job after all."""

    says = {"explanation": "What made it leave that be: the condition that does not hold, say."}

    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRetried(AutomationRunEvent):
    """An automation is to do again what it could not do for a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationDismissed(AutomationRunEvent):
    """What an automation could not do for a job holds it no longer."""
