"""What a client is asked of a document, and answers: to approve it, to sign it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from models import checks
from models.bounds import ASKED
from models.command import Change, command
from models.command_steps import replace_links
from models.errors import RuleBroken
from models.items import item as items
from models.items import signing
from models.items.approvers import approvers_of
from models.items.documents import (
    Document,
    DocumentDecided,
    DocumentSigned,
    DocumentState,
    expect_state,
    lock_in_use,
    put_into,
)
from models.items.item import Held
from models.items.locked_documents import expect_unlocked
from models.reasons import Reason
from models.rights import Right
from models.rows.contacts import Contact
from models.rows.documents import DocumentApprover
from models.rows.signing import Signature
from models.texts import NOTE

_APPROVAL_IN = frozenset(
    {DocumentState.PLAIN, DocumentState.PENDING_APPROVAL, DocumentState.APPROVED, DocumentState.DISAPPROVED}
)
_SIGNATURES_IN = _APPROVAL_IN | {DocumentState.PENDING_SIGNATURE}
_SIGNED_IN = frozenset({DocumentState.PENDING_SIGNATURE, DocumentState.PARTIALLY_SIGNED})


async def _hold_asked(
    change: Change, document_id: UUID, contact_ids: Sequence[UUID], field: str, expected_version: int | None
) -> tuple[Held[Document], list[Contact]]:
    """A document, and the contacts of its account who are asked something of it, all held: the contacts first."""
    wanted = checks.several(contact_ids, field, most=ASKED.most)
    document = await change.scope.rows(Document).get(document_id, "document_id")
    contacts = await signing.contacts_to_ask(change, document.account_id, wanted, field)
    return await lock_in_use(change, document_id, expected_version), contacts


@command("requestApproval", Right.MANAGE_DOCUMENTS)
async def request_approval(
    change: Change, *, document_id: UUID, approver_ids: Sequence[UUID], expected_version: int | None = None
) -> Document:
    """Ask contacts of a document's account to approve it, one of them for all: for the first time, again, or others."""
    held, contacts = await _hold_asked(change, document_id, approver_ids, "approver_ids", expected_version)
    document = held.item
    expect_state(document, _APPROVAL_IN, "What is signed, or void, is not approved. Add another document.")
    owner = {"document_id": document.id, "firm_id": document.firm_id}
    others = await replace_links(DocumentApprover, owner, "contact_id", [contact.id for contact in contacts])
    if any(others) or document.state is not DocumentState.PENDING_APPROVAL:
        document.decided_at, document.decided_by_id, document.decision_note = None, None, ""
        decision = ("decided_at", "decided_by_id", "decision_note")
        await put_into(change, held, DocumentState.PENDING_APPROVAL, *decision, asked=contacts)
    return document


@command("decideDocument", Right.MANAGE_DOCUMENTS)
async def decide_document(
    change: Change,
    *,
    document_id: UUID,
    contact_id: UUID,
    approved: bool,
    note: str = "",
    expected_version: int | None = None,
) -> Document:
    """Approve or disapprove a document on behalf of one of the contacts who were asked to."""
    note = NOTE.check(note, "note")
    document = await change.scope.rows(Document).get(document_id, "document_id")
    await signing.hold_asked(change, await approvers_of(document.id), contact_id)
    held = await lock_in_use(change, document_id, expected_version)
    document = held.item
    expect_state(
        document, frozenset({DocumentState.PENDING_APPROVAL}), "This document waits for no approval. Request it first."
    )
    if contact_id not in await approvers_of(document.id):
        told = "This contact is not asked to approve it. Choose one of the approvers."
        raise RuleBroken(told, "contact_id", reason=Reason.NOT_ASKED)
    from_state, document.state = document.state, DocumentState.APPROVED if approved else DocumentState.DISAPPROVED
    document.decided_at, document.decided_by_id, document.decision_note = change.now, contact_id, note
    await items.store(change, held, "state", "decided_at", "decided_by_id", "decision_note")
    items.tell(change, DocumentDecided, held, from_state=from_state, to_state=document.state, acting_contact=contact_id)
    return document


@command("requestSignatures", Right.MANAGE_DOCUMENTS)
async def request_signatures(
    change: Change,
    *,
    document_id: UUID,
    signer_ids: Sequence[UUID],
    in_order: bool = False,
    expected_version: int | None = None,
) -> Document:
    """Ask contacts of a document's account to sign it, all of them: at once, or each after the one before. Others may
    be asked instead as long as nobody has signed."""
    held, contacts = await _hold_asked(change, document_id, signer_ids, "signer_ids", expected_version)
    document = held.item
    told = "Signers stay who they are once one of them has signed. Void this document, and add another one."
    expect_state(document, _SIGNATURES_IN, told)
    before = [signer.contact_id for signer in await signing.signers_of(document.id)]
    same = (before, document.signs_in_order) == ([contact.id for contact in contacts], in_order)
    if not same or document.state is not DocumentState.PENDING_SIGNATURE:
        await signing.ask_to_sign(document, contacts)
        document.signs_in_order = in_order
        await put_into(change, held, DocumentState.PENDING_SIGNATURE, "signs_in_order", asked=contacts)
    return document


@command("recordDocumentSignature", Right.MANAGE_DOCUMENTS)
async def record_document_signature(
    change: Change,
    *,
    document_id: UUID,
    contact_id: UUID,
    evidence: str,
    signed_on: date | None = None,
    evidence_file_id: UUID | None = None,
    expected_content_version: int | None = None,
    expected_version: int | None = None,
) -> Document:
    """Record the signature of one of a document's signers that was obtained elsewhere, with its evidence. It is shown
    as that, and never as signed electronically."""
    signature = signing.recorded(change, evidence, signed_on)
    await _hold_signer(change, document_id, contact_id)
    held = await lock_in_use(change, document_id, expected_version)
    held.item.expect_content(expected_content_version)
    signature = await signing.with_file(change, held.item, signature, evidence_file_id)
    return await _sign(change, held, contact_id, signature)


async def _hold_signer(change: Change, document_id: UUID, contact_id: UUID) -> None:
    document = await change.scope.rows(Document).get(document_id, "document_id")
    await signing.hold_signer(change, document.id, contact_id)


async def sign_document(change: Change, document_id: UUID, contact_id: UUID, shown: str) -> Document:
    """Sign a document as one of its signers, who was shown what has this digest: a step of the command of the client
    who signs. No member calls it."""
    await _hold_signer(change, document_id, contact_id)
    held = await lock_in_use(change, document_id, None)
    # They have not been shown what is in it.
    await expect_unlocked(held.item)
    held.item.expect_shown(held.item.digest, shown)
    return await _sign(change, held, contact_id, signing.electronic(change, held.item.digest))


async def _sign(change: Change, held: Held[Document], contact_id: UUID, signature: Signature) -> Document:
    document = held.item
    signers = await signing.signers_of(document.id)
    expect_state(document, _SIGNED_IN, "This document waits for no signature. Request signatures first.")
    await signing.place_of(signers, contact_id, document.signs_in_order).sign(signature)
    from_state = document.state
    document.state = (
        DocumentState.SIGNED if all(signer.signed for signer in signers) else DocumentState.PARTIALLY_SIGNED
    )
    await items.store(change, held, "state")
    items.tell(
        change,
        DocumentSigned,
        held,
        from_state=from_state,
        to_state=document.state,
        acting_contact=contact_id,
        method=signature.method,
    )
    return document
