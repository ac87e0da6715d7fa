"""Automations, what they do and to what they point, and their runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows.base import Link, Row, belongs_to
from models.rows.followers import RunState
from models.stamps import created_by
from models.texts import NAME


class AutomationType(StrEnum):
    """What an automation does."""

    CREATE_TASKS = "CREATE_TASKS"
    SEND_ORGANIZER = "SEND_ORGANIZER"
    SEND_CLIENT_REQUEST = "SEND_CLIENT_REQUEST"
    SEND_PROPOSAL = "SEND_PROPOSAL"
    SEND_INVOICE = "SEND_INVOICE"
    SEND_EMAIL = "SEND_EMAIL"
    SEND_MESSAGE = "SEND_MESSAGE"
    APPLY_FOLDER_TEMPLATE = "APPLY_FOLDER_TEMPLATE"
    UPDATE_ASSIGNEES = "UPDATE_ASSIGNEES"
    UPDATE_ACCOUNT_ACCESS = "UPDATE_ACCOUNT_ACCESS"
    UPDATE_TAGS = "UPDATE_TAGS"
    UPDATE_CLIENT_STATUS = "UPDATE_CLIENT_STATUS"
    SET_STATUS = "SET_STATUS"
    ADD_WIKI_PAGE = "ADD_WIKI_PAGE"

    @property
    def field(self) -> str:
        """What its settings are called, where clients give them and are shown them."""
        return self.lower()

    @property
    def spoken(self) -> str:
        """As people say it."""
        return self.lower().replace("_", " ")


class AutomationTrigger(StrEnum):
    """What makes an automation act on a job."""

    STAGE = "STAGE"
    STATUS = "STATUS"
    CREATION = "CREATION"


class AutomationState(StrEnum):
    """Whether an automation acts. PAUSED ones paused themselves."""

    DRAFT = "DRAFT"
    ON = "ON"
    OFF = "OFF"
    PAUSED = "PAUSED"


class Automation(Row):
    """Something that is done by itself when a job enters a stage, or a custom status, or is created in a pipeline."""

    kind = Kind.AUTOMATION
    policy = Policy(pipeline="pipeline_id")
    withheld = dict.fromkeys(
        (*(type.field for type in AutomationType), "conditions", "problems"), Right.MANAGE_PIPELINES
    )

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    pipeline: Any = belongs_to("Pipeline", on_delete=fields.CASCADE)
    pipeline_id: UUID
    # Of the pipeline, one of them at most; with neither it acts when a job is created there.
    stage: Any = belongs_to("Stage", on_delete=fields.CASCADE, null=True, index=True)
    stage_id: UUID | None
    status: Any = belongs_to("Status", on_delete=fields.CASCADE, null=True, index=True)
    status_id: UUID | None
    name = fields.CharField(max_length=NAME.most)
    type = fields.CharEnumField(AutomationType, max_length=30)
    # A fractional index among those of its trigger: order by (position, id), bytewise.
    position: str = fields.TextField()
    state = fields.CharEnumField(AutomationState, max_length=10, default=AutomationState.DRAFT)
    # Why it paused itself; null while it has not.
    paused_reason = fields.CharField(max_length=300, null=True)
    # Of its last runs, how many have failed in a row.
    failures: int = fields.IntField(default=0)

    class Meta:
        table = "automation"
        indexes = (("pipeline_id", "position"), ("firm_id", "created_at", "id"))

    @property
    def trigger(self) -> AutomationTrigger:
        """What makes it act."""
        if self.stage_id is not None:
            return AutomationTrigger.STAGE
        return AutomationTrigger.CREATION if self.status_id is None else AutomationTrigger.STATUS


class AutomationSettings(Link):
    """What an automation does, and under which conditions. Boards show many automations, and of hardly any that."""

    automation: Any = belongs_to("Automation", on_delete=fields.CASCADE)
    automation_id: UUID
    format: int = fields.IntField()
    settings: dict[str, Any] = fields.JSONField()
    # As a tree; null for always.
    conditions: dict[str, Any] | None = fields.JSONField(null=True)

    class Meta:
        table = "automation_settings"
        unique_together = (("automation",),)


class AutomationPointer(Link):
    """An automation points to a thing, which may have gone since."""

    automation: Any = belongs_to("Automation", on_delete=fields.CASCADE)
    automation_id: UUID
    kind = fields.CharEnumField(Kind, max_length=20)
    thing: UUID = fields.UUIDField(db_index=True)

    class Meta:
        table = "automation_pointer"
        unique_together = (("automation", "thing"),)


class RunReason(StrEnum):
    """Why a run was skipped, or has failed."""

    CONDITION = "CONDITION"
    SWITCHED_OFF = "SWITCHED_OFF"
    PAUSED = "PAUSED"
    SKIPPED_BY_MOVER = "SKIPPED_BY_MOVER"
    ARCHIVED = "ARCHIVED"
    DELETED = "DELETED"
    DISMISSED = "DISMISSED"
    UNDONE = "UNDONE"
    NO_RECIPIENT = "NO_RECIPIENT"
    REFUSED = "REFUSED"
    CHAIN_TOO_LONG = "CHAIN_TOO_LONG"
    FAULT = "FAULT"


class AutomationRun(Row):
    """What an automation had to do for a job, once for each time that the job met its trigger, and what came of it."""

    kind = Kind.AUTOMATION_RUN
    # Planned where the follower moves on in the log.
    untold = True
    policy = Policy(account="account_id", job="job_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    # The job's, which stays its account for good.
    account: Any = belongs_to("Account")
    account_id: UUID
    job: Any = belongs_to("Job", on_delete=fields.CASCADE)
    job_id: UUID
    # Null where it is gone, and of automove.
    automation: Any = belongs_to("Automation", on_delete=fields.SET_NULL, null=True, index=True)
    automation_id: UUID | None
    # As the automation was; of automove there is no type.
    name = fields.CharField(max_length=NAME.most)
    type = fields.CharEnumField(AutomationType, max_length=30, null=True)
    trigger = fields.CharEnumField(AutomationTrigger, max_length=10)
    # The job's when it met the trigger.
    stay: int = fields.IntField()
    status_stay: int = fields.IntField()
    # Its place in the order of those of one trigger.
    place: int = fields.IntField()
    state = fields.CharEnumField(RunState, max_length=8, default=RunState.PENDING)
    reason: RunReason | None = fields.CharEnumField(RunReason, max_length=20, null=True)  # type: ignore[assignment]
    # What people read of the reason.
    message: str | None = fields.TextField(null=True)
    # The revision that caused it, who began the chain of causes as the log names them, and its length with this.
    cause: int = fields.BigIntField()
    causer: dict[str, Any] = fields.JSONField()
    hops: int = fields.IntField()
    # What it made, each as {"kind", "id"}; of what goes with a status also the job's "status_stay".
    made: list[dict[str, Any]] = fields.JSONField(default=list)
    attempts: int = fields.IntField(default=0)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "automation_run"
        indexes = (("job_id", "stay"), ("firm_id", "created_at", "id"))
