"""A refusal, and the proof that it changed nothing."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from tortoise import Tortoise

from models.database import sql
from models.errors import Refusal
from tests.copies import of_the_firm
from tests.world import World

#: Whoever is refused may have signed in anew, or lost a session by it.
_OF_SIGNING_IN = {"session"}
#: Partitions of the log are read with it.
_OF_FIRM = """
SELECT relname AS name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE attname = 'firm_id' AND relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""


@asynccontextmanager
async def refused(
    world: World, kind: type[Refusal], *path: str | int, match: str | None = None
) -> AsyncIterator[pytest.ExceptionInfo[Refusal]]:
    """The block is refused in this way, and leaves the firm's revision and every row as they were."""
    before = await _everything(world)
    with pytest.raises(kind, match=match) as caught:
        yield caught
    assert type(caught.value) is kind
    if path:
        assert caught.value.path == path
    assert await _everything(world) == before


async def _everything(world: World) -> list[object]:
    tables = [found["name"] for found in await sql(_OF_FIRM)]
    queries = [f"SELECT t::text AS row FROM {table} t WHERE firm_id = $1" for table in tables]
    # What says its firm by what it belongs to.
    queries += [
        f"SELECT t::text AS row FROM {table} t WHERE {condition}"
        for model in Tortoise.apps["models"].values()
        if (table := model._meta.db_table) not in {*tables, *_OF_SIGNING_IN} and (condition := of_the_firm(model))
    ]
    rows = await sql(" UNION ALL ".join(queries) + " ORDER BY row", world.firm.id)
    return [await world.revision(), *(row["row"] for row in rows)]


async def told(world: World, after: int) -> list[str]:
    """The kinds of the events of the revisions after this one, in order."""
    return [type(logged.event).__name__ for logged in await world.events(after)]


@contextmanager
def counted(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """The SQL statements that the block runs."""
    statements: list[str] = []
    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        caplog.clear()
        yield statements
        statements += [record.getMessage() for record in caplog.records if record.name == "tortoise.db_client"]
