"""Which documents are locked: those of which an invoice is still to be paid.

Nothing is written when it is: whoever asks reads the invoice. So a payment that is taken back locks them again."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from models.database import fetch
from models.errors import RuleBroken
from models.reasons import Reason

# A void invoice was not paid: somebody says whether the client is to have the document all the same.
_LOCKED = """
SELECT document.id FROM document JOIN invoice ON invoice.id = document.locked_until_id
WHERE document.id = ANY($1) AND invoice.state <> 'PAID'
"""


async def locked_among(documents: Collection[UUID]) -> frozenset[UUID]:
    """Those of these documents that are locked."""
    return frozenset(row["id"] for row in await fetch(_LOCKED, list(documents)))


async def locks_of(documents: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """As `locked_among`, as what documents consist of is loaded."""
    return {id: [id] for id in await locked_among(documents)}


async def expect_unlocked(document: Any) -> None:
    """`RuleBroken` where a document is locked."""
    if document.locked_until_id is not None and document.id in await locked_among([document.id]):
        raise locked("document_id")


def locked(*path: str) -> RuleBroken:
    """The refusal of what is not done to a locked document."""
    told = "This document is locked until an invoice is paid. Unlock it first."
    return RuleBroken(told, *path, reason=Reason.LOCKED)
