"""How many automatic actions a firm had lately."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.rows.base import Link, belongs_to


class AutomaticActions(Link):
    """How many automatic actions a firm has had in a minute, which begins with the first of them."""

    firm: Any = belongs_to("Firm", on_delete=fields.CASCADE)
    firm_id: UUID
    since: datetime = fields.DatetimeField()
    number: int = fields.IntField()
    # The end of the minute, once there were as many as there may be in it; null while there may be more.
    full_until: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "automatic_actions"
        unique_together = (("firm",),)
