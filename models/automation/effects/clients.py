"""What automations ask of the client: organizers, client requests, proposals, invoices."""

from typing import Any
from uuid import UUID

from models.automation.effects.effect import Effect, Made, NoRecipient, Occasion, does, hold_those_it_blocks
from models.automation.template_settings import InvoiceSettings, OrganizerSettings, ProposalSettings, RequestSettings
from models.bounds import ASKED, RECIPIENTS
from models.command import Change, part_of
from models.commands.moves import set_job_status
from models.items import recipients
from models.items.invoice_states import send_invoice
from models.items.organizers import send_organizer
from models.items.proposal_signing import send_proposal
from models.mail.outbox import who_get_mail
from models.rows import Item, Job
from models.rows.contacts import AccountContact
from models.templates.billing import create_invoice_from_template, create_proposal_from_template
from models.templates.things import create_client_request_from_template, create_organizer_from_template


async def _hold_to_ask(change: Change, job: Job, settings: Any) -> list[UUID]:
    """Those of the job's account who get mail: through them the client is asked. Where there is none, anybody there may
    answer. With what the job blocks, where it is to come under a status."""
    found = [contact.id for contact in await who_get_mail(job.account_id)]
    held = await recipients.hold(change, found[: RECIPIENTS.most])
    if settings.status_id is not None:
        await hold_those_it_blocks(change, job, settings)
    return list(held)


async def _paired(change: Change, occasion: Occasion, item: Item, status_id: UUID | None) -> Effect:
    """With the status that goes with an item, if one does: the job returns from it when that is submitted."""
    if status_id is None:
        return Effect(Made.of(item))
    job = await part_of(change, set_job_status, job_id=occasion.job.id, status_id=status_id)
    return Effect([Made(item.kind, item.id, job.status_stay)])


@does(OrganizerSettings, hold=_hold_to_ask)
async def send_an_organizer(change: Change, occasion: Occasion, settings: OrganizerSettings) -> Effect:
    """An organizer is drawn up for those of the client who get mail, and sent."""
    given = {"template_id": settings.template_id, "job_id": occasion.job.id, "recipient_ids": occasion.held}
    organizer = await part_of(change, create_organizer_from_template, **given)
    sent = await part_of(change, send_organizer, organizer_id=organizer.id)
    return await _paired(change, occasion, sent, settings.status_id)


@does(RequestSettings, hold=_hold_to_ask)
async def send_a_client_request(change: Change, occasion: Occasion, settings: RequestSettings) -> Effect:
    """Those of the client who get mail are asked for something."""
    given = {"template_id": settings.template_id, "job_id": occasion.job.id, "recipient_ids": occasion.held}
    request = await part_of(change, create_client_request_from_template, **given)
    return await _paired(change, occasion, request, settings.status_id)


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
