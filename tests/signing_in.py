"""What the tests of signing in share."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from models import passwords
from models.errors import SignInRefused
from models.mail.sign_in_letters import SignInMail, claim_letter, forget_letters
from models.rows import Session
from models.sign_in import SignedIn, authenticate

PASSWORD = "correct horse battery staple"
#: What tests hash with, in place of what takes a core for a tenth of a second: tests/conftest.py sees to it. Where the
#: work is the matter a test asks for `costly_hashes`.
CHEAP, COSTLY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), passwords._hasher
#: What is kept of the password for those who only sign in.
KEPT = CHEAP.hash(PASSWORD)
NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def session_of(signed_in: SignedIn) -> Session:
    """The session of these tokens."""
    return await Session.get(id=(await authenticate(signed_in.access_token, now=NOW)).viewer.session_id)


async def refused(attempt: Awaitable[object], code: str = "UNAUTHENTICATED") -> str:
    """The message of a refusal with this code."""
    with pytest.raises(SignInRefused) as refusal:
        await attempt
    assert refusal.value.code == code
    return refusal.value.message


async def letters(now: datetime | None = None) -> dict[str, list[SignInMail]]:
    """What a worker would send by now, by address, the first first."""
    now, found = now or datetime.now(UTC), dict[str, list[SignInMail]]()
    while await forget_letters(now, 100):
        pass
    while (mail := await claim_letter(now)) is not None:
        found.setdefault(mail.address, []).append(mail)
    return found
