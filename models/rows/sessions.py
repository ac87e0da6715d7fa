"""What signing in leaves behind: keys, sessions, failed attempts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from models.rows.base import belongs_to
from models.rows.table import Table

#: 244 random bits, made by PostgreSQL.
_RANDOM = SqlDefault("replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '')")


class SigningKey(Table):
    """A secret that access tokens are signed with. The newest signs; those not yet expired verify."""

    id: UUID = fields.UUIDField(primary_key=True)
    secret = fields.CharField(max_length=100)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "signing_key"


class Session(Table):
    """A sign-in on one device: a family of refresh tokens, of which one is good at a time."""

    id: UUID = fields.UUIDField(primary_key=True)
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID
    refresh_hash = fields.CharField(max_length=64)
    # What its refresh tokens are sealed with, so that those that were issued are told from made-up ones.
    refresh_key = fields.CharField(max_length=64, db_default=_RANDOM)
    # The tokens that were exchanged within the leeway: hash, seed of the token that came of it, and when.
    spent: list[dict[str, Any]] = fields.JSONField(default=list, db_default=SqlDefault("'[]'"))
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "session"


class SignInAttempts(Table):
    """Failed tries of one address's password from one place, or from all together.

    A place is a network, or a device that had a session before. Whether or not somebody has the address.
    """

    # Of the address and the place.
    email_hash = fields.CharField(max_length=64, primary_key=True)
    failures: int = fields.IntField(default=0)
    # When the first of them was. Of those from all networks together: the time that they have moved on.
    since: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "sign_in_attempts"
