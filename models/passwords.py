"""Passwords: argon2id (RFC 9106), off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from models.texts import PASSWORD

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Each takes 64 MiB and a core for some tens of milliseconds: two at once, also when those who asked have gone.
_threads = ThreadPoolExecutor(2, "passwords")


async def hash_password(password: str, field: str = "password") -> str:
    """The hash to keep. `Invalid` for one that is too short or absurdly long."""
    password = PASSWORD.check(password, field)
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def password_fits(kept: str | None, password: str) -> bool:
    """Whether it is the password of this hash. As slow for no hash as for one."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _fits, kept, password)


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
