"""Mail that tells a client of what they are asked for, without the automation that writes it."""

from typing import Any
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.firm.account_contacts import update_account_contact
from models.firm.contacts import create_contact
from models.ids import Kind
from models.mail.letters import asking_for
from models.mail.outbox import Letter, MailCause, put_in_outbox
from models.rights import EVERY_MEMBER
from models.rows import Job
from models.rows.contacts import AccountContact
from models.rows.mail import Mail, MailCauseKind
from tests.specimens import Spot


async def mailable(actor: Actor, spot: Spot, name: str = "Ada") -> UUID:
    """A contact of the account who gets mail there."""
    links = await AccountContact.filter(account_id=spot.account).order_by("id").select_related("contact")
    for link in links:
        if link.contact.emails and not link.contact.archived:
            if not link.gets_mail:
                await update_account_contact(actor, account_contact_id=link.id, gets_mail=True)
            return link.contact_id
    made = create_contact(actor, name=name, emails=["ada@client.example"], account_id=spot.account, gets_mail=True)
    return (await made).value.id


@command("queueAsking", EVERY_MEMBER, internal=True)
async def _queue_asking(change: Change, *, kind: Kind, item_id: UUID, contact_id: UUID, job_id: UUID | None) -> Mail:
    item: Any = await change.scope.of_kind(kind).get(item_id)
    job = None if job_id is None else await change.scope.rows(Job).share(job_id)
    cause = MailCause(MailCauseKind.AUTOMATION, item_id)
    return await put_in_outbox(
        change, Letter(contact_id, *asking_for(item, "Please."), item.account_id, cause, job, item=item)
    )


async def ask_by(actor: Actor, kind: Kind, item: UUID, spot: Spot) -> UUID:
    """A mail that waits to tell of an item, as an automation that asks for it writes one."""
    to = await mailable(actor, spot)
    asked = _queue_asking(actor, kind=kind, item_id=item, contact_id=to, job_id=spot.job)
    return (await asked).value.id
