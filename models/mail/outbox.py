"""The outbox: what is to be sent to clients waits in it for as long as the firm's undo window is, and can be withdrawn.

These are steps of commands. What sends it is in models/mail/sending.py; see docs/decisions/0091-the-outbox.md.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.command import Change
from models.database import fetch, sql
from models.errors import RuleBroken
from models.gathered import Gathered
from models.ids import Kind, new_id
from models.mail.bringing import hold_told_of, take_back
from models.mail_ends import tell, withdraw_where
from models.mail_events import MailQueued
from models.reasons import Reason
from models.records import columns, read
from models.rows import Item, Job
from models.rows.contacts import Contact
from models.rows.mail import Mail, MailCauseKind, MailState
from models.scope import not_found
from models.texts import MARKDOWN, NAME


@dataclass(frozen=True, slots=True)
class MailCause:
    """What a mail is sent because of: a run of an automation, an item that is reminded of, or the mail itself where a
    member writes it. `number` tells apart what one thing causes more than once, and `revision` is what caused it, if
    any did."""

    kind: MailCauseKind
    id: UUID
    revision: int | None = None
    number: int = 0

    def key(self, contact_id: UUID) -> str:
        """What a mail to this contact because of it is known by, to whoever sends it and whoever gets it. It tells
        nothing of what it is made of."""
        parts = (self.kind, self.id, self.revision, self.number, contact_id)
        return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is to be written: its subject, and its text in Markdown. `job` is held, if there is one; so is the
    `item` that it tells of."""

    contact_id: UUID
    subject: str
    text: str
    account_id: UUID
    cause: MailCause
    job: Job | None = None
    id: UUID | None = None
    item: Item | None = None


async def put_in_outbox(change: Change, letter: Letter) -> Mail:
    """As `put_all_in_outbox`, of one."""
    (mail,) = await put_all_in_outbox(change, [letter])
    return mail


async def put_all_in_outbox(change: Change, letters: Sequence[Letter]) -> list[Mail]:
    """Put letters into the outbox, each to a contact of its account who gets mail there: in as many statements however
    many there are. Of what was put there before, because of the same, the mail that there is. The account is in use and
    held, a job is not archived: the caller sees to that, before it calls this.

    `RuleBroken` where somebody is no longer there, gets no mail, or has no address."""
    with Gathered() as check:
        texts = [
            (check(NAME.check, letter.subject, "subject"), check(MARKDOWN.check, letter.text, "text"))
            for letter in letters
        ]
    keys = [letter.cause.key(letter.contact_id) for letter in letters]
    earlier = await _with_keys(change.actor.firm_id, keys)
    new = [place for place, key in enumerate(keys) if key not in earlier]
    if new:
        contacts = await _recipients(change, [letters[place] for place in new])
        due_at = await undo_window_from(change)
        for place in new:
            letter, (subject, text) = letters[place], texts[place]
            contact = contacts[letter.contact_id]
            earlier[keys[place]] = Mail(
                id=letter.id or new_id(),
                firm_id=change.actor.firm_id,
                account_id=letter.account_id,
                job_id=None if letter.job is None else letter.job.id,
                contact_id=contact.id,
                item_kind=None if letter.item is None else letter.item.kind,
                item=None if letter.item is None else letter.item.id,
                to_name=contact.name,
                address=contact.emails[0],
                subject=subject,
                text=text,
                cause=letter.cause.kind,
                cause_id=letter.cause.id,
                cause_revision=letter.cause.revision,
                message_key=keys[place],
                due_at=due_at,
                next_at=due_at,
            )
        await Mail.bulk_create([earlier[keys[place]] for place in new])
        for place in new:
            job = letters[place].job
            tell(change, MailQueued, earlier[keys[place]], None if job is None else job.pipeline_id)
    return [earlier[key] for key in keys]


async def undo_window_from(change: Change) -> datetime:
    """When the undo window of what is put into the outbox now is over."""
    (row,) = await sql("SELECT undo_window FROM firm WHERE id = $1", change.actor.firm_id)
    return change.now + timedelta(minutes=row["undo_window"])


async def _with_keys(firm_id: UUID, keys: Collection[str]) -> dict[str, Mail]:
    return {mail.message_key: mail for mail in await Mail.filter(firm_id=firm_id, message_key__in=list(keys))}


_GET_MAIL = """
SELECT account_id, contact_id FROM account_contact
WHERE gets_mail AND (account_id, contact_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
"""


async def _recipients(change: Change, letters: Sequence[Letter]) -> Mapping[UUID, Contact]:
    """The contacts whom these letters are to."""
    contacts = await change.scope.rows(Contact).many(letter.contact_id for letter in letters)
    accounts = [letter.account_id for letter in letters]
    there = {tuple(row) for row in await fetch(_GET_MAIL, accounts, [letter.contact_id for letter in letters])}
    for letter in letters:
        contact = contacts.get(letter.contact_id)
        if contact is None:
            raise not_found(Kind.CONTACT, letter.contact_id, "contact_id")
        expect_mailable(contact, gets_mail=(letter.account_id, contact.id) in there)
    return contacts


def expect_mailable(contact: Contact, *, gets_mail: bool) -> None:
    """`RuleBroken` where nothing can be sent to a contact at an account."""
    if contact.archived_at is not None:
        told = "This contact is archived. Restore them first, or choose another one."
        raise RuleBroken(told, "contact_id", reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)
    if not gets_mail:
        told = f"{contact.name} gets no mail at this account. Say so with `updateAccountContact`, or choose another."
        raise RuleBroken(told, "contact_id", reason=Reason.GETS_NO_MAIL, name=contact.name)
    if not contact.emails:
        told = f"{contact.name} has no e-mail address. Add one first, or choose another contact."
        raise RuleBroken(told, "contact_id", reason=Reason.NO_ADDRESS, name=contact.name)


_MAILABLE = """
JOIN account_contact AS link ON link.contact_id = contact.id
WHERE link.account_id = $1 AND link.gets_mail AND contact.archived_at IS NULL AND contact.emails <> '[]'
ORDER BY contact.name_order, contact.id
"""


async def who_get_mail(account_id: UUID) -> list[Contact]:
    """The contacts of an account who get mail there and have an address, by name."""
    return await read(Contact, f"SELECT {columns(Contact, 'contact')} FROM contact {_MAILABLE}", account_id)


async def withdraw(change: Change, mails: Collection[UUID]) -> list[Mail]:
    """Withdraw those of these mails that still wait, and what goes to the client with them. Their jobs are held, and
    what they tell of: `hold_told_of`."""
    return await _withdraw(change, "id", mails)


async def withdraw_of_jobs(change: Change, jobs: Collection[UUID]) -> list[Mail]:
    """Withdraw what waits of these jobs, which are held."""
    return await _withdraw(change, "job_id", jobs)


async def withdraw_of_account(change: Change, account_id: UUID) -> list[Mail]:
    """Withdraw what waits of an account. Its jobs are held: `hold_with_mail`."""
    return await _withdraw(change, "account_id", [account_id])


async def _withdraw(change: Change, which: str, ids: Collection[UUID]) -> list[Mail]:
    withdrawn = await withdraw_where(change, which, ids)
    await take_back(change, withdrawn)
    return withdrawn


_HOLD_JOBS = """
SELECT id, pipeline_id FROM job WHERE id IN (SELECT job_id FROM mail WHERE {which} = ANY($1) AND state = 'WAITING')
ORDER BY id FOR SHARE
"""


async def hold_with_mail(change: Change, account_id: UUID) -> None:
    """Hold the jobs of an account, which is visible, whose mail waits, and what goes to the client with it: before the
    account is, as jobs and items always are."""
    await sql(_HOLD_JOBS.format(which="account_id"), [account_id])
    bringing = {"state": MailState.WAITING, "cause": MailCauseKind.AUTOMATION, "item__isnull": False}
    await hold_told_of(change, await Mail.filter(account_id=account_id, **bringing))


async def merge_mail(contact_id: UUID, into_id: UUID) -> None:
    """Let another contact be whom mail was sent to: the two turned out to be one person. Where it went stays."""
    await sql("UPDATE mail SET contact_id = $2 WHERE contact_id = $1", contact_id, into_id)
