"""How often somebody may guess: counts of the tries for an address, whether or not somebody has it.

See docs/decisions/0026-guesses-and-hashes.md.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from models.database import sql
from models.errors import LimitReached
from models.reasons import Reason

#: So many wrong passwords for an address from one network or device, within so long.
MOST_FAILURES = 10
WINDOW = timedelta(minutes=15)
#: So many from all strangers together, and then one more each time that a day's share of it has passed.
MOST_OF_STRANGERS = 50
_DAY = timedelta(days=1)
_SHARE = _DAY / MOST_OF_STRANGERS

# Counted before the password is looked at: of many guesses at once, only so many are looked at. What strangers try
# moves a time on by a share of a day, which may run ahead of the clock by a day (the generic cell rate algorithm, of
# ITU-T I.371): one row, that is worth nothing again when the clock has caught up.
_COUNT = """
WITH here AS (
    INSERT INTO sign_in_attempts AS a (email_hash, failures, since) VALUES ($1, 1, $2)
    ON CONFLICT (email_hash) DO UPDATE SET
        failures = CASE WHEN a.since <= $3 THEN 1 ELSE LEAST(a.failures + 1, $4) END,
        since = CASE WHEN a.since <= $3 THEN $2 ELSE a.since END
    RETURNING failures, since
), everywhere AS (
    INSERT INTO sign_in_attempts AS a (email_hash, failures, since)
    SELECT $5::text, 0, $2 + $6::interval FROM here WHERE failures < $4 AND $5::text IS NOT NULL
    ON CONFLICT (email_hash) DO UPDATE SET since = GREATEST(a.since, $2) + $6 WHERE GREATEST(a.since, $2) + $6 <= $7
    RETURNING since
)
SELECT failures, since, EXISTS (SELECT FROM everywhere) AS counted,
       (SELECT since FROM sign_in_attempts WHERE email_hash = $5::text) AS until
FROM here
"""
#: The place of all strangers together.
_EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Tries:
    """What is tried, as whoever tried too often is told; `hint` is told besides where it was from several networks.
    `path` is the input at fault. What has a name is counted apart from passwords."""

    told: str
    hint: str = ""
    path: str = "email"
    name: str = ""

    def at(self, place: str) -> str:
        """The place, as it is counted under."""
        return f"{self.name}, {place}" if self.name else place


SIGN_IN = Tries(
    "failed attempts to sign in with this address",
    " A device that was signed in before gets in by sending its last refresh token along.",
)
#: At the client portal, where an address has a password of its own.
PORTAL = Tries(SIGN_IN.told, SIGN_IN.hint, name="portal")
CHANGE_PASSWORD = Tries("failed attempts to change this password", path="current_password")
MAIL = Tries("requests for mail to this address", name="mail")


def digest(address: str, place: str = "") -> str:
    """What the tries for an address (by `models.texts.sameness`) from a place are counted under."""
    text = f"{address}\0{place}" if place else address
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


async def count_attempt(
    address: str,
    now: datetime,
    place: str = "",
    *,
    of_stranger: bool = False,
    tries: Tries = SIGN_IN,
) -> None:
    """Note a try as failed; who gets in takes it back. `LimitReached` after too many, which says what was tried and
    names the input at fault."""
    here, everywhere = digest(address, tries.at(place)), digest(address, tries.at(_EVERYWHERE)) if of_stranger else None
    (row,) = await sql(_COUNT, here, now, now - WINDOW, MOST_FAILURES + 1, everywhere, _SHARE, now + _DAY)
    if row["failures"] > MOST_FAILURES:
        raise _too_many(f"There were {MOST_FAILURES} {tries.told}.", row["since"] + WINDOW - now, tries.path)
    if of_stranger and not row["counted"]:
        many = f"There were too many {tries.told}, from several networks.{tries.hint}"
        raise _too_many(many, row["until"] + _SHARE - _DAY - now, tries.path)


async def take_back(address: str, place: str = "", *, of_stranger: bool = False, tries: Tries = SIGN_IN) -> None:
    """Whoever tried knew the password, or read the mail. What others tried elsewhere still counts."""
    await sql("DELETE FROM sign_in_attempts WHERE email_hash = $1", digest(address, tries.at(place)))
    if of_stranger:
        await sql(
            "UPDATE sign_in_attempts SET since = since - $2::interval WHERE email_hash = $1",
            digest(address, tries.at(_EVERYWHERE)),
            _SHARE,
        )


async def sweep_attempts(now: datetime) -> None:
    """Forget the counts that no longer hold anybody back."""
    await sql("DELETE FROM sign_in_attempts WHERE since <= $1", now - WINDOW)


def _too_many(told: str, left: timedelta, path: str) -> LimitReached:
    minutes = max(1, ceil(left / timedelta(minutes=1)))
    return LimitReached(
        f"{told} Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        path,
        reason=Reason.TOO_OFTEN,
        retry_after=max(1, ceil(left.total_seconds())),
    )
