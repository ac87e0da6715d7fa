"""Pipelines: their stages, their job statuses, the members they are available to."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind, TagId
from models.policies import Policy
from models.rows.base import Link, Row, belongs_to
from models.rows.keys import name_order
from models.stamps import created_by
from models.texts import LABEL, NAME


class CardField(StrEnum):
    """What a card on the board can show besides its name."""

    ACCOUNT = "ACCOUNT"
    ASSIGNEES = "ASSIGNEES"
    BLOCKED = "BLOCKED"
    BUDGET = "BUDGET"
    CLIENT_STATUS = "CLIENT_STATUS"
    DEADLINE = "DEADLINE"
    DESCRIPTION = "DESCRIPTION"
    DUE_DATE = "DUE_DATE"
    PERIOD = "PERIOD"
    PRIORITY = "PRIORITY"
    START_DATE = "START_DATE"
    STATUS = "STATUS"
    TAGS = "TAGS"
    TASKS = "TASKS"
    TIME_IN_STAGE = "TIME_IN_STAGE"


class JobOrder(StrEnum):
    """How a board orders the cards of a stage."""

    MANUAL = "MANUAL"
    DUE_DATE = "DUE_DATE"
    PRIORITY = "PRIORITY"
    NAME = "NAME"
    CREATED = "CREATED"
    STAGE_ENTERED = "STAGE_ENTERED"

    @property
    def columns(self) -> str:
        """What of a job sorts it, the first column before the next; with `-` before it from its end on. Equal cards are
        as people dragged them."""
        return _SORTED_BY.get(self, "position")


_SORTED_BY = {
    JobOrder.DUE_DATE: "due_date position",
    JobOrder.PRIORITY: "-priority_order position",
    JobOrder.NAME: "name_order position",
    JobOrder.CREATED: "created_at position",
    JobOrder.STAGE_ENTERED: "stage_entered_at position",
}


class Category(StrEnum):
    """What a job status means for the job's life."""

    ACTIVE = "ACTIVE"
    CUSTOM = "CUSTOM"
    COMPLETED = "COMPLETED"
    ARCHIVED = "ARCHIVED"

    @property
    def in_hand(self) -> bool:
        """Whether jobs under it are neither completed nor archived."""
        return self in (Category.ACTIVE, Category.CUSTOM)


class Pipeline(Row):
    """The path that the jobs of one service take."""

    kind = Kind.PIPELINE
    policy = Policy(pipeline="id")

    firm: Any = belongs_to("Firm", index=True)
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    card_fields: list[str] = fields.JSONField(default=list)
    job_order = fields.CharEnumField(JobOrder, max_length=20, default=JobOrder.MANUAL)
    # What its jobs are made of where nobody names another template.
    default_template: Any = belongs_to("Template", on_delete=fields.SET_NULL, null=True, index=True)
    default_template_id: UUID | None

    class Meta:
        table = "pipeline"


class PipelineMember(Link):
    """A pipeline is available to a member."""

    pipeline: Any = belongs_to("Pipeline", on_delete=fields.CASCADE)
    pipeline_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "pipeline_member"
        unique_together = (("pipeline", "member"),)


class Stage(Row):
    """A step of a pipeline: a column of its board."""

    kind = Kind.STAGE
    policy = Policy(pipeline="pipeline_id")
    also_changes = {"conditional_tag_ids": tuple[TagId, ...]}

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    pipeline: Any = belongs_to("Pipeline", on_delete=fields.CASCADE)
    pipeline_id: UUID
    name = fields.CharField(max_length=NAME.most)
    position: str = fields.TextField()
    time_limit: int | None = fields.IntField(null=True)
    # Whether jobs move on by themselves. On the last stage it says nothing: there is nowhere to go.
    automove = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "stage"
        indexes = (("pipeline_id", "position"),)


class StageTag(Link):
    """Automove takes only jobs of accounts that carry this tag to the stage."""

    stage: Any = belongs_to("Stage", on_delete=fields.CASCADE)
    stage_id: UUID
    tag: Any = belongs_to("Tag", index=True)
    tag_id: UUID

    class Meta:
        table = "stage_tag"
        unique_together = (("stage", "tag"),)


class Status(Row):
    """A job status of one pipeline: built in, or custom."""

    kind = Kind.STATUS
    policy = Policy(pipeline="pipeline_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    pipeline: Any = belongs_to("Pipeline", on_delete=fields.CASCADE)
    pipeline_id: UUID
    category = fields.CharEnumField(Category, max_length=20)
    name = fields.CharField(max_length=LABEL.most)
    name_order: str = name_order()
    color = fields.CharField(max_length=7)
    counts_as_overdue = fields.BooleanField(default=False)

    class Meta:
        table = "status"
        indexes = (("pipeline_id", "category"),)

    @property
    def can_be_overdue(self) -> bool:
        """Whether a job under this status can be overdue."""
        return self.category is Category.ACTIVE or (self.category is Category.CUSTOM and self.counts_as_overdue)


class ClientStatus(Row):
    """A firm's template of what a client is told about a job."""

    kind = Kind.CLIENT_STATUS
    policy = Policy(whole_team=True)

    firm: Any = belongs_to("Firm", index=True)
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=LABEL.most)
    name_order: str = name_order()
    color = fields.CharField(max_length=7)
    description: str = fields.TextField(default="")

    class Meta:
        table = "client_status"
