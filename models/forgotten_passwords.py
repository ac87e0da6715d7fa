"""Passwords that members choose without knowing the present one: who forgot theirs, and who was invited."""

from datetime import UTC, datetime, timedelta

from tortoise.transactions import in_transaction

from models.caller import OURSELVES, Caller
from models.command import shielded
from models.one_time.proofs import Proof, Proven, use
from models.passwords import hash_password
from models.rows import Member
from models.rows.sessions import LetterPurpose
from models.sign_in import SignedIn, end_sessions_of, not_proven, proven_by, start_proven
from models.texts import PASSWORD
from models.tokens import ACCESS_LIFETIME


async def reset_password(
    proof: Proof,
    new_password: str,
    *,
    caller: Caller = OURSELVES,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedIn:
    """Let whoever reads a member's mail sign in with another password, and start a session. All earlier sessions end,
    and no other letter is good any more.

    Nothing is hashed for whoever shows nothing that is good. `SignInRefused` for them; `Invalid` for a password that is
    none and `LimitReached` while too many are hashed, after which the proof is good as before. No revision: nobody else
    sees it."""
    now = now or datetime.now(UTC)
    PASSWORD.check(new_password, "new_password")
    proven = await proven_by(proof, LetterPurpose.PASSWORD, now)
    kept = await hash_password(new_password, "new_password", caller=caller)
    if caller.has_left() or not await shielded(_give(proven, kept, now)):
        raise not_proven()
    return await start_proven(proven, caller, now, lifetime)


async def _give(proven: Proven, kept: str, now: datetime) -> bool:
    async with in_transaction():
        assert proven.member_id is not None  # As all letters to members have.
        # The member before the letter, as whoever shuts them out does.
        if not await Member.filter(id=proven.member_id, active=True).update(password_hash=kept):
            return False
        if not await use(proven, now):
            raise not_proven()  # Somebody else was first: theirs stays.
        await end_sessions_of(proven.member_id, now=now)
        return True
