"""How much room a firm's files take, and how much there is. A file takes its room from when its upload begins, so that
none is begun that could not end."""

from uuid import UUID

from models.database import sql
from models.errors import RuleBroken
from models.reasons import Reason

# The row is held from here to the end of the transaction: of two that begin at once, one finds the other's room taken.
_RESERVE = """
INSERT INTO file_total (firm_id, size) VALUES ($1, $2)
ON CONFLICT (firm_id) DO UPDATE SET size = file_total.size + EXCLUDED.size RETURNING size
"""
_RELEASE = "UPDATE file_total SET size = size - $2 WHERE firm_id = $1"


async def reserve(firm_id: UUID, size: int, most: int) -> None:
    """Take room for so many bytes. `RuleBroken`, with how much is left, where there is not so much. The last lock of a
    transaction: uploads of the firm wait for it."""
    (row,) = await sql(_RESERVE, firm_id, size)
    if row["size"] > most:
        left = max(0, most - (row["size"] - size))
        told = (
            f"This file has {size:,} bytes, and {left:,} are left of the {most:,} that your firm's files may have. "
            "Delete what you do not need."
        )
        raise RuleBroken(told, "size", reason=Reason.NO_ROOM, actual=left, maximum=most)


async def release(firm_id: UUID, size: int) -> None:
    """Give so many bytes back."""
    if size:
        await sql(_RELEASE, firm_id, size)
