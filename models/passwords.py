"""Passwords: argon2id (RFC 9106), off the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from models.errors import Invalid

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Verified against when nobody has the address, so that the answer takes as long as for somebody.
_NOBODY = _hasher.hash("nobody has this password")
_at_once = asyncio.Semaphore(2)


async def hash_password(password: str, field: str = "password") -> str:
    """The hash to keep. `Invalid` for one that is too short or absurdly long."""
    if not 8 <= len(password) <= 1_000:
        raise Invalid("A password has 8 to 1,000 characters.", field)
    async with _at_once:  # Each takes 64 MiB and a core for some tens of milliseconds.
        return await asyncio.to_thread(_hasher.hash, password)


async def password_fits(kept: str | None, password: str) -> bool:
    """Whether it is the password of this hash. As slow for no hash as for one."""
    async with _at_once:
        fits = await asyncio.to_thread(_verify, kept or _NOBODY, password)
    return fits and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
