"""What is sent of the outbox: taken in hand before the mail server is spoken to, and afterwards what that answered.

Whoever takes a mail in hand has it for `LEASE`. It is said and committed before the server hears of it: a worker that
is lost meanwhile leaves a mail of which nobody knows whether it was taken, and which nobody sends again by mistake. See
docs/decisions/0091-the-outbox.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.database import sql
from models.mail.mails import hold_job
from models.mail_ends import tell
from models.mail_events import MailDelayed, MailEvent, MailRefused, MailSent, MailUncertain
from models.rights import EVERY_MEMBER
from models.rows.mail import LONGEST_ANSWER, Mail, MailCauseKind, MailState

#: How long somebody has a mail in hand. It takes a fraction of it: the rest is for a machine that stands still.
LEASE = timedelta(minutes=10)
#: After an attempt that failed for now, in minutes: some three days, as mail servers have it (RFC 5321, 4.5.4.1, asks
#: for four to five, of mail that nobody waits for).
_WAITS = (1, 5, 15, 30, 60, 120, *(240 for _ in range(16)))


class Verdict(StrEnum):
    """What the mail server made of a mail."""

    TAKEN = "TAKEN"
    DELAYED = "DELAYED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mail server made of a mail, and what it said."""

    verdict: Verdict
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that somebody has in hand until `until`: what there is to send, from whom and to whom."""

    id: UUID
    firm_id: UUID
    claim: UUID
    until: datetime
    firm_name: str
    reply_to: str | None
    job_id: UUID | None
    to_name: str
    address: str
    subject: str
    text: str
    message_key: str
    cause: MailCauseKind


async def is_due(now: datetime) -> bool:
    """Whether there is anything to do, of whatever firm: it costs what there is to do, and nothing where there is
    nothing."""
    (row,) = await sql("SELECT EXISTS (SELECT FROM mail WHERE next_at <= $1) AS due", now)
    return bool(row["due"])


# Of two who come at once, each has others.
_CLAIM = """
WITH due AS (
    SELECT id FROM mail WHERE next_at <= $1 AND claim IS NULL ORDER BY next_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE mail SET claim = gen_random_uuid(), next_at = $3 FROM due, firm
WHERE mail.id = due.id AND firm.id = mail.firm_id
RETURNING mail.id, firm_id, claim, next_at AS until, firm.name AS firm_name, reply_to, job_id, to_name, address,
    subject, text, message_key, cause
"""


async def claim_due(now: datetime, limit: int) -> list[Claimed]:
    """Take mails in hand that are due, those first that have been for longest, of whatever firms. When this returns it
    is committed."""
    rows = await sql(_CLAIM, now, limit, now + LEASE)
    return [Claimed(**row | {"cause": MailCauseKind(row["cause"])}) for row in rows]


_RELEASE = "UPDATE mail SET claim = NULL, next_at = $3 WHERE id = $1 AND claim = $2 AND state = 'WAITING'"


async def release(claimed: Claimed, now: datetime) -> None:
    """Give back a mail that the mail server has not heard of: it is not there, or will have none."""
    await sql(_RELEASE, claimed.id, claimed.claim, now)


async def record(claimed: Claimed, answer: Answer) -> None:
    """Keep what became of a mail that was taken in hand. It counts also where it was given up meanwhile; not where
    somebody else has had it in hand since."""
    actor = Actor.mail(claimed.firm_id)
    await record_mail_answer(actor, mail_id=claimed.id, claim=claimed.claim, answer=answer)


_EXPIRED = "SELECT id, firm_id, claim FROM mail WHERE next_at <= $1 AND claim IS NOT NULL ORDER BY next_at LIMIT $2"
_LOST = Answer(Verdict.UNKNOWN, "Whoever sent it was lost on the way, or could not say what became of it.")


async def expire_claims(now: datetime, limit: int) -> int:
    """Say of mails that were taken in hand, and of which nothing was heard, that nobody knows. Returns how many."""
    found = await sql(_EXPIRED, now, limit)
    for row in found:
        actor = Actor.mail(row["firm_id"])
        await record_mail_answer(actor, mail_id=row["id"], claim=row["claim"], answer=_LOST)
    return len(found)


@command("recordMailAnswer", EVERY_MEMBER, internal=True)
async def record_mail_answer(change: Change, *, mail_id: UUID, claim: UUID, answer: Answer) -> Mail | None:
    """Keep what became of a mail that somebody had in hand."""
    mails = change.scope.rows(Mail)
    found = await mails.find(mail_id)
    if found is None:
        return None
    # The job before the mail, as whoever archives it does.
    job = await hold_job(found.job_id)
    mail = await mails.lock(mail_id)
    if mail.claim != claim or mail.state not in (MailState.WAITING, MailState.UNCERTAIN):
        return mail
    if answer.verdict is Verdict.UNKNOWN and mail.state is MailState.UNCERTAIN:
        return mail
    event = _become(mail, answer, change.now)
    await mail.store("state", "answer", "attempts", "due_at", "next_at", "claim", "ended_at")
    tell(change, event, mail, None if job is None else job.pipeline_id)
    return mail


def _become(mail: Mail, answer: Answer, now: datetime) -> type[MailEvent]:
    mail.answer = one_line(answer.text)
    if answer.verdict is Verdict.UNKNOWN:
        # It may still be told, by whoever had it in hand: the claim stays.
        mail.state, mail.ended_at, mail.next_at = MailState.UNCERTAIN, now, None
        return MailUncertain
    mail.claim = None
    if answer.verdict is not Verdict.TAKEN:
        mail.attempts += 1
    wait = retry_in(mail.attempts) if answer.verdict is Verdict.DELAYED else None
    if wait is not None:
        mail.state, mail.ended_at = MailState.WAITING, None
        mail.due_at = mail.next_at = now + wait
        return MailDelayed
    taken = answer.verdict is Verdict.TAKEN
    mail.state, mail.ended_at, mail.next_at = MailState.SENT if taken else MailState.REFUSED, now, None
    return MailSent if taken else MailRefused


def retry_in(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None to try no more."""
    return timedelta(minutes=_WAITS[attempts - 1]) if attempts <= len(_WAITS) else None


def one_line(text: str | None) -> str | None:
    """What a mail server said, as it may be kept: one line of what can be seen."""
    seen = "".join(character if character.isprintable() else " " for character in text or "")
    return " ".join(seen.split())[:LONGEST_ANSWER] or None
