"""What members do with mail to clients: write it, withdraw it, and say what became of it where no server did.

The row is in models/rows/mail.py, the steps that put mail into the outbox are in models/mail/outbox.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.bulk import Bulk
from models.command import Change, command
from models.command_steps import each, made_before
from models.database import sql
from models.errors import RuleBroken
from models.gathered import Gathered
from models.ids import Kind, PipelineId, new_id
from models.items.item import Held, expect_used, hold_accounts, open_place
from models.mail.bringing import bring, hold_told_of
from models.mail.outbox import (
    Letter,
    MailCause,
    expect_mailable,
    put_in_outbox,
    undo_window_from,
    withdraw,
)
from models.mail_ends import tell
from models.mail_events import MailBounced, MailEvent, MailQueued, MailQueuedAgain, MailSent
from models.reasons import Reason
from models.records import columns, read
from models.rights import EVERY_MEMBER, Right
from models.rows import Job, register
from models.rows.contacts import AccountContact, Contact
from models.rows.mail import LONGEST_ANSWER, Mail, MailCauseKind, MailState
from models.targets import Target, several
from models.texts import MARKDOWN, NAME, Line

#: What a mail server, or whoever reads what comes back, says of a mail.
ANSWER = Line(LONGEST_ANSWER)
#: What may be sent again: nobody has it, or perhaps nobody.
_SENT_AGAIN = frozenset({MailState.UNCERTAIN, MailState.REFUSED, MailState.BOUNCED, MailState.WITHDRAWN})

register(Mail)


@command("sendMail", Right.MANAGE_ACCOUNTS)
async def send_mail(
    change: Change,
    *,
    contact_id: UUID,
    subject: str,
    text: str,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    id: UUID | None = None,
) -> Mail:
    """Write to a contact about an account, or about a job of it. The mail waits in the outbox for the firm's undo
    window, and can be withdrawn until then."""
    if earlier := await made_before(change, Mail, id, MailQueued):
        return earlier
    with Gathered() as check:
        subject = check(NAME.check, subject, "subject")
        text = check(MARKDOWN.check, text, "text")
    account, job = await open_place(change, account_id, job_id)
    if job is not None:
        _expect_on_board(job)
    id = id or new_id()
    cause = MailCause(MailCauseKind.MEMBER, id)
    return await put_in_outbox(change, Letter(contact_id, subject, text, account, cause, job, id))


def _expect_on_board(job: Job) -> None:
    if job.archived_at is not None:
        told = "This job is archived: nothing is sent about it. Restore it first."
        raise RuleBroken(told, "job_id", reason=Reason.ARCHIVED, kind=Kind.JOB.value)


@dataclass(frozen=True, slots=True)
class _Held:
    """A mail that the transaction holds, and its job and what goes to the client with it, which are held too."""

    mail: Mail
    job: Job | None
    brings: Held[Any] | None

    @property
    def pipeline(self) -> PipelineId | None:
        return None if self.job is None else self.job.pipeline_id


async def hold_job(job_id: UUID | None) -> Job | None:
    """The job of a mail, held so that it stays where it is, be it in sight or not; None for none."""
    if job_id is None:
        return None
    found = await read(Job, f"SELECT {columns(Job, 'job')} FROM job WHERE id = $1 FOR SHARE", job_id)
    return found[0] if found else None


async def _lock(change: Change, mail_id: UUID, expected_version: int | None) -> _Held:
    mails = change.scope.rows(Mail)
    # Its job and what it tells of before the mail, as whoever archives or changes them does.
    read = await mails.get(mail_id, "mail_id")
    job = await hold_job(read.job_id)
    told_of = await hold_told_of(change, [read])
    mail = await mails.lock(mail_id, "mail_id")
    mail.expect(expected_version)
    return _Held(mail, job, told_of.get(mail.item) if mail.item is not None else None)


@command("withdrawMail", EVERY_MEMBER)
async def withdraw_mail(change: Change, *, mail_id: UUID, expected_version: int | None = None) -> Mail:
    """Withdraw a mail that waits to be sent. What an automation asks the client for is withdrawn with the last mail
    that was to tell of it: a client request is WITHDRAWN then, an organizer a draft."""
    held = await _lock(change, mail_id, expected_version)
    _expect_waiting(held.mail)
    await withdraw(change, [mail_id])
    return await change.scope.rows(Mail).get(mail_id)


@command("withdrawMails", EVERY_MEMBER)
async def withdraw_mails(change: Change, *, mails: Sequence[Target], atomic: bool = True) -> Bulk[Mail]:
    """Withdraw mails that wait to be sent, in one revision."""
    targets, rows = several(mails, "mails"), change.scope.rows(Mail)
    seen = await rows.many(target.id for target in targets)
    await sql(_HOLD_JOBS, list({mail.job_id for mail in seen.values()}))
    await hold_told_of(change, seen.values())
    locked = await rows.lock_many(seen)

    def accept(target: Target) -> Mail:
        return _expect_waiting(target.among(locked))

    done = each(targets, "mails", atomic, accept)
    ids = [mail.id for mail in done.rows]
    await withdraw(change, ids)
    # Rows, and no records: what a call with a key has made is kept of these.
    now = {mail.id: mail for mail in await rows.where(id__in=ids)}
    return Bulk([now[id] for id in ids], done.refused)


_HOLD_JOBS = "SELECT FROM job WHERE id = ANY($1) ORDER BY id FOR SHARE"


def _expect_waiting(mail: Mail) -> Mail:
    if mail.state is not MailState.WAITING:
        raise _wrong_state(mail, "Only a mail that waits is withdrawn. Look at what became of this one.")
    if mail.in_hand:
        told = "This mail is being handed to the mail server just now. Look at what became of it in a moment."
        raise RuleBroken(told, "mail_id", reason=Reason.BUSY)
    return mail


def _wrong_state(mail: Mail, told: str) -> RuleBroken:
    return RuleBroken(told, "mail_id", reason=Reason.WRONG_STATE, kind=Kind.MAIL.value, actual=mail.state.value)


@command("sendMailAgain", Right.MANAGE_ACCOUNTS)
async def send_mail_again(change: Change, *, mail_id: UUID, expected_version: int | None = None) -> Mail:
    """Send a mail again that is uncertain, was refused, came back or was withdrawn: to the address that the contact has
    by now. It is the same mail to whoever gets it twice, and waits for the firm's undo window anew.

    What waits and is never sent, as in a firm that was restored elsewhere, is sent so too. So is what was withdrawn
    with it."""
    held = await _lock(change, mail_id, expected_version)
    mail = held.mail
    if mail.state not in _SENT_AGAIN and not (mail.state is MailState.WAITING and mail.next_at is None):
        raise _wrong_state(
            mail, "Only a mail that is uncertain, was refused, came back or was withdrawn is sent again."
        )
    if mail.brings and (held.brings is None or held.brings.item.awaited is None):
        raise _wrong_state(mail, "What this mail tells of is over: it was handed in, or deleted. Write another one.")
    expect_used(mail.account_id, await hold_accounts([mail.account_id]), "mail_id")
    if held.job is not None:
        _expect_on_board(held.job)
    contact = await _recipient(mail)
    mail.to_name, mail.address = contact.name, contact.emails[0]
    mail.state, mail.attempts, mail.answer, mail.claim, mail.ended_at = MailState.WAITING, 0, None, None, None
    mail.due_at = mail.next_at = await undo_window_from(change)
    await _store(mail, "to_name", "address", "attempts", "due_at")
    tell(change, MailQueuedAgain, mail, held.pipeline)
    if held.brings is not None:
        await bring(change, held.brings)
    return mail


async def _recipient(mail: Mail) -> Contact:
    contact = None if mail.contact_id is None else await Contact.get_or_none(id=mail.contact_id)
    if contact is None:
        told = "Its contact is gone. Write to another one."
        raise RuleBroken(told, "mail_id", reason=Reason.GETS_NO_MAIL, name=mail.to_name)
    gets_mail = AccountContact.filter(account_id=mail.account_id, contact_id=contact.id, gets_mail=True)
    expect_mailable(contact, gets_mail=await gets_mail.exists())
    return contact


@command("confirmMailSent", Right.MANAGE_ACCOUNTS)
async def confirm_mail_sent(change: Change, *, mail_id: UUID, expected_version: int | None = None) -> Mail:
    """Say of an uncertain mail that it was sent: the client has it, or the mail server's log says so."""
    held = await _lock(change, mail_id, expected_version)
    if held.mail.state is not MailState.UNCERTAIN:
        raise _wrong_state(held.mail, "Only an uncertain mail is settled. Look at what became of this one.")
    return await _end(change, held, MailState.SENT, MailSent)


@command("recordMailBounce", Right.MANAGE_ACCOUNTS)
async def record_mail_bounce(
    change: Change, *, mail_id: UUID, answer: str, expected_version: int | None = None
) -> Mail:
    """Say of a mail that was sent that it came back, and what was said of why.

    The Message-ID in what came back finds it: the filter of `mails` takes it."""
    told = ANSWER.check(answer, "answer")
    held = await _lock(change, mail_id, expected_version)
    if held.mail.state not in (MailState.SENT, MailState.UNCERTAIN):
        raise _wrong_state(held.mail, "Only a mail that was sent comes back. Look at what became of this one.")
    held.mail.answer = told
    return await _end(change, held, MailState.BOUNCED, MailBounced)


async def _end(change: Change, held: _Held, state: MailState, event: type[MailEvent]) -> Mail:
    mail = held.mail
    mail.state, mail.next_at, mail.claim, mail.ended_at = state, None, None, change.now
    await _store(mail)
    tell(change, event, mail, held.pipeline)
    return mail


async def _store(mail: Mail, *more: str) -> None:
    await mail.store("state", "answer", "ended_at", "next_at", "claim", *more)
