"""Who follows the firms' logs, how far they have come, and what they still have to do."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import new_id
from models.rows.base import Link, belongs_to
from models.rows.table import Table


class Follower(Table):
    """A follower of all firms' logs. Until it is released the logs are kept for it."""

    name = fields.CharField(max_length=60, primary_key=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "follower"


class FollowerCursor(Link):
    """How far a follower has come in a firm's log. A firm without one was founded later: it begins at its first
    revision."""

    follower: Any = belongs_to("Follower", on_delete=fields.CASCADE)
    firm: Any = belongs_to("Firm", on_delete=fields.CASCADE)
    firm_id: UUID
    revision: int = fields.BigIntField()
    moved_at: datetime = fields.DatetimeField()
    # Why it does not go on; null while it does.
    stopped_by = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "follower_cursor"
        unique_together = (("follower", "firm"),)


class RunState(StrEnum):
    """How it is with what a follower has to do."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class FollowerRun(Table):
    """Something that a follower has to do because of a revision, as one command."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    follower: Any = belongs_to("Follower", on_delete=fields.CASCADE)
    firm: Any = belongs_to("Firm", on_delete=fields.CASCADE)
    firm_id: UUID
    # The revision that causes it, its place among what that causes, and the length of the chain of causes with it.
    cause: int = fields.BigIntField()
    index: int = fields.IntField()
    hops: int = fields.IntField()
    # Who began that chain, as the log names them; null where a log from before it was said does not.
    causer: dict[str, Any] | None = fields.JSONField(null=True)
    # In whose name it is done, and what is to be done, as the follower wrote it.
    label = fields.CharField(max_length=200)
    data: dict[str, Any] = fields.JSONField()
    state = fields.CharEnumField(RunState, max_length=8, default=RunState.PENDING)
    # What was made of it: the revision and the result of its command, or why there is none.
    revision: int | None = fields.BigIntField(null=True)
    result: Any = fields.JSONField(null=True)
    reason = fields.CharField(max_length=300, null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "follower_run"
        unique_together = (("follower", "firm", "cause", "index"),)
