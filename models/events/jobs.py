"""Events of jobs."""

from dataclasses import dataclass, field

from models.events.base import Event
from models.events.values import Changes
from models.ids import (
    AccountId,
    AccountRoleId,
    AnyId,
    AutomationId,
    JobId,
    MemberId,
    PipelineId,
    RecurrenceId,
    StageId,
    StatusId,
    TemplateId,
)
from models.rows.relations import Relation
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent(Event):
    """Something happened to a job, or it came into or left sight. `job` is its present state: put it in place of what
    you have; where it is null, forget the job, or wait for the event that says so.

    `account` and `pipeline` are the job's after it."""

    subject = "job"

    job: JobId
    account: AccountId
    pipeline: PipelineId

    @property
    def subject_job(self) -> JobId:
        return self.job

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCreated(JobEvent):
    """A job was opened."""

    # Of a template's own events it is never null, of a job's it is.
    called = {"template": "from_template", "recurrence": "from_recurrence"}
    says = {
        "recurrence": "The recurrence that made it, as it is now; null for none, or where it is gone.",
        "recurrence_id": "The id of the recurrence that made it; null for none.",
        "template": "The template that it was made of, as it is now; null for none, or where it is gone.",
        "template_id": "The id of the template that it was made of; null for none.",
        "unfilled_roles": "The roles of the template that assigned nobody, as no active member held them at the "
        "account; as far as they are still there.",
        "deactivated_members": "The members whom the template names and who were not assigned: they were deactivated.",
        "deleted_roles": "How many roles of the template had been deleted by then: they assigned nobody.",
        "client_status_deleted": "Whether the template's client status had been deleted by then: the job has none.",
        "fires_automations": "Whether automations are run for it. They are not where it is taken over from elsewhere.",
    }

    stage: StageId
    # Logs from before there were templates say nothing of them.
    template: TemplateId | None = None
    unfilled_roles: tuple[AccountRoleId, ...] = ()
    deactivated_members: tuple[MemberId, ...] = ()
    deleted_roles: int = 0
    client_status_deleted: bool = False
    # Logs from before there were automations say nothing of them.
    fires_automations: bool = True
    recurrence: RecurrenceId | None = None

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobUpdated(JobEvent):
    """A job's name, description, priority, dates, deadline, period or budget changed."""

    changes: Changes


_FIRES = "Whether the automations of what it came to are run. They are not where what it was on, or under, was deleted."


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMoved(JobEvent):
    """A job was put on another stage, of this or another pipeline, or to another place among the cards of its stage.
    Its tasks go with it: where it came into your sight by this, so did they, and no other event says so."""

    says = {
        "dismissed_items": "How many open items hold the job no longer: they were dismissed, and stay linked.",
        "stay": "The number of its time on the stage: it rises whenever a job enters one. 0 in logs from before it was "
        "said.",
        "fires_automations": _FIRES,
        "skipped_automations": "The automations of the stage that whoever moved it left out, as far as they are still "
        "there.",
    }
    untold = frozenset({"kept", "dismissed", "held_again"})

    from_pipeline: PipelineId
    from_stage: StageId
    to_stage: StageId
    # Logs from before it could be say nothing of it.
    dismissed_items: int = 0
    stay: int = 0
    fires_automations: bool = True
    skipped_automations: tuple[AutomationId, ...] = ()
    # All that it changed of the job; and the items that were dismissed, or hold the job again.
    kept: Changes = field(default_factory=dict)
    dismissed: tuple[AnyId, ...] = ()
    held_again: tuple[AnyId, ...] = ()

    def before(self) -> tuple[Place, ...]:
        return (Place(self.account, self.from_pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatusChanged(JobEvent):
    """A job got another status: completing, archiving and restoring are such changes."""

    says = {
        "status_stay": "The number of its time under the status: it rises whenever a job gets another one. 0 in logs "
        "from before it was said.",
        "fires_automations": _FIRES,
    }
    untold = frozenset({"kept"})

    from_status: StatusId
    to_status: StatusId
    # Logs from before there were automations say nothing of them.
    status_stay: int = 0
    fires_automations: bool = True
    # All that it changed of the job. Logs from before it could be taken back say nothing of it.
    kept: Changes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAssigneesChanged(JobEvent):
    """Members were assigned to a job, or taken off."""

    added: tuple[MemberId, ...]
    removed: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobClientStatusChanged(JobEvent):
    """What the client is told about a job changed."""

    called = {"name": "client_status_name"}
    says = {
        "visible": "Whether the client is told at all.",
        "name": "What the client reads; null for nothing.",
    }

    untold = frozenset({"kept"})

    visible: bool
    name: str | None
    # All that it changed of the job. Logs from before it could be taken back say nothing of it.
    kept: Changes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRelationChanged(JobEvent):
    """What a job is to another one changed. It is told once for each of the two, to whoever sees both."""

    of_several = True
    says = {
        "from_relation": "What the job was to the other one; null where it was nothing.",
        "to_relation": "What it is; null where it is nothing any more.",
    }

    other_job: JobId
    other_account: AccountId
    other_pipeline: PipelineId
    from_relation: Relation | None
    to_relation: Relation | None

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline), Place(self.other_account, self.other_pipeline))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBlockedChanged(JobEvent):
    """A job is blocked from now on, or no longer: what blocks it came or went, was completed, archived or taken up
    again. By which job is not said: it may be out of your sight."""

    says = {"blocked": "Whether it is blocked."}

    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDeleted(JobEvent):
    """A job was deleted. Its history stays in the log."""

    ends = True

    name: str
