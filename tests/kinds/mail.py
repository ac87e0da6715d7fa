"""Mail: how one is put into the outbox, and how its events come about."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models import mail_events as events
from models.actor import Actor
from models.commands.moves import archive_job
from models.database import sql
from models.ids import Kind, encode
from models.mail import mails
from models.mail.sending import Answer, Claimed, Verdict, claim_due, expire_claims, record
from models.rights import Right
from models.rows.mail import Mail
from models.targets import Target
from tests.asking import ask_by, mailable
from tests.kinds import client_requests, organizers
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that waits in the outbox."""
    text = hidden_text(f"# {word}\n\nWe have begun.", Right.MANAGE_ACCOUNTS)
    to = await mailable(actor, spot, word)
    made = mails.send_mail(
        actor, contact_id=to, account_id=spot.account, job_id=spot.job, subject=f"{word} mail"[:200], text=text
    )
    return (await made).value.id


async def make_asking(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that tells of a client request."""
    request = await client_requests.make(actor, word, spot)
    return await ask_by(actor, Kind.CLIENT_REQUEST, request, spot)


async def make_request(actor: Actor, word: str, spot: Spot) -> UUID:
    """A client request that a mail tells of."""
    request = await client_requests.make(actor, word, spot)
    await ask_by(actor, Kind.CLIENT_REQUEST, request, spot)
    return request


async def make_organizer(actor: Actor, word: str, spot: Spot) -> UUID:
    """An organizer that a mail tells of."""
    organizer = await organizers.make(actor, word, spot)
    await ask_by(actor, Kind.ORGANIZER, organizer, spot)
    return organizer


async def answered(mail_id: UUID, verdict: Verdict, text: str | None = None) -> None:
    """Let a mail be due, and the mail server answer so."""
    await record(await in_hand(mail_id), Answer(verdict, text))


async def in_hand(mail_id: UUID) -> Claimed:
    """A mail that a worker has in hand."""
    # Of the test's own firm alone: others' mail is due as well, some day.
    await sql("UPDATE mail SET next_at = '2000-01-01' WHERE id = $1", mail_id)
    (claimed,) = await claim_due(LONG_AGO, 1)
    assert claimed.id == mail_id
    return claimed


LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


async def make_uncertain(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of which nobody knows whether it was sent."""
    mail = await make(actor, word, spot)
    await answered(mail, Verdict.UNKNOWN)
    return mail


async def make_sent(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was sent."""
    mail = await make(actor, word, spot)
    await answered(mail, Verdict.TAKEN, f"250 {word}")
    return mail


async def make_refused(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was refused."""
    mail = await make(actor, word, spot)
    await answered(mail, Verdict.REFUSED, f"550 No {word}")
    return mail


async def make_addressee(_actor: Actor, _word: str, spot: Spot) -> UUID:
    """Whom mail was sent to."""
    mail = await Mail.filter(account_id=spot.account).order_by("id").first()
    assert mail is not None and mail.contact_id is not None
    return mail.contact_id


async def _message_ids(mail: Mail) -> set[Any]:
    return {mail.message_key}


async def _client_requests(mail: Mail) -> set[str]:
    return set() if mail.client_request_id is None else {encode(Kind.CLIENT_REQUEST, mail.client_request_id)}


async def _organizers(mail: Mail) -> set[str]:
    return set() if mail.organizer_id is None else {encode(Kind.ORGANIZER, mail.organizer_id)}


SPECIMENS = Specimens(
    kind=Kind.MAIL,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "uncertain mail": make_uncertain,
        "sent mail": make_sent,
        "refused mail": make_refused,
        "mail that asks": make_asking,
        "request that mail tells of": make_request,
        "organizer that mail tells of": make_organizer,
        "addressee": make_addressee,
    },
    chosen={
        "mails.clientRequest": "request that mail tells of",
        "mails.contact": "addressee",
        "mails.organizer": "organizer that mail tells of",
        "sendMailAgain.mailId": "refused mail",
        "confirmMailSent.mailId": "uncertain mail",
        "recordMailBounce.mailId": "sent mail",
    },
    facts={"messageId": _message_ids, "clientRequest": _client_requests, "organizer": _organizers},
)


async def on_jobs(world: World) -> list[UUID]:
    """A mail on a job that the employee sees, and one on a job that they do not."""
    jobs = [(await world.job()).id, await hidden_job(world)]
    return [await make(owner_of(world), "Begun", Spot(world.account.id, job)) for job in jobs]


@causes(events.MailQueued)
async def queued(world: World) -> AsyncIterator[None]:
    jobs = [None, (await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "Begun", Spot(world.account.id, job))


@causes(events.MailWithdrawn)
async def withdrawn(world: World) -> AsyncIterator[None]:
    one, two = await on_jobs(world)
    job = (await world.job()).id
    await make(owner_of(world), "Begun", Spot(world.account.id, job))
    yield
    await mails.withdraw_mail(owner_of(world), mail_id=one)
    await mails.withdraw_mails(owner_of(world), mails=[Target(two, kind=Kind.MAIL)])
    await archive_job(owner_of(world), job_id=job)


@causes(events.MailSent)
async def sent(world: World) -> AsyncIterator[None]:
    one, two = await on_jobs(world)
    await answered(two, Verdict.UNKNOWN)
    yield
    await answered(one, Verdict.TAKEN, "250 OK")
    await mails.confirm_mail_sent(owner_of(world), mail_id=two)


@causes(events.MailDelayed)
async def delayed(world: World) -> AsyncIterator[None]:
    found = await on_jobs(world)
    yield
    for mail in found:
        await answered(mail, Verdict.DELAYED, "451 Try again later")


@causes(events.MailRefused)
async def refused(world: World) -> AsyncIterator[None]:
    found = await on_jobs(world)
    yield
    for mail in found:
        await answered(mail, Verdict.REFUSED, "550 No such user")


@causes(events.MailBounced)
async def bounced(world: World) -> AsyncIterator[None]:
    found = await on_jobs(world)
    for mail in found:
        await answered(mail, Verdict.TAKEN)
    yield
    for mail in found:
        await mails.record_mail_bounce(owner_of(world), mail_id=mail, answer="Mailbox full")


@causes(events.MailUncertain)
async def uncertain(world: World) -> AsyncIterator[None]:
    found = await on_jobs(world)
    claimed = [await in_hand(mail) for mail in found[:1]]
    yield
    await sql("UPDATE mail SET next_at = '2000-01-01' WHERE id = $1", claimed[0].id)
    assert await expire_claims(LONG_AGO, 10) == 1
    for mail in found[1:]:
        await answered(mail, Verdict.UNKNOWN)


@causes(events.MailQueuedAgain)
async def queued_again(world: World) -> AsyncIterator[None]:
    found = await on_jobs(world)
    for mail in found:
        await answered(mail, Verdict.UNKNOWN)
    yield
    for mail in found:
        await mails.send_mail_again(owner_of(world), mail_id=mail)
