"""What a refresh token is exchanged for, and what becomes of one that was exchanged already.

See docs/decisions/0025-refresh-tokens.md.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

import orjson
from tortoise.transactions import in_transaction

from models.audiences import Audience
from models.database import sql
from models.errors import LimitReached
from models.identities import LET_IN
from models.reasons import Reason
from models.tokens import Refresh

#: For so long a token that was exchanged gets the same one again: two tabs have it, or an answer was lost.
LEEWAY = timedelta(seconds=30)
#: So many exchanges of one session within the leeway, of all of which the tokens are remembered.
MOST_EXCHANGES = 10

# Of two calls with the same token the second waits here for the first, and then finds it spent. Whoever ends the
# session, or shuts the member out, is waited for as well.
_MEMBERS = """
SELECT s.refresh_hash, s.refresh_key, s.spent, m.id AS member_id, m.firm_id,
       s.ended_at IS NULL AND s.expires_at > $2 AND m.active AS good
FROM session s JOIN member m ON m.id = s.member_id WHERE s.id = $1 FOR UPDATE OF s
"""
_CLIENTS = f"""
SELECT s.refresh_hash, s.refresh_key, s.spent, s.contact_id, i.address_key,
       s.ended_at IS NULL AND s.expires_at > $2 AND EXISTS (
           SELECT FROM contact c WHERE c.portal_email_key = i.address_key AND {LET_IN}
           AND (s.contact_id IS NULL OR c.id = s.contact_id)
       ) AS good
FROM session s JOIN identity i ON i.id = s.identity_id WHERE s.id = $1 FOR UPDATE OF s
"""
_HOLD = {Audience.TEAM: _MEMBERS, Audience.CLIENT: _CLIENTS}

# PostgreSQL makes the seed, and forgets those that are older than the leeway.
_SPEND = """
UPDATE session SET spent = (
    SELECT coalesce(jsonb_agg(earlier), '[]') FROM jsonb_array_elements(spent) AS earlier
    WHERE (earlier ->> 'at')::float8 > $4
) || jsonb_build_object(
    'hash', $2::text, 'at', $3::float8, 'seed', replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '')
)
WHERE id = $1 RETURNING spent -> -1 ->> 'seed' AS seed
"""
_FOLLOW = "UPDATE session SET refresh_hash = $2, expires_at = $3 WHERE id = $1"
_END = "UPDATE session SET ended_at = $2, expires_at = LEAST(expires_at, $2) WHERE id = $1"


class Given(Enum):
    """What a token is, to the session that it names."""

    CURRENT = auto()
    SPENT_JUST_NOW = auto()
    REUSED = auto()
    #: Never issued, or of a session that is over: it changes nothing.
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a token was, and the one that comes after it, if any does; and what is known of its session: of a member's
    `member_id` and `firm_id`, of a client's `contact_id` and `address_key`."""

    what: Given
    following: Refresh | None
    session: Mapping[str, Any]


_NOWHERE = Exchanged(Given.NOTHING, None, {})


async def exchange(
    audience: Audience,
    given: Refresh,
    now: datetime,
    until: datetime,
    settle: Callable[[Mapping[str, Any], UUID], Awaitable[None]] | None = None,
) -> Exchanged:
    """The token after this one, of a session for this audience. One that was spent before the leeway ends the session:
    somebody else has a copy. `settle` is called with a session that goes on, and its id, while it is held."""
    async with in_transaction():
        rows = await sql(_HOLD[audience], given.session_id, now)
        if not rows or not rows[0]["good"]:
            return _NOWHERE
        session = {**rows[0], "spent": orjson.loads(rows[0]["spent"])}
        what, following = recognised(given, session, now), None
        if what is Given.CURRENT:
            following = await _follow(given, session, now, until)
        elif what is Given.SPENT_JUST_NOW:
            seed = next(spent["seed"] for spent in session["spent"] if spent["hash"] == given.digest)
            following = given.following(seed, session["refresh_key"])
        elif what is Given.REUSED:
            await sql(_END, given.session_id, now)
        if following is not None and settle is not None:
            await settle(session, given.session_id)
    return Exchanged(what, following, session)


def recognised(given: Refresh, session: Mapping[str, Any], now: datetime) -> Given:
    """What this token is to a session that is good."""
    digest = given.digest
    if session["refresh_hash"] == digest:
        return Given.CURRENT
    if any(spent["hash"] == digest for spent in _within_leeway(session, now)):
        return Given.SPENT_JUST_NOW
    return Given.REUSED if given.was_issued(session["refresh_key"]) else Given.NOTHING


async def _follow(given: Refresh, session: Mapping[str, Any], now: datetime, until: datetime) -> Refresh:
    if len(_within_leeway(session, now)) >= MOST_EXCHANGES:
        seconds = int(LEEWAY.total_seconds())
        raise LimitReached(
            f"This session was refreshed {MOST_EXCHANGES} times within {seconds} seconds. An access token is good for "
            "minutes: keep it that long.",
            "refresh_token",
            reason=Reason.TOO_OFTEN,
            retry_after=seconds,
        )
    at = now.timestamp()
    (row,) = await sql(_SPEND, given.session_id, given.digest, at, at - LEEWAY.total_seconds())
    following = given.following(row["seed"], session["refresh_key"])
    await sql(_FOLLOW, given.session_id, following.digest, until)
    return following


def _within_leeway(session: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    since = (now - LEEWAY).timestamp()
    return [spent for spent in session["spent"] if spent["at"] > since]
