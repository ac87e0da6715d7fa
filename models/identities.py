"""What an address opens of the client portal: an identity is an address with what proves that it is somebody's. Which
contacts it is, of whatever firms, is asked of the contacts each time. No firm is told of another, nor of the identity.

See docs/decisions/0099-clients-sign-in-by-their-address.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.database import sql
from models.ids import new_id
from models.texts import sameness, storable

#: Whom a contact `c` is let in as: invited with an address, not archived, and at an account that is not.
LET_IN = """
c.portal_email_key IS NOT NULL AND c.archived_at IS NULL AND EXISTS (
    SELECT FROM account_contact link JOIN account a ON a.id = link.account_id
    WHERE link.contact_id = c.id AND a.archived_at IS NULL
)
"""
#: So many firms may somebody choose among.
MOST_CHOICES = 100

_CHOICES = f"""
SELECT c.id AS contact_id, c.name AS contact_name, c.firm_id, f.name AS firm_name
FROM contact c JOIN firm f ON f.id = c.firm_id
WHERE c.portal_email_key = $1 AND {LET_IN} ORDER BY f.name, c.name_order, c.id LIMIT {MOST_CHOICES}
"""
# Whether somebody is let in there is found out with the same statement whether or not somebody has the address.
_AT = f"""
SELECT i.id, i.address_key, s.refresh_hash, s.refresh_key,
    CASE WHEN EXISTS (SELECT FROM contact c WHERE c.portal_email_key = i.address_key AND {LET_IN})
        THEN i.password_hash END AS password_hash
FROM identity i LEFT JOIN session s ON s.id = $2 AND s.identity_id = i.id
WHERE i.address_key = $1
"""
_MADE = """
INSERT INTO identity (id, address_key, created_at) VALUES ($1, $2, $3)
ON CONFLICT (address_key) DO UPDATE SET address_key = EXCLUDED.address_key RETURNING id
"""

_FORGOTTEN = f"""
WITH forgotten AS (
    UPDATE identity i SET password_hash = NULL
    WHERE address_key = $1 AND NOT EXISTS (SELECT FROM contact c WHERE c.portal_email_key = i.address_key AND {LET_IN})
    RETURNING id
)
UPDATE session SET ended_at = $2, expires_at = LEAST(expires_at, $2)
FROM forgotten WHERE identity_id = forgotten.id AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A contact that somebody may be at the portal, and the firm whose client they are there."""

    contact_id: UUID
    contact_name: str
    firm_id: UUID
    firm_name: str


async def choices_of(address_key: str) -> tuple[Choice, ...]:
    """Whom the address lets somebody be, by firm."""
    return tuple(Choice(**row) for row in await sql(_CHOICES, address_key))


async def identity_signing_in(email: str, session_id: UUID | None = None) -> dict[str, Any] | None:
    """The identity of an address, with its password's hash where somebody is let in with it; and what tells the refresh
    tokens of the session with this id, if it is theirs."""
    rows = await sql(_AT, sameness(email), session_id) if storable(email) else []
    return rows[0] if rows else None


async def identity_of(address_key: str, now: datetime) -> UUID:
    """The identity of an address that somebody has shown to be theirs, which may be new."""
    (row,) = await sql(_MADE, new_id(), address_key, now)
    id: UUID = row["id"]
    return id


async def forget_identity(address_key: str, now: datetime) -> None:
    """Forget what was proved with an address that lets nobody in just now: its password, and the sessions."""
    await sql(_FORGOTTEN, address_key, now)
