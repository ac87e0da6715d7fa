"""The one-time invoice of a proposal: a draft of what was chosen, made as soon as all have signed."""

from collections.abc import Sequence
from datetime import timedelta

from models.command import Change
from models.ids import new_id
from models.items import item as items
from models.items.invoice_lines import Line, net_of, total_of, write_lines
from models.items.invoices import InvoiceCreated
from models.items.item import Held
from models.items.proposal_services import Offered
from models.items.proposals import Proposal
from models.rows.invoices import Invoice


def charged(proposal: Proposal, signed: Sequence[Offered]) -> list[Line]:
    """What an invoice of a proposal charges, of what was signed for; nothing where none is to be made, or there is
    nothing to pay."""
    lines = [one.service.line(proposal.currency) for one in signed if one.chosen and proposal.invoiced_once]
    return lines if total_of(lines) else []


def draft(change: Change, proposal: Proposal, lines: Sequence[Line]) -> Invoice:
    """The invoice, yet to be written. It is due so many days after the last signature."""
    days = proposal.invoice_due_days
    return Invoice(
        id=new_id(),
        firm_id=proposal.firm_id,
        account_id=proposal.account_id,
        created_by_id=change.member_id,
        proposal_id=proposal.id,
        currency=proposal.currency,
        net=net_of(lines),
        total=total_of(lines),
        due_date=None if days is None else change.today + timedelta(days),
        created_at=change.now,
    )


async def write(change: Change, held: Held[Proposal], invoice: Invoice, lines: Sequence[Line]) -> None:
    """Write it, linked to all jobs of the proposal, which is held."""
    made = await items.create_beside(change, invoice, held)
    await write_lines(invoice.firm_id, invoice.id, lines)
    items.tell(change, InvoiceCreated, made, total=invoice.money(invoice.total))
