"""Signing in with a password, and what guessing gets."""

import asyncio
import logging
from contextvars import copy_context

import pytest
from argon2 import extract_parameters
from tortoise.transactions import in_transaction

from models.errors import LimitReached, SignInRefused
from models.passwords import _nobodys, hash_password, password_fits
from models.rights import Role
from models.rows import Member, Session, SigningKey
from models.sign_in import authenticate, end_sessions_of, refresh, sign_in
from models.signing_keys import rotate_signing_key
from tests.signing_in import KEPT, MINUTE, NOW, PASSWORD, refused
from tests.world import World


async def test_who_signs_in_is_known_by_the_token(world: World, member: Member) -> None:
    signed_in = await sign_in(f" {member.email.upper()} ", PASSWORD, now=NOW)
    assert (signed_in.member_id, signed_in.firm_id) == (member.id, world.firm.id)
    assert signed_in.expires_at == NOW + 15 * MINUTE
    known = await authenticate(signed_in.access_token, now=NOW)
    assert (known.viewer.member_id, known.viewer.role) == (member.id, Role.EMPLOYEE)
    assert known.expires_at == signed_in.expires_at.timestamp()
    assert (await Session.get(id=known.viewer.session_id)).member_id == member.id


async def test_all_that_can_be_wrong_sounds_the_same(world: World, member: Member) -> None:
    await Member.filter(id=world.admin.id).update(password_hash=KEPT, active=False)
    said = {
        await refused(sign_in(address, password))
        for address, password in [
            (member.email, "a wrong password"),
            (member.email, ""),
            (member.email, "\ud800"),
            (world.owner.email, PASSWORD),  # Has none.
            (world.admin.email, PASSWORD),  # Is deactivated.
            (f"nobody@{world.tag}.test", PASSWORD),
            ("no address", PASSWORD),
            ("nul\0@b.test", PASSWORD),
            ("\ud800@b.test", PASSWORD),
        ]
    }
    assert said == {"The e-mail address or the password is wrong."}
    assert not await Session.exists(member_id__in=[member.id, world.owner.id, world.admin.id])


@pytest.mark.usefixtures("costly_hashes")
async def test_an_unknown_address_costs_what_a_known_one_does() -> None:
    """So that the time of an answer does not tell which of them it was."""
    kept = await hash_password(PASSWORD)
    assert extract_parameters(_nobodys()) == extract_parameters(kept)
    assert not await password_fits(None, "nobody has this password")


@pytest.mark.parametrize("somebody", [True, False])
async def test_after_ten_failures_nobody_guesses_for_a_while(world: World, member: Member, somebody: bool) -> None:
    address = member.email if somebody else f"nobody@{world.tag}.test"
    await asyncio.gather(*(refused(sign_in(address, "a wrong password", now=NOW)) for _ in range(10)))
    with pytest.raises(LimitReached, match=r"in 15 minutes\.") as refusal:
        await sign_in(address.upper(), PASSWORD, now=NOW)
    assert refusal.value.path == ("email",)
    with pytest.raises(LimitReached, match=r"in 1 minute\."):
        await sign_in(address, PASSWORD, now=NOW + 14.5 * MINUTE)
    assert not await Session.exists(member_id=member.id)
    after = sign_in(address, PASSWORD, now=NOW + 15 * MINUTE)
    if somebody:
        assert (await after).member_id == member.id
    else:
        await refused(after)


async def test_of_many_guesses_at_once_ten_are_looked_at(member: Member) -> None:
    guesses = (sign_in(member.email, "a wrong password", now=NOW) for _ in range(30))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, SignInRefused) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 20


async def test_getting_in_clears_the_count(member: Member) -> None:
    for failures in (9, 2):
        for _ in range(failures):
            await refused(sign_in(member.email, "a wrong password", now=NOW))
        await sign_in(member.email, PASSWORD, now=NOW)


async def test_a_password_that_changes_meanwhile_is_wrong(member: Member) -> None:
    # Verifying it takes as long as with people's: meanwhile it changes.
    await Member.filter(id=member.id).update(password_hash=await hash_password(PASSWORD))
    outside = copy_context()
    async with in_transaction():
        await Member.filter(id=member.id).update(password_hash="another's")
        await end_sessions_of(member.id, now=NOW)
        guess = asyncio.create_task(sign_in(member.email, PASSWORD, now=NOW), context=outside)
        await asyncio.wait({guess}, timeout=0.3)  # It has read the old hash by now, most likely, and waits.
    await refused(guess)
    assert not await Session.exists(member_id=member.id)


async def test_nothing_secret_is_logged_or_printed(member: Member, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await rotate_signing_key()
        first = await sign_in(member.email, PASSWORD)
        second = await refresh(first.refresh_token)
        await authenticate(second.access_token)
        await refresh(first.refresh_token)
        logging.getLogger("test").debug("%s %s", first, second)
    assert "UPDATE session" in caplog.text
    session = await Session.get(id=first.session_id)
    issued = [token for pair in (first, second) for token in (pair.access_token, pair.refresh_token)]
    for secret in [PASSWORD, *issued, *[key.secret for key in await SigningKey.all()], session.refresh_key]:
        assert secret not in caplog.text
