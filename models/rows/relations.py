"""What jobs are to each other."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.rows.base import Link, belongs_to


class Relation(StrEnum):
    """What a job is to another one."""

    RELATES = "RELATES"
    BLOCKS = "BLOCKS"
    BLOCKED_BY = "BLOCKED_BY"

    @property
    def inverse(self) -> "Relation":
        """What the other one is to it."""
        return _INVERSE.get(self, self)


_INVERSE = {Relation.BLOCKS: Relation.BLOCKED_BY, Relation.BLOCKED_BY: Relation.BLOCKS}


class JobRelation(Link):
    """A job is something to another one: one thing at most, whichever of the two is asked.

    It is kept once: of a block the job is the one that blocks, else the one of the lower id."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    job: Any = belongs_to("Job", on_delete=fields.CASCADE, index=True)
    job_id: UUID
    other: Any = belongs_to("Job", on_delete=fields.CASCADE, index=True)
    other_id: UUID
    relation = fields.CharEnumField(Relation, max_length=10)
    related_at: datetime = fields.DatetimeField()
    related_by: Any = belongs_to("Member", null=True)
    related_by_id: UUID | None

    class Meta:
        table = "job_relation"
