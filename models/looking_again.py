"""When somebody is to look what recurrences have to make."""

from datetime import datetime
from uuid import UUID

from models.database import sql


async def look_again(firm_id: UUID, now: datetime) -> None:
    """Have all recurrences of a firm looked at now: where its days begin, or on which of them it works, has changed."""
    await sql("UPDATE recurrence SET next_at = $2 WHERE firm_id = $1 AND next_at > $2", firm_id, now)
