"""What things are called where they were taken over from."""

from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.rows.base import Link, belongs_to
from models.texts import EXTERNAL_KEY, EXTERNAL_SOURCE


class ExternalKey(Link):
    """A thing has this key in a file or product that it was taken over from: it is known again by it."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    source = fields.CharField(max_length=EXTERNAL_SOURCE.most)
    kind = fields.CharEnumField(Kind, max_length=20)
    key = fields.CharField(max_length=EXTERNAL_KEY.most)
    # Of any kind, as a link to a job has it. It stays when the thing goes: what was deleted here is not made anew.
    thing: UUID = fields.UUIDField()

    class Meta:
        table = "external_key"
        unique_together = (("firm", "source", "kind", "key"),)
        indexes = (("thing",),)
