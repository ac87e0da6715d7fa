"""The contacts who are asked to approve documents."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.database import fetch, sql

_APPROVERS = """
SELECT document_id, contact_id FROM document_approver WHERE document_id = ANY($1) ORDER BY document_id, id
"""
_AWAITED_APPROVERS = """
SELECT document_id, contact_id FROM document_approver JOIN document ON document.id = document_id
WHERE document_id = ANY($1) AND state = 'PENDING_APPROVAL' ORDER BY document_id, document_approver.id
"""


async def approvers_of(document_id: UUID) -> list[UUID]:
    """The contacts who are asked to approve a document."""
    return (await approvers_of_documents([document_id])).get(document_id, [])


async def approvers_of_documents(documents: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The contacts who are asked to approve each document."""
    return _by_document(await fetch(_APPROVERS, documents))


async def approvers_awaited(documents: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The approvers of those of the documents that are to be approved."""
    return _by_document(await fetch(_AWAITED_APPROVERS, documents))


def _by_document(rows: Sequence[Any]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["document_id"], []).append(row["contact_id"])
    return found


# Of two who are both asked to approve a document, one is.
_MERGE = """
WITH both_asked AS (
    SELECT document_id FROM document_approver WHERE contact_id = $2
), given_up AS (
    DELETE FROM document_approver WHERE contact_id = $1 AND document_id IN (SELECT document_id FROM both_asked)
)
UPDATE document_approver SET contact_id = $2
WHERE contact_id = $1 AND document_id NOT IN (SELECT document_id FROM both_asked)
"""


async def merge_approvers(contact_id: UUID, into_id: UUID) -> None:
    """What a contact is asked to approve the other is, with whom they turned out to be one."""
    await sql(_MERGE, contact_id, into_id)
