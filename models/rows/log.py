"""The log of a firm, and the keys that make a repeated call harmless."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from models.rows.base import Link, belongs_to


class EventRow(Link):
    """One event of one revision. `data` holds the typed fields of the event class that `type` names."""

    # The table is in partitions, by `at`, so its primary key is (firm_id, revision, index, at), and this number has no
    # index: see migration 0003 and models/partitions.py.
    firm: Any = belongs_to("Firm")
    firm_id: UUID
    revision: int = fields.BigIntField()
    index: int = fields.IntField()
    type = fields.CharField(max_length=60)
    data: dict[str, Any] = fields.JSONField()
    # What the event is about, for histories: null for events of the firm itself.
    subject: UUID | None = fields.UUIDField(null=True)
    job: UUID | None = fields.UUIDField(null=True)
    actor: dict[str, Any] = fields.JSONField()
    # The revision that an automation reacted to, and the length of that chain: nobody needs to walk it.
    cause: int | None = fields.BigIntField(null=True)
    hops: int = fields.IntField(default=0, db_default=0)
    idempotency_key = fields.CharField(max_length=200, null=True)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "event"


class IdempotencyKey(Link):
    """What a keyed call was, and what it made: kept so that the call sent again returns the first result."""

    firm: Any = belongs_to("Firm", on_delete=fields.CASCADE)
    firm_id: UUID
    # Whose call it was: a member, or for an automation or a schedule the firm. Another's equal key is another call.
    asker: UUID = fields.UUIDField()
    key = fields.CharField(max_length=200)
    fingerprint = fields.CharField(max_length=64)
    # The argon2id hashes of the passwords among what it asked for, by field: a digest could be guessed from.
    secrets: dict[str, str] = fields.JSONField(default=dict, db_default=SqlDefault("'{}'"))
    revision: int | None = fields.BigIntField(null=True)
    result: Any = fields.JSONField(null=True)
    created_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_key"
        unique_together = (("firm", "asker", "key"),)
