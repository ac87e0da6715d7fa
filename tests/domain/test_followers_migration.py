"""What a log from before followers becomes, while servers from before go on writing to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

import embedded
from models.events import FirmUpdated
from models.followers.cursors import Progress, advance, behind, register
from models.log import read_log
from models.partitions import make_partitions
from tests.databases import OldDatabase, database_before, on
from tests.domain.following import Told, heard

#: As the version before appends.
_APPEND = """
WITH raised AS (UPDATE firm SET revision = revision + 1 WHERE id = $1 RETURNING revision)
INSERT INTO event (firm_id, revision, index, type, data, actor, cause, at)
SELECT $1, revision, 0, 'FirmUpdated', '{"changes": {}}', '{"kind": "AUTOMATION", "id": null, "label": "Old"}', 1, $2
FROM raised RETURNING revision
"""


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[OldDatabase]:
    """A database from before."""
    async with database_before(servers, "0007_followers") as old:
        yield old


async def test_old_events_are_read_and_old_servers_go_on(old: OldDatabase) -> None:
    db, now = old.db, datetime.now(UTC)
    firm = await old.firm()
    for _ in range(2):
        await db.execute(_APPEND, firm, now)
    await old.migrate()
    async with on(old.url):
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
