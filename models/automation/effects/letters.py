"""Mail that automations write, and messages."""

from dataclasses import replace

from models.automation.effects.effect import Effect, Made, NoRecipient, Occasion, does
from models.automation.effects.making import filled, known_of
from models.automation.text_settings import EmailSettings, MessageSettings
from models.command import Change, part_of
from models.items import item as items
from models.items.chats import create_chat
from models.mail.outbox import Letter, MailCause, put_all_in_outbox, who_get_mail
from models.rows.mail import MailCauseKind
from models.templates.content import filled_in
from models.templates.email_content import EmailContent
from models.templates.making import content_for


@does(EmailSettings)
async def send_an_email(change: Change, occasion: Occasion, settings: EmailSettings) -> Effect:
    """A mail to each contact of the client who gets mail is put into the outbox."""
    job = occasion.job
    content = settings.content
    if content is None:
        assert settings.template_id is not None
        content = await content_for(change, EmailContent, settings.template_id)
    contacts = await who_get_mail(job.account_id)
    if not contacts:
        raise NoRecipient("Nobody at this client gets mail and has an address. Say who does, and try again.")
    known, cause = await known_of(change, occasion), MailCause(MailCauseKind.AUTOMATION, occasion.run_id)
    letters = []
    for contact in contacts:
        written = filled_in(content, replace(known.facts, contact=contact.name))
        letters.append(Letter(contact.id, written.subject, written.text, job.account_id, cause, job))
    await items.hold_accounts([job.account_id])
    mails = await put_all_in_outbox(change, letters)
    return Effect([Made(mail.kind, mail.id) for mail in mails])


@does(MessageSettings)
async def send_a_message(change: Change, occasion: Occasion, settings: MessageSettings) -> Effect:
    """A chat is opened, with a first message and what the client is asked for."""
    told, _ = await filled(change, occasion, settings)
    given = {"subject": told.subject, "text": told.text, "client_tasks": told.client_tasks}
    return Effect(Made.of(await part_of(change, create_chat, job_id=occasion.job.id, **given)))
