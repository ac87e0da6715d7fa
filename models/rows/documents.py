"""Who is asked to approve documents, and the files of these. Documents themselves are in models/items/documents.py."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.rows.base import Link, belongs_to
from models.rows.files import File
from models.stamps import created_at, created_by


class DocumentApprover(Link):
    """A contact is asked to approve a document, any one of its approvers for all."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    document: Any = belongs_to("Document", on_delete=fields.CASCADE)
    document_id: UUID
    contact: Any = belongs_to("Contact", index=True)
    contact_id: UUID

    class Meta:
        table = "document_approver"
        unique_together = (("document", "contact"),)


class DocumentVersion(Link):
    """A file that a document has, or had before. It is never changed."""

    document: Any = belongs_to("Document", on_delete=fields.CASCADE)
    document_id: UUID
    # Which of the document's files, from 1; and the version of the document's content that it came with.
    number: int = fields.IntField()
    content_version: int = fields.IntField()
    file: Any = belongs_to("File", index=True)
    file_id: UUID
    created_at: datetime = created_at()
    created_by_id: UUID | None = created_by()

    class Meta:
        table = "document_version"
        unique_together = (("document", "number"),)

    @classmethod
    async def keep(cls, document: Any, file: File, number: int) -> None:
        """Keep which file a document has from now on."""
        version = cls(document_id=document.id, number=number, content_version=document.content_version, file_id=file.id)
        await version.save(force_create=True)
