"""A move by hand: the transaction without the log, and with it. The floor of what PostgreSQL and Python can do."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
from tortoise.connection import get_connection

from models.ids import new_id
from models.order import between

_JOB = "SELECT id, version FROM job WHERE firm_id = $1 AND id = $2 FOR NO KEY UPDATE"
_STAGE = "SELECT id FROM stage WHERE firm_id = $1 AND id = $2 FOR NO KEY UPDATE"
_LAST = "SELECT id, position FROM job WHERE stage_id = $1 AND id <> $2 ORDER BY position DESC, id DESC LIMIT 1"
_MOVE = "UPDATE job SET stage_id = $2, position = $3, stage_entered_at = $4, version = $5 WHERE id = $1"
# In one statement, so that the firm's row is held for one round trip and the commit.
_LOG = """WITH raised AS (UPDATE firm SET revision = revision + 1 WHERE id = $1 RETURNING revision)
INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, at)
SELECT $1, revision, 0, 'JobMoved', $3::jsonb, $2, $2, $4::jsonb, $5 FROM raised"""
_DATA = orjson.dumps(
    {name: str(new_id()) for name in ("job", "account", "pipeline", "from_stage", "to_stage")}
).decode()
_ACTOR = orjson.dumps({"kind": "MEMBER", "id": str(new_id()), "label": None}).decode()


async def bare_move(firm: UUID, job: UUID, stage: UUID, *, logged: bool) -> None:
    """Put a job at the end of a stage: lock both, look at the last card, write, commit."""
    now = datetime.now(UTC)
    async with get_connection("default").acquire_connection() as db, db.transaction():
        row = await db.fetchrow(_JOB, firm, job)
        await db.fetchrow(_STAGE, firm, stage)
        last = await db.fetchrow(_LAST, stage, job)
        position = between(last["position"] if last else None, None)
        await db.execute(_MOVE, job, stage, position, now, row["version"] + 1)
        if logged:
            await db.execute(_LOG, firm, job, _DATA, _ACTOR, now)
