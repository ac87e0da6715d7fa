"""The files that a document has had, one after the other."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.bounds import FILES_OF_SIGNED
from models.command import Change, command
from models.database import fetch
from models.files.taking import take_one
from models.items import item as items
from models.items.documents import (
    Document,
    DocumentVersionAdded,
    expect_changeable,
    lock_in_use,
)
from models.rights import Right
from models.rows.documents import DocumentVersion


@command("addDocumentVersion", Right.MANAGE_DOCUMENTS)
async def add_document_version(
    change: Change, *, document_id: UUID, file_id: UUID, expected_version: int | None = None
) -> Document:
    """Give a document another file, which is another version of its content. The former ones are kept. What a client
    has approved or signed stays as it is."""
    held = await lock_in_use(change, document_id, expected_version)
    document = held.item
    await expect_changeable(document)
    number = 1 + await DocumentVersion.filter(document_id=document.id).count()
    file = await take_one(change, document, file_id, most=FILES_OF_SIGNED.most)
    document.file_id, document.file_sha256 = file.id, file.sha256
    document.content_version += 1
    await items.store(change, held, "file_id", "file_sha256", "content_version")
    await DocumentVersion.keep(document, file, number)
    items.tell(change, DocumentVersionAdded, held, file=file.id, number=number)
    return document


class Version(NamedTuple):
    """A file of a document, as it is shown."""

    number: int
    content_version: int
    file_id: UUID
    created_at: datetime
    created_by_id: UUID | None


_VERSIONS = f"""
SELECT document_id, {", ".join(Version._fields)} FROM document_version WHERE document_id = ANY($1)
ORDER BY document_id, number DESC
"""


async def versions_of(documents: Sequence[UUID]) -> dict[UUID, list[Version]]:
    """The files of each document, the newest first."""
    found: defaultdict[UUID, list[Version]] = defaultdict(list)
    for document, *version in await fetch(_VERSIONS, documents):
        found[document].append(Version(*version))
    return found
