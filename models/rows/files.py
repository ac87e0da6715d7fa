"""Files, and the segments that their bytes are kept in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rows.base import Link, Row, belongs_to
from models.stamps import created_by

#: In bytes of UTF-8: what a file may be called, for file systems have no room for more. And its media type, in letters.
LONGEST_NAME, LONGEST_TYPE = 255, 127


class FileState(StrEnum):
    """How far a file is."""

    RECEIVING = "RECEIVING"
    CHECKING = "CHECKING"
    READY = "READY"
    REFUSED = "REFUSED"


class File(Row):
    """A file: what is known of its bytes, which never change. It is its uploader's until a thing takes it; then it is
    seen with the thing's account."""

    kind = Kind.FILE
    policy = Policy(account="account_id", shared="taken", owner="kept_for_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=LONGEST_NAME)
    # In bytes: of the whole file, also while it is being received.
    size = fields.BigIntField()
    # What the bytes say, and their SHA-256 in hexadecimal digits; null while they are being received.
    content_type: Any = fields.CharField(max_length=LONGEST_TYPE, null=True)
    sha256: Any = fields.CharField(max_length=64, null=True)
    state = fields.CharEnumField(FileState, max_length=20)
    # Whom it is kept for while nothing has taken it, and until when.
    kept_for: Any = belongs_to("Member", null=True, index=True)
    kept_for_id: UUID | None
    expires_at: datetime | None = fields.DatetimeField(null=True)
    # What has taken it, and when. The kind says in which table that is.
    taken = fields.BooleanField(default=False)
    taken_at: datetime | None = fields.DatetimeField(null=True)
    owner_kind: Any = fields.CharField(max_length=30, null=True)
    owner_id: UUID | None = fields.UUIDField(null=True)
    account: Any = belongs_to("Account", null=True, index=True)
    account_id: UUID | None
    # Nobody's any more: nobody sees it, and the sweep removes it.
    given_up_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "file"
        indexes = (("firm_id", "created_at", "id"), ("owner_id", "taken_at", "id"))


class FileSegment(Link):
    """A part of a file's bytes, which is in the store before this row is written."""

    file: Any = belongs_to("File")
    file_id: UUID
    # In bytes, of the file.
    begins = fields.BigIntField()
    size = fields.BigIntField()
    # What it is called in the store, beside the other segments of the file. Each attempt to write one has its own.
    key = fields.CharField(max_length=40)

    class Meta:
        table = "file_segment"
        unique_together = (("file", "begins"),)


class FileTotal(Link):
    """How many bytes a firm's files have together, as they are when they are whole. The row is held by whoever begins
    an upload: so many at once never go beyond what there is room for."""

    firm: Any = belongs_to("Firm", on_delete=fields.CASCADE)
    firm_id: UUID
    size = fields.BigIntField(default=0)

    class Meta:
        table = "file_total"
        unique_together = (("firm",),)
