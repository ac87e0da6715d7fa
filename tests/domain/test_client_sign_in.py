"""Clients sign in to the portal with their address, whosever clients they are; and who is shut out is out at once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from models.actor import Actor
from models.attempts import MOST_FAILURES
from models.audiences import Audience
from models.caller import Caller
from models.client_sign_in import (
    SignedInClient,
    refresh_client,
    reset_client_password,
    sign_in_client,
    sign_in_client_by_mail,
)
from models.commands.accounts import archive_account, create_account, restore_account
from models.database import sql
from models.errors import LimitReached, NotFound, RuleBroken
from models.firm.account_contacts import link_contact, unlink_contact
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import archive_contact, create_contact, restore_contact, update_contact
from models.firm.portal_access import end_portal_access, invite_contact
from models.one_time.letters import ask_for_letter
from models.one_time.proofs import Proof
from models.passwords import password_fits
from models.reasons import Reason
from models.rows import LetterPurpose, Member, Session, SignInLetter
from models.rows.contacts import AccountContact, Contact
from models.scope import Scope
from models.sign_in import authenticate, good_sessions, refresh, sign_in, sign_out
from tests.signing_in import KEPT, NOW, PASSWORD, letters, refused
from tests.world import World

HERE = Caller("192.0.2.1")


@dataclass
class Firm:
    """A firm, and a contact of its only client."""

    world: World
    owner: Actor
    contact: UUID
    account: UUID
    address: str

    @classmethod
    async def with_client(cls, world: World, address: str) -> "Firm":
        """One who is not invited yet."""
        owner, account = world.acting(world.owner), world.account.id
        made = create_contact(owner, name="Ada Client", emails=[address, "other@client.example"], account_id=account)
        return cls(world, owner, (await made).value.id, account, address)

    async def invite(self) -> Proof:
        """What is in the invitation."""
        await invite_contact(self.owner, contact_id=self.contact)
        return Proof(token=(await letters())[self.address][-1].token)

    async def signed_in(self) -> SignedInClient:
        """The client, who chooses a password."""
        return await reset_client_password(await self.invite(), PASSWORD)


@pytest.fixture
async def firm(world: World) -> AsyncIterator[Firm]:
    """One whose client was not invited yet."""
    await sql("DELETE FROM sign_in_letter")
    yield await Firm.with_client(world, f"Ada@{world.tag}.client.example".lower())


async def known(client: SignedInClient) -> UUID:
    """As whom the client is known by the access token."""
    assert client.access_token is not None
    viewer = (await authenticate(client.access_token, Audience.CLIENT)).viewer
    assert viewer.scope.audience is Audience.CLIENT
    return viewer.member_id


async def out(client: SignedInClient) -> bool:
    """Whether nothing that the client has is good any more."""
    assert client.access_token is not None
    await refused(authenticate(client.access_token, Audience.CLIENT))
    await refused(refresh_client(client.refresh_token))
    assert await good_sessions([client.session_id]) == set()
    return True


async def test_who_is_invited_chooses_a_password_and_is_a_client(firm: Firm) -> None:
    proof = await firm.invite()
    client = await reset_client_password(proof, PASSWORD)
    assert (client.contact_id, await known(client)) == (firm.contact, firm.contact)
    assert await good_sessions([client.session_id]) == {client.session_id}
    viewer = (await authenticate(str(client.access_token), Audience.CLIENT)).viewer
    assert viewer.scope == Scope.of_client(firm.world.firm.id, frozenset({firm.account}))
    await refused(sign_in_client_by_mail(proof))
    again = await sign_in_client(firm.address.upper(), PASSWORD)
    assert await known(again) == firm.contact
    following = await refresh_client(again.refresh_token)
    assert await known(following) == firm.contact
    await sign_out(again.session_id)
    assert await out(following)


async def test_one_audience_opens_nothing_of_the_other(firm: Firm) -> None:
    client, member = await firm.signed_in(), firm.world.employee
    await Member.filter(id=member.id).update(password_hash=KEPT)
    theirs = await sign_in(member.email, PASSWORD)
    await refused(authenticate(str(client.access_token)))
    await refused(refresh(client.refresh_token))
    await refused(authenticate(theirs.access_token, Audience.CLIENT))
    await refused(refresh_client(theirs.refresh_token))
    for email in (member.email, f"nobody@{firm.world.tag}.test"):
        await refused(sign_in_client(email, PASSWORD))
    await refused(sign_in(firm.address, PASSWORD))
    # An address that is a member's and a client's has a password for each: a member's may be of a colleague's making.
    await sql("UPDATE identity SET password_hash = NULL WHERE address_key = $1", firm.address)
    member = await Member.get(id=member.id)
    member.email = firm.address
    await member.save(update_fields=["email"])
    assert (await sign_in(firm.address, PASSWORD)).member_id == member.id
    await refused(sign_in_client(firm.address, PASSWORD))
    for audience in Audience:
        await ask_for_letter(LetterPurpose.SIGN_IN, audience, firm.address)
    found = {mail.audience: mail for mail in (await letters())[firm.address]}
    await refused(sign_in_client_by_mail(Proof(token=found[Audience.TEAM].token)))
    assert await known(await sign_in_client_by_mail(Proof(token=found[Audience.CLIENT].token))) == firm.contact


async def test_whoever_is_a_client_of_several_says_of_which(firm: Firm) -> None:
    other = await Firm.with_client(await World.build(f"{firm.world.tag}-other"), firm.address)
    first = await firm.signed_in()
    assert [choice.contact_id for choice in first.choices] == [firm.contact]
    await invite_contact(other.owner, contact_id=other.contact)
    await letters()
    client = await sign_in_client(firm.address, PASSWORD)
    assert (client.access_token, client.contact_id) == (None, None)
    assert {(choice.contact_id, choice.firm_name) for choice in client.choices} == {
        (each.contact, each.world.firm.name) for each in (firm, other)
    }
    await refused(authenticate(client.refresh_token, Audience.CLIENT))
    elsewhere = (await create_contact(other.owner, name="Bo", emails=["bo@client.example"])).value.id
    with pytest.raises(NotFound):
        await refresh_client(client.refresh_token, elsewhere)
    here = await refresh_client(client.refresh_token, firm.contact)
    assert await known(here) == firm.contact
    # Going on as another one, what was given for the first is good no more.
    there = await refresh_client(here.refresh_token, other.contact)
    assert await known(there) == other.contact
    await refused(authenticate(str(here.access_token), Audience.CLIENT))
    # A mail to them names neither firm; and one firm shuts out nobody of the other's.
    await ask_for_letter(LetterPurpose.SIGN_IN, Audience.CLIENT, firm.address)
    (mail,) = (await letters())[firm.address]
    assert (mail.firm_name, mail.to_name) == (None, "Ada Client")
    await end_portal_access(firm.owner, contact_id=firm.contact)
    assert await known(there) == other.contact
    assert await out(first)
    only = await sign_in_client_by_mail(Proof(token=mail.token))
    assert (await known(only), len(only.choices)) == (other.contact, 1)


@pytest.mark.parametrize("how", ["ended", "address", "archived", "unlinked", "account", "merged", "another"])
async def test_who_is_shut_out_is_out_and_stays_out(firm: Firm, how: str) -> None:
    client, owner, contact = await firm.signed_in(), firm.owner, firm.contact
    await ask_for_letter(LetterPurpose.SIGN_IN, Audience.CLIENT, firm.address)
    invitation = await firm.invite()
    elsewhere = (await create_account(owner, name="Elsewhere")).value.id
    link = (await AccountContact.get(contact_id=contact)).id
    if how == "ended":
        await end_portal_access(owner, contact_id=contact)
    elif how == "address":
        await update_contact(owner, contact_id=contact, emails=["new@client.example"])
        await update_contact(owner, contact_id=contact, emails=["new@client.example", firm.address])
    elif how == "archived":
        await archive_contact(owner, contact_id=contact)
        with pytest.raises(RuleBroken):
            await invite_contact(owner, contact_id=contact)
        await restore_contact(owner, contact_id=contact)
    elif how == "unlinked":
        await link_contact(owner, contact_id=contact, account_id=elsewhere)
        await unlink_contact(owner, account_contact_id=link)
        assert await known(client) == contact  # Is at another one still.
        await unlink_contact(owner, account_contact_id=(await AccountContact.get(contact_id=contact)).id)
        with pytest.raises(RuleBroken):
            await invite_contact(owner, contact_id=contact)
        await link_contact(owner, contact_id=contact, account_id=elsewhere)
    elif how == "account":
        await archive_account(owner, account_id=firm.account)
        assert await out(client)
        await restore_account(owner, account_id=firm.account)
    elif how == "merged":
        into = (await create_contact(owner, name="Augusta", account_id=firm.account)).value.id
        await merge_contacts(owner, contact_id=contact, into_id=into)
        assert (await Contact.get(id=into)).portal_email == firm.address
    else:
        await update_contact(owner, contact_id=contact, emails=["other@client.example", firm.address])
        assert await known(client) == contact  # As they were invited.
        await invite_contact(owner, contact_id=contact)
    assert await out(client)
    await refused(sign_in_client_by_mail(invitation))
    assert not await Session.exists(contact_id=contact, ended_at=None)


async def test_whoever_gets_the_address_of_somebody_else_is_alone_with_it(firm: Firm) -> None:
    gone = await firm.signed_in()
    await end_portal_access(firm.owner, contact_id=firm.contact)
    made = create_contact(firm.owner, name="Bert", emails=[firm.address], account_id=firm.account)
    bert = (await made).value.id
    await invite_contact(firm.owner, contact_id=bert)
    proof = Proof(token=(await letters())[firm.address][-1].token)
    client = await sign_in_client_by_mail(proof)
    assert await known(client) == bert
    # Whoever was there before knows a password that is none any more.
    await refused(sign_in_client(firm.address, PASSWORD))
    assert await out(gone)
    # One who is let in is invited again, and keeps theirs.
    await reset_client_password(await _asked(firm.address), PASSWORD)
    await invite_contact(firm.owner, contact_id=bert)
    assert await known(await sign_in_client(firm.address, PASSWORD)) == bert


async def _asked(address: str) -> Proof:
    await ask_for_letter(LetterPurpose.PASSWORD, Audience.CLIENT, address)
    return Proof(token=(await letters())[address][-1].token)


@pytest.mark.parametrize("address", ["ada@straße.example", "σίσυφος@client.example"])
async def test_nobody_signs_in_with_an_address_that_is_taken_for_another(firm: Firm, address: str) -> None:
    made = create_contact(firm.owner, name="Eve", emails=[address], account_id=firm.account)
    with pytest.raises(RuleBroken) as caught:
        await invite_contact(firm.owner, contact_id=(await made).value.id)
    assert caught.value.reason is Reason.LOOKS_ALIKE


async def test_an_address_is_invited_as_often_as_one_contact_is(firm: Firm) -> None:
    for number in range(MOST_FAILURES):
        made = create_contact(firm.owner, name=f"Ada {number}", emails=[firm.address], account_id=firm.account)
        await invite_contact(firm.owner, contact_id=(await made).value.id)
    with pytest.raises(LimitReached):
        await invite_contact(firm.owner, contact_id=firm.contact)
    # Another firm is told nothing of that.
    elsewhere = await World.build(f"{firm.world.tag}elsewhere")
    await (await Firm.with_client(elsewhere, firm.address)).invite()


async def test_who_shares_an_address_says_who_they_are(firm: Firm) -> None:
    bo = create_contact(firm.owner, name="Bo Client", emails=[firm.address], account_id=firm.account)
    await invite_contact(firm.owner, contact_id=(await bo).value.id)
    client = await firm.signed_in()
    assert client.access_token is None
    assert [choice.contact_name for choice in client.choices] == ["Ada Client", "Bo Client"]


async def test_passwords_are_guessed_as_seldom_as_members_are(firm: Firm) -> None:
    client = await firm.signed_in()
    for email in (firm.address, f"nobody@{firm.world.tag}.test"):
        for _ in range(MOST_FAILURES):
            await refused(sign_in_client(email, "a wrong password", caller=HERE, now=NOW))
        with pytest.raises(LimitReached):
            await sign_in_client(email, PASSWORD, caller=HERE, now=NOW)
    device = await sign_in_client(firm.address, PASSWORD, caller=HERE, earlier=client.refresh_token, now=NOW)
    assert device.contact_id == firm.contact


async def test_a_password_is_of_the_address_and_kept_as_a_hash(firm: Firm) -> None:
    client = await firm.signed_in()
    (kept,) = await sql("SELECT * FROM identity WHERE address_key = $1", firm.address)
    assert await password_fits(kept["password_hash"], PASSWORD)
    await ask_for_letter(LetterPurpose.PASSWORD, Audience.CLIENT, firm.address)
    (mail,) = (await letters())[firm.address]
    assert await known(await reset_client_password(Proof(token=mail.token), "another password")) == firm.contact
    assert await out(client)
    await refused(sign_in_client(firm.address, PASSWORD))
    assert not await SignInLetter.exists(used_at=None, address_key=firm.address)
