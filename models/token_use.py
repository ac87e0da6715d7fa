"""When personal tokens were last used: written once in a while, beside whoever asks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.command import in_background
from models.database import sql
from models.grants import Grant

#: So long is what was written good enough.
WRITTEN_FOR = timedelta(minutes=1)

# It waits for nobody who holds the row: the next use writes it.
_WRITE = """
UPDATE personal_token SET last_used_at = $2 WHERE id IN (
    SELECT id FROM personal_token WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3) FOR UPDATE SKIP LOCKED
)
"""


class TokenUse:
    """What a process writes down. One statement a token at a time."""

    def __init__(self) -> None:
        self._being_written: set[UUID] = set()

    def note(self, grant: Grant, now: datetime | None = None) -> None:
        """A token is used: written down soon, if that was not done lately."""
        now = now or datetime.now(UTC)
        lately = grant.used_at is not None and now - grant.used_at < WRITTEN_FOR
        if not lately and grant.token_id not in self._being_written:
            self._being_written.add(grant.token_id)
            in_background(self._write(grant.token_id, now))

    async def _write(self, token_id: UUID, now: datetime) -> None:
        try:
            await sql(_WRITE, token_id, now, now - WRITTEN_FOR)
        finally:
            self._being_written.discard(token_id)


#: That of this process.
USE = TokenUse()
