"""What somebody shows of a letter, so that it is known that they read the mail there: a link's token, or a code with
the ticket of whoever asked for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.audiences import Audience
from models.database import sql
from models.one_time.secrets import code_in, digest, digest_of_code
from models.rows.sessions import LetterPurpose

#: So many codes may be tried with a ticket.
MOST_TRIES = 5

_GOOD = "used_at IS NULL AND expires_at > $2 AND audience = $3 AND purpose = ANY($4)"
_BY_LINK = f"SELECT id, member_id, address_key FROM sign_in_letter WHERE link_digest = $1 AND {_GOOD}"
# Counted before it is compared: of many that are tried at once, only so many are.
_BY_CODE = f"""
UPDATE sign_in_letter SET tries = tries + 1
WHERE ticket_digest = $1 AND {_GOOD} AND tries < $5
RETURNING id, member_id, address_key, code_digest
"""
_USE = """
UPDATE sign_in_letter SET used_at = $2, next_at = NULL WHERE id = $1 AND used_at IS NULL AND expires_at > $2
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is shown: the token of a link; or a code, and the ticket that belongs to it."""

    token: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proven:
    """The letter of a proof, and whom it was sent to: a member, or a client with an address."""

    letter_id: UUID
    member_id: UUID | None
    address_key: str | None


async def recognise(
    proof: Proof, purposes: Collection[LetterPurpose], audience: Audience, now: datetime
) -> Proven | None:
    """Whose a proof is, if it is good for one of these purposes; it stays good. A code that is none counts as a try."""
    good = now, audience, list(purposes)
    if proof.token is not None:
        rows = await sql(_BY_LINK, digest(proof.token), *good)
        return _proven(rows[0]) if rows else None
    code = code_in(proof.code or "")
    if proof.ticket is None or code is None:
        return None
    ticket = digest(proof.ticket)
    rows = await sql(_BY_CODE, ticket, *good, MOST_TRIES)
    fits = digest_of_code(code, ticket)
    return _proven(rows[0]) if rows and rows[0]["code_digest"] == fits else None


def _proven(letter: Mapping[str, Any]) -> Proven:
    return Proven(letter["id"], letter["member_id"], letter["address_key"])


async def use(proven: Proven, now: datetime) -> bool:
    """Use a letter up. Whether it was good until now: of two who come at once, one is refused."""
    return bool(await sql(_USE, proven.letter_id, now))
