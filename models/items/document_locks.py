"""Documents that the client reads only once an invoice is paid."""

from uuid import UUID

from models.command import Change, command
from models.errors import RuleBroken
from models.ids import Kind
from models.items import item as items
from models.items.documents import Document, DocumentLocked, DocumentUnlocked, hold, lock_in_use
from models.items.invoice_states import expect_payable
from models.items.states import wrong_state
from models.reasons import Reason
from models.rights import Right
from models.rows.invoices import Invoice, InvoiceState


@command("lockDocument", Right.MANAGE_DOCUMENTS)
async def lock_document(
    change: Change, *, document_id: UUID, invoice_id: UUID, expected_version: int | None = None
) -> Document:
    """Lock a document until an invoice of its account is paid, in place of the one that it waited for: until then the
    client reads nothing of its files, and its content stays as it is. It needs MANAGE_INVOICES too."""
    _require_invoices(change, "Locking a document", "invoice_id")
    invoice = await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    held = await lock_in_use(change, document_id, expected_version)
    document = held.item
    if document.locked_until_id == invoice.id:
        return document
    _expect_to_be_paid(invoice, document)
    document.locked_until_id = invoice.id
    await items.store(change, held, "locked_until_id")
    items.tell(change, DocumentLocked, held, invoice=invoice.id)
    return document


@command("unlockDocument", Right.MANAGE_DOCUMENTS)
async def unlock_document(change: Change, *, document_id: UUID, expected_version: int | None = None) -> Document:
    """Let a document wait for no invoice any more, be that paid or not. It needs MANAGE_INVOICES too."""
    _require_invoices(change, "Unlocking a document", "document_id")
    held = await hold(change, document_id, expected_version)
    invoice = held.item.locked_until_id
    if invoice is not None:
        held.item.expect_kept()
        held.item.locked_until_id = None
        await items.store(change, held, "locked_until_id")
        items.tell(change, DocumentUnlocked, held, invoice=invoice)
    return held.item


def _require_invoices(change: Change, what: str, path: str) -> None:
    change.require(Right.MANAGE_INVOICES, what, path)


def _expect_to_be_paid(invoice: Invoice, document: Document) -> None:
    if invoice.account_id != document.account_id:
        told = "This invoice belongs to another account. Choose an invoice of the same account."
        raise RuleBroken(told, "invoice_id", reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
    # A draft may still be deleted.
    expect_payable(invoice, "invoice_id")
    if invoice.state is InvoiceState.PAID:
        raise wrong_state(invoice, invoice.state, "This invoice is paid: nothing is to be waited for.", "invoice_id")
