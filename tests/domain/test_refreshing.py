"""What a refresh token is exchanged for: once, again shortly after, and later; and what a made-up one does."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from models.commands.members import deactivate_member
from models.database import sql
from models.errors import LimitReached
from models.ids import new_id
from models.refreshing import LEEWAY, MOST_EXCHANGES
from models.rows import Member, Session
from models.sign_in import SignedIn, authenticate, end_sessions_of, refresh, sign_out
from models.signing_keys import rotate_signing_key
from models.tokens import Refresh
from tests.signing_in import DAY, MINUTE, NOW, PASSWORD, refused, session_of
from tests.world import World

SECOND = timedelta(seconds=1)


async def kept(session_id: UUID) -> str:
    """All that is kept of a session, as text."""
    (row,) = await sql("SELECT s::text FROM session s WHERE id = $1", session_id)
    return str(row["s"])


async def test_the_same_token_gets_the_same_next_one_within_the_leeway(signed_in: SignedIn) -> None:
    first = await refresh(signed_in.refresh_token, now=NOW)
    for seconds in (0, 1, 29.9):
        again = await refresh(signed_in.refresh_token, now=NOW + seconds * SECOND)
        assert again.refresh_token == first.refresh_token
        assert (again.member_id, again.session_id) == (first.member_id, first.session_id)
        await authenticate(again.access_token, now=NOW + seconds * SECOND)
    following = await refresh(first.refresh_token, now=NOW + 15 * MINUTE)
    assert following.refresh_token not in (first.refresh_token, signed_in.refresh_token)


async def test_after_it_reuse_ends_the_session(signed_in: SignedIn) -> None:
    following = await refresh(signed_in.refresh_token, now=NOW)
    assert "used before" in await refused(refresh(signed_in.refresh_token, now=NOW + LEEWAY))
    await refused(refresh(following.refresh_token, now=NOW + LEEWAY))
    await refused(authenticate(following.access_token, now=NOW + LEEWAY))


async def test_all_who_come_at_once_get_the_same(signed_in: SignedIn) -> None:
    pairs = await asyncio.gather(*(refresh(signed_in.refresh_token, now=NOW) for _ in range(8)))
    (token,) = {pair.refresh_token for pair in pairs}
    for pair in pairs:
        await authenticate(pair.access_token, now=NOW)
    await refresh(token, now=NOW + 15 * MINUTE)


async def test_each_of_a_chain_gets_what_it_got(signed_in: SignedIn) -> None:
    """Whoever is two steps behind takes both."""
    chain = [signed_in.refresh_token]
    for step in range(4):
        chain.append((await refresh(chain[-1], now=NOW + step * SECOND)).refresh_token)
    for step, (token, following) in enumerate(itertools.pairwise(chain)):
        assert (await refresh(token, now=NOW + 10 * SECOND)).refresh_token == following, step
    # The leeway of each is its own, and asking again does not make it longer.
    assert (await refresh(chain[1], now=NOW + LEEWAY)).refresh_token == chain[2]
    assert "used before" in await refused(refresh(chain[0], now=NOW + LEEWAY))


async def _signs_out(_world: World, session: Session) -> None:
    await sign_out(session.id)


async def _is_deactivated(world: World, session: Session) -> None:
    assert session.member_id is not None
    await deactivate_member(world.acting(world.admin), member_id=session.member_id)


async def _is_deactivated_by_hand(_world: World, session: Session) -> None:
    await Member.filter(id=session.member_id).update(active=False)


async def _changes_password(_world: World, session: Session) -> None:
    assert session.member_id is not None
    await end_sessions_of(session.member_id)


async def _is_reused(_world: World, session: Session) -> None:
    token = Refresh.new(session.id, session.refresh_key)
    assert "used before" in await refused(refresh(token.token, now=NOW))


@pytest.mark.parametrize("over", [_signs_out, _is_deactivated, _is_deactivated_by_hand, _changes_password, _is_reused])
async def test_an_ended_session_answers_nobody_again(
    world: World, signed_in: SignedIn, over: Callable[[World, Session], Awaitable[None]]
) -> None:
    following = await refresh(signed_in.refresh_token, now=NOW)
    session = await session_of(signed_in)
    await over(world, session)
    before = await kept(session.id)
    for token in (signed_in.refresh_token, following.refresh_token):
        assert await refused(refresh(token, now=NOW + SECOND)) == "This session has ended. Sign in again."
    assert await kept(session.id) == before


async def test_after_a_leak_the_same_token_gets_an_access_token_of_the_new_key(signed_in: SignedIn) -> None:
    first = await refresh(signed_in.refresh_token, now=NOW)
    await rotate_signing_key(grace=timedelta(0), now=NOW)
    again = await refresh(signed_in.refresh_token, now=NOW)
    assert again.refresh_token == first.refresh_token
    await refused(authenticate(first.access_token, now=NOW))
    await authenticate(again.access_token, now=NOW)


async def test_a_session_is_refreshed_only_so_often(signed_in: SignedIn) -> None:
    """All that were spent within the leeway are known, so there cannot be any number of them."""
    chain = [signed_in.refresh_token]
    for _ in range(MOST_EXCHANGES):
        chain.append((await refresh(chain[-1], now=NOW)).refresh_token)
    before = await kept(signed_in.session_id)
    with pytest.raises(LimitReached) as refusal:
        await refresh(chain[-1], now=NOW)
    assert (refusal.value.path, refusal.value.retry_after) == (("refresh_token",), 30)
    assert await kept(signed_in.session_id) == before
    assert (await refresh(chain[0], now=NOW)).refresh_token == chain[1]
    await refresh(chain[-1], now=NOW + LEEWAY)


async def test_what_was_never_issued_changes_nothing(world: World, signed_in: SignedIn) -> None:
    """The id of a session stands in each of its access tokens."""
    following = await refresh(signed_in.refresh_token, now=NOW)
    session = await session_of(signed_in)
    secret = signed_in.refresh_token.rpartition(f"jwr_{session.id.hex}_")[2]
    other = Refresh.new(session.id, "another session's key")
    elsewhere = await Session.create(
        id=new_id(), member_id=world.owner.id, refresh_hash="x", created_at=NOW, expires_at=NOW + DAY
    )
    theirs = Refresh.new(elsewhere.id, (await Session.get(id=elsewhere.id)).refresh_key).token
    before = await kept(session.id)
    for made_up in (
        "A" * 43,
        "A" * 64,
        secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        ("A" if secret[0] != "A" else "B") + secret[1:],
        secret[:43],
        secret[:43] + "A" * 21,
        other.token[-64:],
        theirs[-64:],
    ):
        for seconds in (0, 3600):
            token, now = f"jwr_{session.id.hex}_{made_up}", NOW + seconds * SECOND
            assert await refused(refresh(token, now=now)) == "This session has ended. Sign in again."
    # A real one under another session's name is as good as made up.
    await refused(refresh(f"jwr_{elsewhere.id.hex}_{secret}", now=NOW))
    assert await kept(session.id) == before
    await refresh(following.refresh_token, now=NOW + 15 * MINUTE)


async def test_a_token_that_was_spent_long_ago_still_ends_the_session(signed_in: SignedIn) -> None:
    token = signed_in.refresh_token
    for step in range(20):
        token = (await refresh(token, now=NOW + step * 15 * MINUTE)).refresh_token
    later = NOW + 40 * DAY  # The first device slept; whoever took its token did not.
    await Session.filter(id=signed_in.session_id).update(expires_at=later + DAY)
    assert "used before" in await refused(refresh(signed_in.refresh_token, now=later))
    await refused(refresh(token, now=later))


async def test_a_token_from_before_they_were_sealed_is_exchanged(signed_in: SignedIn) -> None:
    old = Refresh(signed_in.session_id, f"jwr_{signed_in.session_id.hex}_{'x' * 43}")
    await Session.filter(id=signed_in.session_id).update(refresh_hash=old.digest)
    following = await refresh(old.token, now=NOW)
    assert (await refresh(old.token, now=NOW + SECOND)).refresh_token == following.refresh_token
    # That it was issued, nobody knows any more: it is worth nothing, and does nothing.
    await refused(refresh(old.token, now=NOW + LEEWAY))
    await refresh(following.refresh_token, now=NOW + LEEWAY)


async def test_no_token_is_kept(signed_in: SignedIn) -> None:
    second = await refresh(signed_in.refresh_token, now=NOW)
    third = await refresh(second.refresh_token, now=NOW)
    everything = await kept(signed_in.session_id)
    assert everything.count('"hash"') == 2
    for pair in (signed_in, second, third):
        assert pair.refresh_token[-64:] not in everything
        assert pair.access_token not in everything
    assert PASSWORD not in everything
    # Nor what it takes to make the next from one that was spent before the leeway.
    await refresh(third.refresh_token, now=NOW + LEEWAY)
    assert (await kept(signed_in.session_id)).count('"hash"') == 1
