"""Messages that are made for one member: what goes wrong with the member's own reading is waited out, too."""

import asyncio
from typing import Any

import asyncpg
import orjson

import embedded
from engine.engine import Engine
from models.commands.time import log_time
from models.connection import credentials
from models.events import TimeLogged
from models.rights import Right
from models.rows import Member
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from tests.api.eventful import record
from tests.live.eventually import eventually
from tests.live.house import hub_on
from tests.world import World
from transport.engine import Request

ENTRIES = "subscription { boardChanges { previous revision events { ... on TimeEvent { timeEntry { note } } } } }"
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Told:
    """A subscriber that notes what it is told, and that it is told nothing more."""

    ready = True

    def __init__(self) -> None:
        self._bodies: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, body: bytes) -> None:
        """The next message."""
        self._bodies.put_nowait(body)

    def end(self, errors: list[Any] | None = None) -> None:
        """No more messages."""
        self._bodies.put_nowait(orjson.dumps({"ended": errors}))

    async def next(self) -> dict[str, Any]:
        """The next message, which must have data."""
        async with asyncio.timeout(20):
            answer = orjson.loads(await self._bodies.get())
        assert "data" in answer, answer
        changes: dict[str, Any] = answer["data"]["boardChanges"]
        return changes


async def test_a_message_of_ones_own_is_made_when_the_database_is_back(
    world: World, servers: embedded.Servers, database: str
) -> None:
    await Member.filter(id=world.employee.id).update(given_rights=[Right.MANAGE_TIME_BUDGETS.value])
    await log_time(world.acting(world.owner), minutes=5, job_id=(await world.job()).id, note="theirs")
    (logged, *_) = [each.event for each in await world.events() if isinstance(each.event, TimeLogged)]
    connection, watcher = [await asyncpg.connect(**credentials(database)) for _ in range(2)]
    async with hub_on(servers.redis_url, heartbeat=0.5) as hub:
        engine, told = Engine(graphql_schema(), hub), Told()
        session = await engine.sign_in(await issue_for(world.employee.id, 1))
        session.settle()
        subscription = await engine.subscribe(engine.prepare(Request(ENTRIES), session), session, told)
        for _ in range(2):
            cursor = (await told.next())["revision"]
        async with connection.transaction():
            # Who the member is cannot be read, for as long as the message is tried several times.
            await connection.execute("LOCK TABLE account_member IN ACCESS EXCLUSIVE MODE")
            await record(world, [logged])
            for _ in range(2):
                for pid in await eventually(lambda: _waiting(watcher)):
                    await watcher.execute("SELECT pg_terminate_backend($1)", pid)
        while (message := await told.next())["revision"] == cursor:
            assert message == {"previous": cursor, "revision": cursor, "events": []}
        last = str(int(cursor) + 1)
        assert message == {"previous": cursor, "revision": last, "events": [{"timeEntry": None}]}
        subscription.stop()
    for each in (connection, watcher):
        await each.close()


async def _waiting(watcher: asyncpg.Connection) -> list[int]:
    return [row["pid"] for row in await watcher.fetch(WAITING)]
