"""Passwords that the person who runs Jobwire gives to members: of a firm that was restored, or where one was
forgotten."""

from tortoise.transactions import in_transaction

from models.command import shielded
from models.lookup import member_at
from models.passwords import hash_password
from models.rows import Member
from models.sign_in import end_sessions_of


async def give_password(email: str, password: str) -> bool:
    """Let the active member at this address sign in with another password, and end their sessions. Whether there is
    one. `Invalid` for a password that is none. No revision: nobody else sees it."""
    member_id = await member_at(email)
    if member_id is None:
        return False
    kept = await hash_password(password)

    async def give() -> None:
        async with in_transaction():
            await Member.filter(id=member_id).update(password_hash=kept)
            await end_sessions_of(member_id)

    await shielded(give())
    return True
