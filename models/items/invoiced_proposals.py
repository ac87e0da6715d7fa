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


async def with_proposals(ids: Collection[UUID]) -> list[UUID]:
    """These items and, where they are invoices of proposals, these: whoever locks the ones may lock the others."""
    behind = await sql(_BEHIND, list(ids)) if ids else []
    return [*ids, *(row["proposal_id"] for row in behind)]


async def hold_jobs(ids: Collection[UUID]) -> None:
    """Hold the jobs of items and, where they are invoices of proposals, of these: before any of them is held."""
    await items.hold_jobs(await with_proposals(ids))


async def lock_behind(change: Change, invoices: Sequence[Held[Invoice]]) -> list[Held[Proposal]]:
    """The proposals of invoices, held: for who holds something else before they follow."""
    everybodys = Scope.whole(change.actor.firm_id).rows(Proposal)
    return await items.lock_several(everybodys, Proposal, list(_by_proposal(invoices)), "proposal_id")


async def follow(change: Change, invoices: Sequence[Held[Invoice]], *, gone: bool = False) -> None:
    """Let proposals wait for what their invoices, which are held, wait for now: for nobody where these are gone."""
    held, of = await lock_behind(change, invoices), _by_proposal(invoices)
    before = {each.item.id: each.item.invoice_awaited for each in held}
    for each in held:
        each.item.invoice_awaited = None if gone else of[each.item.id].awaited
    changed = [each for each in held if each.item.invoice_awaited is not before[each.item.id]]
    await items.store_several(change, changed, "invoice_awaited")
    for each in changed:
        _tell(change, each, of[each.item.id], before[each.item.id])


async def tell_of_payer(change: Change, invoice: Held[Invoice]) -> None:
    """Tell of a proposal that waits for its invoice to be paid, by somebody else than before."""
    if invoice.item.awaited is Awaited.PAYMENT:
        for each in await lock_behind(change, [invoice]):
            _tell(change, each, invoice.item, each.item.invoice_awaited)


def _by_proposal(invoices: Sequence[Held[Invoice]]) -> dict[UUID, Invoice]:
    return {each.item.proposal_id: each.item for each in invoices if each.item.proposal_id is not None}


def _tell(change: Change, held: Held[Proposal], invoice: Invoice, before: Awaited | None) -> None:
    told = {"from_awaited": before, "to_awaited": held.item.invoice_awaited}
    items.tell(change, ProposalInvoiceChanged, held, invoice=invoice.id, **told)
