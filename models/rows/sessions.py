"""What signing in leaves behind: keys, sessions, failed attempts, letters with links and codes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from models.audiences import Audience
from models.rows.base import belongs_to
from models.rows.table import Table
from models.texts import EMAIL, LONGEST_SAMENESS

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


class Identity(Table):
    """An address that somebody has shown to be theirs, and what they sign in to the client portal with.

    It is of no firm: which contacts the address lets somebody be, the contacts say."""

    id: UUID = fields.UUIDField(primary_key=True)
    address_key = fields.CharField(max_length=LONGEST_SAMENESS, unique=True)
    password_hash = fields.CharField(max_length=200, null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "identity"


class Session(Table):
    """A sign-in on one device: a family of refresh tokens, of which one is good at a time.

    Of a member; or of an identity, as one of its contacts once it is said as which."""

    id: UUID = fields.UUIDField(primary_key=True)
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True, null=True)
    member_id: UUID | None
    identity: Any = belongs_to("Identity", on_delete=fields.CASCADE, index=True, null=True)
    identity_id: UUID | None
    contact: Any = belongs_to("Contact", on_delete=fields.CASCADE, index=True, null=True)
    contact_id: UUID | None
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


class LetterPurpose(StrEnum):
    """What the link and the code of a letter are good for, and for nothing else."""

    SIGN_IN = "SIGN_IN"
    PASSWORD = "PASSWORD"
    INVITATION = "INVITATION"


class SignInLetter(Table):
    """A mail with a link and a code, by which whoever reads it shows that an address is theirs.

    One that was asked for is here whether or not somebody has the address: nobody looks before it is to be sent. Of
    the link and the code, which are made when it is sent, digests are kept, and of the ticket that the code is good
    with."""

    id: UUID = fields.UUIDField(primary_key=True)
    purpose = fields.CharEnumField(LetterPurpose, max_length=20)
    audience = fields.CharEnumField(Audience, max_length=20)
    # As it was typed, and what it has in common with other spellings. Of an invitation to the portal the latter of the
    # address which is invited; of another one nothing.
    address = fields.CharField(max_length=EMAIL.most, null=True)
    address_key = fields.CharField(max_length=LONGEST_SAMENESS, null=True, db_index=True)
    # Whom it is to: known when they are invited, or else when it is sent.
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True, null=True)
    member_id: UUID | None
    contact: Any = belongs_to("Contact", on_delete=fields.CASCADE, index=True, null=True)
    contact_id: UUID | None
    ticket_digest = fields.CharField(max_length=64, null=True, unique=True)
    link_digest = fields.CharField(max_length=64, null=True, unique=True)
    code_digest = fields.CharField(max_length=64, null=True)
    # Of the code.
    tries: int = fields.IntField(default=0, db_default=0)
    created_at: datetime = fields.DatetimeField()
    # Until when it is sent, and when it was, until when it is good.
    expires_at: datetime = fields.DatetimeField(db_index=True)
    used_at: datetime | None = fields.DatetimeField(null=True)
    # When a worker looks at it next, and under what name one has it in hand.
    next_at: datetime | None = fields.DatetimeField(null=True)
    claim: UUID | None = fields.UUIDField(null=True)
    attempts: int = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "sign_in_letter"
