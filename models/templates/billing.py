"""Invoices and proposals made of templates: by the very commands that people call."""

from datetime import date
from uuid import UUID

from models.command import Change, command
from models.command_steps import made_before
from models.items.invoices import InvoiceCreated, create_invoice
from models.items.proposals import Proposal, ProposalCreated, create_proposal
from models.rows.invoices import Invoice
from models.templates.invoice_content import InvoiceContent
from models.templates.making import filled_at, told_of_template
from models.templates.proposal_content import ProposalContent

_OWN = ("account_id", "job_id", "id", "payer_id")


@command("createInvoiceFromTemplate", create_invoice.action.needs)
async def create_invoice_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    due_date: date | None = None,
    payer_id: UUID | None = None,
    id: UUID | None = None,
) -> Invoice:
    """Make a draft of an invoice as a template says, to an account, on a job of it if you name one."""
    if earlier := await made_before(change, Invoice, id, InvoiceCreated):
        return earlier
    made, known = await filled_at(change, InvoiceContent, template_id, account_id, job_id)
    due = due_date or await known.day(made.due_date, "due_date")
    with told_of_template(*_OWN, due_date=due_date):
        invoice: Invoice = await create_invoice.within(
            change,
            currency=made.currency,
            lines=made.lines,
            memo=made.memo,
            due_date=due,
            payer_id=payer_id,
            account_id=account_id,
            job_id=job_id,
            id=id,
        )
    return invoice


@command("createProposalFromTemplate", create_proposal.action.needs)
async def create_proposal_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    expires_on: date | None = None,
    id: UUID | None = None,
) -> Proposal:
    """Draft a proposal as a template says, for an account, or for a job of it. Where it is to be invoiced it needs
    MANAGE_INVOICES as well."""
    if earlier := await made_before(change, Proposal, id, ProposalCreated):
        return earlier
    made, known = await filled_at(change, ProposalContent, template_id, account_id, job_id)
    expires = expires_on or await known.day(made.expires_on, "expires_on")
    with told_of_template(*_OWN, expires_on=expires_on):
        proposal: Proposal = await create_proposal.within(
            change,
            name=made.name,
            services=made.services,
            introduction=made.introduction,
            currency=made.currency,
            expires_on=expires,
            invoiced_once=made.invoiced_once,
            invoice_due_days=made.invoice_due_days,
            account_id=account_id,
            job_id=job_id,
            id=id,
        )
    return proposal
