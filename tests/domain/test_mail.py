"""The outbox: what waits in it, until when, for whom, and how it is had back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.command import Change, command
from models.commands.accounts import archive_account, restore_account
from models.commands.firm import update_firm
from models.commands.jobs import delete_job
from models.commands.moves import archive_job, archive_jobs, complete_job, restore_job, set_job_status
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.account_contacts import unlink_contact, update_account_contact
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import archive_contact, create_contact, update_contact
from models.ids import Kind, new_id
from models.mail.mails import (
    confirm_mail_sent,
    record_mail_bounce,
    send_mail,
    send_mail_again,
    withdraw_mail,
    withdraw_mails,
)
from models.mail.outbox import Letter, MailCause, put_all_in_outbox, who_get_mail
from models.mail.sending import (
    LEASE,
    Answer,
    Claimed,
    Verdict,
    claim_due,
    expire_claims,
    one_line,
    record,
    release,
    retry_in,
)
from models.mail_events import MailEvent
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import Category, Job
from models.rows.contacts import AccountContact
from models.rows.mail import LONGEST_ANSWER, Mail, MailCauseKind, MailState
from models.targets import Target
from tests.domain.refusal import counted, refused
from tests.kinds.mail import LONG_AGO, in_hand
from tests.world import World


class Office:
    """A firm that writes to Ada, who gets mail at its account, about a job."""

    def __init__(self, world: World, job: Job, ada: UUID) -> None:
        self.world, self.job, self.ada = world, job, ada
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World) -> "Office":
        office = cls(world, await world.job(), world.account.id)
        office.ada = await office.contact("Ada", "ada@client.example")
        return office

    async def contact(self, name: str, *emails: str, **fields: Any) -> UUID:
        fields = {"gets_mail": True} | fields
        made = create_contact(self.owner, name=name, emails=emails, account_id=self.world.account.id, **fields)
        return (await made).value.id

    async def mail(self, **fields: Any) -> UUID:
        """One on the job. Its id."""
        wanted: dict[str, Any] = {"contact_id": self.ada, "subject": "Begun", "text": "We have *begun*."}
        wanted |= {"job_id": self.job.id} | fields
        return (await send_mail(self.owner, **wanted)).value.id

    async def answered(self, mail: UUID, verdict: Verdict, text: str | None = None) -> Mail:
        await record(await in_hand(mail), Answer(verdict, text))
        return await Mail.get(id=mail)

    async def told(self, after: int) -> list[tuple[str, bool]]:
        """What was told of mail since: which event, and whether with the job."""
        found = [each.event for each in await self.world.events(after) if isinstance(each.event, MailEvent)]
        return [(type(event).__name__, event.job is not None) for event in found]


@pytest.fixture
async def office(world: World) -> Office:
    return await Office.of(world)


async def test_a_mail_waits_for_the_undo_window(office: Office) -> None:
    before = await office.world.revision()
    mail = await Mail.get(id=await office.mail(subject="  Begun  "))
    assert (mail.to_name, mail.address, mail.subject) == ("Ada", "ada@client.example", "Begun")
    assert (mail.state, mail.cause, mail.cause_id) == (MailState.WAITING, MailCauseKind.MEMBER, mail.id)
    assert mail.due_at - mail.created_at == timedelta(minutes=5)
    assert await office.told(before) == [("MailQueued", True), ("MailQueued", False)]
    assert mail.id not in [each.id for each in await claim_due(mail.due_at - timedelta(milliseconds=1), 1_000)]
    assert (await in_hand(mail.id)).text == "We have *begun*."
    # In hand: nobody else has it, and it is no longer to be had back.
    assert mail.id not in [each.id for each in await claim_due(mail.due_at, 1_000)]
    async with refused(office.world, RuleBroken, "mail_id") as caught:
        await withdraw_mail(office.owner, mail_id=mail.id)
    assert caught.value.reason is Reason.BUSY


@pytest.mark.parametrize("minutes", [0, 60])
async def test_the_window_is_the_firms(minutes: int, office: Office) -> None:
    await update_firm(office.owner, undo_window=minutes, reply_to="Office@Firm.example")
    mail = await Mail.get(id=await office.mail())
    assert mail.due_at - mail.created_at == timedelta(minutes=minutes)
    assert (await in_hand(mail.id)).reply_to == "office@firm.example"
    async with refused(office.world, Invalid, "undo_window") as caught:
        await update_firm(office.owner, undo_window=61, reply_to="nobody")
    assert [each.path for each in caught.value.all] == [("undo_window",), ("reply_to",)]


async def test_to_whom_mail_goes(office: Office) -> None:
    owner, world = office.owner, office.world
    quiet = await office.contact("Quiet", "quiet@client.example", gets_mail=False)
    nowhere = await office.contact("Nowhere")
    gone = await office.contact("Gone", "gone@client.example")
    await archive_contact(owner, contact_id=gone)
    elsewhere = await world.new_account("Elsewhere")
    async with refused(world, RuleBroken, "contact_id", match="gets no mail") as caught:
        await office.mail(contact_id=quiet)
    assert caught.value.reason is Reason.GETS_NO_MAIL
    async with refused(world, RuleBroken, "contact_id", match="no e-mail address") as caught:
        await office.mail(contact_id=nowhere)
    assert caught.value.reason is Reason.NO_ADDRESS
    async with refused(world, RuleBroken, "contact_id", match="archived"):
        await office.mail(contact_id=gone)
    async with refused(world, RuleBroken, "contact_id", match="gets no mail"):
        await office.mail(job_id=None, account_id=elsewhere.id)
    async with refused(world, NotFound, "contact_id"):
        await office.mail(contact_id=new_id())
    async with refused(world, Invalid, "subject") as invalid:
        await office.mail(subject="Two\x00lines", text=" ")
    assert [each.path for each in invalid.value.all] == [("subject",), ("text",)]
    assert [contact.id for contact in await who_get_mail(world.account.id)] == [office.ada]
    # Whoever sees the account, and has no right to accounts, withdraws and does not write.
    employee = world.acting(world.employee)
    async with refused(world, Forbidden):
        await send_mail(employee, contact_id=office.ada, account_id=world.account.id, subject="Hello", text="Hello")
    mail = await office.mail()
    await withdraw_mail(employee, mail_id=mail)
    async with refused(world, NotFound, "mail_id"):
        await withdraw_mail(world.acting(world.stranger), mail_id=mail)


@command("queueLetters", EVERY_MEMBER, internal=True)
async def queue_letters(change: Change, *, letters: list[Letter]) -> list[Mail]:
    """Put letters into the outbox, as an automation does."""
    return await put_all_in_outbox(change, letters)


async def test_what_one_thing_causes_is_put_there_once(office: Office) -> None:
    bob = await office.contact("Bob", "bob@client.example")
    run = MailCause(MailCauseKind.AUTOMATION, new_id(), 7)
    again = MailCause(MailCauseKind.AUTOMATION, run.id, 7, number=1)
    account = office.world.account.id
    letters = [Letter(contact, "Begun", "Yes", account, run, office.job) for contact in (office.ada, bob)]
    first = (await queue_letters(office.owner, letters=letters)).value
    before = await office.world.revision()
    more = [*letters, Letter(bob, "Begun", "Yes", account, again, office.job)]
    second = (await queue_letters(office.owner, letters=more)).value
    assert [mail.id for mail in second[:2]] == [mail.id for mail in first]
    assert len({mail.message_key for mail in second}) == 3
    assert await office.told(before) == [("MailQueued", True), ("MailQueued", False)]
    await archive_contact(office.owner, contact_id=bob)
    async with refused(office.world, RuleBroken, "contact_id"):
        await queue_letters(office.owner, letters=[Letter(bob, "Begun", "Yes", account, MailCause(run.kind, new_id()))])


async def test_an_equal_call_gets_the_same_mail(office: Office) -> None:
    id = new_id()
    assert await office.mail(id=id) == await office.mail(id=id) == id
    assert await Mail.filter(firm_id=office.world.firm.id).count() == 1


async def test_mails_are_withdrawn_together(office: Office) -> None:
    mails = [await office.mail() for _ in range(3)]
    await office.answered(mails[2], Verdict.TAKEN, "250 OK")
    targets = [Target(id, kind=Kind.MAIL) for id in mails]
    async with refused(office.world, RuleBroken, "mails", 2, "mail_id"):
        await withdraw_mails(office.owner, mails=targets)
    before = await office.world.revision()
    done = (await withdraw_mails(office.owner, mails=targets, atomic=False)).value
    assert [mail.id for mail in done.rows] == mails[:2]
    assert [mail.state for mail in done.rows] == [MailState.WITHDRAWN] * 2
    assert [refusal.path for refusal in done.refused] == [("mails", 2, "mail_id")]
    assert await office.world.revision() == before + 1
    async with refused(office.world, RuleBroken, "mail_id"):
        await withdraw_mail(office.owner, mail_id=mails[0])
    async with refused(office.world, Conflict, "expected_version"):
        await withdraw_mail(office.owner, mail_id=mails[2], expected_version=1)


async def test_archiving_a_job_withdraws_what_waits_of_it(office: Office) -> None:
    world, owner = office.world, office.owner
    other = await world.job("1065")
    waiting, sent, held, others = [
        await office.mail(job_id=job) for job in (office.job.id, office.job.id, office.job.id, other.id)
    ]
    await office.answered(sent, Verdict.TAKEN)
    claimed = await in_hand(held)
    await complete_job(owner, job_id=office.job.id)
    before = await world.revision()
    await archive_job(owner, job_id=office.job.id)
    states = {mail.id: mail.state for mail in await Mail.filter(firm_id=world.firm.id)}
    expected = (MailState.WITHDRAWN, MailState.SENT, MailState.WAITING, MailState.WAITING)
    assert tuple(states[id] for id in (waiting, sent, held, others)) == expected
    assert await office.told(before) == [("MailWithdrawn", True), ("MailWithdrawn", False)]
    # What a worker had in hand by then is told of as it ended.
    await record(claimed, Answer(Verdict.TAKEN))
    assert (await Mail.get(id=held)).state is MailState.SENT
    async with refused(world, RuleBroken, "job_id", match="archived"):
        await office.mail()
    async with refused(world, RuleBroken, "job_id", match="archived"):
        await send_mail_again(owner, mail_id=waiting)
    # Restoring sends nothing again.
    await restore_job(owner, job_id=office.job.id)
    assert (await Mail.get(id=waiting)).state is MailState.WITHDRAWN
    archived = await world.status(Category.ARCHIVED)
    await set_job_status(owner, job_id=other.id, status_id=archived.id)
    assert (await Mail.get(id=others)).state is MailState.WITHDRAWN


async def test_mail_of_many_jobs_is_withdrawn_in_one_statement_more(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    counts = []
    for jobs in (1, 5):
        targets = []
        for _ in range(jobs):
            job = await office.world.job()
            targets.append(Target(job.id))
            await office.mail(job_id=job.id)
        with counted(caplog) as statements:
            await archive_jobs(office.owner, jobs=targets)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_job_or_an_account_that_goes_takes_what_waits_with_it(office: Office) -> None:
    world, owner = office.world, office.owner
    of_job, of_account = await office.mail(), await office.mail(job_id=None, account_id=world.account.id)
    await delete_job(owner, job_id=office.job.id)
    mail = await Mail.get(id=of_job)
    assert (mail.state, mail.job_id) == (MailState.WITHDRAWN, None)
    assert (await Mail.get(id=of_account)).state is MailState.WAITING
    await archive_account(owner, account_id=world.account.id)
    assert (await Mail.get(id=of_account)).state is MailState.WITHDRAWN
    async with refused(world, RuleBroken, "mail_id", match="archived"):
        await send_mail_again(owner, mail_id=of_account)
    await restore_account(owner, account_id=world.account.id)
    await send_mail_again(owner, mail_id=of_job)
    assert (await Mail.get(id=of_job)).state is MailState.WAITING


async def test_what_the_server_answered(office: Office) -> None:
    sent = await office.answered(await office.mail(), Verdict.TAKEN, "250 OK\r\n queued as 7")
    assert (sent.state, sent.answer, sent.next_at, sent.attempts) == (MailState.SENT, "250 OK queued as 7", None, 0)
    refused_mail = await office.answered(await office.mail(), Verdict.REFUSED, "550 No such user")
    assert (refused_mail.state, refused_mail.attempts) == (MailState.REFUSED, 1)
    delayed = await office.answered(await office.mail(), Verdict.DELAYED, "451 Later")
    assert (delayed.state, delayed.attempts, delayed.claim) == (MailState.WAITING, 1, None)
    assert delayed.due_at == delayed.next_at and delayed.due_at > datetime.now(UTC)
    # Too often is for good.
    await sql("UPDATE mail SET attempts = 21 WHERE id = $1", delayed.id)
    assert (await office.answered(delayed.id, Verdict.DELAYED, "451 Later")).state is MailState.WAITING
    assert (await office.answered(delayed.id, Verdict.DELAYED, "451 Later")).state is MailState.REFUSED
    assert [retry_in(attempts) for attempts in (1, 22, 23)] == [timedelta(minutes=1), timedelta(minutes=240), None]
    assert one_line(None) is None and one_line(" \n ") is None
    assert one_line("5\x1b[2J\u202e0 " + "x" * 1_000) == ("5 [2J 0 " + "x" * 1_000)[:LONGEST_ANSWER]


async def test_an_answer_that_was_lost_is_uncertain_until_somebody_knows(office: Office) -> None:
    mail = await office.mail()
    claimed = await in_hand(mail)
    lease_over = claimed.until
    assert lease_over == (await Mail.get(id=mail)).next_at == LONG_AGO + LEASE
    await expire_claims(lease_over - timedelta(seconds=1), 1_000)
    assert (await Mail.get(id=mail)).state is MailState.WAITING
    await expire_claims(lease_over, 1_000)
    assert (await Mail.get(id=mail)).state is MailState.UNCERTAIN
    assert mail not in [each.id for each in await claim_due(lease_over + timedelta(days=9), 1_000)]
    # Whoever had it in hand wakes, and knows.
    before = await office.world.revision()
    await record(claimed, Answer(Verdict.UNKNOWN))
    assert await office.world.revision() == before
    await record(claimed, Answer(Verdict.TAKEN, "250 OK"))
    assert (await Mail.get(id=mail)).state is MailState.SENT
    await record(claimed, Answer(Verdict.REFUSED, "550"))
    assert (await Mail.get(id=mail)).state is MailState.SENT


async def test_an_uncertain_mail_is_settled_or_sent_again(office: Office) -> None:
    owner = office.owner
    settled, again = await office.mail(), await office.mail()
    for mail in (settled, again):
        await office.answered(mail, Verdict.UNKNOWN)
    key = (await Mail.get(id=again)).message_key
    late = Claimed(**{**_of(await Mail.get(id=again)), "until": datetime.now(UTC)})
    assert (await confirm_mail_sent(owner, mail_id=settled)).value.state is MailState.SENT
    async with refused(office.world, RuleBroken, "mail_id"):
        await confirm_mail_sent(owner, mail_id=settled)
    async with refused(office.world, RuleBroken, "mail_id"):
        await send_mail_again(owner, mail_id=settled)
    await update_contact(owner, contact_id=office.ada, emails=["ada@new.example"])
    await send_mail_again(owner, mail_id=again)
    row = await Mail.get(id=again)
    assert (row.state, row.address, row.message_key) == (MailState.WAITING, "ada@new.example", key)
    # Somebody else has it by now: what comes late of the first time is no news.
    await record(late, Answer(Verdict.REFUSED, "550"))
    assert (await Mail.get(id=again)).state is MailState.WAITING
    assert (await office.answered(again, Verdict.TAKEN)).state is MailState.SENT
    back = (await record_mail_bounce(owner, mail_id=again, answer="Mailbox full")).value
    assert (back.state, back.answer) == (MailState.BOUNCED, "Mailbox full")
    async with refused(office.world, RuleBroken, "mail_id"):
        await record_mail_bounce(owner, mail_id=again, answer="Mailbox full")
    await update_account_contact(owner, account_contact_id=await _link(office), gets_mail=False)
    async with refused(office.world, RuleBroken, "contact_id", match="gets no mail"):
        await send_mail_again(owner, mail_id=again)


def _of(mail: Mail) -> dict[str, Any]:
    names = ("id", "firm_id", "claim", "job_id", "to_name", "address", "subject", "text", "message_key", "cause")
    return {name: getattr(mail, name) for name in names} | {"firm_name": "", "reply_to": None}


async def _link(office: Office) -> UUID:
    return (await AccountContact.get(contact_id=office.ada)).id


async def test_what_the_mail_server_never_heard_of_waits_on(office: Office) -> None:
    mail = await office.mail()
    claimed = await in_hand(mail)
    before = await office.world.revision()
    await release(claimed, claimed.until)
    row = await Mail.get(id=mail)
    assert (row.state, row.claim, row.next_at, row.attempts) == (MailState.WAITING, None, claimed.until, 0)
    assert await office.world.revision() == before
    # It is another claim by now.
    await record(claimed, Answer(Verdict.TAKEN))
    assert (await Mail.get(id=mail)).state is MailState.WAITING
    await withdraw_mail(office.owner, mail_id=mail)


async def test_mail_stays_with_who_a_contact_turns_out_to_be(office: Office) -> None:
    mail, augusta = await office.mail(), await office.contact("Augusta", "augusta@client.example")
    await merge_contacts(office.owner, contact_id=office.ada, into_id=augusta)
    row = await Mail.get(id=mail)
    assert (row.contact_id, row.to_name, row.address) == (augusta, "Ada", "ada@client.example")
    await unlink_contact(office.owner, account_contact_id=(await AccountContact.get(contact_id=augusta)).id)
    await office.answered(mail, Verdict.REFUSED)
    async with refused(office.world, RuleBroken, "contact_id"):
        await send_mail_again(office.owner, mail_id=mail)
