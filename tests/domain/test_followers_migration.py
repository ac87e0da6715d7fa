"""What a log from before followers becomes, while servers from before go on writing to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

import embedded
from models.connection import credentials, migrate
from models.events import FirmUpdated
from models.followers.cursors import Progress, advance, behind, register
from models.log import read_log
from models.partitions import make_partitions
from tests.databases import on, own_database
from tests.domain.following import Told, heard

#: As the version before appends.
_APPEND = """
WITH raised AS (UPDATE firm SET revision = revision + 1 WHERE id = $1 RETURNING revision)
INSERT INTO event (firm_id, revision, index, type, data, actor, cause, at)
SELECT $1, revision, 0, 'FirmUpdated', '{"changes": {}}', '{"kind": "AUTOMATION", "id": null, "label": "Old"}', 1, $2
FROM raised RETURNING revision
"""


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database from before."""
    async with own_database(servers, "before_followers", migrated_to="0006_sessions_and_keys") as url:
        yield url


async def a_firm(db: asyncpg.Connection) -> UUID:
    firm: UUID = uuid4()
    await db.execute(
        "INSERT INTO firm (id, version, name, time_zone, currency, client_status_enabled, count_pending_ach, "
        "revision, scope_revision, epoch, created_at) VALUES ($1, 1, 'F', 'UTC', 'USD', true, false, 0, 0, $1, now())",
        firm,
    )
    return firm


async def test_old_events_are_read_and_old_servers_go_on(old: str) -> None:
    db, now = await asyncpg.connect(**credentials(old)), datetime.now(UTC)
    firm = await a_firm(db)
    for _ in range(2):
        await db.execute(_APPEND, firm, now)
    await migrate(old)
    async with on(old):
        assert await register(["told"], now) == ["told"]
        await make_partitions(datetime(2090, 1, 1, tzinfo=UTC))
        for at in (now, datetime(2090, 1, 1, tzinfo=UTC)):
            await db.execute(_APPEND, firm, at)
        await db.execute("CREATE TABLE heard (place bigserial PRIMARY KEY, firm_id uuid, revision bigint)")
        # What was there, and what is added, is read with the defaults of both.
        tail = await read_log(firm, 0, limit=10)
        assert [(logged.revision, logged.event, logged.cause, logged.hops) for logged in tail.logged] == [
            (revision, FirmUpdated(changes={}), 1, 0) for revision in (1, 2, 3, 4)
        ]
        # Servers from before mark no firm. A worker that is started after them finds what they did.
        assert await behind(["told"], limit=10) == []
        assert await register(["told"], now) == []
        (found,) = await behind(["told"], limit=10)
        assert (found.firm_id, list(found.followers)) == (firm, ["told"])
        assert await advance(Told(), firm, now) is Progress.AT_THE_END
        assert await heard(firm) == [3, 4]
    await db.close()
