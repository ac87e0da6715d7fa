"""Passwords: argon2id (RFC 9106), off the event loop."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.caller import OURSELVES, Caller
from models.errors import Invalid
from models.hashing import HASHING

# The second of the parameters that RFC 9106 recommends (64 MiB, three times), in one lane: four would take four cores.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


async def hash_password(password: str, field: str = "password", *, caller: Caller = OURSELVES) -> str:
    """The hash to keep. `Invalid` for one that is too short or absurdly long, `LimitReached` while too many wait."""
    check_password(password, field)
    async with HASHING.turns.turn(caller):
        return await hashed(password)


async def password_fits(kept: str | None, password: str, *, caller: Caller = OURSELVES) -> bool:
    """Whether it is the password of this hash. As slow for no hash as for one."""
    async with HASHING.turns.turn(caller):
        return await verified(kept, password)


async def hashed(password: str) -> str:
    """The hash of a password that was checked, for whoever has the turn."""
    return await HASHING.run(_hasher.hash, password)


async def verified(kept: str | None, password: str) -> bool:
    """As `password_fits`, for whoever has the turn."""
    return await HASHING.run(_fits, kept, password)


def check_password(password: str, field: str) -> None:
    """`Invalid` for one that is too short or absurdly long."""
    if not 8 <= len(password) <= 1_000:
        raise Invalid("A password has 8 to 1,000 characters.", field)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")


def _fits(kept: str | None, password: str) -> bool:
    # Verified against when nobody has the address, so that the answer takes as long as for somebody.
    nobodys = _nobodys()
    try:
        return _hasher.verify(kept or nobodys, password) and kept is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
