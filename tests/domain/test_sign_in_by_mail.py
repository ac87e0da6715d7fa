"""Links and codes by mail: to sign in with, to choose a password with, and to invite somebody."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from models.attempts import MOST_FAILURES
from models.audiences import Audience
from models.caller import Caller
from models.commands.members import deactivate_member, invite_member, reactivate_member
from models.database import sql
from models.errors import Forbidden, Invalid, LimitReached, RuleBroken
from models.events import MemberInvited
from models.forgotten_passwords import reset_password
from models.hashing import HASHING
from models.housekeeping import start_over_after_restore
from models.mail.sending import LEASE, Answer, Verdict
from models.mail.sign_in_letters import SignInMail, claim_letter, record_letter, release_letter
from models.one_time.letters import GOOD_FOR, SENT_WITHIN, ask_for_letter
from models.one_time.proofs import MOST_TRIES, Proof, recognise
from models.passwords import password_fits
from models.rights import Right, Role
from models.rows import LetterPurpose, Member, Session, SignInLetter
from models.sign_in import SignedIn, authenticate, sign_in, sign_in_by_mail, sweep_sessions
from tests.mail_server import mail_server
from tests.signing_in import DAY, MINUTE, NOW, PASSWORD, letters, refused
from tests.world import World
from workers.mail import Sending
from workers.mail_servers import SmtpServer
from workers.mail_sorts import SignInLetters
from workers.sign_in_mail import link_of, written_to_sign_in

SIGN_IN, RESET = LetterPurpose.SIGN_IN, LetterPurpose.PASSWORD
HERE, THERE = Caller("192.0.2.1"), Caller("192.0.2.2")
SITE = "https://office.example"


@pytest.fixture(autouse=True)
async def nothing_else_is_due(database: str) -> AsyncIterator[None]:
    """Workers send what is due of all firms."""
    await sql("DELETE FROM sign_in_letter")
    yield


async def asked(email: str, purpose: LetterPurpose = SIGN_IN) -> tuple[str, SignInMail]:
    """The ticket of whoever asks, and the letter that they get."""
    ticket = await ask_for_letter(purpose, Audience.TEAM, email, now=NOW)
    ((mail,),) = (await letters(NOW)).values()
    return ticket, mail


def by_link(mail: SignInMail) -> Proof:
    return Proof(token=mail.token)


def by_code(ticket: str, mail: SignInMail) -> Proof:
    return Proof(ticket=ticket, code=mail.code)


async def test_a_link_and_a_code_sign_in_once(member: Member, world: World) -> None:
    ticket, mail = await asked(f" {member.email.upper()}")
    assert (mail.address, mail.to_name, mail.firm_name) == (member.email, member.name, world.firm.name)
    signed_in = await sign_in_by_mail(by_link(mail), now=NOW)
    assert (signed_in.member_id, signed_in.firm_id) == (member.id, world.firm.id)
    assert (await authenticate(signed_in.access_token, now=NOW)).viewer.member_id == member.id
    for proof in (by_link(mail), by_code(ticket, mail)):
        await refused(sign_in_by_mail(proof, now=NOW))
    ticket, mail = await asked(member.email)
    assert mail.code is not None
    spaced = Proof(ticket=ticket, code=f" {mail.code[:4]}-{mail.code[4:]} ")
    tries = (sign_in_by_mail(spaced, now=NOW) for _ in range(4))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1
    assert await Session.filter(member_id=member.id).count() == 2


async def test_what_is_wrong_with_a_proof_is_told_by_nothing(member: Member, world: World) -> None:
    ticket, mail = await asked(member.email)
    nobodys = await ask_for_letter(SIGN_IN, Audience.TEAM, f"nobody@{world.tag}.test", now=NOW)
    assert await letters(NOW) == {}
    _, to_reset = await asked(member.email, RESET)
    said = {
        await refused(sign_in_by_mail(proof, now=NOW))
        for proof in (
            Proof(),
            Proof(token="x"),
            Proof(token="\ud800\0"),
            Proof(code=mail.code),
            Proof(ticket=ticket),
            Proof(ticket=ticket, code="1234"),
            Proof(ticket=nobodys, code=mail.code),
            Proof(ticket="x", code=mail.code),
            by_link(to_reset),  # Is for something else.
        )
    }
    said.add(await refused(reset_password(by_link(mail), "a long password", now=NOW)))
    said.add(await refused(sign_in_by_mail(by_link(mail), now=NOW + GOOD_FOR[SIGN_IN])))
    assert len(said) == 1
    assert await recognise(by_link(mail), [SIGN_IN], Audience.CLIENT, NOW) is None
    await sign_in_by_mail(by_link(mail), now=NOW + GOOD_FOR[SIGN_IN] - MINUTE)


async def test_a_code_is_guessed_at_five_times_with_a_ticket_that_is_somebodys_or_nobodys(member: Member) -> None:
    for email in (member.email, "nobody@nowhere.test"):
        ticket = await ask_for_letter(SIGN_IN, Audience.TEAM, email, now=NOW)
        sent = [mail for mails in (await letters(NOW)).values() for mail in mails]
        wrong = Proof(ticket=ticket, code="00000000")
        for _ in range(MOST_TRIES):
            await refused(sign_in_by_mail(wrong, now=NOW))
        letter = await SignInLetter.get(tries=MOST_TRIES)
        for mail in sent:
            await refused(sign_in_by_mail(by_code(ticket, mail), now=NOW))
            # Whoever reads the mail gets in all the same.
            await sign_in_by_mail(by_link(mail), now=NOW)
        assert (await SignInLetter.get(id=letter.id)).tries == MOST_TRIES
        await sql("DELETE FROM sign_in_letter")


async def test_of_a_link_a_code_and_a_ticket_digests_are_kept(member: Member) -> None:
    ticket, mail = await asked(member.email)
    (row,) = await sql("SELECT sign_in_letter::text AS kept FROM sign_in_letter")
    assert mail.code is not None
    for secret in (ticket, mail.token, mail.code):
        assert secret not in row["kept"]
        assert secret not in repr(mail)


@pytest.mark.parametrize("shut_out", [True, False])
async def test_nothing_is_sent_to_whoever_is_out_nor_good_when_they_are_back(
    member: Member, world: World, shut_out: bool
) -> None:
    owner = world.acting(world.owner)
    _, before = await asked(member.email)
    await ask_for_letter(SIGN_IN, Audience.TEAM, member.email, now=NOW)
    if shut_out:
        await deactivate_member(owner, member_id=member.id)
        assert await letters(NOW) == {}
        await refused(sign_in_by_mail(by_link(before), now=NOW))
        await reactivate_member(owner, member_id=member.id)
    else:
        await start_over_after_restore()
    assert await letters(NOW) == {}
    await refused(sign_in_by_mail(by_link(before), now=NOW))


async def test_who_forgot_a_password_chooses_another_and_is_in(member: Member) -> None:
    elsewhere = await sign_in(member.email, PASSWORD, now=NOW)
    _, other = await asked(member.email)
    ticket, mail = await asked(member.email, RESET)
    proof = by_code(ticket, mail)
    with pytest.raises(Invalid) as short:
        await reset_password(proof, "short", now=NOW)
    assert short.value.path == ("new_password",)
    with pytest.raises(LimitReached):
        await reset_password(proof, "the next password", caller=Caller("192.0.2.1", has_left=lambda: True), now=NOW)
    signed_in = await reset_password(proof, "the next password", now=NOW)
    assert signed_in.member_id == member.id
    assert await password_fits((await Member.get(id=member.id)).password_hash, "the next password")
    going_on = await Session.filter(member_id=member.id, ended_at=None)
    assert [session.id for session in going_on] == [signed_in.session_id] != [elsewhere.session_id]
    for spent in (by_link(mail), proof):
        await refused(reset_password(spent, "yet another password", now=NOW))
    await refused(sign_in_by_mail(by_link(other), now=NOW))


async def test_nothing_is_hashed_for_who_shows_nothing(member: Member) -> None:
    before = HASHING.turns.taken
    for proof in (Proof(token="x"), Proof(ticket="x", code="12345678")):
        await refused(reset_password(proof, "a long password", now=NOW))
    assert HASHING.turns.taken == before


async def test_of_two_who_choose_at_once_one_does(member: Member) -> None:
    ticket, mail = await asked(member.email, RESET)
    chosen = ("the first password", "another password")
    proofs = zip((by_link(mail), by_code(ticket, mail)), chosen, strict=True)
    tries = (reset_password(proof, new, now=NOW) for proof, new in proofs)
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    (winner,) = (new for new, outcome in zip(chosen, outcomes, strict=True) if isinstance(outcome, SignedIn))
    assert await password_fits((await Member.get(id=member.id)).password_hash, winner)
    assert await Session.filter(member_id=member.id, ended_at=None).count() == 1


async def test_mail_is_asked_for_so_often_whoever_has_the_address(member: Member, world: World) -> None:
    for email in (member.email, f"nobody@{world.tag}.test", "no address", "\0", "\ud800", "x" * 10_000):
        for _ in range(MOST_FAILURES):
            await ask_for_letter(SIGN_IN, Audience.TEAM, email, caller=HERE, now=NOW)
        with pytest.raises(LimitReached) as refusal:
            await ask_for_letter(RESET, Audience.TEAM, email, caller=HERE, now=NOW)
        told = "There were 10 requests for mail to this address. Try again in 15 minutes."
        assert (refusal.value.message, refusal.value.path) == (told, ("email",))
        await ask_for_letter(SIGN_IN, Audience.TEAM, email, caller=THERE, now=NOW)
    sent = (await letters(NOW))[member.email]
    assert len(sent) == MOST_FAILURES + 1
    # Passwords are counted by themselves. Who gets in is held back no longer.
    await sign_in(member.email, PASSWORD, caller=HERE, now=NOW)
    for _ in range(MOST_FAILURES):
        await refused(sign_in(member.email, "a wrong password", caller=HERE, now=NOW))
    await sign_in_by_mail(by_link(sent[0]), caller=HERE, now=NOW)
    await ask_for_letter(SIGN_IN, Audience.TEAM, member.email, caller=HERE, now=NOW)
    await sign_in(member.email, PASSWORD, caller=HERE, now=NOW)


async def test_an_invitation_lets_somebody_choose_a_password(world: World) -> None:
    owner, emma = world.acting(world.owner), world.employee
    with pytest.raises(Forbidden):
        await invite_member(world.acting(world.stranger), member_id=emma.id)
    before = await world.revision()
    await invite_member(owner, member_id=emma.id)
    invited = await invite_member(owner, member_id=emma.id)
    assert (invited.revision, (await Member.get(id=emma.id)).invited_at) == (before + 2, invited.value.invited_at)
    assert [entry.event for entry in await world.events(before)] == [MemberInvited(member=emma.id)] * 2
    # The last one takes the place of the one before.
    ((mail,),) = (await letters()).values()
    assert (mail.purpose, mail.code, mail.good_for) == (LetterPurpose.INVITATION, None, timedelta(days=7))
    signed_in = await reset_password(by_link(mail), "my first password")
    assert signed_in.member_id == emma.id
    assert (await sign_in(emma.email, "my first password")).member_id == emma.id
    await deactivate_member(owner, member_id=emma.id)
    with pytest.raises(RuleBroken):
        await invite_member(owner, member_id=emma.id)
    await reactivate_member(owner, member_id=emma.id)
    for _ in range(MOST_FAILURES - 2):
        await invite_member(owner, member_id=emma.id)
    with pytest.raises(LimitReached, match="invitations of this member"):
        await invite_member(owner, member_id=emma.id)


async def test_who_invites_is_not_below_whom_they_invite(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    with pytest.raises(Forbidden):
        await invite_member(world.acting(manager), member_id=world.admin.id)
    assert (await letters()) == {}


async def test_what_was_not_sent_in_time_is_not_sent(member: Member) -> None:
    await ask_for_letter(SIGN_IN, Audience.TEAM, member.email, now=NOW)
    assert await letters(NOW + SENT_WITHIN) == {}
    assert await letters(NOW) == {}
    await sweep_sessions(NOW + DAY)
    assert not await SignInLetter.exists()


async def test_a_letter_that_nobody_took_goes_again_with_another_link(member: Member) -> None:
    _, first = await asked(member.email)
    await release_letter(first, NOW)
    second = await claim_letter(NOW)
    assert second is not None and second.token != first.token
    await refused(sign_in_by_mail(by_link(first), now=NOW))
    await record_letter(second, Answer(Verdict.DELAYED, "451 Greylisted"), NOW)
    assert await claim_letter(NOW) is None
    third = await claim_letter(NOW + MINUTE)
    assert third is not None
    # Nobody was heard of, and it is sent again.
    assert await claim_letter(NOW + MINUTE) is None
    fourth = await claim_letter(NOW + MINUTE + LEASE)
    assert fourth is not None
    await record_letter(third, Answer(Verdict.DELAYED), NOW)  # Has it in hand no longer.
    await record_letter(fourth, Answer(Verdict.TAKEN), NOW)
    assert await claim_letter(NOW + DAY) is None
    await sign_in_by_mail(by_link(fourth), now=NOW + 2 * MINUTE)


async def test_a_worker_sends_what_was_asked_for(member: Member, world: World) -> None:
    ticket = await ask_for_letter(SIGN_IN, Audience.TEAM, member.email)
    await ask_for_letter(SIGN_IN, Audience.TEAM, "nobody@nowhere.test")
    async with mail_server() as server:
        to = SmtpServer(f"smtp+insecure://localhost:{server.port}", "office@firm.example")
        waiting = Sending(to, (SignInLetters(None),))
        while await waiting.go_on():
            pass
        assert server.taken == []
        sending = Sending(to, (SignInLetters(f"{SITE}/"),))
        while await sending.go_on():
            pass
        (mail,) = server.taken
    assert mail.recipient == member.email
    assert (mail.message["Subject"], mail.message["Auto-Submitted"]) == (
        f"Sign in at {world.firm.name}",
        "auto-generated",
    )
    link = next(line for line in mail.text.splitlines() if line.startswith(SITE))
    page, _, token = link.partition("#sign-in=")
    assert page == f"{SITE}/sign-in" and f'href="{link}"' in mail.html
    code = mail.text.partition("for this mail: ")[2].splitlines()[0]
    assert code in mail.html
    await sign_in_by_mail(Proof(ticket=ticket, code=code))
    await refused(sign_in_by_mail(Proof(token=token)))


HOSTILE: Any = "<a href='https://bad.example'>{{ 7 * 7 }}</a>\r\nBcc: all@firm.example [x](https://bad.example)"


def test_a_name_in_a_letter_is_plain_words() -> None:
    mail = SignInMail(
        *(Member().id, Member().id, datetime.now(UTC), RESET, Audience.CLIENT, HOSTILE, HOSTILE, "ada@client.example"),
        *(timedelta(minutes=15), "the-token", "12345678"),
    )
    assert link_of(mail, SITE) == f"{SITE}/portal/sign-in#password=the-token"
    written = message_from_bytes(
        written_to_sign_in(mail, "office@firm.example", SITE, datetime.now(UTC)).content, policy=default
    )
    assert written["Bcc"] is None
    assert "ada@client.example" in written["To"]
    html = written.get_body(("html",))
    assert html is not None
    shown = html.get_content()
    assert "{{ 7 * 7 }}" in shown and "<a href='https://bad" not in shown and shown.count("<a ") == 1
    assert "1234 5678" in shown
