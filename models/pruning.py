"""Forgetting old rows, so many at a time that no statement takes long and no lock is held long."""

from datetime import datetime
from typing import Any

from models.database import sql

#: In rows.
BATCH = 5_000


async def prune(statement: str, before: datetime, *more: Any) -> int:
    """Run a statement that forgets what is older than `$1`, at most `$2` rows of it, and says their `number`, until
    nothing is left. `more` are its further values. Returns how many there were."""
    pruned = 0
    while True:
        (row,) = await sql(statement, before, BATCH, *more)
        number: int = row["number"]
        pruned += number
        if number < BATCH:
            return pruned
