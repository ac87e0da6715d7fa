"""What automations send to the client that costs something: proposals, invoices."""

from models.automation.effects.effect import Effect, Made, NoRecipient, Occasion, does
from models.automation.template_settings import InvoiceSettings, ProposalSettings
from models.bounds import ASKED
from models.command import Change, part_of
from models.items.invoice_states import send_invoice
from models.items.proposal_signing import send_proposal
from models.rows.contacts import AccountContact
from models.templates.billing import create_invoice_from_template, create_proposal_from_template


@does(ProposalSettings)
async def send_a_proposal(change: Change, occasion: Occasion, settings: ProposalSettings) -> Effect:
    """A proposal is drafted, and sent to those of the client who sign."""
    job = occasion.job
    proposal = await part_of(change, create_proposal_from_template, template_id=settings.template_id, job_id=job.id)
    signers = await AccountContact.filter(account_id=job.account_id, signs=True).order_by("contact_order", "id")
    if not signers:
        raise NoRecipient("Nobody at this client signs. Say so of a contact, and try again.")
    asked = [each.contact_id for each in signers[: ASKED.most]]
    return Effect(Made.of(await part_of(change, send_proposal, proposal_id=proposal.id, signer_ids=asked)))


@does(InvoiceSettings)
async def send_an_invoice(change: Change, occasion: Occasion, settings: InvoiceSettings) -> Effect:
    """An invoice is made, and sent."""
    given = {"template_id": settings.template_id, "job_id": occasion.job.id}
    invoice = await part_of(change, create_invoice_from_template, **given)
    return Effect(Made.of(await part_of(change, send_invoice, invoice_id=invoice.id)))
