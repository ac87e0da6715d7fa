"""Many reads of one moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise.transactions import in_transaction

from models.database import sql

# Of whoever reads nothing for so long the connection is taken away: an old snapshot keeps the database from tidying up.
_SILENCE = "300s"


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Inside the block everything is read as it was at its first read, on one connection that writes nothing. So are
    the tasks that are begun in it: none may outlive it. Whoever enters it is not to be cancelled
    (`models.command.shielded`)."""
    async with in_transaction():
        await sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await sql("SELECT set_config('idle_in_transaction_session_timeout', $1, true)", _SILENCE)
        yield
