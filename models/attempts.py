"""How often somebody may guess: a count of the tries for an address, whether or not somebody has it."""

import hashlib
from datetime import datetime, timedelta
from math import ceil

from models.database import sql
from models.errors import LimitReached

#: So many wrong passwords for an address, within so long.
MOST_FAILURES = 10
WINDOW = timedelta(minutes=15)

# Counted before the password is looked at: of many guesses at once, only so many are looked at.
_COUNT = """
INSERT INTO sign_in_attempts AS a (email_hash, failures, since) VALUES ($1, 1, $2)
ON CONFLICT (email_hash) DO UPDATE SET
    failures = CASE WHEN a.since <= $3 THEN 1 ELSE LEAST(a.failures + 1, $4) END,
    since = CASE WHEN a.since <= $3 THEN $2 ELSE a.since END
RETURNING failures, since
"""


def digest(address: str) -> str:
    """What the tries for an address (by `models.texts.sameness`) are counted under."""
    return hashlib.sha256(address.encode(errors="replace")).hexdigest()


async def count_attempt(address: str, now: datetime) -> None:
    """Note a try as failed; who gets in takes it back. `LimitReached` after too many."""
    (row,) = await sql(_COUNT, digest(address), now, now - WINDOW, MOST_FAILURES + 1)
    if row["failures"] > MOST_FAILURES:
        minutes = max(1, ceil((row["since"] + WINDOW - now) / timedelta(minutes=1)))
        raise LimitReached(
            f"There were {MOST_FAILURES} failed attempts to sign in with this address. "
            f"Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
            "email",
        )


async def forget_attempts(address: str) -> None:
    """Whoever tried knew the password."""
    await sql("DELETE FROM sign_in_attempts WHERE email_hash = $1", digest(address))


async def sweep_attempts(now: datetime) -> None:
    """Forget the counts that no longer hold anybody back."""
    await sql("DELETE FROM sign_in_attempts WHERE since <= $1", now - WINDOW)
