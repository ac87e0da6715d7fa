"""What the command line asks before it acts for anybody."""

from uuid import UUID

from models.database import sql


async def member_at(email: str) -> UUID | None:
    """The active member who signs in with this address."""
    rows = await sql("SELECT id FROM member WHERE email = $1 AND active", email.strip().lower())
    return rows[0]["id"] if rows else None


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
