"""How often a password may be guessed, and by whom nobody is locked out."""

import asyncio
from datetime import timedelta

import pytest

from models.attempts import MOST_FAILURES, MOST_OF_STRANGERS, count_attempt, digest, sweep_attempts
from models.caller import Caller
from models.commands.members import change_password, create_member
from models.errors import Invalid, LimitReached, Refusal
from models.hashing import HASHING
from models.ids import new_id
from models.rows import Member, Session, SignInAttempts
from models.sign_in import SignedIn, refresh, sign_in, sign_out, sweep_sessions
from models.tokens import Refresh
from tests.signing_in import DAY, KEPT, MINUTE, NOW, PASSWORD, refused
from tests.world import World

HERE, THERE = Caller("192.0.2.1"), Caller("192.0.2.2")


async def guess(address: str, caller: Caller, times: int = 1, earlier: str | None = None) -> None:
    """Try wrong passwords, each of which is looked at."""
    for _ in range(times):
        await refused(sign_in(address, "a wrong password", caller=caller, earlier=earlier, now=NOW))


async def locked(address: str, caller: Caller, password: str = PASSWORD, earlier: str | None = None) -> LimitReached:
    """The refusal of a try that is not looked at."""
    before = HASHING.turns.refused
    with pytest.raises(LimitReached) as refusal:
        await sign_in(address, password, caller=caller, earlier=earlier, now=NOW)
    assert HASHING.turns.refused == before
    return refusal.value


async def guess_from_everywhere(address: str, times: int) -> None:
    """As many tries from as many networks."""
    for number in range(times):
        await count_attempt(address, NOW, f"network 203.0.113.{number}", of_stranger=True)


async def test_ten_guesses_of_one_network_hold_back_that_one(member: Member) -> None:
    await guess(member.email, HERE, MOST_FAILURES)
    refusal = await locked(member.email, HERE)
    assert (refusal.path, refusal.retry_after) == (("email",), 15 * 60)
    await sign_in(member.email, PASSWORD, caller=THERE, now=NOW)
    # That somebody got in elsewhere is no reason to let this one guess on.
    await locked(member.email, HERE)


@pytest.mark.parametrize("over", [False, True])
async def test_a_device_that_was_here_before_is_held_back_by_nobody(
    member: Member, signed_in: SignedIn, over: bool
) -> None:
    spent, token = signed_in.refresh_token, (await refresh(signed_in.refresh_token, now=NOW)).refresh_token
    if over:
        await sign_out(signed_in.session_id, now=NOW)
    await guess(member.email, HERE, MOST_FAILURES)
    await guess_from_everywhere(member.email, MOST_OF_STRANGERS - MOST_FAILURES)
    await locked(member.email, THERE)
    for earlier in (spent, token):
        await sign_in(member.email, PASSWORD, caller=HERE, earlier=earlier, now=NOW)
    # It may not guess without end either, whoever has it now, and holds back nobody but itself.
    await guess(member.email, THERE, MOST_FAILURES, earlier=spent)
    await locked(member.email, THERE, earlier=token)
    other = await sign_in(member.email, PASSWORD, earlier="not a token", now=NOW)
    await sign_in(member.email, PASSWORD, caller=THERE, earlier=other.refresh_token, now=NOW)


async def test_a_token_that_was_not_theirs_makes_a_stranger(world: World, member: Member, signed_in: SignedIn) -> None:
    session = await Session.create(
        id=new_id(), member_id=world.owner.id, refresh_hash="x", created_at=NOW, expires_at=NOW + DAY
    )
    others = Refresh.new(session.id, (await Session.get(id=session.id)).refresh_key).token
    await guess(member.email, HERE, MOST_FAILURES)
    for earlier in ("", "x", f"jwr_{signed_in.session_id.hex}_{'A' * 64}", f"jwr_{new_id().hex}_{'A' * 43}", others):
        await locked(member.email, HERE, earlier=earlier)


async def test_all_networks_together_guess_a_hundred_times_on_a_day(member: Member) -> None:
    """NIST SP 800-63B-4 section 3.2.2 allows no more than 100 in a row."""
    tried = 0
    for minute in range(24 * 60):
        try:
            await count_attempt(member.email, NOW + minute * MINUTE, f"network {minute}", of_stranger=True)
            tried += 1
        except LimitReached as refusal:
            left = refusal.retry_after
            told = refusal.message
    assert MOST_OF_STRANGERS < tried <= 2 * MOST_OF_STRANGERS <= 100
    assert left is not None
    assert 0 < left <= 24 * 3600 / MOST_OF_STRANGERS
    assert "from several networks" in told


async def test_who_knows_the_password_takes_back_their_own_try_alone(member: Member) -> None:
    await guess_from_everywhere(member.email, MOST_OF_STRANGERS - 1)
    for _ in range(3):
        await sign_in(member.email, PASSWORD, caller=THERE, now=NOW)
    await guess(member.email, HERE)
    assert "from several networks" in (await locked(member.email, THERE)).message


@pytest.mark.parametrize("whose", ["member", "nobody", "deactivated", "without a password"])
async def test_whether_somebody_has_the_address_cannot_be_told(world: World, member: Member, whose: str) -> None:
    """The same words after the same work, be it tried, held back here, or held back everywhere."""
    await Member.filter(id=world.admin.id).update(active=False, password_hash=KEPT)
    address = {
        "member": member.email,
        "nobody": f"nobody@{world.tag}.test",
        "deactivated": world.admin.email,
        "without a password": world.owner.email,
    }[whose]
    before = HASHING.turns.taken
    await guess(address, HERE, MOST_FAILURES)
    assert HASHING.turns.taken == before + MOST_FAILURES
    here = await locked(address, HERE)
    await guess_from_everywhere(address, MOST_OF_STRANGERS - MOST_FAILURES)
    everywhere = await locked(address, THERE)
    assert here.message == "There were 10 failed attempts to sign in with this address. Try again in 15 minutes."
    assert everywhere.message.endswith("Try again in 29 minutes.")


async def test_counts_go_when_they_hold_nobody_back(member: Member) -> None:
    await guess(member.email, HERE)
    hashes = [digest(member.email, place) for place in (f"network {HERE.network}", "everywhere")]
    assert await SignInAttempts.filter(email_hash__in=hashes).count() == 2
    await sweep_attempts(NOW + 45 * MINUTE)
    assert not await SignInAttempts.exists(email_hash__in=hashes)


@pytest.mark.usefixtures("costly_hashes")
async def test_who_gets_no_turn_has_not_guessed(member: Member) -> None:
    async with HASHING.turns.turn(Caller("somebody else")):
        tries = [
            asyncio.create_task(sign_in(member.email, "a wrong password", caller=HERE, now=NOW)) for _ in range(60)
        ]
        await asyncio.wait(tries, timeout=0.2)
        assert HASHING.turns.waiting <= HASHING.turns.places
        for task in tries:
            task.cancel()
        await asyncio.wait(tries)
    assert all(task.cancelled() or isinstance(task.exception(), LimitReached) for task in tries)
    await guess(member.email, HERE, MOST_FAILURES)


async def test_a_session_guesses_its_member_s_password_ten_times(world: World, member: Member) -> None:
    emma = world.acting(member)
    thief, owner = (Caller("192.0.2.9", new_id()) for _ in range(2))

    async def tried(caller: Caller, current: str) -> Refusal | None:
        actor = type(emma).member(emma.firm_id, member.id, caller)
        try:
            await change_password(actor, current_password=current, new_password="the next password")
        except Refusal as refusal:
            return refusal
        return None

    for number in range(MOST_FAILURES):
        assert isinstance(await tried(thief, f"guess {number}"), Invalid)
    refusal = await tried(thief, PASSWORD)
    assert isinstance(refusal, LimitReached)
    assert refusal.path == ("current_password",)
    assert refusal.message.startswith("There were 10 failed attempts to change this password.")
    # The owner of the session that was not taken over changes it.
    assert await tried(owner, PASSWORD) is None


async def test_sweeping_leaves_who_is_held_back(member: Member) -> None:
    await guess(member.email, HERE, MOST_FAILURES)
    await guess_from_everywhere(member.email, MOST_OF_STRANGERS - MOST_FAILURES)
    await sweep_sessions(NOW + timedelta(minutes=14))
    await locked(member.email, HERE)
    await sweep_sessions(NOW + timedelta(minutes=16))
    with pytest.raises(LimitReached):
        await sign_in(member.email, PASSWORD, caller=HERE, now=NOW + timedelta(minutes=16))


async def test_a_new_member_s_password_waits_for_its_turn_too(world: World) -> None:
    admin = world.acting(world.admin)
    actor = type(admin).member(admin.firm_id, world.admin.id, Caller("192.0.2.9", has_left=lambda: True))
    with pytest.raises(LimitReached):
        await create_member(actor, email=f"new@{world.tag}.test", name="New", password="a long password")
    assert not await Member.exists(email=f"new@{world.tag}.test")
