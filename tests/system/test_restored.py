"""After a backup was restored: `jobwire restored`."""

import asyncpg

import embedded
from models.connection import credentials
from tests.databases import own_database
from tests.system.jobwire import jobwire

STATE = """
SELECT firm.id, epoch, ended_at IS NULL AS open
FROM firm JOIN member ON firm_id = firm.id JOIN session ON member_id = member.id
"""


async def test_logs_get_another_name_and_sessions_end(servers: embedded.Servers) -> None:
    async with own_database(servers, "restored") as url:
        urls = {"database_url": url, "redis_url": servers.redis_url}
        for words, typed in [
            (["create-firm", "Hart", "--owner", "owner@hart.test", "--password-stdin"], "long enough\n"),
            (["token", "owner@hart.test"], None),
        ]:
            with jobwire(*words, typed=typed, **urls) as command:
                assert command.ends() == 0, command.stderr.rest()
        database = await asyncpg.connect(**credentials(urls["database_url"]))
        (before,) = await database.fetch(STATE)
        with jobwire("restored", **urls) as command:
            assert command.ends() == 0, command.stderr.rest()
        (after,) = await database.fetch(STATE)
        await database.close()
        assert (before["id"], before["open"]) == (after["id"], True)
        assert after["epoch"] != before["epoch"]
        assert not after["open"]
