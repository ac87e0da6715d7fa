"""Who an address belongs to, however it is spelled; and what the command line asks before it acts for anybody."""

from typing import Any
from uuid import UUID

from models.actor import Actor
from models.database import sql
from models.ids import Kind, encode
from models.texts import sameness, storable

# Two who had addresses before these were taken for the same still have them: each signs in with just that spelling.
_AT = """
SELECT m.id, m.firm_id, m.password_hash, s.refresh_hash, s.refresh_key
FROM member m LEFT JOIN session s ON s.id = $3 AND s.member_id = m.id
WHERE (m.email_key = $1 OR m.email = $2) AND m.active ORDER BY m.email = $2 DESC LIMIT 1
"""


async def signing_in_as(email: str, session_id: UUID | None = None) -> dict[str, Any] | None:
    """The id, firm and password hash of the active member who signs in with this address, or with one that is taken for
    the same; and what tells the refresh tokens of the session with this id, if it is theirs."""
    rows = await sql(_AT, sameness(email), email.strip().lower(), session_id) if storable(email) else []
    return rows[0] if rows else None


async def member_at(email: str) -> UUID | None:
    """The active member who signs in with this address."""
    found = await signing_in_as(email)
    return found["id"] if found else None


async def member_of(firm: str, email: str) -> Actor | None:
    """The active member of the firm with this id or name who signs in with this address, as who acts; None for nobody,
    and for another firm's."""
    found = await signing_in_as(email)
    if found is None:
        return None
    (named,) = await sql("SELECT name FROM firm WHERE id = $1", found["firm_id"])
    if firm != encode(Kind.FIRM, found["firm_id"]) and sameness(firm) != sameness(named["name"]):
        return None
    return Actor.member(found["firm_id"], found["id"])


async def never_used(demo_owners: list[str]) -> bool:
    """Whether there is no firm yet, or only those of these owners and the first of them without a job: a demo that was
    cut short."""
    (row,) = await sql(
        "SELECT NOT EXISTS (SELECT FROM member WHERE role = 'OWNER' AND email <> ALL($1)) AND NOT EXISTS "
        "(SELECT FROM job JOIN member ON member.firm_id = job.firm_id WHERE member.email = $2) AS fresh",
        demo_owners,
        demo_owners[0],
    )
    fresh: bool = row["fresh"]
    return fresh
