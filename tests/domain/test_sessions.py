"""Staying signed in, and being out."""

from models.attempts import digest
from models.ids import new_id
from models.rows import Member, Session, SignInAttempts
from models.sign_in import (
    SignedIn,
    authenticate,
    end_sessions_of,
    issue_for,
    refresh,
    sign_in,
    sign_out,
    sweep_sessions,
)
from tests.signing_in import DAY, MINUTE, NOW, PASSWORD, refused, session_of
from tests.world import World


async def test_each_refresh_gives_another_pair(signed_in: SignedIn) -> None:
    following = await refresh(signed_in.refresh_token, now=NOW + 10 * MINUTE)
    assert (following.member_id, following.firm_id) == (signed_in.member_id, signed_in.firm_id)
    assert following.refresh_token != signed_in.refresh_token
    assert following.expires_at == NOW + 25 * MINUTE
    first, second = [
        (await authenticate(pair.access_token, now=NOW + 10 * MINUTE)).viewer for pair in (signed_in, following)
    ]
    assert first.session_id == second.session_id
    await refresh(following.refresh_token, now=NOW + 20 * MINUTE)


async def test_a_session_ends_thirty_days_after_its_last_refresh(signed_in: SignedIn) -> None:
    following = await refresh(signed_in.refresh_token, now=NOW + 29 * DAY)
    last = await refresh(following.refresh_token, now=NOW + 58 * DAY)
    await refused(refresh(last.refresh_token, now=NOW + 88 * DAY))


async def test_what_is_no_refresh_token_is_refused_and_harms_nobody(signed_in: SignedIn) -> None:
    unknown = f"jwr_{new_id().hex}_{'x' * 43}"
    for token in ("", "jwr_", signed_in.refresh_token[:-1], signed_in.access_token, unknown, "jwr_\ud800"):
        await refused(refresh(token, now=NOW))
    await refresh(signed_in.refresh_token, now=NOW)


async def test_signing_out_is_at_once_and_as_often_as_you_like(member: Member, signed_in: SignedIn) -> None:
    elsewhere = await sign_in(member.email, PASSWORD, now=NOW)
    session = await session_of(signed_in)
    for _ in range(2):
        await sign_out(session.id, now=NOW)
    assert "Sign in again" in await refused(authenticate(signed_in.access_token, now=NOW))
    await refused(refresh(signed_in.refresh_token, now=NOW))
    await authenticate(elsewhere.access_token, now=NOW)


async def test_who_is_deactivated_is_out_at_once(member: Member, signed_in: SignedIn) -> None:
    await Member.filter(id=member.id).update(active=False)
    await refused(authenticate(signed_in.access_token, now=NOW))
    await refused(refresh(signed_in.refresh_token, now=NOW))
    await refused(sign_in(member.email, PASSWORD, now=NOW))


async def test_a_member_s_other_sessions_end(world: World, member: Member, signed_in: SignedIn) -> None:
    elsewhere = await sign_in(member.email, PASSWORD, now=NOW)
    other = await issue_for(world.owner.id, 1, now=NOW)
    await end_sessions_of(member.id, but=(await session_of(signed_in)).id, now=NOW)
    await authenticate(signed_in.access_token, now=NOW)
    await refused(authenticate(elsewhere.access_token, now=NOW))
    await end_sessions_of(member.id, now=NOW)
    await refused(authenticate(signed_in.access_token, now=NOW))
    await authenticate(other, now=NOW)


async def test_the_sweep_takes_what_means_nothing_any_more(member: Member, signed_in: SignedIn) -> None:
    ended = await sign_in(member.email, PASSWORD, now=NOW)
    await sign_out((await session_of(ended)).id, now=NOW)
    await refused(sign_in("sweep@nobody.test", PASSWORD, now=NOW))
    await sweep_sessions(NOW + 6 * DAY)
    assert await Session.filter(member_id=member.id).count() == 2
    assert not await SignInAttempts.exists(email_hash=digest("sweep@nobody.test"))
    await sweep_sessions(NOW + 8 * DAY)
    assert await Session.filter(member_id=member.id).count() == 1
    await refresh(signed_in.refresh_token, now=NOW + 8 * DAY)
    await sweep_sessions(NOW + 46 * DAY)
    assert not await Session.exists(member_id=member.id)
