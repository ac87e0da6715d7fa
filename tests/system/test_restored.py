"""After a backup was restored: `jobwire restored`."""

import os

import asyncpg

import embedded
from models.connection import credentials
from tests.system.jobwire import jobwire

STATE = """
SELECT firm.id, epoch, ended_at IS NULL AS open
FROM firm JOIN member ON firm_id = firm.id JOIN session ON member_id = member.id
"""


async def test_logs_get_another_name_and_sessions_end(servers: embedded.Servers) -> None:
    name = f"restored_{os.getpid()}"
    admin = await asyncpg.connect(**credentials(servers.database_url))
    await admin.execute(f"CREATE DATABASE {name}")
    urls = {
        "database_url": servers.database_url.replace("/jobwire?", f"/{name}?", 1),
        "redis_url": servers.redis_url,
    }
    try:
        for words, typed in [
            (["migrate"], None),
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
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
