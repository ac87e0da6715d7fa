"""Proposals of which an invoice was made once all had signed: they hold their jobs as long as it waits for somebody.

Whoever changes what such an invoice waits for holds the jobs of both, then the invoice, and then the proposal."""

from collections.abc import Collection, Sequence
from uuid import UUID

from models.command import Change
from models.database import sql
from models.items import item as items
from models.items.item import Held
from models.items.proposals import Proposal, ProposalInvoiceChanged
from models.rows import Awaited
from models.rows.invoices import Invoice
from models.scope import Scope

_BEHIND = "SELECT proposal_id FROM invoice WHERE id = ANY($1) AND proposal_id IS NOT NULL"


async def hold_jobs(ids: Collection[UUID]) -> None:
    """Hold the jobs of items and, where they are invoices of proposals, of these: before any of them is held."""
    if ids:
        behind = await sql(_BEHIND, list(ids))
        await items.hold_jobs([*ids, *(row["proposal_id"] for row in behind)])


async def follow(change: Change, invoices: Sequence[Held[Invoice]]) -> None:
    """Let proposals wait for what their invoices, which are held, wait for now."""
    await _follow(change, {each.item: each.item.awaited for each in invoices})


async def follow_deletion(change: Change, invoice: Invoice) -> None:
    """Let the proposal of an invoice that was deleted wait for nobody any more."""
    await _follow(change, {invoice: None})


async def tell_of_payer(change: Change, invoice: Invoice) -> None:
    """Tell of a proposal that waits for its invoice to be paid, by somebody else than before."""
    if invoice.awaited is Awaited.PAYMENT:
        await _follow(change, {invoice: invoice.awaited}, of_another=True)


async def _follow(change: Change, waiting: dict[Invoice, Awaited | None], *, of_another: bool = False) -> None:
    behind = {invoice.proposal_id: invoice for invoice in waiting if invoice.proposal_id is not None}
    if not behind:
        return
    everybodys = Scope.whole(change.actor.firm_id).rows(Proposal)
    held = await items.lock_several(everybodys, Proposal, list(behind), "proposal_id")
    before = {each.item.id: each.item.invoice_awaited for each in held}
    for each in held:
        each.item.invoice_awaited = waiting[behind[each.item.id]]
    changed = [each for each in held if each.item.invoice_awaited is not before[each.item.id]]
    await items.store_several(change, changed, "invoice_awaited")
    for each in held if of_another else changed:
        proposal = each.item
        told = {"from_awaited": before[proposal.id], "to_awaited": proposal.invoice_awaited}
        items.tell(change, ProposalInvoiceChanged, each, invoice=behind[proposal.id].id, **told)
