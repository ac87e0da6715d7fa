"""What automations ask the client for: organizers and client requests, with the mail that tells of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.actions import Command
from models.automation.asking_settings import AskingSettings, OrganizerSettings, RequestSettings
from models.automation.effects.effect import Effect, Made, Occasion, does, hold_those_it_blocks
from models.automation.effects.making import known_of
from models.bounds import RECIPIENTS
from models.command import Change, part_of
from models.commands.moves import set_job_status
from models.items import item as items
from models.items import recipients
from models.items.organizers import send_organizer
from models.mail.letters import asking_for
from models.mail.outbox import Letter, MailCause, put_all_in_outbox, who_get_mail
from models.reminding.reminders import remind_of_client_request, remind_of_organizer
from models.rows import Item, Job
from models.rows.contacts import Contact
from models.rows.mail import Mail, MailCauseKind
from models.templates.content import filled_in
from models.templates.making import Known
from models.templates.things import create_client_request_from_template, create_organizer_from_template

#: What people read of a run that wrote to nobody.
_NO_MAIL = "Nobody at this client gets mail and has an address: it was sent without one."


async def _hold_to_ask(change: Change, job: Job, settings: AskingSettings) -> list[Contact]:
    """Those of the job's account who get mail: through them the client is asked. Where there is none, anybody there may
    answer. With what the job blocks, where it is to come under a status."""
    found = [contact.id for contact in await who_get_mail(job.account_id)]
    held = await recipients.hold(change, found[: RECIPIENTS.most])
    if settings.status_id is not None:
        await hold_those_it_blocks(change, job, settings)
    return [contact for contact in held.values() if contact.emails and contact.archived_at is None]


@does(OrganizerSettings, hold=_hold_to_ask)
async def send_an_organizer(change: Change, occasion: Occasion, settings: OrganizerSettings) -> Effect:
    """An organizer is drawn up for those of the client who get mail, and sent."""
    organizer = await part_of(change, create_organizer_from_template, **_given(occasion, settings))
    sent = await part_of(change, send_organizer, organizer_id=organizer.id)
    return await _told(change, occasion, settings, sent, remind_of_organizer)


@does(RequestSettings, hold=_hold_to_ask)
async def send_a_client_request(change: Change, occasion: Occasion, settings: RequestSettings) -> Effect:
    """Those of the client who get mail are asked for something."""
    request = await part_of(change, create_client_request_from_template, **_given(occasion, settings))
    return await _told(change, occasion, settings, request, remind_of_client_request)


def _given(occasion: Occasion, settings: AskingSettings) -> dict[str, Any]:
    asked = [contact.id for contact in occasion.held]
    return {"template_id": settings.template_id, "job_id": occasion.job.id, "recipient_ids": asked}


async def _told(
    change: Change, occasion: Occasion, settings: AskingSettings, item: Item, remind: Command[..., Any]
) -> Effect:
    """What comes with an item that the client owes: reminders, the mail that tells of it, and the status that goes with
    it, from which the job returns when it is submitted."""
    known = await known_of(change, occasion)
    if settings.reminders is not None:
        said = filled_in(replace(settings, text=""), known.facts).reminders
        again = {name: getattr(said, name) for name in ("every_days", "at_most", "text", "then_status_id")}
        await part_of(change, remind, **{f"{item.kind}_id": item.id}, **again)
    mails = await _written(change, occasion, settings, item, known)
    status_stay = None
    if settings.status_id is not None:
        job = await part_of(change, set_job_status, job_id=occasion.job.id, status_id=settings.status_id)
        status_stay = job.status_stay
    made = [Made(item.kind, item.id, status_stay), *(Made(mail.kind, mail.id) for mail in mails)]
    return Effect(made, message=None if mails else _NO_MAIL)


async def _written(
    change: Change, occasion: Occasion, settings: AskingSettings, item: Item, known: Known
) -> Sequence[Mail]:
    if not occasion.held:
        return ()
    job, cause = occasion.job, MailCause(MailCauseKind.AUTOMATION, occasion.run_id)
    letters = []
    for contact in occasion.held:
        said = filled_in(replace(settings, reminders=None), replace(known.facts, contact=contact.name)).text
        subject, text = asking_for(item, said)
        letters.append(Letter(contact.id, subject, text, job.account_id, cause, job, item=item))
    await items.hold_accounts([job.account_id])
    return await put_all_in_outbox(change, letters)
