"""Documents that clients are asked to approve or to sign, or that the firm keeps for them in a folder."""

from __future__ import annotations

from typing import Any

from models.bounds import ASKED
from models.ids import Kind
from models.items import signing
from models.items.locked_documents import locks_of
from schema.items.documents import DocumentState
from schema.portal.base import shown
from schema.portal.billed import Signer
from schema.portal.items import PortalItem, items
from schema.scalars import DateTime
from schema.types.base import column, loaded


def _is_locked(_document: Any, locks: list[Any]) -> bool:
    return bool(locks)


def _unless_locked(document: Any, locks: list[Any]) -> str | None:
    return None if locks else str(document.description)


@shown(Kind.DOCUMENT)
class Document(PortalItem):
    """What you are asked to approve or to sign, or what is in a folder that you may look into."""

    name: str = column("What it is called.")
    locked: bool = loaded(
        lambda document, context: context.load.made_of_parts(locks_of, _is_locked, document),
        "Whether an invoice has to be paid before you read it.",
    )
    description: str | None = loaded(
        lambda document, context: context.load.made_of_parts(locks_of, _unless_locked, document),
        "What it says, in Markdown; null while it is locked. It may hold HTML: clean what you make of it before you "
        "show it.",
    )
    state: DocumentState = column("Where it stands.")
    decided_at: DateTime | None = column("When it was approved or disapproved; null while it was not.")
    signs_in_order: bool = column("Whether each signer signs after the one before.")
    signers: list[Signer] = loaded(
        lambda document, context: context.load.parts(signing.signers_of_items, document.id),
        f"Who is asked to sign it, in their order; at most {ASKED.most}.",
        size=2,
    )


LISTS = (items(Kind.DOCUMENT, "Your documents, newest first.", "A document."),)
